"""What a report is made of: sections of tables of text cells."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cell", "Section", "Table", "figure"]


@dataclass(frozen=True)
class Cell:
    """One cell; ``best`` marks the highest of its column."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Table:
    """A table; the first column holds names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    text: str
    tables: tuple[Table, ...]


def figure(value: float | None) -> str:
    """Return a share with four decimals, a dash for None."""
    return "–" if value is None else f"{value:.4f}"
