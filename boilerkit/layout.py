"""How a page's boxes nest: quotes, list items and their numbers, tables and their columns.

Computed from what PageLines holds, when a document is rendered in a format that shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from boilerkit.page_lines import Cell, Link, PageLines

__all__ = [
    "Container",
    "PageLayout",
    "Table",
    "TableLine",
    "containers_of",
    "find_tables",
    "heading_of",
]

_LISTS = frozenset(["ul", "ol", "menu", "dir", "dl"])
_ITEMS = frozenset(["li", "dt", "dd"])
_CELLS = frozenset(["td", "th"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
# Readers of Markdown stop at a depth: markdown-it at 20, and a list item counts twice.
_MAX_CONTAINERS = 8
# CommonMark reads numbers of up to nine digits.
_MAX_NUMBER = 999_999_999
_LANGUAGE = re.compile(r"(?:^|\s)language-([A-Za-z0-9_+#.-]+)")
_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,10})")
# A span beyond this is a way to say "all columns"; it bounds what a row can become.
_MAX_SPAN = 100


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Those columns of PageLines that tell its structure, shared with it and never changed.

    ``languages`` maps lines of code to their language, where the page names it.
    """

    line_box: list[int]
    links: list[Link]
    breaks: list[int]
    box_tag: list[str]
    box_parent: list[int]
    row_cells: dict[int, list[Cell]]
    attributes: dict[int, dict[str, str]]
    base: str
    languages: dict[int, str]

    @classmethod
    def of(cls, page: PageLines) -> PageLayout:
        """Return the layout of a page."""
        return cls(
            line_box=page.line_box,
            links=page.links,
            breaks=page.breaks,
            box_tag=page.box_tag,
            box_parent=page.box_parent,
            row_cells=page.row_cells,
            attributes=page.attributes,
            base=page.base,
            languages=_find_languages(page),
        )


def _find_languages(page: PageLines) -> dict[int, str]:
    """Return the X of ``class="language-X"`` on, in or around each <pre>."""
    if "pre" not in page.box_tag:
        return {}
    languages = {}
    for line, box in enumerate(page.line_box):
        if page.box_tag[box] == "pre":
            parent = page.box_parent[box]
            around = (page.box_class[parent], page.box_class[page.box_parent[parent]])
            names = " ".join((page.box_class[box], page.line_inline[line], *around))
            found = _LANGUAGE.search(names)
            if found:
                languages[line] = found[1]
    return languages


@dataclass(frozen=True, slots=True)
class Container:
    """A quote (``list_box`` is None) or an item of the list at ``list_box``.

    ``number`` is that of an item in an ordered list, else None.
    """

    box: int
    list_box: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of data. ``columns`` maps the box of each cell to its column.

    ``rows`` maps the box of each row to its cells' boxes; ``header`` is the box of the row that
    names the columns, or 0.
    """

    box: int
    rows: dict[int, list[int]]
    columns: dict[int, int]
    header: int


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line in a table of data: the boxes of its row and cell; no cell if it is a whole row."""

    table: Table
    row: int
    cell: int | None


def heading_of(layout: PageLayout, box: int) -> int | None:
    """Return the box of the heading that a box is or stands in, or None."""
    while box and layout.box_tag[box] not in _HEADINGS:
        box = layout.box_parent[box]
    return box or None


def containers_of(layout: PageLayout) -> list[tuple[Container, ...]]:
    """Return for each box the quotes and list items around it, outermost first, 8 at most."""
    lists = _lists_of(layout)
    numbers = _item_numbers(layout, lists)
    found: list[tuple[Container, ...]] = [()]
    # of each list, what is around the text of its latest item
    latest: dict[int, tuple[Container, ...]] = {}
    for box in range(1, len(layout.box_tag)):
        tag, parent = layout.box_tag[box], layout.box_parent[box]
        around = found[parent]
        list_box = lists[parent] or parent
        if tag == "blockquote":
            around = (*around, Container(box))[:_MAX_CONTAINERS]
        elif tag == "dd" and (list_box in latest or layout.box_tag[parent] == "dd"):
            around = latest.get(list_box, around)  # with its term
        elif tag in _ITEMS:
            around = (*around, Container(box, list_box, numbers.get(box)))[:_MAX_CONTAINERS]
            if tag != "dd":
                latest[list_box] = around
        elif tag in _LISTS and layout.box_tag[parent] in _LISTS:
            around = latest.get(parent, around)  # it should be inside the item before it
        found.append(around)
    return found


def _lists_of(layout: PageLayout) -> list[int]:
    """Return for each box the list that an item in it would belong to, 0 for none."""
    lists = [0]
    for box in range(1, len(layout.box_tag)):
        tag = layout.box_tag[box]
        inherited = 0 if tag in _ITEMS or tag == "table" else lists[layout.box_parent[box]]
        lists.append(box if tag in _LISTS else inherited)
    return lists


