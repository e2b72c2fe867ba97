"""What the figures have to reach: every target beside what the model and the rules measure.

A target whose figure the run did not measure has a dash, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.lines import MARKED_UP
from benchmarks.results import CLEANED, Run
from benchmarks.rows import HEURISTIC, OURS
from benchmarks.tables import Cell, Section, Table, figure
from benchmarks.versus import LANGUAGE_GAP, language_gaps
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, mean

__all__ = ["Target", "targets_section"]

#: Returns the figure of a row (``boilerkit`` or its heuristic) in a run, None if not measured.
Read = Callable[[Run, str], float | None]

_TYPED: Final = "Typed lines"
_APPEALS: Final = "Single appeals and hard negatives in articles"
_OWN_NEGATIVES: Final = "Our own hard negatives in articles"
#: The extractors after which cleaning must not lose; all visible text is a target of its own.
_BEFORE: Final = ("trafilatura", "resiliparse", "readability-lxml", "trafipy", "justext")
_FILTERED_SETS: Final = ("wcxb-dev", "fundus-dev")
_DUMP: Final = "resiliparse-full"


@dataclass(frozen=True)
class Target:
    """One figure with its bounds; ``rules`` is the bound of the heuristic, if it has one.

    ``at_most`` turns the bounds into ceilings. ``signed`` is for differences.
    """

    what: str
    read: Read
    must: float
    aim: float | None = None
    rules: float | None = None
    at_most: bool = False
    signed: bool = False

    def holds(self, value: float, bound: float) -> bool:
        """Whether a figure keeps to a bound."""
        return value <= bound if self.at_most else value >= bound


def targets_section(run: Run) -> Section:
    """Return the section; a table without a figure is left out."""
    tables = (_table("Pages", _PAGES, run), _table("Bare text", _TEXTS, run))
    return Section("Targets", _ABOUT, tuple(table for table in tables if table.rows))


_ABOUT: Final = (
    "What these figures have to reach (must) and are meant to (aim), set before they were measured;"
    " out of fold, one model, at the default operating point unless the row says otherwise. The"
    " share of chrome lines found, label by label and without navigation, stands with the lines"
    " below."
)


def _table(title: str, targets: tuple[Target, ...], run: Run) -> Table:
    columns = (title, "must", "aim", "boilerkit", "holds", "heuristic", "its must", "holds")
    rows = []
    for target in targets:
        ours, rules = target.read(run, OURS), target.read(run, HEURISTIC)
        if ours is not None or rules is not None:
            rows.append(
                (
                    Cell(target.what),
                    Cell(_bound(target, target.must)),
                    Cell(_bound(target, target.aim)),
                    *_verdict(target, ours, target.must),
                    Cell(_shown(target, rules)),
                    Cell(_bound(target, target.rules)),
                    _verdict(target, rules, target.rules)[1],
                )
            )
    return Table(columns, tuple(rows))


def _verdict(target: Target, value: float | None, bound: float | None) -> tuple[Cell, Cell]:
    if value is None or bound is None:
        return Cell(_shown(target, value)), Cell("–")
    return Cell(_shown(target, value)), Cell("yes" if target.holds(value, bound) else "NO")


def _shown(target: Target, value: float | None) -> str:
    return f"{value:+.4f}" if target.signed and value is not None else figure(value)


def _bound(target: Target, bound: float | None) -> str:
    if bound is None:
        return "–"
    return f"{'≤' if target.at_most else '≥'} {bound:{'+' if target.signed else ''}.3f}"


# --- pages -------------------------------------------------------------------------------------


def _of_set(name: str, page_type: str | None = None) -> Read:
    def read(run: Run, row: str) -> float | None:
        result = run.sets.get(name)
        if result is None or row not in result.systems:
            return None
        keep = None if page_type is None else (lambda page: page.page_type == page_type)
        return result.score(row, keep) if result.counts(row, keep) else None

    return read


def _worst_language(name: str) -> Read:
    """Read our least difference from the reference over a set's languages; no row has another."""

    def read(run: Run, row: str) -> float | None:
        result = run.sets.get(name)
        if result is None or row != OURS:
            return None
        return min((gap.difference for gap in language_gaps(result).values()), default=None)

    return read


_PAGE_TYPES: Final[Mapping[str, float]] = {
    "article": 0.955,
    "documentation": 0.95,
    "service": 0.87,
    "forum": 0.87,
    "listing": 0.73,
    "collection": 0.68,
    "product": 0.66,
}

