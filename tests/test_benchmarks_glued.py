"""Glued appeals and site profiles in the benchmark: what is made, and what is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.glued import article_texts, glued_appeals, measure_split, render_split
from benchmarks.sites import measure_sites, render_sites
from boilerkit import Document, Label, Line, Role
from boilerkit.records import Part
from boilerkit.train.corpus import appeal_fold
from boilerkit.train.datasets import Appeal, Page, TypedDocument
from boilerkit.train.sites import fold_of

PARAGRAPH = (
    "The ferry left the quay at noon with a piano on deck, and nobody on the island had ordered"
    " one or would admit to it."
)
APPEAL = Appeal("Please\n give to us today.", "donation", "en", "somewhere")


def articles() -> list[Page]:
    gold = f"A title\n{PARAGRAPH}\nA caption"
    return [
        Page("own", f"{n}", Path(), None, f"site{n}.example", "article", "en", gold)
        for n in range(60)
    ]


class TestGlued:
    def test_stand_before_and_after_a_paragraph_of_their_fold(self) -> None:
        before, after = glued_appeals([APPEAL], articles())
        assert before.lines[1] == f"Please give to us today. {PARAGRAPH}"
        assert after.lines[1] == f"{PARAGRAPH} Please give to us today."
        for item in (before, after):
            assert item.lines[item.number][item.start : item.end] == "Please give to us today."
            assert fold_of(item.fold_key) == appeal_fold("somewhere")

    def test_hard_negatives_are_left_out_and_the_seed_decides(self) -> None:
        negative = Appeal("We gave him a chair.", "content", "en", "somewhere")
        assert list(glued_appeals([negative], articles())) == []
        one = list(glued_appeals([APPEAL] * 3, articles()))
        assert one == list(glued_appeals([APPEAL] * 3, articles()))
        assert one != list(glued_appeals([APPEAL] * 3, articles(), seed=1))


class CutsFirst:
    """Stands for a cleaner that keeps all lines and drops the first `count` characters of each."""

    def __init__(self, count: int) -> None:
        self.count = count

    def classify_text(self, text: str) -> Document:
        lines = []
        for row in text.split("\n"):
            gone = Part(Label.DONATION, False, 0.1, 0, min(self.count, len(row)))
            rest = Part(Label.CONTENT, True, 0.9, gone.end, len(row))
            parts = (gone, rest) if self.count else ()
            lines.append(Line(row, Label.CONTENT, True, 0.9, "model", Role.TEXT, parts=parts))
        return Document(lines=tuple(lines), text="")


def test_what_is_found_and_lost_is_counted_in_words() -> None:
    glued = list(glued_appeals([APPEAL], articles()))
    texts = list(article_texts(articles()[:1]))
    off, on = CutsFirst(0), CutsFirst(len("Please give to us today."))
    figures = measure_split(glued, texts, (lambda _: off, lambda _: on))  # type: ignore[arg-type,return-value]
    words = len(PARAGRAPH.replace(",", "").split())
    assert figures.found == (0, 0.5)
    # "The ferry left the quay ": five words of the paragraph that came first
    assert figures.hosts_lost == (0, pytest.approx(5 / (2 * words)))
    assert figures.content_lost == (0, pytest.approx(9 / (words + 4)))
    assert "0.5000" in render_split(figures, 2)


def test_sites_of_three_pages_are_scored_with_a_profile_of_the_others(toy_folder: Path) -> None:
    lines = ("Old Mill Lane!", "The ferry left at noon.")
    documents = [
        TypedDocument(
            f"{site}{n}",
            "own",
            f"{n}",
            "full",
            site,
            "article",
            "en",
            lines,
            ("navigation", "content"),
        )
        for site, count in (("a.example", 4), ("b.example", 2))
        for n in range(count)
    ]
    varied = [
        TypedDocument(
            d.doc,
            "own",
            d.page,
            "full",
            d.site,
            "article",
            "en",
            (lines[0], f"{'Ab' * n}cd left."),
            d.labels,
        )
        for n, d in enumerate(documents)
    ]
    figures = measure_sites(varied, lambda _: toy_folder)
    assert (figures.sites, figures.documents) == (1, 4)
    assert (figures.without.chrome_recall(), figures.with_profile.chrome_recall()) == (0, 1)
    assert figures.with_profile.content_words_lost == 0
    assert "1 sites, 4 documents" in render_sites(figures)
