"""A line → its sentences, in every script, in pure Python.

A sentence ends where the features' sentences do (``text_features``): at a full stop, exclamation
or question mark before white space or a quote, and at a full-width one before anything.
"""

from __future__ import annotations

import re

from boilerkit.wordlists import split_words

__all__ = ["split_sentences"]

_QUOTES = "\"'“”‘’„«»‹›「」『』《》"
_CLOSING = "\"'“”‘’«»‹›」』》)\\]）】"
# A closing quote or bracket stays with its sentence, and so does a run of marks ("?!", "...").
_END = re.compile(
    rf"[。！？]+[{_CLOSING}]*|[.…．।॥؟!?¡¿]+(?:[{_CLOSING}]+(?=\s)|(?=[\s{_QUOTES}]))"
)
# "Dr.", "1." and "Thank you." are no sentences to decide on by themselves.
_MIN_WORDS = 3


def split_sentences(line: str) -> list[tuple[int, int]]:
    """Return the offsets (start, end) of a line's sentences, without white space at their ends.

    A piece of fewer than three words belongs to the sentence after it, the last such piece to the
    one before it. A line without words has no sentence.
    """
    spans: list[tuple[int, int]] = []
    first = 0
    for end in [*(found.end() for found in _END.finditer(line)), len(line)]:
        if len(split_words(line[first:end])) >= _MIN_WORDS:
            spans.append((first, end))
            first = end
    if spans:
        spans[-1] = (spans[-1][0], len(line))
    elif split_words(line):
        spans = [(0, len(line))]
    return [_stripped(line, start, end) for start, end in spans]


def _stripped(line: str, start: int, end: int) -> tuple[int, int]:
    piece = line[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