_PAGES: Final = (
    Target("WCXB dev, word-bag F1", _of_set("wcxb-dev"), 0.875, 0.90, rules=0.75),
    *(Target(f"… {name}", _of_set("wcxb-dev", name), must) for name, must in _PAGE_TYPES.items()),
    Target("Fundus dev, word-bag F1", _of_set("fundus-dev"), 0.965, 0.98),
    Target("trafilatura-eval, snippet F", _of_set("trafilatura-eval"), 0.93, 0.94),
    *(
        Target(
            f"{title}: the language furthest below trafilatura",
            _worst_language(name),
            -LANGUAGE_GAP,
            signed=True,
        )
        for name, title in (("fundus-dev", "Fundus dev"), ("trafilatura-eval", "trafilatura-eval"))
    ),
)


# --- bare text ---------------------------------------------------------------------------------


def _of_lines(name: str, read_scores: Callable[[LineScores], float | None]) -> Read:
    def read(run: Run, row: str) -> float | None:
        result = run.lines.get(name, {}).get(row)
        return None if result is None else read_scores(result.scores())

    return read


def _f1(label: Label) -> Callable[[LineScores], float | None]:
    return lambda scores: scores.f1(label)


def _dumps_f1(run: Run, row: str) -> float | None:
    result = run.filtered.get("wcxb-dev")
    name = _DUMP + _ENDING[row]
    return result.score(name) if result is not None and name in result.systems else None


_ENDING: Final[Mapping[str, str]] = dict(zip((OURS, HEURISTIC), CLEANED, strict=True))


def _gains(run: Run, row: str) -> list[float]:
    """Return what cleaning gains after each extractor on each page set; none unless on all."""
    pairs = [
        (run.filtered[dataset], name)
        for dataset in _FILTERED_SETS
        for name in _BEFORE
        if dataset in run.filtered and name + _ENDING[row] in run.filtered[dataset].systems
    ]
    if len(pairs) < len(_FILTERED_SETS) * len(_BEFORE):
        return []
    return [result.score(name + _ENDING[row]) - result.score(name) for result, name in pairs]


def _least_gain(run: Run, row: str) -> float | None:
    return min(_gains(run, row), default=None)


def _mean_gain(run: Run, row: str) -> float | None:
    gains = _gains(run, row)
    return mean(gains) if gains else None


def _layout_change(run: Run, row: str) -> float | None:
    """Return by how much marks and blank lines move the typed lines' figures at most."""
    folded, marked = (run.lines.get(name, {}).get(row) for name in (_TYPED, MARKED_UP))
    if folded is None or marked is None:
        return None
    pairs = zip(_main_figures(folded.scores()), _main_figures(marked.scores()), strict=True)
    return max(abs(after - before) for before, after in pairs)


def _main_figures(scores: LineScores) -> Iterator[float]:
    values = (scores.content_words_lost, scores.chrome_recall(), scores.macro_f1)
    return (value or 0.0 for value in values)


_TEXTS: Final = (
    Target(
        "typed lines: content words lost",
        _of_lines(_TYPED, lambda scores: scores.content_words_lost),
        0.01,
        0.005,
        rules=0.02,
        at_most=True,
    ),
    Target(
        "… chrome lines found",
        _of_lines(_TYPED, lambda scores: scores.chrome_recall()),
        0.85,
        0.92,
        rules=0.50,
    ),
    Target(
        "… label macro-F1, 13 chrome kinds",
        _of_lines(_TYPED, lambda scores: scores.macro_f1),
        0.75,
        0.85,
    ),
    Target("… donation F1", _of_lines(_TYPED, _f1(Label.DONATION)), 0.80, 0.90, rules=0.50),
    Target("… subscription F1", _of_lines(_TYPED, _f1(Label.SUBSCRIPTION)), 0.80, 0.90, rules=0.50),
    Target("… newsletter F1", _of_lines(_TYPED, _f1(Label.NEWSLETTER)), 0.80, 0.90),
    Target(
        "… layout put back: largest change of lost, found, macro-F1",
        _layout_change,
        0.005,
        at_most=True,
    ),
    Target(
        "single appeals in unrelated articles: found",
        _of_lines(_APPEALS, lambda scores: scores.chrome_recall()),
        0.95,
        0.99,
    ),
    Target(
        "… rightly typed",
        _of_lines(_APPEALS, lambda scores: scores.chrome_typed),
        0.85,
        0.93,
    ),
    *(
        Target(
            f"hard negatives, {whose}: dropped",
            _of_lines(name, lambda scores: scores.content_lines_lost),
            0.02,
            0.005,
            rules=0.10,
            at_most=True,
        )
        for whose, name in (("the appeals' set", _APPEALS), ("our own", _OWN_NEGATIVES))
    ),
    Target(
        "WCXB dev, all visible text cleaned at greedy, no DOM: word-bag F1",
        _dumps_f1,
        0.821,
        0.85,
    ),
    Target(
        "filter after five extractors, WCXB and Fundus dev: least gain",
        _least_gain,
        -0.001,
        signed=True,
    ),
    Target("… mean gain", _mean_gain, 0.004, 0.010, signed=True),
)
