"""Who beats whom: paired tests on the same pages, over a set and over its page types and languages.

A beats B if the 95 % bootstrap range of their paired difference over pages lies above zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from benchmarks.datasets import Kind
from benchmarks.results import PageInfo, Run, SetResult, score_difference
from benchmarks.rows import MIN_GROUP, OURS, label_of, rivals
from benchmarks.tables import Cell, Table, figure
from boilerkit.metrics import PairedDifference

__all__ = ["GROUP_KEYS", "LANGUAGE_GAP", "group_sizes", "language_gaps", "versus_tables"]

#: The extractor below which no language may fall far.
REFERENCE: Final = "trafilatura"
#: How far below it a language may fall.
LANGUAGE_GAP: Final = 0.03

GROUP_KEYS: Final[Mapping[str, Callable[[PageInfo], str]]] = {
    "page type": lambda page: page.page_type,
    "language": lambda page: page.lang,
}


def versus_tables(run: Run, result: SetResult, names: Sequence[str]) -> Iterator[Table]:
    """Yield the paired tests of our row: against each system, and by group."""
    yield _overall(run, result, names)
    yield _by_page_type(run, result)
    if result.kind == Kind.DEV.value:
        yield _by_language(run, result)


def group_sizes(result: SetResult, kind: str) -> dict[str, int]:
    """Return group → number of pages, largest first, without unknown and very small groups."""
    sizes = Counter(map(GROUP_KEYS[kind], result.pages))
    return {
        group: size for group, size in sizes.most_common() if size >= MIN_GROUP and group != "?"
    }


def language_gaps(result: SetResult) -> dict[str, PairedDifference]:
    """Return language → our score minus that of the reference, largest language first."""
    if not {OURS, REFERENCE} <= set(result.systems):
        return {}
    return {
        lang: _difference(result, REFERENCE, "language", lang)
        for lang in group_sizes(result, "language")
    }


def _overall(run: Run, result: SetResult, names: Sequence[str]) -> Table:
    ours = result.counts(OURS)
    rows = [
        (
            Cell(label_of(run, name)),
            *_test_cells(score_difference(result.measure, ours, result.counts(name))),
        )
        for name in names
        if name != OURS
    ]
    return Table(
        ("boilerkit minus", "difference", "paired range", "boilerkit wins"),
        tuple(rows),
        note="Paired bootstrap over pages; a win is a range above zero.",
    )


def _by_page_type(run: Run, result: SetResult) -> Table:
    """Our row against the best other one of each page type; none for a set of one type."""
    groups = group_sizes(result, "page type")
    others = rivals(result)
    if len(groups) < 2 or not others:
        return Table((), ())
    rows = []
    for group, size in groups.items():
        scores = {name: result.score(name, _member("page type", group)) for name in others}
        best = max(others, key=lambda name: scores[name])
        rows.append(
            (
                Cell(group),
                Cell(str(size)),
                Cell(f"{figure(scores[best])}, {label_of(run, best)}"),
                *_test_cells(_difference(result, best, "page type", group)),
            )
        )
    return Table(
        ("page type", "pages", "best other", "difference", "paired range", "boilerkit wins"),
        tuple(rows),
        note="boilerkit against the best other system of each page type, paired over its pages.",
    )


def _by_language(run: Run, result: SetResult) -> Table:
    """Our row against the reference, language by language."""
    rows = []
    sizes = group_sizes(result, "language")
    for lang, test in language_gaps(result).items():
        keep = _member("language", lang)
        rows.append(
            (
                Cell(lang),
                Cell(str(sizes[lang])),
                Cell(figure(result.score(OURS, keep))),
                Cell(figure(result.score(REFERENCE, keep))),
                *_test_cells(test)[:2],
                Cell("yes" if test.difference >= -LANGUAGE_GAP else "NO"),
            )
        )
    columns = ("language", "pages", "boilerkit", label_of(run, REFERENCE), "difference")
    note = (
        f"By declared language, of those with {MIN_GROUP} or more pages: none may fall more than"
        f" {LANGUAGE_GAP} below {label_of(run, REFERENCE)}."
    )
    return Table((*columns, "paired range", "holds"), tuple(rows), note=note)


def _member(kind: str, group: str) -> Callable[[PageInfo], bool]:
    key = GROUP_KEYS[kind]
    return lambda page: key(page) == group


def _difference(result: SetResult, other: str, kind: str, group: str) -> PairedDifference:
    keep = _member(kind, group)
    return score_difference(result.measure, result.counts(OURS, keep), result.counts(other, keep))


def _test_cells(test: PairedDifference) -> tuple[Cell, Cell, Cell]:
    return (
        Cell(f"{test.difference:+.4f}"),
        Cell(f"{test.range.low:+.4f} to {test.range.high:+.4f}"),
        Cell("yes" if test.wins else "no"),
    )
