"""How little a page's markup tells: a few bare paragraphs are as good as text without a DOM."""

from __future__ import annotations

from boilerkit.page_lines import PageLines
from boilerkit.text_lines import fold_line, has_word

__all__ = ["read_as_text", "text_share"]

# What lines mean as text counts for so much, beside what they mean on the page, where class names
# and links are none; beyond so many boxes with names and links, and so many letters, not at all.
_TEXT_SHARE = 1 / 3
_MOST_MARKS = 20
_MOST_LETTERS = 20_000


def text_share(page: PageLines) -> float:
    """Return the weight, from 0 to 1, of a page's lines judged as those of a text.

    Models learn from whole pages, whose class names, links and menus tell an appeal from a
    paragraph. Fragments, feeds and small sites have none, and the words must do.
    """
    marks = sum(map(bool, page.box_names)) + sum(page.link_count)
    plain = max(0.0, 1 - marks / _MOST_MARKS)
    short = max(0.0, 1 - sum(map(len, page.texts)) / _MOST_LETTERS)
    return _TEXT_SHARE * plain * short


def read_as_text(page: PageLines) -> tuple[list[int], list[str]]:
    """Return the numbers of a page's lines with words, and these lines as a text has them."""
    index = [number for number, text in enumerate(page.texts) if has_word(text)]
    return index, [fold_line(page.texts[number]) for number in index]
