"""The worst pages, line by line: what was kept, dropped and missed.

This quotes pages, which are other people's text: it goes into a file of its own, never into git.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from boilerkit.metrics import words

__all__ = [
    "OutputLine",
    "QuotedLine",
    "QuotedPage",
    "TextIndex",
    "quote_gold",
    "quote_output",
    "read_quotes",
    "write_quotes",
]

#: Longest run of words that is looked up as one.
_RUN_WORDS: Final = 3
#: Share of a line's word runs that must stand in a text for the line to count as part of it.
_ENOUGH: Final = 0.5


@dataclass(frozen=True)
class OutputLine:
    """A line that a system saw: whether it kept it, and the label it gave, if it gives labels."""

    text: str
    kept: bool = True
    label: str = ""


@dataclass(frozen=True)
class QuotedLine:
    """A line with what became of it.

    ``state`` of an output line: ``right`` (kept, in the ground truth), ``extra`` (kept, not in it),
    ``lost`` (dropped, though in it) or ``dropped``; of a line of the ground truth: ``found``,
    ``lost`` (seen on the page, not in the output) or ``unseen``.
    """

    text: str
    state: str
    label: str = ""


@dataclass(frozen=True)
class QuotedPage:
    """One page with its score and both sides' lines."""

    dataset: str
    id: str
    url: str
    page_type: str
    system: str
    score: float
    output: tuple[QuotedLine, ...]
    gold: tuple[QuotedLine, ...]


class TextIndex:
    """Answers whether a line is part of a text, word order within the line considered."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._runs: set[tuple[str, ...]] = set()
        for line in lines:
            tokens = words(line, split_spaceless=True)
            for size in range(1, _RUN_WORDS + 1):
                self._runs.update(_runs(tokens, size))

    def holds(self, line: str) -> bool:
        """Return True if at least half of the line's word runs stand in the text."""
        tokens = words(line, split_spaceless=True)
        runs = _runs(tokens, min(_RUN_WORDS, len(tokens))) if tokens else []
        return bool(runs) and sum(run in self._runs for run in runs) >= _ENOUGH * len(runs)


def _runs(tokens: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1)]


def quote_output(lines: Sequence[OutputLine], gold: str) -> tuple[QuotedLine, ...]:
    """Mark each line of an output by whether the ground truth holds it."""
    truth = TextIndex(gold.split("\n"))
    names = {
        (True, True): "right",
        (True, False): "extra",
        (False, True): "lost",
        (False, False): "dropped",
    }
    return tuple(
        QuotedLine(line.text, names[line.kept, truth.holds(line.text)], line.label)
        for line in lines
        if line.text.strip()
    )


def quote_gold(lines: Sequence[OutputLine], gold: str) -> tuple[QuotedLine, ...]:
    """Mark each line of the ground truth by whether the output holds it."""
    kept = TextIndex(line.text for line in lines if line.kept)
    seen = TextIndex(line.text for line in lines)

    def state(line: str) -> str:
        if kept.holds(line):
            return "found"
        return "lost" if seen.holds(line) else "unseen"

    return tuple(QuotedLine(line, state(line)) for line in gold.split("\n") if line.strip())


def write_quotes(pages: Sequence[QuotedPage], path: Path) -> None:
    """Write quoted pages as JSON."""
    text = json.dumps([asdict(page) for page in pages], ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_quotes(path: Path) -> list[QuotedPage]:
    """Read what :func:`write_quotes` wrote."""
    pages = json.loads(path.read_text(encoding="utf-8"))
    for page in pages:
        for side in ("output", "gold"):
            page[side] = tuple(QuotedLine(**line) for line in page[side])
    return [QuotedPage(**page) for page in pages]
