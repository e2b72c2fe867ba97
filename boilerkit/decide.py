"""Scores → decisions: the label of each line, whether it is kept, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from boilerkit.config import CleanConfig
from boilerkit.cuts import Cut
from boilerkit.labels import Label

__all__ = ["Decision", "ScoredLine", "decide"]


class ScoredLine(NamedTuple):
    """What a backend says of one line with words."""

    score: float
    kind: Label
    reason: str


class Decision(NamedTuple):
    """The answer for one line."""

    label: Label
    kept: bool
    score: float
    reason: str


def decide(
    texts: Sequence[str], scored: Sequence[ScoredLine | None], cut: Cut, config: CleanConfig
) -> list[Decision]:
    """Decide on every line; None stands for a line without words (label ``empty``).

    A line is content when its score reaches its cut. A line without words is kept when the
    nearest lines with words on both sides are kept; at an edge of the text one side is enough.
    """
    kept_labels = config.kept_labels
    content = Label.CONTENT
    highest = cut.of("")  # of a line of any length, if lengths do not matter
    decisions: list[Decision | None] = []
    for text, line in zip(texts, scored, strict=True):
        if line is None:
            decisions.append(None)
            continue
        score, kind, reason = line
        if score >= highest or (cut.length and score >= cut.of(text)):
            decisions.append(Decision(content, True, score, reason))
        elif kind in kept_labels:
            decisions.append(Decision(kind, True, score, "label-kept"))
        else:
            decisions.append(Decision(kind, False, score, reason))
    return _fill_empty(decisions)


def _fill_empty(decisions: list[Decision | None]) -> list[Decision]:
    before = _nearest_kept(decisions)
    after = _nearest_kept(decisions[::-1])[::-1]
    return [
        decision
        if decision is not None
        else Decision(Label.EMPTY, left is not False and right is not False, 0.5, "no-words")
        for decision, left, right in zip(decisions, before, after, strict=True)
    ]


def _nearest_kept(decisions: list[Decision | None]) -> list[bool | None]:
    """Return whether the nearest line with words before each line is kept; None at the edge."""
    nearest: bool | None = None
    out = []
    for decision in decisions:
        out.append(nearest)
        if decision is not None:
            nearest = decision.kept
    return out
