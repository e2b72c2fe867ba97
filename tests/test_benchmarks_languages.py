"""A language that nothing is learned of: what is left out, and what is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as commands
from benchmarks import languages
from boilerkit.cuts import Cut
from boilerkit.model import Head
from boilerkit.train import corpus as corpus_module
from boilerkit.train.corpus import (
    CHROME,
    TextExample,
    build_corpus,
    is_language,
    texts_of_language,
)
from tests.tiny_corpus import write_tiny_corpus

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_training")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus whose seven Fundus pages and their typed lines are Norwegian."""
    root = write_tiny_corpus(tmp_path_factory.mktemp("corpus"))
    for page in (root / "fundus-dev" / "html").iterdir():
        page.write_text(page.read_text(encoding="utf-8").replace("lang=en", "lang=nb"))
    labels = root / "labels" / "lines-dev.jsonl"
    rows = [json.loads(row) for row in labels.read_text().splitlines()]
    for row in rows:
        row["lang"] = "no" if row["source"] == "fundus-dev" else row["lang"]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.mark.parametrize(
    ("code", "language", "same"),
    [
        ("de", "de", True),
        ("de-AT", "de", True),
        ("PT", "pt", True),
        ("nb", "no", True),
        ("nn-NO", "no", True),
        ("?", "en", False),
        ("den", "de", False),
        ("de", None, False),
    ],
)
def test_a_tag_names_a_language(code: str, language: str | None, same: bool) -> None:
    assert is_language(code, language) == same


def test_all_of_a_language_is_left_out(folder: Path) -> None:
    everything, fewer = build_corpus(folder, n_jobs=1), build_corpus(folder, without="no", n_jobs=1)
    sets = {page.source.dataset for page in fewer.pages}
    assert "fundus-dev" in {page.source.dataset for page in everything.pages} - sets
    assert len(everything.texts) - len(fewer.texts) >= 14
    names = {text.name for text in fewer.texts}
    assert names.isdisjoint(text.name for text in texts_of_language(folder, "no"))


def test_our_own_lines_in_it_are_left_out(folder: Path) -> None:
    german = {
        row["text"]
        for name in corpus_module._OWN_TEXTS
        for row in corpus_module._own_rows(name)
        if row["lang"] == "de" and len(row["text"].split()) > 5
    }
    everything = {line for piece in pieces(folder, None) for line in piece}
    fewer = {line for piece in pieces(folder, "de") for line in piece}
    assert everything & german
    assert fewer
    assert not fewer & german


def pieces(folder: Path, without: str | None) -> Iterator[list[str]]:
    for piece in corpus_module._pieces(folder, frozenset(), without):
        yield piece.lines


def test_typed_lines_and_fundus_pages_are_judged(folder: Path) -> None:
    texts = texts_of_language(folder, "no")
    assert [text.group for text in texts] == ["typed"] * 7 + ["dump"] * 7
    assert languages.languages_with_documents(folder) == ["en", "no"]


def head_with(cut: float) -> Head:
    none = None
    return Head(none, none, none, 1.0, 0.0, {"balanced": Cut(cut)})  # type: ignore[arg-type]


def test_words_and_lines_are_counted_once() -> None:
    kind = np.array([0, 0, 3, CHROME, -1])
    text = TextExample("a", "typed", 0, list("abcde"), kind, np.ones(5))
    odds = np.array([3, -3, -3, 3, -3], np.float32)
    kept = languages._kept(odds, text.lines, head_with(0.5))
    assert kept.tolist() == [True, False, False, True, False]
    found = languages._counts(text, np.array([10, 4, 1, 1, 7]), kept)
    assert found == {"words": 14, "lost": 4, "chrome": 2, "found": 1}


def test_the_cut_decides(folder: Path) -> None:
    all_kept, none_kept = (
        languages.measure_language(folder, "no", head_with(cut)) for cut in (0.0, 1.1)
    )
    assert all_kept.documents == 14
    assert all_kept.words > 500
    assert (all_kept.lost, all_kept.found) == (0, 0)
    assert (none_kept.lost, none_kept.found) == (none_kept.words, none_kept.chrome)


def test_the_command_prints_a_row_a_language(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["languages", "--data", str(folder), "--language", "no"]) == 0
    head, _, row = capsys.readouterr().out.splitlines()
    assert head.startswith("| language unseen |")
    assert row.startswith("| no | 14 | 0.")
