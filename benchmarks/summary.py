"""From a run's counts to tables: what both reports show, computed in one place."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, Final

from benchmarks.lines import MARKED_UP
from benchmarks.results import (
    CLEANED,
    LineResult,
    Run,
    SetResult,
    score_difference,
    score_range,
    set_score,
)
from benchmarks.rows import HEURISTIC, MIN_GROUP, OURS, label_of, ranking
from benchmarks.sizes import SizesRun, sizes_section
from benchmarks.speed import SpeedRun, speed_section
from benchmarks.tables import Cell, Section, Table, figure
from benchmarks.targets import targets_section
from benchmarks.versus import GROUP_KEYS, group_sizes, versus_tables
from boilerkit.labels import Label
from boilerkit.metrics import (
    MACRO_LABELS,
    LineScores,
    calibration_error,
)

__all__ = ["sections"]


def sections(
    run: Run, speed: SpeedRun | None = None, sizes: SizesRun | None = None
) -> Iterator[Section]:
    """Yield the report's sections in order, those on speed and sizes if they were measured."""
    yield _overview(run)
    targets = targets_section(run)
    if targets.tables:
        yield targets
    for result in run.sets.values():
        yield _page_set(run, result)
    for result in run.filtered.values():
        yield _filtered(run, result)
    for name, systems in run.lines.items():
        yield _line_set(run, name, systems)
    if speed is not None:
        yield speed_section(speed)
    if sizes is not None:
        yield sizes_section(sizes)
    yield _reproduction(run)
    yield _provenance(run)


# --- page sets ---------------------------------------------------------------------------------


def _overview(run: Run) -> Section:
    sets = list(run.sets.values())
    names = sorted(
        {name for result in sets for name in result.systems},
        key=lambda name: (-_mean_rank_score(sets, name), name),
    )
    columns = [
        [result.score(name) if name in result.systems else None for name in names]
        for result in sets
    ]
    table = _score_table(
        ("system", *(f"{result.title} ({len(result.pages):,})" for result in sets)),
        [label_of(run, name) for name in names],
        columns,
        note="Each column is scored as its section says; in brackets, the number of pages.",
    )
    return Section("All systems on all page sets", _skipped_text(run), (table,))


def _mean_rank_score(sets: Sequence[SetResult], name: str) -> float:
    """Order rows by their first set's score, systems without it last."""
    return next((item.score(name) for item in sets if name in item.systems), 0.0)


def _skipped_text(run: Run) -> str:
    if not run.skipped:
        return ""
    return "Skipped, and counted nowhere: " + "; ".join(run.skipped) + "."


def _page_set(run: Run, result: SetResult) -> Section:
    names = ranking(result)
    tables = [_ranges(run, result, names)]
    tables += [_by_group(run, result, names, kind) for kind in GROUP_KEYS]
    if OURS in result.systems:
        tables += versus_tables(run, result, names)
    tables.append(_misses(run, result, names))
    notes = {item["name"]: item["note"] for item in run.about["data"]}
    text = (
        f"{len(result.pages):,} pages, {result.measure.value}. Ranges are 95 % bootstrap ranges"
        f" over pages, seeded. {notes.get(result.name, '')}"
    )
    return Section(result.title, text, tuple(table for table in tables if table.rows))


def _ranges(run: Run, result: SetResult, names: Sequence[str]) -> Table:
    best = max((result.score(name) for name in names), default=0.0)
    rows = []
    for name in names:
        span = score_range(result.measure, result.counts(name))
        score = result.score(name)
        rows.append(
            (
                Cell(label_of(run, name)),
                Cell(figure(score), best=score == best),
                Cell(f"{figure(span.low)} to {figure(span.high)}"),
                Cell(str(len(result.systems[name].misses))),
            )
        )
    return Table(("system", "score", "range", "missed pages"), tuple(rows))


def _by_group(run: Run, result: SetResult, names: Sequence[str], kind: str) -> Table:
    """Scores by page type or language; a set of one group has no such table."""
    key, sizes = GROUP_KEYS[kind], group_sizes(result, kind)
    if len(sizes) < 2:
        return Table((), ())
    columns = [
        [result.score(name, lambda page, g=group: key(page) == g) for name in names]  # type: ignore[misc]
        for group in sizes
    ]
    heads = [f"{group} ({size})" for group, size in sizes.items()]
    return _score_table(
        ("system", *heads), [label_of(run, name) for name in names], columns, note=f"By {kind}."
    )


