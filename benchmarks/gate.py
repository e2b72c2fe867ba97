"""Floors that CI holds: accuracy and speed ratios must not get worse unnoticed.

The floors stand in ``pinned.json``, which is reviewed like code, with the checksum of the corpus
that they hold for. Each carries its history; a floor that was changed by hand, without a reason in
its history, breaks the gate like a bad figure.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

__all__ = [
    "PINNED",
    "Change",
    "CorpusState",
    "Floor",
    "Pinned",
    "Verdict",
    "accept_corpus",
    "check",
    "check_baselines",
    "check_corpus",
    "pin",
    "read_pinned",
    "set_floor",
    "write_pinned",
]

PINNED: Final = Path(__file__).parent / "pinned.json"

#: How far :func:`pin` sets a floor below its figure: a point of a share, a part of a ratio.
_SHARE_MARGIN: Final = 0.01
_RATIO_MARGIN: Final = 0.15


@dataclass(frozen=True)
class Change:
    """One change of a floor: to which value, when, why."""

    value: float
    date: str
    reason: str


@dataclass(frozen=True)
class Floor:
    """The bound of one figure, and how it came to stand where it stands.

    ``at_most`` turns the floor into a ceiling, for figures that are better when smaller.
    """

    name: str
    value: float
    history: tuple[Change, ...]
    at_most: bool = False

    def holds(self, figure: float) -> bool:
        """Whether a figure keeps to the bound."""
        return figure <= self.value if self.at_most else figure >= self.value

    def loosens(self, value: float) -> bool:
        """Whether moving the bound to `value` would let worse figures pass."""
        return value > self.value if self.at_most else value < self.value


@dataclass(frozen=True)
class CorpusState:
    """A state of the embedded corpus that the floors were accepted for."""

    sha256: str
    date: str
    reason: str


@dataclass(frozen=True)
class Pinned:
    """The reviewed file: floors by name, and the states of the corpus, the last one valid."""

    floors: Mapping[str, Floor]
    corpus: tuple[CorpusState, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One line of the gate's report."""

    name: str
    passed: bool
    text: str


def check(floors: Mapping[str, Floor], figures: Mapping[str, float]) -> list[Verdict]:
    """Hold figures against floors; a figure without floor and a floor without figure both fail."""
    verdicts = [_check_floor(floor, figures.get(name)) for name, floor in floors.items()]
    verdicts += [
        Verdict(name, passed=False, text=f"{figure:.4f} has no floor: set one with --set")
        for name, figure in figures.items()
        if name not in floors
    ]
    return verdicts


def _check_floor(floor: Floor, figure: float | None) -> Verdict:
    if not floor.history or floor.history[-1].value != floor.value:
        text = f"the bound {floor.value} is not the last one of its history: use --lower or --set"
        return Verdict(floor.name, passed=False, text=text)
    if figure is None:
        return Verdict(floor.name, passed=False, text="was not measured")
    relation = "at most" if floor.at_most else "at least"
    return Verdict(floor.name, floor.holds(figure), f"{figure:.4f} ({relation} {floor.value:g})")


def check_corpus(pinned: Pinned, sha256: str) -> Verdict:
    """Fail if the corpus is not the one that the floors were accepted for."""
    accepted = bool(pinned.corpus) and pinned.corpus[-1].sha256 == sha256
    text = "as accepted" if accepted else "has changed: look at the floors, then --accept-corpus"
    return Verdict("corpus: checksum", accepted, text)


def set_floor(
    pinned: Pinned, name: str, value: float, reason: str, *, lower: bool, at_most: bool
) -> Pinned:
    """Return the pinned state with one floor moved or added.

    Loosening a bound takes `lower`; every change takes a reason. Raises ValueError otherwise.
    """
    floor = pinned.floors.get(name) or Floor(name, value, (), at_most)
    if floor.loosens(value) and not lower:
        raise ValueError(f"{name}: {value} is looser than {floor.value}: that takes --lower")
    history = (*floor.history, Change(value, _today(), _reason(reason)))
    moved = replace(floor, value=value, history=history)
    return replace(pinned, floors={**pinned.floors, name: moved})


def pin(
    pinned: Pinned,
    figures: Mapping[str, float],
    reason: str,
    *,
    lower: bool,
    ceilings: Collection[str],
) -> Pinned:
    """Return the pinned state with every bound a margin beyond its figure.

    A bound that this would loosen stays where it is, unless `lower`. `ceilings` names the figures
    that get a ceiling where they have no bound yet. Raises ValueError without a reason.
    """
    for name, figure in figures.items():
        known = pinned.floors.get(name)
        at_most = known.at_most if known else name in ceilings
        value = _beyond(figure, is_ratio=at_most or "speed" in name, at_most=at_most)
        moves = known is None or (known.value != value and (lower or not known.loosens(value)))
        if moves:
            pinned = set_floor(pinned, name, value, reason, lower=lower, at_most=at_most)
    return pinned


def _beyond(figure: float, *, is_ratio: bool, at_most: bool) -> float:
    """Return a bound of three decimals that leaves the figure its margin."""
    margin = _RATIO_MARGIN * figure if is_ratio else _SHARE_MARGIN
    if at_most:
        return math.ceil(round((figure + margin) * 1000, 6)) / 1000
    return math.floor(round((figure - margin) * 1000, 6)) / 1000


def check_baselines(
    floors: Mapping[str, Floor], baselines: Mapping[str, Mapping[str, float]]
) -> list[Verdict]:
    """Fail for each floor that a simpler way (title → figures) reaches: it would hold nothing."""
    return [
        Verdict(
            f"{title}: {name}",
            name in floors and floors[name].value > figure,
            f"{figure:.4f}, floor {floors[name].value:g}" if name in floors else "has no floor",
        )
        for title, found in baselines.items()
        for name, figure in found.items()
    ]


def accept_corpus(pinned: Pinned, sha256: str, reason: str) -> Pinned:
    """Return the pinned state with the corpus as it is now; raises ValueError without a reason."""
    state = CorpusState(sha256, _today(), _reason(reason))
    return replace(pinned, corpus=(*pinned.corpus, state))


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ValueError("what is pinned changes with a reason only: --reason TEXT")
    return reason.strip()


def _today() -> str:
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def read_pinned(path: Path = PINNED) -> Pinned:
    """Read the reviewed file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    floors = {}
    for item in data["floors"]:
        history = tuple(Change(**change) for change in item.pop("history"))
        floors[item["name"]] = Floor(**item, history=history)
    return Pinned(floors, tuple(CorpusState(**state) for state in data["corpus"]))


def write_pinned(pinned: Pinned, path: Path = PINNED) -> None:
    """Write the reviewed file, indented so that a change shows in a diff."""
    data = {
        "corpus": [asdict(state) for state in pinned.corpus],
        "floors": [asdict(floor) for floor in pinned.floors.values()],
    }
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
