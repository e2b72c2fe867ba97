"""Extracted text → lines: only ``\\n`` splits; marks and white space do not count as words."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["TextLines", "fold_line", "fold_space", "has_word", "read_text"]

# List bullets, heading and quote marks, table bars and item numbers in front of a line's words:
# one extractor writes them, the next does not, so the classifier must not see them.
_MARKS = re.compile(r"(?:(?:[-*+•‣◦▪>|]|#{1,6}|\d{1,3}[.)])\s+){1,6}")
_HAS_WORD = re.compile(r"[^\W_]")
_SPACE = re.compile(r"\s")
# A list of the words of a longer text takes ten times its memory.
_FOLDED_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class TextLines:
    """The lines of a text as given, and what the classifier reads of those with words.

    ``raw[i]`` starts at offset ``starts[i]`` (code points). ``words[k]`` is the folded text of
    line ``index[k]``.
    """

    raw: list[str]
    starts: list[int]
    words: list[str]
    index: list[int]


def read_text(text: str) -> TextLines:
    """Split a text into lines; none for an empty text."""
    raw = text.split("\n") if text else []
    starts: list[int] = []
    words: list[str] = []
    index: list[int] = []
    offset = 0
    for number, line in enumerate(raw):
        starts.append(offset)
        offset += len(line) + 1
        if has_word(line):
            words.append(fold_line(line))
            index.append(number)
    return TextLines(raw, starts, words, index)


def has_word(line: str) -> bool:
    """Return whether a line holds a letter or a digit; one that does not is ``empty``."""
    # nearly every line begins with one: no search
    return line[:1].isalnum() or _HAS_WORD.search(line) is not None


def fold_space(text: str) -> str:
    """Return a text with each run of white space one space, and none at its ends."""
    if len(text) <= _FOLDED_CHARS:
        return " ".join(text.split())
    parts = []
    start = 0
    while start < len(text):
        space = _SPACE.search(text, start + _FOLDED_CHARS)
        end = len(text) if space is None else space.start()
        parts.append(" ".join(text[start:end].split()))
        start = end
    return " ".join(filter(None, parts))


def fold_line(line: str) -> str:
    """Return the line without its marks and with white space folded."""
    folded = fold_space(line)
    marks = None if folded[:1].isalpha() else _MARKS.match(folded)
    if marks and marks.end() < len(folded):
        folded = folded[marks.end() :]
    return folded[:-2] if folded.endswith(" |") else folded
