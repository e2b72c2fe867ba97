"""Kept lines and the layout of their page → CommonMark with the tables of GFM.

Lines become blocks: a paragraph (lines that a ``<br>`` parts are its rows), a heading, a code
block, a table. Blocks are written below each other, inside the quotes and list items around them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

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
from boilerkit.page_lines import Link
from boilerkit.records import Line

__all__ = ["MarkdownRenderer"]

_BULLETS = ("-", "*")
_DELIMITERS = (".", ")")


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
        single = [line.role is Role.PARAGRAPH and "\n" not in line.text for line in lines]
        in_tables = find_tables(self.layout, single)
        around = containers_of(self.layout)
        base = page_address(self.url, self.layout.base) if links else None
        sources = _Sources(self.layout, lines, in_tables, base)
        writer = _Writer()
        for block in _find_blocks(self.layout, lines, self.roles, in_tables):
            writer.add(sources.of(block), around[block.box], block.kind)
        return "\n".join(writer.rows)


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


class _Sources:
    """Turns blocks into rows of source.

    base: the address that links are relative to, or empty; None leaves links out.
    """

    def __init__(
        self,
        layout: PageLayout,
        lines: Sequence[Line],
        in_tables: Mapping[int, TableLine],
        base: str | None,
    ) -> None:
        self._layout = layout
        self._lines = lines
        self._in_tables = in_tables
        self._base = base
        self._links = defaultdict[int, list[Link]](list)
        for link in layout.links if base is not None else ():
            self._links[link[0]].append(link)

    def of(self, block: _Block) -> list[str]:
        """Return the source of a block, at least one row."""
        if block.kind is _Kind.TABLE:
            return self._table(block)
        if block.kind is _Kind.CODE:
            (number,) = block.lines
            return code_block(self._lines[number].text, self._layout.languages.get(number, ""))
        rows = list(map(self._line, block.lines))
        if block.kind is _Kind.HEADING:
            marks = "#" * int(self._layout.box_tag[block.box][1])
            return [f"{marks} {escape_heading(' '.join(rows))}"]
        *broken, last = map(paragraph_row, rows)
        return [*(f"{row}\\" for row in broken), last]

    def _line(self, number: int) -> str:
        return self._inline(self._lines[number].text, self._links.get(number, ()))

    def _inline(self, text: str, links: Sequence[Link]) -> str:
        if self._base is None or not links:
            return escape_text(text)
        return link_text(text, links, self._base)

    def _table(self, block: _Block) -> list[str]:
        """Return a table; its header is empty if the page has none or it is not kept."""
        table = self._in_tables[block.lines[0]].table
        rows: dict[int, dict[int, str]] = {}
        for number in block.lines:
            place = self._in_tables[number]
            row = rows.setdefault(place.row, {})
            if place.cell is not None:
                row[table.columns[place.cell]] = self._line(number)
                continue
            cells = self._layout.row_cells[place.row]
            for box, cell in zip(table.rows[place.row], cells, strict=True):
                row[table.columns[box]] = self._inline(*cell)
        n_columns = 1 + max(max(row) for row in rows.values())
        header = rows.pop(table.header, {})
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
