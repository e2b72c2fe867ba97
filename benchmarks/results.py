"""What a run leaves behind: integer counts for every page, in one JSON file.

Counts rather than scores, so that each figure of a report can be recomputed from the file to the
last digit. The file quotes no page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.datasets import Measure
from boilerkit.labels import Label
from boilerkit.metrics import (
    Bin,
    LineScores,
    Overlap,
    PairedDifference,
    Range,
    SnippetCounts,
    bag_overlap,
    bootstrap_range,
    count_snippets,
    mean,
    paired_bootstrap,
    shingle_overlap,
    shingle_scores,
)
from boilerkit.train.datasets import Page

__all__ = [
    "CLEANED",
    "Counts",
    "DocumentScores",
    "LineResult",
    "PageInfo",
    "Run",
    "SetResult",
    "SystemPages",
    "page_score",
    "read_run",
    "score_difference",
    "score_page",
    "score_range",
    "set_score",
    "write_run",
]

_FORMAT: Final = 1

#: What the name of an output ends with once our model, once our rules cleaned it as bare text.
CLEANED: Final = ("+", "+heuristic")

#: One page's counts: shared, found, gold; for snippets: required found, required, forbidden found,
#: forbidden.
Counts = tuple[int, ...]


def score_page(measure: Measure, page: Page, text: str) -> Counts:
    """Compare a system's text with the page's ground truth."""
    if measure is Measure.SNIPPETS:
        found = count_snippets(text, page.required, page.forbidden)
        return (found.required_found, found.required, found.forbidden_found, found.forbidden)
    gold = page.gold or ""
    if measure is Measure.SHINGLES:
        overlap = shingle_overlap(text, gold)
    else:
        split = measure is Measure.WORDS_SPLIT
        overlap = bag_overlap(text, gold, split_spaceless=split)
    return (overlap.shared, overlap.found, overlap.gold)


def page_score(measure: Measure, counts: Counts) -> float:
    """Return one page's own score; a page without snippets, which cannot fail, has 1."""
    if measure is Measure.SNIPPETS:
        f1 = SnippetCounts(*counts).f1
        return 1.0 if f1 is None else f1
    return Overlap(*counts).f1


def set_score(measure: Measure, pages: Sequence[Counts]) -> float:
    """Return the score over pages: a mean, or for snippets and shingles that of pooled counts."""
    if measure is Measure.SNIPPETS:
        return SnippetCounts(*map(sum, zip(*pages, strict=True))).f1 or 0.0
    if measure is Measure.SHINGLES:
        return shingle_scores(Overlap(*counts) for counts in pages).f1
    return mean([Overlap(*counts).f1 for counts in pages])


def score_range(measure: Measure, pages: Sequence[Counts]) -> Range:
    """Return the bootstrap range of a set's score."""
    values, statistic = _resampled(measure, pages)
    return bootstrap_range(values, statistic)


def score_difference(
    measure: Measure, ours: Sequence[Counts], theirs: Sequence[Counts]
) -> PairedDifference:
    """Return how much better `ours` scores than `theirs` on the same pages."""
    values, statistic = _resampled(measure, ours)
    return paired_bootstrap(values, _resampled(measure, theirs)[0], statistic)


def _resampled(
    measure: Measure, pages: Sequence[Counts]
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], float]]:
    """Return what to draw from and its statistic; pages' own scores are computed only once."""
    if measure in (Measure.WORDS, Measure.WORDS_SPLIT):
        return [page_score(measure, counts) for counts in pages], mean
    return pages, partial(set_score, measure)


@dataclass(frozen=True)
class PageInfo:
    """What the pages of a set are grouped by."""

    id: str
    page_type: str
    lang: str


@dataclass(frozen=True)
class SystemPages:
    """One system on one set: counts by page, and why pages were missed (page id → reason)."""

    counts: tuple[Counts, ...]
    misses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SetResult:
    """All systems on one page set; each system's counts are in the order of ``pages``."""

    name: str
    title: str
    kind: str
    measure: Measure
    sha256: str
    pages: tuple[PageInfo, ...]
    systems: Mapping[str, SystemPages]

    def counts(self, system: str, keep: Callable[[PageInfo], bool] | None = None) -> list[Counts]:
        """Return a system's counts, of the pages to keep if given."""
        rows = zip(self.pages, self.systems[system].counts, strict=True)
        return [counts for page, counts in rows if keep is None or keep(page)]

    def score(self, system: str, keep: Callable[[PageInfo], bool] | None = None) -> float:
        """Return a system's score over the set, or over the pages to keep."""
        return set_score(self.measure, self.counts(system, keep))


