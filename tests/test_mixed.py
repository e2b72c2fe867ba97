"""Long lines that hold content and chrome: what is cut, what stays, and how the parts fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import CHROME, PROSE, texts

from boilerkit import CleanConfig, Cleaner, Label, Line
from boilerkit.config import OPERATING_POINTS
from boilerkit.cuts import Cut
from boilerkit.decide import ScoredLine

FERRY = "The ferry left the quay at noon with eleven passengers and a piano on deck."
MASTER = "The harbour master measured it twice and charged it as a large and rather quiet cow."


def split(folder: Path | str | None, **settings: object) -> Cleaner:
    config = CleanConfig(split_sentences=True, **settings)  # type: ignore[arg-type]
    return Cleaner(config=config, model=folder)


class ScoredByWord:
    """A backend for which a line's score stands in it: ``p05`` is 0.05; without one it is 0.95.

    Of several the best counts: a line is content if a sentence of it is.
    """

    name, model_name = "model", "by word"

    def __init__(self) -> None:
        self.cuts = {"text": {"careful": Cut(0.2), "balanced": Cut(0.5), "greedy": Cut(0.7)}}

    def score_text(self, lines: Sequence[str]) -> list[ScoredLine]:
        return [
            ScoredLine(max(map(_score, line.split(". "))), _kind(line), "model") for line in lines
        ]


def _score(sentence: str) -> float:
    marks = [
        word for word in sentence.replace(".", "").split() if word[0] == "p" and word[1:].isdigit()
    ]
    return int(marks[0][1:]) / 100 if marks else 0.95


def _kind(line: str) -> Label:
    return Label.DONATION if "give" in line else Label.NEWSLETTER


def by_word(**settings: object) -> Cleaner:
    cleaner = split("heuristic", **settings)
    object.__setattr__(cleaner, "_backend", ScoredByWord())
    return cleaner


GIVE = "Please give to us p05."
MAIL = "Get our letter free p05."
MAYBE = "You may like it p55."
DOUBT = "Please give to us p30."
GOOD = "The tide comes in p90."

DULL = " ".join(f"{line} p55." for line in (FERRY.rstrip("."), MASTER.rstrip(".")))

CUT = [
    pytest.param(f"{GIVE} {FERRY} {MASTER}", f"{FERRY} {MASTER}", id="before"),
    pytest.param(f"{FERRY} {MASTER} {GIVE}", f"{FERRY} {MASTER}", id="after"),
    pytest.param(f"{GIVE} {FERRY} {MASTER} {MAIL}", f"{FERRY} {MASTER}", id="on both sides"),
    pytest.param(f"{GIVE} {MAIL} {FERRY} {MASTER}", f"{FERRY} {MASTER}", id="two of them"),
    pytest.param(f"{FERRY} {GIVE} {MASTER}", f"{FERRY} {GIVE} {MASTER}", id="inside: stays"),
    pytest.param(f"{MAYBE} {GIVE} {FERRY} {MASTER}", f"{FERRY} {MASTER}", id="over a weak one"),
    pytest.param(f"{MAYBE} {FERRY} {MASTER}", f"{MAYBE} {FERRY} {MASTER}", id="weak alone: stays"),
    pytest.param(
        f"{GIVE} {MAYBE} {FERRY} {MASTER}", f"{MAYBE} {FERRY} {MASTER}", id="not beyond a sure one"
    ),
    pytest.param(
        f"{GOOD} {GIVE} {FERRY} {MASTER}", f"{GOOD} {GIVE} {FERRY} {MASTER}", id="content first"
    ),
    pytest.param(f"{GIVE} {DULL}", DULL, id="beside what is in doubt"),
    pytest.param(f"{DOUBT} {DULL}", f"{DOUBT} {DULL}", id="no more in doubt than the rest: stays"),
    pytest.param(f"{GIVE} The ferry left.", f"{GIVE} The ferry left.", id="a short line"),
    pytest.param(f"\t{GIVE}  {FERRY} {MASTER} \r", f"\t{FERRY} {MASTER} \r", id="white space"),
    pytest.param(
        f"One.\n\n{FERRY} {MASTER} {GIVE}\nTwo.\n", f"One.\n\n{FERRY} {MASTER}\nTwo.\n", id="a text"
    ),
]


@pytest.mark.parametrize(("text", "expected"), CUT)
def test_hand_worked(text: str, expected: str) -> None:
    assert by_word().clean(text) == expected
    document = by_word().classify_text(text)
    assert document.text == expected
    assert any(line.parts for line in document.lines) == (expected != text)


class TestParts:
    def test_say_what_they_are(self) -> None:
        text = f"  {GIVE} {FERRY} {MASTER} {MAIL}"
        (line,) = by_word().classify_text(text).lines
        before, inner, after = line.parts
        assert [part.label.value for part in line.parts] == ["donation", "content", "newsletter"]
        assert [part.kept for part in line.parts] == [False, True, False]
        assert text[before.start : before.end] == f"{GIVE} "
        assert text[inner.start : inner.end] == f"{FERRY} {MASTER}"
        assert text[after.start : after.end] == f" {MAIL}"
        assert (before.score, inner.score) == pytest.approx((0.05, 0.95))
        assert line.to_dict()["parts"][0] == before.to_dict()
        assert (line.is_content, line.kept, line.start, line.end) == (True, True, 0, len(text))

    def test_a_label_that_is_kept_is_not_cut(self) -> None:
        text = f"{GIVE} {FERRY} {MASTER} {MAIL}"
        assert by_word(keep=["donation"]).clean(text) == f"{GIVE} {FERRY} {MASTER}"
        assert by_word(drop=["donation"]).clean(text) == f"{FERRY} {MASTER} {MAIL}"

    def test_a_line_that_goes_as_a_whole_has_none(self) -> None:
        text = " ".join([GIVE, MAIL] * 6)
        (line,) = by_word().classify_text(text).lines
        assert (line.kept, line.parts) == (False, ())

    def test_a_long_text_is_split_as_far_as_sentences_are_allowed(self) -> None:
        text = "\n".join([f"{GIVE} {FERRY} {MASTER} {MAIL}"] * 5)
        assert by_word(max_lines=40).clean(text) == "\n".join(
            [f"{FERRY} {MASTER}"] * 2 + [f"{GIVE} {FERRY} {MASTER} {MAIL}"] * 3
        )

    def test_an_endless_line_stays_whole(self) -> None:
        text = f"{GIVE} {FERRY} {MASTER} {MAIL} " + f"{FERRY} " * 2_000
        assert by_word().clean(text) == text

    def test_off_by_default(self, cleaner: Cleaner) -> None:
        text = f"Donate now! Support us! {FERRY} {MASTER}"
        assert cleaner.config.split_sentences is False
        assert all(line.parts == () for line in cleaner.classify_text(text).lines)

    @pytest.mark.parametrize("value", [1, None, "yes"])
    def test_the_setting_is_a_bool(self, value: object) -> None:
        with pytest.raises(TypeError, match="split_sentences"):
            CleanConfig(split_sentences=value)  # type: ignore[arg-type]


_SENTENCES = st.sampled_from([*PROSE, *(f"{line}." for line in CHROME)])
_LONG_LINES = st.lists(_SENTENCES, min_size=1, max_size=8).map(" ".join)
long_texts = st.one_of(texts, st.lists(_LONG_LINES, max_size=4).map("\n".join))
_MARKED = st.lists(
    st.sampled_from([GIVE, MAIL, MAYBE, GOOD, FERRY, MASTER]), min_size=3, max_size=9
).map(" ".join)


def check_parts(line: Line) -> None:
    if line.parts:
        assert line.kept
        assert [part.kept for part in line.parts].count(True) == 1
        assert all(part.label is line.label for part in line.parts if part.kept)
        joined = "".join(line.text[part.start : part.end] for part in line.parts)
        assert joined == line.text.strip()
        for part, following in zip(line.parts, line.parts[1:], strict=False):
            assert part.end == following.start


def kept_offsets(line: Line) -> set[int]:
    if not line.kept:
        return set()
    gone = {n for part in line.parts if not part.kept for n in range(part.start, part.end)}
    return {n for n, char in enumerate(line.text) if not char.isspace()} - gone


class TestProperties:
    @given(text=long_texts)
    def test_lines_stay_one_a_line_and_parts_cover_them(
        self, model: str | Path | None, text: str
    ) -> None:
        cleaner = split(model)
        document = cleaner.classify_text(text)
        whole = Cleaner(model=model).classify_text(text)
        assert cleaner.clean(text) == document.text
        assert len(document.lines) == len(whole.lines)
        for line, before in zip(document.lines, whole.lines, strict=True):
            check_parts(line)
            assert (line.text, line.label, line.kept) == (before.text, before.label, before.kept)
            assert (line.score, line.start, line.end) == (before.score, before.start, before.end)

    @given(text=long_texts)
    def test_the_result_is_a_subsequence_of_the_text(
        self, model: str | Path | None, text: str
    ) -> None:
        rest = iter(text)
        assert all(char in rest for char in split(model).clean(text))

    @given(text=st.one_of(long_texts, st.lists(_MARKED, max_size=3).map("\n".join)))
    def test_greedy_keeps_no_character_that_balanced_drops_nor_balanced_that_careful_drops(
        self, model: str | Path | None, text: str
    ) -> None:
        for make in (by_word, lambda **settings: split(model, **settings)):
            careful, balanced, greedy = (
                make(operating_point=point).classify_text(text).lines for point in OPERATING_POINTS
            )
            for most, middle, least in zip(careful, balanced, greedy, strict=True):
                assert kept_offsets(least) <= kept_offsets(middle) <= kept_offsets(most)
