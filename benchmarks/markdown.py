"""Sections as Markdown: tables only, no quoted page, fit to be committed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.tables import Cell, Section, Table

__all__ = ["render_sections", "section_body", "write_between"]


def render_sections(head: str, parts: Iterable[Section]) -> str:
    """Return a head and its sections as one Markdown text."""
    blocks = [f"## {part.title}\n\n{section_body(part)}".rstrip() for part in parts]
    return "\n\n".join([head, *blocks]) + "\n"


def section_body(section: Section) -> str:
    """Return what stands below the section's heading."""
    blocks = [section.text]
    for table in section.tables:
        blocks += [table.note, _table(table)]
    return "\n\n".join(block for block in blocks if block)


def _table(table: Table) -> str:
    rule = "|".join(["---", *["--:"] * (len(table.columns) - 1)])
    lines = ["| " + " | ".join(_escape(name) for name in table.columns) + " |", f"|{rule}|"]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in table.rows]
    return "\n".join(lines)


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    return f"**{text}**" if cell.best else text


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def write_between(path: Path, begin: str, end: str, text: str) -> None:
    """Put a text between two marks of a file; raises ValueError without them."""
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path} has no lines {begin!r} and {end!r} to write between")
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
