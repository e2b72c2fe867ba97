"""What a report's rows are called, and in which order they stand."""

from __future__ import annotations

from typing import Final

from benchmarks.results import Run, SetResult

__all__ = ["HEURISTIC", "MIN_GROUP", "OURS", "label_of", "ranking", "rivals"]

#: The row that the paired tests compare with the others.
OURS: Final = "boilerkit"
#: Our rules, which need no model.
HEURISTIC: Final = "boilerkit-heuristic"
#: Groups (languages, extractors) smaller than this are noise and are left out.
MIN_GROUP: Final = 5
#: A row that shows what a score is worth, no extractor to compare with.
_NOTHING: Final = "nothing"


def label_of(run: Run, system: str) -> str:
    """Return the name of a system's row, with its version."""
    about = run.about["systems"].get(system)
    if about is None:
        return system
    version = about["version"]
    return about["label"] if version == "-" else f"{about['label']} {version}"


def ranking(result: SetResult) -> list[str]:
    """Return the set's systems, best first, equals by name."""
    return sorted(result.systems, key=lambda name: (-result.score(name), name))


def rivals(result: SetResult) -> list[str]:
    """Return the other people's extractors, best first."""
    return [name for name in ranking(result) if name != _NOTHING and not name.startswith(OURS)]
