"""Pages made of lines: what a reader finds on them is the lines, and nothing tells them apart."""

from __future__ import annotations

import random

import lxml.html
import pytest

from benchmarks.printing import print_page
from boilerkit.html_lines import read_html

LINES = [
    "The ferry to Skarholm sails twice a day from May on.",
    "Tickets cost <b> less on weekdays & nothing for children.",
    "We print no advertisements. Forty readers pay for this page; be one of them.",
    "On the island itself there are no cars.",
]
CONTENT = [True, True, False, True]


def printed(seed: int, title: str = "Two ferries a day") -> str:
    return print_page(LINES, CONTENT, title, random.Random(seed))


@pytest.mark.parametrize("seed", range(60))
def test_each_line_comes_out_once_and_in_order(seed: int) -> None:
    page, _ = read_html(printed(seed))
    assert page.texts in (LINES, ["Two ferries a day", *LINES])


def test_some_have_a_headline_and_some_are_fragments() -> None:
    pages = [printed(seed) for seed in range(60)]
    assert 10 < sum("<h1>" in page for page in pages) < 50
    assert 10 < sum("<title>" in page for page in pages) < 50
    assert any(page.startswith("<p>") for page in pages)


def test_without_a_title_there_is_no_headline() -> None:
    assert not any("<h1>" in printed(seed, "") for seed in range(60))


def test_no_class_or_id_tells_what_a_line_is() -> None:
    assert not any(name in printed(seed) for seed in range(60) for name in ("class=", "id="))


def test_many_appeals_look_like_the_paragraphs_around_them() -> None:
    alike = 0
    for seed in range(200):
        root = lxml.html.document_fromstring(printed(seed))
        appeal, paragraph = (
            next(e for e in root.iter() if e.text and words in e.text)
            for words in ("Forty readers", "no cars")
        )
        ways = [[e.tag for e in (block, *block.iterancestors())] for block in (appeal, paragraph)]
        alike += ways[0] == ways[1]
    assert 60 < alike < 140


def test_a_seed_gives_the_same_page() -> None:
    assert printed(7) == printed(7)
