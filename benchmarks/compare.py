"""What changed between two runs, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.results import LineResult, Run, SetResult, page_score, score_difference
from benchmarks.rows import label_of
from benchmarks.tables import Cell, Section, Table

__all__ = ["compare"]

#: Pages whose score moved by less are left out of the list.
_MOVED: Final = 0.005
_MAX_PAGES: Final = 40


@dataclass(frozen=True)
class _Move:
    page: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


def compare(before: Run, after: Run) -> Iterator[Section]:
    """Yield a section per page set, per set of filtered outputs and per line set that both have.

    A set whose data differ is named and not compared.
    """
    for name in (name for name in before.sets if name in after.sets):
        yield _compare_set(after, before.sets[name], after.sets[name], "")
    for name in (name for name in before.filtered if name in after.filtered):
        yield _compare_set(after, before.filtered[name], after.filtered[name], "Cleaned outputs: ")
    for name in (name for name in before.lines if name in after.lines):
        rows = tuple(
            _line_row(label_of(after, system), old, after.lines[name][system])
            for system, old in before.lines[name].items()
            if system in after.lines[name]
        )
        columns = ("system", "content words lost", "chrome lines found", "label macro-F1")
        yield Section(name, "", (Table(columns, rows),))


def _compare_set(run: Run, old: SetResult, new: SetResult, head: str) -> Section:
    title = head + new.title
    if old.sha256 != new.sha256:
        return Section(title, "Not compared: the two runs were made on other data.", ())
    systems = [name for name in new.systems if name in old.systems]
    changed = [name for name in systems if old.counts(name) != new.counts(name)]
    gone = sorted(old.systems.keys() ^ new.systems.keys())
    text = f"{len(systems) - len(changed)} of {len(systems)} systems did not change on any page."
    if gone:
        text += f" In one run only: {', '.join(gone)}."
    tables = [_totals(run, old, new, changed)]
    tables += [_pages(run, name, _moves(old, new, name)) for name in changed]
    return Section(title, text, tuple(table for table in tables if table.rows))


def _totals(run: Run, old: SetResult, new: SetResult, systems: list[str]) -> Table:
    rows = []
    for name in systems:
        test = score_difference(new.measure, new.counts(name), old.counts(name))
        moves = _moves(old, new, name)
        rows.append(
            (
                Cell(label_of(run, name)),
                Cell(f"{old.score(name):.4f}"),
                Cell(f"{new.score(name):.4f}"),
                Cell(f"{test.difference:+.4f}"),
                Cell(f"{test.range.low:+.4f} to {test.range.high:+.4f}"),
                Cell(f"{sum(move.change > 0 for move in moves)}"),
                Cell(f"{sum(move.change < 0 for move in moves)}"),
            )
        )
    columns = ("system", "before", "after", "change", "paired range", "pages up", "pages down")
    return Table(columns, tuple(rows))


def _moves(old: SetResult, new: SetResult, system: str) -> list[_Move]:
    rows = zip(new.pages, old.counts(system), new.counts(system), strict=True)
    moves = [
        _Move(page.id, page_score(new.measure, before), page_score(new.measure, after))
        for page, before, after in rows
        if before != after
    ]
    return sorted(moves, key=lambda move: (-abs(move.change), move.page))


def _pages(run: Run, system: str, moves: list[_Move]) -> Table:
    rows = tuple(
        (
            Cell(move.page),
            Cell(f"{move.before:.4f}"),
            Cell(f"{move.after:.4f}"),
            Cell(f"{move.change:+.4f}"),
        )
        for move in moves[:_MAX_PAGES]
        if abs(move.change) >= _MOVED
    )
    note = f"{label_of(run, system)}: {len(moves)} pages changed; the largest changes."
    return Table(("page", "before", "after", "change"), rows, note)


def _line_row(name: str, old: LineResult, new: LineResult) -> tuple[Cell, ...]:
    before, after = old.scores(), new.scores()
    pairs = (
        (before.content_words_lost, after.content_words_lost),
        (before.chrome_recall(), after.chrome_recall()),
        (before.macro_f1, after.macro_f1),
    )
    return (Cell(name), *(Cell(_pair(*pair)) for pair in pairs))


def _pair(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "–"
    return f"{before:.4f} → {after:.4f} ({after - before:+.4f})"