@dataclass(frozen=True)
class DocumentScores:
    """One labelled document as one system labelled it."""

    doc: str
    source: str
    extractor: str
    lang: str
    page_type: str
    scores: LineScores


@dataclass(frozen=True)
class LineResult:
    """One system on one set of labelled documents.

    ``calibration`` is None for a system whose score is no probability.
    """

    documents: tuple[DocumentScores, ...]
    calibration: tuple[Bin, ...] | None = None

    def scores(self, keep: Callable[[DocumentScores], bool] | None = None) -> LineScores:
        """Return the sum over the documents, or over those to keep."""
        kept = (item.scores for item in self.documents if keep is None or keep(item))
        return sum(kept, LineScores())


@dataclass(frozen=True)
class Run:
    """One run of the suite.

    ``sets`` holds the page sets by name; ``filtered`` the same for outputs that were cleaned as
    bare text afterwards; ``lines`` maps line set → system → result. ``about`` says on what the run
    was made: date, machine, versions, models. ``skipped`` says what could not run, and why.
    """

    about: Mapping[str, Any]
    sets: Mapping[str, SetResult]
    filtered: Mapping[str, SetResult]
    lines: Mapping[str, Mapping[str, LineResult]]
    skipped: tuple[str, ...]


# --- JSON --------------------------------------------------------------------------------------


def write_run(run: Run, path: Path) -> None:
    """Write a run as JSON; the same run gives the same bytes."""
    data = {
        "format": _FORMAT,
        "about": run.about,
        "skipped": run.skipped,
        "sets": [_set_to_json(item) for item in run.sets.values()],
        "filtered": [_set_to_json(item) for item in run.filtered.values()],
        "lines": {
            name: {system: _lines_to_json(result) for system, result in systems.items()}
            for name, systems in run.lines.items()
        },
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """Read what :func:`write_run` wrote; raises ValueError for another format."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError(f"{path} is not a result file of format {_FORMAT}")
    return Run(
        about=data["about"],
        sets=_sets_from_json(data["sets"]),
        filtered=_sets_from_json(data["filtered"]),
        lines={
            name: {system: _lines_from_json(result) for system, result in systems.items()}
            for name, systems in data["lines"].items()
        },
        skipped=tuple(data["skipped"]),
    )


def _set_to_json(item: SetResult) -> dict[str, Any]:
    return {**asdict(item), "measure": item.measure.name}


def _sets_from_json(data: Iterable[dict[str, Any]]) -> dict[str, SetResult]:
    return {item["name"]: _set_from_json(item) for item in data}


def _set_from_json(data: dict[str, Any]) -> SetResult:
    systems = {
        name: SystemPages(tuple(tuple(row) for row in pages["counts"]), pages["misses"])
        for name, pages in data["systems"].items()
    }
    return SetResult(
        name=data["name"],
        title=data["title"],
        kind=data["kind"],
        measure=Measure[data["measure"]],
        sha256=data["sha256"],
        pages=tuple(PageInfo(**page) for page in data["pages"]),
        systems=systems,
    )


def _lines_to_json(result: LineResult) -> dict[str, Any]:
    documents = [
        {
            **{name: value for name, value in vars(item).items() if name != "scores"},
            "confusion": [
                [gold.value, guess.value, count]
                for (gold, guess), count in sorted(item.scores.confusion.items())
            ],
            "content_words": item.scores.content_words,
            "dropped_content_words": item.scores.dropped_content_words,
        }
        for item in result.documents
    ]
    bins = [asdict(item) for item in result.calibration] if result.calibration else None
    return {"documents": documents, "calibration": bins}


def _lines_from_json(data: dict[str, Any]) -> LineResult:
    bins = data["calibration"]
    return LineResult(
        tuple(_document_from_json(dict(item)) for item in data["documents"]),
        tuple(Bin(**item) for item in bins) if bins else None,
    )


def _document_from_json(data: dict[str, Any]) -> DocumentScores:
    confusion = {(Label(gold), Label(guess)): count for gold, guess, count in data.pop("confusion")}
    scores = LineScores(confusion, data.pop("content_words"), data.pop("dropped_content_words"))
    return DocumentScores(**data, scores=scores)
