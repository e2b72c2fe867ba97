"""Kept lines and the layout of their page → CommonMark with the tables of GFM.

Lines become blocks: a paragraph (lines that a ``<br>`` parts are its rows), a heading, a code
block, a table. Blocks are written below each other, inside the quotes and list items around them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from boilerkit.labels import Role
from boilerkit.layout import (
    Container,
    PageLayout,
    TableLine,
    containers_of,
    find_tables,
    heading_of,
)
from boilerkit.markdown_text import (
    code_block,
    escape_cell,
    escape_heading,
    escape_text,
    link_text,
    page_address,
    paragraph_row,
)
from boilerkit.page_lines import Links
from boilerkit.records import Line

__all__ = ["MarkdownRenderer"]

_LANGUAGE = re.compile(r"(?:^|\s)language-([A-Za-z0-9_+#.-]+)")
_BULLETS = ("-", "*")
_DELIMITERS = (".", ")")

# A text and its links → the source of one row.
_Inline: TypeAlias = Callable[[str, Links], str]


class _Kind(Enum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CODE = "code"
    TABLE = "table"


@dataclass(slots=True)
class _Block:
    """The numbers of lines that are one block; ``box`` is theirs, the heading's or the table's."""

    kind: _Kind
    box: int
    lines: list[int]


@dataclass(frozen=True, slots=True)
class MarkdownRenderer:
    """Renders the lines of one page; all work is left to :meth:`render`.

    roles: the roles that are printed. url: the page's address, for relative links, or None.
    """

    layout: PageLayout
    roles: Collection[Role]
    url: str | None

    def render(self, lines: Sequence[Line], *, links: bool) -> str:
        """Return the kept ones of the page's lines as Markdown, without a line break at its end.

        links: whether linked text comes with its address.
        """
        layout = self.layout
        single = [line.role is Role.PARAGRAPH and "\n" not in line.text for line in lines]
        in_tables = find_tables(layout, single)
        around = containers_of(layout)
        inline = _linked(page_address(self.url, layout.base)) if links else _unlinked
        writer = _Writer()
        for block in _find_blocks(layout, lines, self.roles, in_tables):
            if block.kind is _Kind.TABLE:
                rows = _table_rows(layout, block, lines, in_tables, inline)
            else:
                rows = _text_rows(layout, block, lines, inline)
            writer.add(rows, around[block.box], block.kind)
        return "\n".join(writer.rows)


def _unlinked(text: str, links: Links) -> str:
    return escape_text(text)


def _linked(base: str) -> _Inline:
    return lambda text, links: link_text(text, links, base)


def _find_blocks(
    layout: PageLayout,
    lines: Sequence[Line],
    roles: Collection[Role],
    in_tables: Mapping[int, TableLine],
) -> list[_Block]:
    """Return the blocks of the kept lines whose role is printed, in reading order."""
    breaks = Counter(layout.breaks)
    blocks: list[_Block] = []
    for number, line in enumerate(lines):
        if not line.kept or line.role not in roles:
            continue
        if number in in_tables:
            kind, box = _Kind.TABLE, in_tables[number].table.box
        else:
            kind, box = _kind_of_text(layout, number, line)
        new = _Block(kind, box, [number])
        if blocks and _is_continued(blocks[-1], new, breaks[number]):
            blocks[-1].lines.append(number)
        else:
            blocks.append(new)
    return blocks


def _kind_of_text(layout: PageLayout, number: int, line: Line) -> tuple[_Kind, int]:
    box = layout.line_box[number]
    if line.role is Role.CODE or "\n" in line.text:
        return _Kind.CODE, box
    heading = heading_of(layout, box) if line.role in (Role.TITLE, Role.HEADING) else None
    if heading is not None:
        return _Kind.HEADING, heading
    return _Kind.PARAGRAPH, box


def _is_continued(last: _Block, new: _Block, n_breaks: int) -> bool:
    """Return whether the next line belongs to the last block.

    n_breaks: the ``<br>`` between the line before it and the new one; two part paragraphs.
    """
    if (last.kind, last.box) != (new.kind, new.box) or new.kind is _Kind.CODE:
        return False
    if new.kind is _Kind.TABLE:
        return True
    follows = last.lines[-1] == new.lines[0] - 1
    return follows and (new.kind is _Kind.HEADING or n_breaks == 1)


def _text_rows(
    layout: PageLayout, block: _Block, lines: Sequence[Line], inline: _Inline
) -> list[str]:
    """Return the source of a block that is no table."""
    if block.kind is _Kind.CODE:
        (number,) = block.lines
        return code_block(lines[number].text, _language(layout, number))
    rows = [inline(lines[number].text, layout.links[number]) for number in block.lines]
    if block.kind is _Kind.HEADING:
        marks = "#" * int(layout.box_tag[block.box][1])
        return [f"{marks} {escape_heading(' '.join(rows))}"]
    *broken, last = map(paragraph_row, rows)
    return [*(f"{row}\\" for row in broken), last]


def _language(layout: PageLayout, number: int) -> str:
    """Return the X of ``class="language-X"`` in or around a code block, or an empty string."""
    box = layout.line_box[number]
    parent = layout.box_parent[box]
    outer = layout.box_class[layout.box_parent[parent]]
    inner = (layout.box_class[box], layout.line_inline[number], layout.box_class[parent])
    found = _LANGUAGE.search(" ".join((*inner, outer)))
    return found[1] if found else ""


def _table_rows(
    layout: PageLayout,
    block: _Block,
    lines: Sequence[Line],
    in_tables: Mapping[int, TableLine],
    inline: _Inline,
) -> list[str]:
    """Return the source of a table; its header is empty if the page has none or it is not kept."""
    rows: dict[int, dict[int, str]] = {}
    for number in block.lines:
        place = in_tables[number]
        columns = place.table.columns
        row = rows.setdefault(place.row, {})
        if place.cell is not None:
            row[columns[place.cell]] = inline(lines[number].text, layout.links[number])
            continue
        cells = zip(place.table.rows[place.row], layout.row_cells[place.row], strict=True)
        row.update({columns[box]: inline(*cell) for box, cell in cells})
    n_columns = 1 + max(max(row) for row in rows.values())
    header = rows.pop(in_tables[block.lines[0]].table.header, {})
    rule = dict.fromkeys(range(n_columns), "---")
    return [
        _table_row(header, n_columns),
        _table_row(rule, n_columns),
        *(_table_row(row, 1 + max(row)) for row in rows.values()),
    ]


def _table_row(cells: Mapping[int, str], n_columns: int) -> str:
    sources = [escape_cell(cells.get(column, "")) for column in range(n_columns)]
    return f"| {' | '.join(sources)} |"


@dataclass(frozen=True, slots=True)
class _Open:
    """A container that is being written into: what stands before its first row and the others.

    ``style`` chooses between two kinds of mark, so that two lists in a row stay two.
    """

    container: Container
    style: int
    first: str
    others: str


class _Writer:
    """Writes blocks below each other, each inside its containers; ``rows`` is the result."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self._open: list[_Open] = []
        self._after_paragraph = False

    def add(self, rows: Sequence[str], containers: Sequence[Container], kind: _Kind) -> None:
        """Write the rows of a block inside its containers, of which those still open go on."""
        depth = _n_shared([level.container for level in self._open], containers)
        closed = self._open[depth] if depth < len(self._open) else None
        new = containers[depth:]
        del self._open[depth:]
        others = "".join(level.others for level in self._open)
        if self.rows and not self._is_tight(closed, new):
            self.rows.append(others.rstrip())
        first = others
        for container in new:
            level = _open_container(container, closed)
            closed = None
            self._open.append(level)
            first += level.first
            others += level.others
        self.rows.append(first + rows[0])
        self.rows += [others + row if row else others.rstrip() for row in rows[1:]]
        self._after_paragraph = kind is _Kind.PARAGRAPH

    def _is_tight(self, closed: _Open | None, new: Sequence[Container]) -> bool:
        """Return whether a list item may follow the row before it without a blank row."""
        if not self._after_paragraph or not new or new[0].list_box is None:
            return False
        if closed is not None:
            return closed.container.list_box == new[0].list_box
        in_item = bool(self._open) and self._open[-1].container.list_box is not None
        # below a paragraph no list begins with another number than 1
        return in_item and new[0].number in (None, 1)


def _is_same_kind(some: Container, other: Container) -> bool:
    """Return whether both are items of lists with numbers, or of lists without."""
    return (some.list_box is None, some.number is None) == (
        other.list_box is None,
        other.number is None,
    )


def _goes_on(before: Container, item: Container) -> bool:
    """Return whether an item is the next one of its list, as a reader of Markdown counts."""
    follows = before.number is None or item.number == before.number + 1
    return before.list_box == item.list_box and follows


def _n_shared(some: Sequence[Container], others: Sequence[Container]) -> int:
    """Return how many containers two nestings have in common, from the outermost on."""
    depth = 0
    while depth < min(len(some), len(others)) and some[depth] == others[depth]:
        depth += 1
    return depth


def _open_container(container: Container, before: _Open | None) -> _Open:
    """Return a container to write into; `before` is the one that ended right there, if any."""
    if container.list_box is None:  # a quote
        return _Open(container, 0, "> ", "> ")
    number = container.number
    style = 0
    if before is not None and _is_same_kind(before.container, container):
        style = before.style if _goes_on(before.container, container) else 1 - before.style
    mark = _BULLETS[style] if number is None else f"{number}{_DELIMITERS[style]}"
    return _Open(container, style, f"{mark} ", " " * (len(mark) + 1))