def _misses(run: Run, result: SetResult, names: Sequence[str]) -> Table:
    rows = []
    notes = ["Pages on which a system crashed or ran out of time; each counts as an empty text."]
    for name in names:
        misses = result.systems[name].misses
        for page, reason in sorted(misses.items()):
            rows.append((Cell(label_of(run, name)), Cell(page), Cell(_short(reason))))
        note = run.about["systems"].get(name, {}).get("note")
        if misses and note:
            notes.append(f"{label_of(run, name)} {note}.")
    return Table(("system", "page", "reason"), tuple(rows), note=" ".join(notes))


def _short(reason: str) -> str:
    """Return an error message without the lines drawn around it, cut where it gets long."""
    folded = " ".join(re.sub(r"[*=#-]{4,}", " ", reason).split())
    return folded if len(folded) <= _REASON_CHARS else f"{folded[:_REASON_CHARS].rstrip()} …"


_REASON_CHARS: Final = 120


def _filtered(run: Run, result: SetResult) -> Section:
    """Outputs before and after our model, and our rules, cleaned them as bare text."""
    rows = []
    for name in sorted(name for name in result.systems if not name.endswith(CLEANED)):
        cells = [Cell(label_of(run, name)), Cell(figure(result.score(name)))]
        for ending in CLEANED:
            cells += _gain_cells(result, name, name + ending)
        rows.append(tuple(cells))
    columns = ("output of", "before", "after", "gain", "paired range")
    rules = ("after the heuristic", "gain", "paired range")
    text = "The extractor's text, then boilerkit's clean() on it, out-of-fold, with no DOM."
    title = f"Cleaning what others extracted: {result.title}"
    return Section(title, text, (Table((*columns, *rules), tuple(rows)),))


def _gain_cells(result: SetResult, before: str, after: str) -> list[Cell]:
    if after not in result.systems:
        return [Cell(figure(None))] * 3
    test = score_difference(result.measure, result.counts(after), result.counts(before))
    span = f"{test.range.low:+.4f} to {test.range.high:+.4f}"
    return [Cell(figure(result.score(after))), Cell(f"{test.difference:+.4f}"), Cell(span)]


# --- lines -------------------------------------------------------------------------------------


def _line_set(run: Run, name: str, systems: Mapping[str, LineResult]) -> Section:
    tables = [_line_table(run, systems)]
    if name != MARKED_UP:  # its details are those of the typed lines
        tables.append(_label_table(run, systems))
        if OURS in systems:
            ours = systems[OURS]
            tables += [_line_groups(ours, attribute) for attribute in ("extractor", "lang")]
            tables.append(_confusion(ours.scores()))
    return Section(name, "", tuple(table for table in tables if table.rows))


def _line_table(run: Run, systems: Mapping[str, LineResult]) -> Table:
    kinds = tuple(label for label in MACRO_LABELS if label is not Label.NAVIGATION)
    rows = []
    for name, result in systems.items():
        scores = result.scores()
        error = calibration_error(result.calibration) if result.calibration else None
        figures = (
            scores.content_words_lost,
            scores.content_lines_lost,
            scores.chrome_recall(),
            scores.chrome_recall(kinds),
            scores.chrome_typed,
            scores.chrome_f1,
            scores.macro_f1,
            error,
        )
        rows.append((Cell(label_of(run, name)), *(Cell(figure(value)) for value in figures)))
    return Table(
        (
            "system",
            "content words lost",
            "content lines lost",
            "chrome lines found",
            "… without navigation",
            "… rightly typed",
            "chrome F1",
            "label macro-F1",
            "calibration error",
        ),
        tuple(rows),
        note=(
            "Pooled over lines; empty lines left out. Macro-F1 is over the chrome kinds that"
            " lines have. Calibration error: of the probability that a line is content, ten bins."
        ),
    )


def _label_table(run: Run, systems: Mapping[str, LineResult]) -> Table:
    """One row a label, for the systems that have one of their own (not another cut of it)."""
    totals = {name: systems[name].scores() for name in _LABELLERS if name in systems}
    rows = []
    for label in Label:
        size = max((scores.count(gold=[label]) for scores in totals.values()), default=0)
        if size:
            cells = []
            for scores in totals.values():
                cells.append(Cell(figure(scores.f1(label))))
                cells.append(Cell(figure(_found(scores, label))))
            rows.append((Cell(label.value), Cell(f"{size:,}"), *cells))
    heads = [head for name in totals for head in (f"{label_of(run, name)}: F1", "dropped")]
    return Table(
        ("label", "lines", *heads),
        tuple(rows),
        note="F1 of each label; share of its lines dropped.",
    )


_LABELLERS: Final = (OURS, HEURISTIC)


def _found(scores: LineScores, label: Label) -> float | None:
    return scores.chrome_recall([label])


