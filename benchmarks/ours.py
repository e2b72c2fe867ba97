"""boilerkit's own rows: every page is scored by the fold model that never saw its site.

The shipped model was trained on the development pages, so its figures on them would flatter it;
it speaks for itself on exam sets only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.datasets import Kind
from benchmarks.outputs import Answer
from boilerkit.errors import ModelError
from boilerkit.train.sites import N_FOLDS, fold_of

if TYPE_CHECKING:
    from boilerkit import Cleaner, Document

__all__ = ["FILTER_ROWS", "OUR_ROWS", "CleanerSource", "OurRow", "fold_models", "guarded"]


@dataclass(frozen=True)
class OurRow:
    """One row of ours: which model at which operating point."""

    name: str
    label: str
    operating_point: str = "balanced"
    heuristic: bool = False
    split_sentences: bool = False


OUR_ROWS: Final = {
    row.name: row
    for row in (
        OurRow("boilerkit", "boilerkit"),
        OurRow("boilerkit-careful", "boilerkit, careful", "careful"),
        OurRow("boilerkit-greedy", "boilerkit, greedy", "greedy"),
        OurRow("boilerkit-heuristic", "boilerkit, heuristic", heuristic=True),
    )
}

#: What cleans other people's outputs, by operating point: the model's row and the rules' one.
FILTER_ROWS: Final = {
    "balanced": (OUR_ROWS["boilerkit"], OUR_ROWS["boilerkit-heuristic"]),
    "greedy": (
        OUR_ROWS["boilerkit-greedy"],
        replace(OUR_ROWS["boilerkit-heuristic"], operating_point="greedy"),
    ),
}


class CleanerSource:
    """Gives the cleaner that may judge a page of a site; each is built once.

    `find_model` maps a fold to its model folder and raises if that is missing or stale.
    """

    def __init__(self, find_model: Callable[[int], Path]) -> None:
        self._find_model = find_model
        self._built: dict[tuple[str | Path | None, str, bool], Cleaner] = {}

    def cleaner(self, row: OurRow, site: str, kind: Kind = Kind.DEV) -> Cleaner:
        """Return the row's cleaner for a page of this site in a set of this kind."""
        if row.heuristic:
            return self._cleaner("heuristic", row)
        if kind is Kind.EXAM:
            return self._cleaner(None, row)
        return self._cleaner(self._find_model(fold_of(site)), row)

    def preload(self) -> None:
        """Read every fold model, so that a missing or damaged one ends a run before it begins."""
        for fold in range(N_FOLDS):
            self._cleaner(self._find_model(fold), OUR_ROWS["boilerkit"])

    def checksums(self) -> dict[str, str]:
        """Return the SHA-256 of every fold model's weights."""
        return {
            f"model of fold {fold}": _sha256(self._find_model(fold) / "weights.npz")
            for fold in range(N_FOLDS)
        }

    def _cleaner(self, model: str | Path | None, row: OurRow) -> Cleaner:
        key = (model, row.operating_point, row.split_sentences)
        if key not in self._built:
            from boilerkit import CleanConfig, Cleaner

            config = CleanConfig(
                operating_point=row.operating_point, split_sentences=row.split_sentences
            )
            self._built[key] = Cleaner(config=config, model=model)
        return self._built[key]


def fold_models(
    folder: Path, release: Path, data: Path, hashes: Mapping[str, str]
) -> Callable[[int], Path]:
    """Return where the model of each fold is, for :class:`CleanerSource`.

    `hashes` is :func:`boilerkit.train.fingerprint.fingerprint` of the data, of this code and of its
    settings: a model whose card has others, the release included, is stale. Raises ModelError with
    the command that makes it anew for one that is stale or missing.
    """
    from boilerkit.train.release import fold_folder  # needs scikit-learn

    command = f"boilerkit train --data {data} --folds {N_FOLDS} --fold-cache {folder} --out"
    _hold(release, hashes, f"{command} {release}")

    def find(fold: int) -> Path:
        model = fold_folder(folder, fold)
        _hold(model, hashes, f"{command} {folder / release.name}")
        return model

    return find


def _hold(model: Path, hashes: Mapping[str, str], command: str) -> None:
    """Raise ModelError unless the model is there and its card has these hashes."""
    path = model / "card.json"
    if not path.is_file():
        raise ModelError(f"no model in {model}: run '{command}'")
    card = json.loads(path.read_text(encoding="utf-8"))
    changed = [name for name, value in hashes.items() if card.get(name) != value]
    if changed:
        raise ModelError(
            f"the model in {model} is stale, its {' and '.join(changed)} changed: run '{command}'"
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def guarded(classify: Callable[[], Document]) -> Answer:
    """Return the text of a document as an answer; an exception is a crash, as for any system."""
    try:
        return Answer("ok", classify().text)
    except Exception as error:  # our own crash is a miss like anybody's
        return Answer("crash", detail=f"{type(error).__name__}: {error}"[:300])
