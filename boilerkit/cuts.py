"""From which score on a line is content, by its length."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Cut", "log_length"]

# Letters of the lines that have the cut itself.
_USUAL = 60
# Beyond it, exp overflows and the cut no longer changes.
_MOST = 700.0


class Cut(NamedTuple):
    """The score from which on a line is content.

    ``score``, in [0, 1], is the cut of lines of sixty letters. Longer lines have a lower one, in
    log-odds by ``length`` (≥ 0) times what :func:`log_length` gives, and shorter ones a higher: who
    drops a long line by mistake loses more words, so it takes more to drop it.
    """

    score: float
    length: float = 0.0

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
