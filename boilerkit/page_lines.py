"""The lines of one page and the boxes around them, in columns; read by html_lines.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = [
    "DATA",
    "HIDDEN",
    "NOSCRIPT",
    "REVEALED",
    "SHOWN",
    "VISIBLE",
    "Cell",
    "Link",
    "PageLines",
]

# Where a line's text stands: in the visible markup, in a <noscript>, in the page's data.
VISIBLE, NOSCRIPT, DATA = range(3)
# Whether readers see it: always, once the page reveals it, never.
SHOWN, REVEALED, HIDDEN = range(3)

# The number of its line; how many characters stand between the link before it in the line, or the
# line's start, and its own, white space not counted; the linked text, not folded; its href.
Link: TypeAlias = tuple[int, int, str, str]
# The text of a table's cell and its links.
Cell: TypeAlias = tuple[str, Sequence[Link]]


@dataclass(slots=True)
class PageLines:
    """The lines of one page and the containers around them, in columns.

    Every ``line_*`` list has one item a line, in reading order; every ``box_*`` list one item a
    block element, in document order; ``line_box`` and ``box_parent`` are indices into the latter.
    ``box_end[i]`` is one past the last line in box i. Box 0 is the root.

    What only the layout of the page needs is sparse. ``links``: all links, in order.
    ``breaks``: for each ``<br>`` the number of lines before it. ``row_cells``: the cells of each
    box that is a row in one line, empty ones too, as text and links. ``attributes``: by box, how
    a list counts and how far a cell reaches. ``base``: the ``href`` of ``<base>``.
    ``full``: there was more to read than a page may have.
    """

    texts: list[str] = field(default_factory=list)
    link_chars: list[int] = field(default_factory=list)
    link_count: list[int] = field(default_factory=list)
    line_box: list[int] = field(default_factory=list)
    line_inline: list[str] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    box_tag: list[str] = field(default_factory=list)
    box_class: list[str] = field(default_factory=list)
    box_names: list[str] = field(default_factory=list)
    box_parent: list[int] = field(default_factory=list)
    box_first: list[int] = field(default_factory=list)
    box_end: list[int] = field(default_factory=list)
    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    data_scripts: list[tuple[str, str]] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    row_cells: dict[int, list[Cell]] = field(default_factory=dict)
    attributes: dict[int, dict[str, str]] = field(default_factory=dict)
    base: str = ""
    full: bool = False

    def line_columns(self) -> tuple[list[Any], ...]:
        """Return all columns that have one item a line."""
        return (
            self.texts,
            self.link_chars,
            self.link_count,
            self.line_box,
            self.line_inline,
            self.hidden,
            self.source,
            self.images,
        )