def _line_groups(result: LineResult, attribute: str) -> Table:
    sizes = Counter(getattr(item, attribute) for item in result.documents)
    rows = []
    for group, size in sizes.most_common():
        if size >= MIN_GROUP and len(sizes) > 1:
            scores = result.scores(lambda item, g=group: getattr(item, attribute) == g)  # type: ignore[misc]
            figures = (scores.content_words_lost, scores.chrome_recall(), scores.macro_f1)
            rows.append(
                (Cell(str(group)), Cell(str(size)), *(Cell(figure(value)) for value in figures))
            )
    return Table(
        (_GROUP_HEADS[attribute], "texts", "content words lost", "chrome lines found", "macro-F1"),
        tuple(rows),
        note=f"boilerkit by {_GROUP_HEADS[attribute]}.",
    )


_GROUP_HEADS: Final = {"extractor": "extractor or place", "lang": "language"}


def _confusion(scores: LineScores) -> Table:
    labels = [label for label in Label if scores.count([label]) or scores.count(predicted=[label])]
    rows = tuple(
        (
            Cell(gold.value),
            *(Cell(str(scores.count([gold], [guess])), best=gold is guess) for guess in labels),
        )
        for gold in labels
    )
    heads = tuple(label.value for label in labels)
    return Table(("gold ↓ given →", *heads), rows, note="boilerkit's confusion matrix, in lines.")


# --- soundness ---------------------------------------------------------------------------------


def _reproduction(run: Run) -> Section:
    """Figures that others measured on the same pages, beside this run's."""
    text = resources.files("benchmarks").joinpath("anchors.json").read_text(encoding="utf-8")
    rows = []
    for anchor in json.loads(text):
        measured = _anchored_score(run, anchor)
        if measured is not None:
            gap = measured - anchor["score"]
            where = anchor["page_type"] or "all pages"
            rows.append(
                (
                    Cell(label_of(run, anchor["system"])),
                    Cell(f"{anchor['dataset']}, {where}"),
                    Cell(f"{anchor['score']:.3f}"),
                    Cell(figure(measured)),
                    Cell(f"{gap:+.4f}"),
                    Cell(
                        "yes" if abs(gap) <= _TOLERANCE else f"NO {anchor.get('note', '')}".rstrip()
                    ),
                )
            )
    head = f"within {_TOLERANCE}"
    columns = ("system", "pages", "measured before", "measured here", "gap", head)
    return Section("Do the figures hold?", _REPRODUCTION, (Table(columns, tuple(rows)),))


def _anchored_score(run: Run, anchor: Mapping[str, Any]) -> float | None:
    """Return this run's figure for an anchor, None if it measured another version or nothing."""
    result = run.sets.get(anchor["dataset"])
    version = run.about["systems"].get(anchor["system"], {}).get("version")
    if result is None or version != anchor["version"]:
        return None
    kind = anchor["page_type"]
    counts = result.counts(anchor["system"], lambda page: kind in (None, page.page_type))
    return set_score(result.measure, counts) if counts else None


_TOLERANCE: Final = 0.005
_REPRODUCTION: Final = (
    "The same libraries were measured on the same pages once before, by other code. A suite that"
    " does not come to the same figures measures something else."
)


# --- provenance --------------------------------------------------------------------------------


def _provenance(run: Run) -> Section:
    about = run.about
    facts = [
        ("made on", about["date"]),
        *((name, value) for name, value in about["machine"].items()),
        *((name, value) for name, value in about["models"].items()),
    ]
    data = [
        (Cell(item["title"]), Cell(item["licence"]), Cell(item["citation"]), Cell(item["sha256"]))
        for item in about["data"]
    ]
    return Section(
        "How these figures were made",
        _METHOD,
        (
            Table(("what", "value"), tuple((Cell(a), Cell(str(b))) for a, b in facts)),
            Table(("data", "licence", "source", "SHA-256 of pages and ground truth"), tuple(data)),
        ),
    )


_METHOD: Final = (
    "boilerkit's rows are out-of-fold: each page is scored by the fold model that never saw its"
    " site. Every other library runs with its defaults, comments off where it asks. A crash or a"
    " time-out counts as an empty text. The rows for all visible text and for nothing are there to"
    " show what a score is worth."
)


# --- cells -------------------------------------------------------------------------------------


def _score_table(
    columns: tuple[str, ...],
    names: Sequence[str],
    scores: Sequence[Sequence[float | None]],
    note: str = "",
) -> Table:
    """Build a table of scores given column by column, the best of each column marked."""
    tops = [
        max((value for value in column if value is not None), default=None) for column in scores
    ]
    rows: list[tuple[Cell, ...]] = []
    for index, name in enumerate(names):
        cells = [
            Cell(figure(column[index]), best=column[index] is not None and column[index] == top)
            for column, top in zip(scores, tops, strict=True)
        ]
        rows.append((Cell(name), *cells))
    return Table(columns, tuple(rows), note)
