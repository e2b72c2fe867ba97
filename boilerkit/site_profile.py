"""What recurs over the pages of one site: its chrome.

A line that stands on page after page of a site is hardly any page's content. A profile counts, for
a handful of pages or for many, on how many of them each line stands. Numbers and dates are folded,
so that "12 comments" and "7 comments" are one line, and in longer lines so are names. Memory is
bounded whatever the number of pages.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from boilerkit.errors import ConfigError
from boilerkit.records import Document
from boilerkit.text_lines import fold_line, has_word

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SiteProfile"]

_FORMAT_VERSION = 1
_MAX_KEYS = 100_000
# Longer keys are cut and end in a hash: a key's size is bounded too.
_MAX_KEY_CHARS = 80
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
# A few words between two numbers are a month: "5. March 2026", "5 de marzo de 2026".
_DATE = re.compile(r"0\.?,?(?: [^\W\d_]+\.?,?){1,3} 0")
_WORD = re.compile(r"[^\W_]+")
# Of a line from which names were taken so many words must be left, and half of all: two
# headings of capitalised words have only their frame in common.
_MIN_FRAME_WORDS = 3
_NAME = "*"
# One page says nothing, and a line on two pages of many may be chance.
_MIN_PAGES = 2
_MIN_SHARE = 0.3
# Log-odds taken from a line that stands on all pages; chosen on the sites with several typed
# documents, see docs/benchmark.md.
_MAX_PENALTY = 3.0


class SiteProfile:
    """How often lines recur over the pages of one site.

    >>> profile = SiteProfile().fit(["Menu\\nOne thing", "Menu\\nAnother thing", "Menu\\nA third"])
    >>> profile.share("Menu"), profile.share("One thing")
    (1.0, 0.0)
    """

    def __init__(self) -> None:
        self._n_pages = 0
        self._counts: dict[str, int] = {}

    @property
    def n_pages(self) -> int:
        """The number of pages learned from."""
        return self._n_pages

    def fit(self, texts: Iterable[str | Document]) -> SiteProfile:
        """Forget what was learned and learn from texts of one site, one a page.

        A page is given as its text or as the Document that ``classify_html`` makes of it.
        """
        self._n_pages = 0
        self._counts = {}
        return self.partial_fit(texts)

    def partial_fit(self, texts: Iterable[str | Document]) -> SiteProfile:
        """Learn from more pages of the site. Raises TypeError for what is no str or Document."""
        if isinstance(texts, str):
            raise TypeError("texts must be several texts, one a page, not one str")
        for text in texts:
            self._n_pages += 1
            for key in {key for line in _lines(text) if has_word(line) for key in _keys(line)}:
                self._counts[key] = self._counts.get(key, 0) + 1
                if len(self._counts) > _MAX_KEYS:
                    self._forget_rare_lines()
        return self

    def share(self, line: str) -> float:
        """Return the share (0 to 1) of the pages on which a line stands; 0 if it does not recur."""
        count = max(self._counts.get(key, 0) for key in _keys(line))
        if count < _MIN_PAGES or count < _MIN_SHARE * self._n_pages:
            return 0.0
        return min(count / self._n_pages, 1.0)

    def adjusted(self, line: str, score: float) -> float:
        """Return a line's probability of being content once its recurrence is known."""
        share = self.share(line)
        if not share or not 0 < score < 1:
            return score
        odds = math.log(score / (1 - score)) - _MAX_PENALTY * share
        return 1 / (1 + math.exp(-odds))

    def save(self, path: str | Path) -> None:
        """Write the profile as JSON."""
        from pathlib import Path

        recurring = {key: count for key, count in self._counts.items() if count >= _MIN_PAGES}
        value = {"format_version": _FORMAT_VERSION, "pages": self._n_pages, "lines": recurring}
        Path(path).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> SiteProfile:
        """Read a profile; raises ConfigError if the file is none."""
        from pathlib import Path

        profile = cls()
        try:
            value = json.loads(Path(path).read_text(encoding="utf-8"))
            if value["format_version"] != _FORMAT_VERSION:
                raise ConfigError(f"{path} has another format: {value['format_version']!r}")
            profile._n_pages = int(value["pages"])
            profile._counts = {str(key): int(count) for key, count in value["lines"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"{path} is no site profile: {error}") from error
        return profile

    def _forget_rare_lines(self) -> None:
        """Keep the more frequent half (lossy counting; Manku & Motwani, 2002)."""
        ranked = sorted(self._counts.items(), key=lambda item: item[1], reverse=True)
        self._counts = dict(ranked[: _MAX_KEYS // 2])


def _lines(page: str | Document) -> list[str]:
    if isinstance(page, Document):
        return [line.text for line in page.lines]
    if not isinstance(page, str):
        raise TypeError(f"each text must be a str or a Document, not {type(page).__name__}")
    return page.split("\n")


def _keys(line: str) -> set[str]:
    """Return what a line is counted under: itself without numbers, and that without names."""
    folded = _DATE.sub("0", _NUMBER.sub("0", fold_line(line)))
    frame = _frame(folded)
    return {_bounded(key.casefold()) for key in (folded, frame) if key is not None}


def _frame(folded: str) -> str | None:
    """Return a line with a star for each run of capitalised words; None if little else is left.

    The first word of a line is capitalised anyway: it is part of a name if the second is, too.
    """
    words = folded.split(" ")
    named = [word[:1].isupper() for word in words]
    named[0] = named[0] and len(words) > 1 and named[1]
    left = sum(
        not name and _WORD.search(word) is not None for name, word in zip(named, words, strict=True)
    )
    if not any(named) or left < max(_MIN_FRAME_WORDS, len(words) / 2):
        return None
    frame = []
    for name, word in zip(named, words, strict=True):
        if not name:
            frame.append(word)
        elif not frame or frame[-1] != _NAME:
            frame.append(_NAME)
    return " ".join(frame)


def _bounded(key: str) -> str:
    if len(key) <= _MAX_KEY_CHARS:
        return key
    import hashlib  # takes OpenSSL with it

    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{key[: _MAX_KEY_CHARS - len(digest)]}{digest}"
