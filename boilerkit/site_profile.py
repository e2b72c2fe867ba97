"""What recurs over the pages of one site: its chrome.

A line that stands on page after page of a site is hardly any page's content. A profile counts, for
a handful of pages or for many, on how many of them each line stands; numbers are folded, so that
"12 comments" and "7 comments" are one line. Memory is bounded whatever the number of pages.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path

from boilerkit.errors import ConfigError
from boilerkit.text_lines import fold_line, has_word

__all__ = ["SiteProfile"]

_FORMAT_VERSION = 1
_MAX_KEYS = 100_000
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
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

    def fit(self, texts: Iterable[str]) -> SiteProfile:
        """Forget what was learned and learn from texts of one site, one a page."""
        self._n_pages = 0
        self._counts = {}
        return self.partial_fit(texts)

    def partial_fit(self, texts: Iterable[str]) -> SiteProfile:
        """Learn from more texts of the site. Raises TypeError for what is no str."""
        if isinstance(texts, str):
            raise TypeError("texts must be several texts, one a page, not one str")
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(f"each text must be a str, not {type(text).__name__}")
            self._n_pages += 1
            for key in {_key(line) for line in text.split("\n") if has_word(line)}:
                self._counts[key] = self._counts.get(key, 0) + 1
            if len(self._counts) > _MAX_KEYS:
                self._forget_rare_lines()
        return self

    def share(self, line: str) -> float:
        """Return the share (0 to 1) of the pages on which a line stands; 0 if it does not recur."""
        count = self._counts.get(_key(line), 0)
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
        recurring = {key: count for key, count in self._counts.items() if count >= _MIN_PAGES}
        value = {"format_version": _FORMAT_VERSION, "pages": self._n_pages, "lines": recurring}
        Path(path).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> SiteProfile:
        """Read a profile; raises ConfigError if the file is none."""
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
        median = sorted(self._counts.values())[len(self._counts) // 2]
        self._counts = {key: count for key, count in self._counts.items() if count > median}


def _key(line: str) -> str:
    return _NUMBER.sub("0", fold_line(line).casefold())
