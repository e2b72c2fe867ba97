"""From which score on a line is content, by its length."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Cut"]

# Beyond it, exp overflows and the cut no longer changes.
_MOST = 700.0


class Cut(NamedTuple):
    """The score from which on a line is content.

    ``score``, in [0, 1], is the cut of the shortest lines. With every further letter that of longer
    ones is lower, in log-odds by ``length`` (≥ 0) times the logarithm of their length: who drops a
    long line by mistake loses more words, so it takes more to drop it.
    """

    score: float
    length: float = 0.0

    def of(self, text: str) -> float:
        """Return the cut of a line."""
        if not self.length:
            return self.score
        fall = math.exp(min(self.length * math.log1p(len(text)), _MOST))
        return self.score / (self.score + (1 - self.score) * fall)