def _item_numbers(layout: PageLayout, lists: Sequence[int]) -> dict[int, int]:
    """Return the numbers of the items of ordered lists, but none that CommonMark cannot have."""
    owner = {
        box: lists[layout.box_parent[box]] for box, tag in enumerate(layout.box_tag) if tag == "li"
    }
    sizes = Counter(owner.values())
    following: dict[int, int] = {}
    numbers = {}
    for box, list_box in owner.items():
        if layout.box_tag[list_box] != "ol":
            continue
        attributes = layout.attributes.get(list_box, {})
        backwards = "reversed" in attributes
        if list_box not in following:
            first = sizes[list_box] if backwards else 1
            following[list_box] = _read_integer(attributes, "start", first)
        number = _read_integer(layout.attributes.get(box, {}), "value", following[list_box])
        following[list_box] = number + (-1 if backwards else 1)
        if 0 <= number <= _MAX_NUMBER:
            numbers[box] = number
    return numbers


def _read_integer(attributes: Mapping[str, str], name: str, default: int) -> int:
    found = _INTEGER.match(attributes.get(name, ""))
    return int(found[1]) if found else default


def find_tables(layout: PageLayout, single: Sequence[bool]) -> dict[int, TableLine]:
    """Return where each line of a table of data stands in it, by the line's number.

    single: whether each line may be a cell's text (one row of plain text).

    A table holds data if it has two rows of several cells with one short line a cell, and more of
    these than rows whose cells hold blocks. Any other table lays the page out.
    """
    row_of, cell_of, table_of = _places(layout)
    rows: dict[int, dict[int, list[int]]] = {}
    for box, tag in enumerate(layout.box_tag):
        if tag == "tr":
            rows.setdefault(table_of[box], {})[box] = []
        elif tag in _CELLS and row_of[box]:
            rows[table_of[row_of[box]]][row_of[box]].append(box)
    broken = _broken_rows(layout, single, row_of, cell_of)
    table_of_row: dict[int, Table] = {}
    for table_box, cells in rows.items():
        joined = layout.row_cells.keys() & cells.keys()
        if table_box and len(joined) >= max(2, 1 + len(broken & cells.keys())):
            columns = _place_cells(layout, cells.values())
            table = Table(table_box, cells, columns, _header_row(layout, cells))
            table_of_row.update(dict.fromkeys(cells.keys() - broken, table))
    return {
        number: TableLine(table_of_row[row_of[box]], row_of[box], cell_of[box] or None)
        for number, box in enumerate(layout.line_box)
        if row_of[box] in table_of_row
    }


def _places(layout: PageLayout) -> tuple[list[int], list[int], list[int]]:
    """Return the innermost row, cell of that row, and table that each box is or stands in, or 0."""
    row_of, cell_of, table_of = [0], [0], [0]
    for box in range(1, len(layout.box_tag)):
        tag, parent = layout.box_tag[box], layout.box_parent[box]
        row_of.append(box if tag == "tr" else row_of[parent])
        cell_of.append(box if tag in _CELLS else 0 if tag == "tr" else cell_of[parent])
        table_of.append(box if tag == "table" else table_of[parent])
    return row_of, cell_of, table_of


def _broken_rows(
    layout: PageLayout, single: Sequence[bool], row_of: Sequence[int], cell_of: Sequence[int]
) -> set[int]:
    """Return the rows with text that does not fit one row: blocks, or two lines in a cell."""
    broken = set()
    filled = set()
    for box, fits in zip(layout.line_box, single, strict=True):
        row, cell = row_of[box], cell_of[box]
        if row and box not in layout.row_cells:
            if not fits or not cell or cell in filled:
                broken.add(row)
            filled.add(cell)
    return broken


def _header_row(layout: PageLayout, rows: Mapping[int, list[int]]) -> int:
    """Return the first row if it is in a ``<thead>`` or all its cells are ``<th>``, else 0."""
    first = next(iter(rows))
    in_head = layout.box_tag[layout.box_parent[first]] == "thead"
    all_head = {layout.box_tag[cell] for cell in rows[first]} == {"th"}
    return first if in_head or all_head else 0


def _place_cells(layout: PageLayout, rows: Iterable[list[int]]) -> dict[int, int]:
    """Return the column of each cell's box, with what spans several columns or rows.

    No span moves a cell beyond the number of cells that the longest row has.
    """
    rows = list(rows)
    width = max(map(len, rows))
    columns: dict[int, int] = {}
    taken: dict[int, int] = {}  # by column, how many more rows a cell from above reaches into
    for cells in rows:
        spans: dict[int, int] = {}
        column = 0
        for number, cell in enumerate(cells, 1):
            left = len(cells) - number
            while column in taken and column + 1 + left < width:
                column += 1
            columns[cell] = column
            attributes = layout.attributes.get(cell, {})
            after = column + _read_span(attributes, "colspan")
            spans |= dict.fromkeys(range(column, after), _read_span(attributes, "rowspan"))
            column = max(column + 1, min(after, width - left))
        spans = {**taken, **spans}
        taken = {at: n_rows - 1 for at, n_rows in spans.items() if n_rows > 1}
    return columns


def _read_span(attributes: Mapping[str, str], name: str) -> int:
    return min(max(1, _read_integer(attributes, name, 1)), _MAX_SPAN)
