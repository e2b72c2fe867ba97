"""From which score on a line is content, by its length and by how sure its document is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Cut", "document_fall", "log_length"]

# Letters of the lines that have the cut itself.
_USUAL = 60
# Beyond it, exp overflows and the cut no longer changes.
_MOST = 700.0


class Cut(NamedTuple):
    """The score from which on a line is content.

    ``score``, in [0, 1], is the cut of lines of sixty letters. Longer lines have a lower one, in
    log-odds by ``length`` (≥ 0) times what :func:`log_length` gives, and shorter ones a higher: who
    drops a long line by mistake loses more words, so it takes more to drop it.

    :meth:`on` gives the cut of one document: it falls, in log-odds by what :func:`document_fall`
    gives with the weight ``document`` (≥ 0; 0: never), where little can be told for sure, and is
    ``score`` where all can.
    """

    score: float
    length: float = 0.0
    document: float = 0.0

    def on(self, scores: Sequence[float], sizes: Sequence[int]) -> Cut:
        """Return the cut of a document whose lines have these scores and so many letters."""
        if not self.document or not 0 < self.score < 1:
            return self
        fall = document_fall(scores, sizes, self.document)
        other = (1 - self.score) * math.exp(min(fall, _MOST))
        return Cut(self.score / (self.score + other), self.length)

    def of(self, text: str) -> float:
        """Return the cut of a line."""
        if not self.length or self.score == 0:
            return self.score
        fall = self.length * log_length(len(text))
        other = (1 - self.score) * math.exp(max(-_MOST, min(fall, _MOST)))
        return self.score / (self.score + other)


def log_length(n_letters: int) -> float:
    """Return the logarithm of a line's length, 0 for one of sixty letters."""
    return math.log1p(n_letters) - math.log1p(_USUAL)


# The least that a document can promise: one that is chrome alone promises nothing to anybody.
_LEAST_F1 = 0.5
# Models learn from whole pages. On one of few letters most of what they go by is missing, and its
# content looks like less than it is.
_FEW_LETTERS = 600
_FEW_LETTERS_FALL = 1.5


def document_fall(scores: Sequence[float], sizes: Sequence[int], weight: float) -> float:
    """Return how far the log-odds of a document's best cut lie below those of a long, sure one.

    weight: that of what is left in doubt (≥ 0).
    """
    best = min(max(_expected_f1(scores, sizes), _LEAST_F1), 1.0)
    short = max(0.0, 1 - sum(sizes) / _FEW_LETTERS)
    return weight * math.log((2 - best) / best) + _FEW_LETTERS_FALL * short


def _expected_f1(scores: Sequence[float], sizes: Sequence[int]) -> float:
    """Return the highest F1 to be expected of keeping some of a document's lines.

    It takes to keep a line a probability of at least half of it (Lewis, 1995, "Evaluating and
    optimizing autonomous text classification systems"). The probabilities count here by half their
    log-odds: lines err together.
    """
    softened = sorted(zip(map(_softened, scores), sizes, strict=True), reverse=True)
    wanted = sum(score * size for score, size in softened)
    shared = found = best = 0.0
    for score, size in softened:
        shared += score * size
        found += size
        best = max(best, 2 * shared / (found + wanted) if shared else 0.0)
    return best


def _softened(score: float) -> float:
    root, other = math.sqrt(score), math.sqrt(1 - score)
    return root / (root + other)
