"""Training in seconds: small forests, short fits and few of the project's own lines.

What the tests of training ask is where the numbers go, not how good they are. Run as a program,
``python quick_training.py DATA OUT`` trains once in a process of its own.
"""

from __future__ import annotations

import itertools
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from boilerkit.train import corpus, fit
from boilerkit.train.release import train

_FOREST = fit.ForestSettings(trees=12, leaves=7, depth=4, min_leaf=20, rate=0.1)
_NETWORK = fit.NetworkSettings(width=16, layers=2, epochs=40, kinds=0.5, batch=400, warm_up=10)
_FORESTS = fit.Forests(_FOREST, _FOREST)
_MAX_BINS = 15
_MAX_ITERATIONS = 6
_OWN_LINES_STEP = 40


class QuickRegression(LogisticRegression):
    """A regression that stops early."""

    def __init__(self, *, C: float = 1.0, max_iter: int = 60, tol: float = 1e-3) -> None:  # noqa: N803
        super().__init__(C=C, max_iter=min(max_iter, _MAX_ITERATIONS), tol=tol)


def apply_quick_settings(patch: pytest.MonkeyPatch) -> None:
    """Put the quick settings in place; they hold in this process only, so train with one job."""
    own_pieces = corpus._pieces
    patch.setattr(fit, "HTML_FORESTS", _FORESTS)
    patch.setattr(fit, "TEXT_FORESTS", _FORESTS)
    patch.setattr(fit, "HTML_NETWORK", _NETWORK)
    patch.setattr(fit, "TEXT_NETWORK", _NETWORK)
    patch.setattr(fit, "LogisticRegression", QuickRegression)
    patch.setattr(
        fit,
        "HistGradientBoostingClassifier",
        partial(HistGradientBoostingClassifier, max_bins=_MAX_BINS),
    )
    patch.setattr(
        corpus,
        "_pieces",
        lambda *args: itertools.islice(own_pieces(*args), 0, None, _OWN_LINES_STEP),
    )


def train_quickly(data: Path, out: Path) -> tuple[dict[str, Any], list[str]]:
    """Train ``out/tiny`` and fold models under ``out/folds``; return the card and the reports."""
    reports: list[str] = []
    card = train(
        data,
        out / "tiny",
        name="tiny",
        version="0.1",
        fold_cache=out / "folds",
        n_jobs=1,
        report=reports.append,
    )
    return card, reports


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as settings:
        apply_quick_settings(settings)
        train_quickly(Path(sys.argv[1]), Path(sys.argv[2]))
