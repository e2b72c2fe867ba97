"""Documents measured and scored block by block: the same as at once, in bounded memory."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerkit import Cleaner, blocks, html_features, model
from boilerkit import features as features_module
from boilerkit.blocks import line_blocks, measure_blocks
from boilerkit.html_lines import read_html
from boilerkit.model import Model, Scores, load_model, word_scores
from boilerkit.text_features import TEXT_COLUMNS, measure_lines

WORDS = (
    "the ferry quay noon donate now please subscribe newsletter harbour 12 piano cookie accept "
    "Σίσυφος море 港 log in comments It rained. Why? related share © 2026 on deck"
).split()


@pytest.fixture(scope="module")
def shipped_model() -> Model:
    return load_model("boilerkit-1")


@pytest.fixture
def in_blocks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return what makes blocks as small as a test needs them."""

    def shrink(n_lines: int) -> None:
        monkeypatch.setattr(blocks, "BLOCK_LINES", n_lines)
        monkeypatch.setattr(model, "BLOCK_LINES", n_lines)
        monkeypatch.setattr(model, "_TREE_ROWS", n_lines)
        monkeypatch.setattr(html_features, "_LEVEL_LINES", n_lines)
        monkeypatch.setattr(features_module, "_FAR_CELLS", n_lines)

    return shrink


def some_lines(n: int, seed: int) -> list[str]:
    """Return lines of words that other lines have too, some of them twice."""
    chance = random.Random(seed)
    return [
        " ".join(chance.choices(WORDS, k=chance.choice([1, 1, 2, 5, 30]))).strip() for _ in range(n)
    ]


def some_page(n: int, seed: int) -> str:
    chance = random.Random(seed)
    tags = [("<p>", ""), ("<li><a href=x>", "</a>"), ("<div class=nav><p>", "</div>"), ("<h2>", "")]
    items = (
        f"{start}{line}{end}"
        for line in some_lines(n, seed)
        for start, end in [chance.choice(tags)]
    )
    return f"<title>The ferry at the quay</title><main>{''.join(items)}</main>"


def assert_same(found: Scores, expected: Scores) -> None:
    np.testing.assert_allclose(found.content, expected.content, atol=1e-6, rtol=0)
    assert found.kinds.tolist() == expected.kinds.tolist()


class TestLineBlocks:
    @given(st.lists(st.integers(0, 40).map("x".__mul__), max_size=30), st.integers(1, 5))
    def test_follow_each_other_and_are_small(self, lines: list[str], most: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "BLOCK_LINES", most)
            patch.setattr(blocks, "_BLOCK_CHARS", 60)
            found = line_blocks(lines)
        assert [n for first, end in found for n in range(first, end)] == list(range(len(lines)))
        for first, end in found:
            assert 0 < end - first <= most
            assert end == first + 1 or sum(map(len, lines[first:end])) <= 60

    def test_an_ordinary_document_is_one(self) -> None:
        assert line_blocks(["a line of words"] * 3_000) == [(0, 3_000)]


class TestSameAsAtOnce:
    @pytest.mark.parametrize("n_lines", [1, 7, 64, 199])
    def test_a_text(
        self, shipped_model: Model, in_blocks: Callable[[int], None], n_lines: int
    ) -> None:
        lines = some_lines(200, seed=n_lines)
        expected = shipped_model.score_text(lines)
        in_blocks(n_lines)
        assert_same(shipped_model.score_text(lines), expected)

    @pytest.mark.parametrize("n_lines", [1, 7, 64, 199])
    def test_a_page(
        self, shipped_model: Model, in_blocks: Callable[[int], None], n_lines: int
    ) -> None:
        page, _ = read_html(some_page(200, seed=n_lines))
        expected = shipped_model.score_html(page)
        in_blocks(n_lines)
        assert_same(shipped_model.score_html(page), expected)

    @settings(max_examples=30)
    @given(st.lists(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join), max_size=30))
    def test_every_measure(self, lines: list[str]) -> None:
        known = load_model("boilerkit-1")

        def measure() -> features_module.MeasuredLines:
            return measure_blocks(
                lines, known.lexicon, lambda text, _: word_scores(text, known.words)
            )

        expected = measure()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "BLOCK_LINES", 4)
            found = measure()
        for name in features_module.MeasuredLines.__slots__:
            ours, theirs = getattr(found, name), getattr(expected, name)
            np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=1e-5, err_msg=name)

    def test_rows_asked_for_one_by_one(self, shipped_model: Model) -> None:
        lines = some_lines(90, seed=3)
        measured = measure_blocks(lines, shipped_model.lexicon, shipped_model.score_words)
        rows = features_module.TextRows(measured)
        single = np.concatenate([rows.matrix(row, row + 1) for row in range(90)])
        np.testing.assert_allclose(single, rows.matrix(0, 90), atol=1e-5, rtol=1e-5)


class TestEndlessLines:
    def test_are_known_by_their_ends(self) -> None:
        start, end = "One two. " * 6_000, "Three four! " * 5_000
        columns = measure_lines([start + "5 " * 1_000_000 + end]).columns
        ends = measure_lines([f"{start[:49_999]} {end[-49_999:]}"]).columns
        assert columns.tolist() == ends.tolist()
        assert columns[0, TEXT_COLUMNS.index("bang_count")] > 4_000

    def test_keep_their_length(self) -> None:
        assert measure_lines(["x" * 200_000, "two"]).n_chars.tolist() == [200_000, 3]

    def test_others_are_read_as_a_whole(self) -> None:
        line = "word " * 19_999
        assert measure_lines([line]).n_words.tolist() == [19_999]


class TestMemory:
    """Peaks in bytes of what a call allocates; numpy tells tracemalloc of its arrays."""

    @staticmethod
    def peak(call: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            call()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("call", "unit", "bytes_a_line"),
        [("clean", "word\n", 1_500), ("extract", "<p>word</p>", 1_800)],
    )
    def test_grows_little_with_the_lines(
        self,
        shipped: Cleaner,
        in_blocks: Callable[[int], None],
        call: str,
        unit: str,
        bytes_a_line: int,
    ) -> None:
        in_blocks(1_024)
        run = getattr(shipped, call)
        run(unit)
        more = self.peak(lambda: run(unit * 20_000)) - self.peak(lambda: run(unit * 10_000))
        assert more < 10_000 * bytes_a_line

    def test_of_one_line(self, shipped: Cleaner) -> None:
        text = "word " * 300_000
        shipped.extract(f"<p>{text[:200_000]}</p>")
        assert self.peak(lambda: shipped.clean(text)) < 15 * len(text)
        assert self.peak(lambda: shipped.extract(f"<p>{text}</p>")) < 18 * len(text)
