"""Appeals on short plain pages: which lines stand there, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.lines import LabelledText, appeals_in_articles
from benchmarks.plain import PlainFigures, measure_plain, render_plain, stretch
from boilerkit import Cleaner
from boilerkit.train.datasets import Appeal, Page

ROWS = [f"Paragraph {n} tells of the {n} ferries that left." for n in range(12)]
APPEALS = [
    Appeal("Give! To us @ once!", "donation", "en", "somewhere"),
    Appeal("They gave! And gave!", "content", "en", "elsewhere"),
    Appeal("The plain words of one who asks.", "donation", "en", "nowhere"),
]


@pytest.fixture(scope="module")
def texts() -> list[LabelledText]:
    articles = [
        Page("own", f"{n}", Path(), None, f"site{n}.example", "article", "en", "\n".join(ROWS))
        for n in range(60)
    ]
    return list(appeals_in_articles(APPEALS, articles))


@pytest.mark.parametrize("seed", range(5))
def test_a_stretch_has_the_line_and_some_of_the_article(
    texts: list[LabelledText], seed: int
) -> None:
    for text in texts:
        lines, place = stretch(text, seed)
        assert 2 <= len(lines) <= 9
        assert lines[place] == text.lines[[bool(label) for label in text.labels].index(True)]
        first = text.lines.index(lines[0])
        assert list(text.lines[first : first + len(lines)]) == lines


def test_the_seed_decides(texts: list[LabelledText]) -> None:
    one, other = ([stretch(text, seed) for text in texts] for seed in (0, 1))
    assert one != other
    assert one == [stretch(text, 0) for text in texts]


def test_lines_are_counted_by_what_they_are(texts: list[LabelledText], toy: Cleaner) -> None:
    """The toy model drops what has two exclamation marks; one with an ``@`` is a donation."""
    figures = measure_plain(texts, lambda _: toy)
    assert (figures.appeals, figures.found, figures.typed) == (8, 4, 4)
    assert (figures.negatives, figures.dropped) == (4, 4)
    assert (figures.words > 100, figures.lost) == (True, 0)


def test_lost_words_are_those_around_the_line(texts: list[LabelledText], toy: Cleaner) -> None:
    loud = [
        replace(
            text,
            lines=tuple(
                line if label else f"Loud words {number}!!"
                for number, (line, label) in enumerate(zip(text.lines, text.labels, strict=True))
            ),
        )
        for text in texts
    ]
    figures = measure_plain(loud, lambda _: toy)
    assert figures.words == 3 * sum(len(stretch(text)[0]) - 1 for text in loud)
    assert figures.lost == figures.words


def test_shares_are_shown_beside_what_they_are_of() -> None:
    table = render_plain(PlainFigures(8, 6, 5, 4, 1, 1000, 3))
    assert "| appeals found | 0.7500 | 8 |" in table
    assert "| … and rightly typed | 0.6250 | 8 |" in table
    assert "| hard negatives dropped | 0.2500 | 4 |" in table
    assert "| words of the article lost | 0.0030 | 1,000 |" in table
