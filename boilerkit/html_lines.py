"""HTML → lines: one pass over the parser's events, no tree is built.

A line is the text of one block with white space folded; ``<br>`` ends a line, a ``<pre>`` is one
line that keeps its breaks and the cells of a plain table row are one line. Beside its text each
line has what the classifier needs of the page's structure, kept in columns.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeGuard

from boilerkit.data_lines import STATE_SCRIPT, find_data_texts
from boilerkit.errors import MissingDependencyError
from boilerkit.guard import END_TAG, parse_guarded
from boilerkit.page_lines import (
    DATA,
    HIDDEN,
    NOSCRIPT,
    REVEALED,
    SHOWN,
    VISIBLE,
    Cell,
    Link,
    PageLines,
)
from boilerkit.text_lines import fold_space

try:
    from lxml import etree
except ImportError as error:  # pragma: no cover - run in an environment without lxml
    raise MissingDependencyError("lxml is needed to read HTML: pip install lxml") from error

__all__ = ["is_element", "read_element", "read_html"]

# What a tag is to the lines: blocks end them; custom elements (with a hyphen) do not, as in CSS.
_BLOCK, _ODD_BLOCK, _INLINE, _CUSTOM, _ANCHOR, _IMAGE, _META, _BASE, _BREAK, _SKIPPED = range(10)
# Blocks with a meaning of their own for the lines inside.
_ODD_BLOCKS = ("pre", "tr", "td", "th", "noscript", "template")
# Elements that do not end a line.
_INLINE_TAGS = (
    "abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q rb rp rt ruby "
    "s samp small span strike strong sub sup time tt u var wbr input g picture source map area "
    "math mi mo mn ms mtext mrow mfrac msup msub msubsup msqrt munder mover munderover semantics "
    "annotation mstyle mspace mtable mtr mtd track embed param link "
)
# Elements whose text is no text of the page: code, vector graphics, form choices, fall-backs.
_SKIPPED_TAGS = (
    "script style svg select option datalist textarea iframe object applet audio video canvas "
    "title frameset "
)
_KINDS = {
    **dict.fromkeys(_ODD_BLOCKS, _ODD_BLOCK),
    **dict.fromkeys(_INLINE_TAGS.split(), _INLINE),
    **dict.fromkeys(_SKIPPED_TAGS.split(), _SKIPPED),
    "a": _ANCHOR,
    "img": _IMAGE,
    "meta": _META,
    "base": _BASE,
    "br": _BREAK,
}
# Skipped elements that show nothing: a word goes on behind them.
_UNSEEN = frozenset(["script", "style"])
# Skipped elements that swallow the rest of the page if unclosed, and what shows that they are.
_BROKEN_OUT_OF = frozenset(["svg", "select", "option", "datalist"])
_BREAKING_OUT = frozenset(
    (
        "p div section article main header footer nav aside h1 h2 h3 h4 h5 h6 ul ol dl table "
        "blockquote pre "
    ).split()
)
_CELLS = frozenset(["td", "th"])
# Elements whose attributes say how a list counts and how far a table's cell reaches.
_COUNTED = frozenset(["ol", "li", "td", "th"])
_LAYOUT_ATTRIBUTES = frozenset(["start", "reversed", "value", "colspan", "rowspan"])
_HIDING = frozenset(["style", "hidden", "aria-hidden"])
# Attributes that name a box beside its class.
_NAMING = frozenset(["id", "role", "itemprop"])
# A hidden element that the page itself reveals: a tab, a slide, the body of an accordion, or a
# segment that React streams hidden and moves into place. All other hidden text is left out.
_REVEALED = re.compile(
    r"accordion|collaps|\btabs?\b|tab-?(?:panel|content|pane)|faq|toggle|expand|slide|slick|carousel|"
    r"swiper|panel|answer|read-?(?:more|div)|\bS:[0-9a-f]+\b",
    re.IGNORECASE,
)
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|[;\s])(?:width|height|font-size)\s*:\s*0(?![.\d])"
)
# A row whose cells hold more than this is layout, not a table row.
_MAX_CELL_CHARS = 400
_CELL_SEPARATOR = " | "
# Pages have some 2.5 block elements a line; where there are more, they are what takes time.
_MAX_BOXES_A_LINE = 2


class _LineTarget:
    """Parser target that turns start, data and end events into PageLines.

    ``data`` is the append of one list of text pieces, so that text costs no Python call; starts
    and ends remember positions in that list.
    """

    def __init__(self, max_lines: int) -> None:
        self.depth = 0
        self.ended = False
        self._max_lines = max_lines
        self.page = page = PageLines()
        self._pieces: list[str] = []
        self.data = self._pieces.append
        self._stack: list[int] = [0]
        page.box_tag.append("")
        page.box_class.append("")
        page.box_names.append("")
        page.box_parent.append(0)
        page.box_first.append(0)
        page.box_end.append(0)
        self._skip = 0
        self._skip_start = 0
        self._skip_tag = ""
        self._skip_type = ""
        self._link_start = -1
        self._link_chars = 0
        self._link_count = 0
        self._link_end = 0
        self._href = ""
        self._inline: list[str] = []
        self._hidden = SHOWN
        self._hiding: list[tuple[int, int]] = []
        self._source = VISIBLE
        self._pre = 0
        self._rows: list[_Row] = []
        self._n_images = 0

    @property
    def full(self) -> bool:
        """Whether there are as many lines, or boxes around them, as there may be."""
        page = self.page
        # a table row that became one line was several before
        n_lines = len(page.texts) + len(page.row_cells)
        return max(n_lines, len(page.box_tag) // _MAX_BOXES_A_LINE) >= self._max_lines

    def start(self, tag: str, attrib: Mapping[str, str]) -> None:
        self.depth += 1
        if self._skip and not self._breaks_out(tag):
            self._skip += 1
            return
        kind = _KINDS.get(tag, _BLOCK)
        if kind == _BLOCK and "-" in tag:
            kind = _CUSTOM
        hidden = False
        if attrib and not _HIDING.isdisjoint(attrib):
            hidden = _is_hidden(attrib)
            if hidden and self._must_skip(kind):
                self._start_skipped(tag, "")
                return
        if kind == _BLOCK:
            self._start_block(tag, attrib, hidden)
        elif kind == _INLINE:
            if "class" in attrib:
                self._inline.append(attrib["class"])
        elif kind == _ODD_BLOCK:
            self._start_block(tag, attrib, hidden)
            self._start_odd_block(tag, attrib)
        else:
            self._start_other(tag, attrib, kind)

    def _start_other(self, tag: str, attrib: Mapping[str, str], kind: int) -> None:
        """Take the start of what is neither a block nor one of the many inline elements."""
        if kind == _ANCHOR:
            self._link_count += 1
            if "href" in attrib:
                self._link_start = len(self._pieces)
                self._href = attrib["href"]
            self._inline.append(attrib.get("class", ""))
        elif kind == _IMAGE:
            # an <img> without attributes shows nothing
            self._n_images += len(attrib) > 0
        elif kind == _META:
            self._read_meta(attrib)
        elif kind == _BASE:
            self.page.base = self.page.base or attrib.get("href", "")
        elif kind == _SKIPPED:
            self._start_skipped(tag, attrib.get("type", "") or attrib.get("id", ""))
        elif kind == _CUSTOM:
            self.ended = self.ended or tag == END_TAG
        elif self._pre:
            self._pieces.append("\n")
        else:
            if self._pieces:
                self._flush()
            self.page.breaks.append(len(self.page.texts))

    def _breaks_out(self, tag: str) -> bool:
        """End a graphic or a form choice that was never closed, as browsers do."""
        if self._skip_tag == "svg" and tag == "foreignobject":
            self._skip_tag = tag
        if self._skip_tag not in _BROKEN_OUT_OF or tag not in _BREAKING_OUT:
            return False
        self._skip = 0
        self._end_skipped()
        return True

    def _must_skip(self, kind: int) -> bool:
        """Return whether a hidden element cannot be a line of its own to decide on later."""
        return _INLINE <= kind <= _META or self._pre > 0 or len(self._rows) > 0

    def _start_skipped(self, tag: str, kind: str) -> None:
        self._skip = 1
        self._skip_start = len(self._pieces)
        self._skip_tag = tag
        self._skip_type = kind

    def _read_meta(self, attrib: Mapping[str, str]) -> None:
        name = attrib.get("property") or attrib.get("name")
        content = attrib.get("content")
        if name and content:
            self.page.meta.setdefault(name.lower(), content)

    def _start_block(self, tag: str, attrib: Mapping[str, str], hidden: bool) -> None:
        if self._pieces:
            self._flush()
        page = self.page
        index = len(page.box_tag)
        page.box_tag.append(tag)
        page.box_parent.append(self._stack[-1])
        page.box_first.append(len(page.texts))
        page.box_end.append(0)
        self._stack.append(index)
        names = css_class = ""
        if attrib:
            get = attrib.get
            names = css_class = get("class", "")
            if not _NAMING.isdisjoint(attrib):
                names = f"{css_class} {get('id', '')} {get('role', '')} {get('itemprop', '')}"
            if tag in _COUNTED and not _LAYOUT_ATTRIBUTES.isdisjoint(attrib):
                page.attributes[index] = {
                    name: attrib[name] for name in _LAYOUT_ATTRIBUTES if name in attrib
                }
        page.box_class.append(css_class)
        page.box_names.append(names)
        if hidden:
            revealed = _REVEALED.search(names) or "aria-labelledby" in attrib
            self._hide(index, REVEALED if revealed else HIDDEN)

    def _start_odd_block(self, tag: str, attrib: Mapping[str, str]) -> None:
        first = len(self.page.texts)
        if tag == "pre":
            self._pre += 1
        elif tag == "tr":
            self._rows.append(_Row(first))
        elif tag == "noscript":
            self._source = NOSCRIPT
        elif tag == "template":
            if "shadowrootmode" not in attrib:
                self._hide(self._stack[-1], HIDDEN)
        elif self._rows:
            self._rows[-1].cells.append(first)

    def _hide(self, box: int, how: int) -> None:
        self._hiding.append((box, self._hidden))
        self._hidden = max(self._hidden, how)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if self._skip:
            self._skip -= 1
            if not self._skip:
                self._end_skipped()
            return
        kind = _KINDS.get(tag, _BLOCK)
        if kind == _INLINE:
            return
        if kind == _ANCHOR:
            if self._link_start >= 0:
                self._count_link_chars()
                self._link_start = -1
        elif (kind <= _ODD_BLOCK and "-" not in tag) or kind == _SKIPPED:
            self._end_block(tag, kind)

    def _end_block(self, tag: str, kind: int) -> None:
        if self._pieces:
            if tag == "pre" and self._pre == 1:
                self._flush_pre()
            else:
                self._flush()
        page = self.page
        index = self._stack[-1]
        if index == 0 or page.box_tag[index] != tag:
            return
        self._stack.pop()
        page.box_end[index] = len(page.texts)
        if self._hiding and self._hiding[-1][0] == index:
            self._hidden = self._hiding.pop()[1]
        if kind == _ODD_BLOCK:
            self._end_odd_block(tag, index)

    def _end_odd_block(self, tag: str, index: int) -> None:
        if tag == "pre":
            self._pre -= 1
        elif tag == "tr":
            self._end_row(self._rows.pop(), index)
        elif tag == "noscript":
            self._source = VISIBLE

    def _end_skipped(self) -> None:
        pieces, start = self._pieces, self._skip_start
        if len(pieces) > start:
            if self._skip_tag == "title" and not self.page.title:
                self.page.title = " ".join("".join(pieces[start:]).split())
            elif self._skip_tag == "script":
                source = "".join(pieces[start:])
                if "json" in self._skip_type.lower() or STATE_SCRIPT.search(source):
                    self.page.data_scripts.append((self._skip_type, source))
            pieces[start:] = [" "] if self._parts_words(start) else []

    def _parts_words(self, start: int) -> bool:
        """Return whether the text left out, from ``start`` on, stands behind a word and ends it."""
        if self._skip_tag in _UNSEEN or start == 0:
            return False
        last = self._pieces[start - 1][-1]
        return last.isalnum() or last == "_"

    def _count_link_chars(self) -> None:
        pieces, start = self._pieces, self._link_start
        linked = pieces[start] if len(pieces) == start + 1 else "".join(pieces[start:])
        self._link_chars += len(linked) - linked.count(" ") - linked.count("\n")
        gap = 0
        if start > self._link_end:
            between = "".join(pieces[self._link_end : start])
            gap = 0 if between.isspace() else len("".join(between.split()))
        self._link_end = len(pieces)
        self.page.links.append((len(self.page.texts), gap, linked, self._href))

    def _flush(self) -> None:
        """End the line that the pieces so far make up; there is one at least."""
        pieces = self._pieces
        if self._pre:
            # one line a <pre>: a block inside it only starts a new row of it
            if not pieces[-1].endswith("\n"):
                pieces.append("\n")
            return
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        if self._link_start >= 0:
            self._count_link_chars()
            self._link_start = 0
        pieces.clear()
        self._link_end = 0
        if text.isspace() or not text:  # two flushes of three: what indents the tags
            self._link_chars = 0
        else:
            self._emit(fold_space(text))

    def _flush_pre(self) -> None:
        rows = [row.rstrip() for row in "".join(self._pieces).split("\n")]
        self._pieces.clear()
        self._link_end = 0
        self._link_start = 0 if self._link_start >= 0 else -1
        text = "\n".join(rows).strip("\n")
        if text:
            self._emit(text)

    def _emit(self, text: str) -> None:
        page = self.page
        page.texts.append(text)
        page.link_chars.append(self._link_chars)
        page.link_count.append(self._link_count)
        page.line_box.append(self._stack[-1])
        page.line_inline.append(" ".join(filter(None, self._inline)) if self._inline else "")
        page.hidden.append(self._hidden)
        page.source.append(self._source)
        page.images.append(self._n_images)
        self._link_chars = self._link_count = 0
        if self._inline:
            self._inline = []

    def _end_row(self, row: _Row, box: int) -> None:
        """Join the cells of a row that holds one short line a cell; leave layout rows alone."""
        page = self.page
        n_lines = len(page.texts) - row.first
        if self._rows:
            self._rows[-1].nested = True
        if n_lines < 2 or row.nested or len(row.cells) < n_lines:
            return
        ends = [*row.cells[1:], len(page.texts)]
        cells = page.texts[row.first :]
        one_line_each = all(end - start <= 1 for start, end in zip(row.cells, ends, strict=True))
        if not one_line_each or any(len(cell) > _MAX_CELL_CHARS or "\n" in cell for cell in cells):
            return
        first = row.first
        page.row_cells[box] = self._take_cells(first, zip(row.cells, ends, strict=True))
        page.texts[first:] = [_CELL_SEPARATOR.join(cells)]
        page.link_chars[first:] = [sum(page.link_chars[first:])]
        page.link_count[first:] = [sum(page.link_count[first:])]
        page.line_inline[first:] = [" ".join(filter(None, page.line_inline[first:]))]
        page.line_box[first:] = [box]
        del page.hidden[first + 1 :], page.source[first + 1 :], page.images[first + 1 :]
        page.box_first[box:] = [first] * (len(page.box_first) - box)
        page.box_end[box:] = [min(end, first + 1) for end in page.box_end[box:]]

    def _take_cells(self, first: int, spans: Iterable[tuple[int, int]]) -> list[Cell]:
        """Return the cells of a row with their links, which are no longer the page's."""
        page = self.page
        n_links = len(page.links)
        while n_links and page.links[n_links - 1][0] >= first:
            n_links -= 1
        links: dict[int, list[Link]] = {}
        for link in page.links[n_links:]:
            links.setdefault(link[0], []).append(link)
        del page.links[n_links:]
        while page.breaks and page.breaks[-1] > first:
            page.breaks.pop()
        return [
            (page.texts[start], links.get(start, ())) if start < end else ("", ())
            for start, end in spans
        ]

    def close(self) -> PageLines:
        """Return the page's lines; called by the parser at the end of the input."""
        if self._pre:
            self._flush_pre()
        elif self._pieces:
            self._flush()
        for box in self._stack:
            self.page.box_end[box] = len(self.page.texts)
        return self.page


@dataclass(slots=True)
class _Row:
    """An open table row: its first line, the first line of each cell, and rows inside it."""

    first: int
    cells: list[int] = field(default_factory=list)
    nested: bool = False


def _is_hidden(attrib: Mapping[str, str]) -> bool:
    return (
        "hidden" in attrib
        or ("aria-hidden" in attrib and attrib["aria-hidden"] == "true")
        or ("style" in attrib and _is_hiding(attrib["style"]))
    )


def _is_hiding(style: str) -> bool:
    style = style.lower()
    # looking for these first spares most styles the regular expression
    return ("none" in style or "hidden" in style or "0" in style) and (
        _HIDING_STYLE.search(style) is not None
    )


def read_html(html: str, max_lines: int | None = None) -> tuple[PageLines, int | None]:
    """Return the lines of a page and the offset where its text had to be cut, or None.

    A page of more than about `max_lines` lines is cut.
    """
    limit = sys.maxsize if max_lines is None else max_lines
    target, truncated = parse_guarded(html, lambda: _open_parser(limit))
    page = target.page
    page.full = truncated is not None and target.full
    _finish(page, limit)
    # what the page's data hold counts as behind its markup
    return page, len(html) if page.full and truncated is None else truncated


def _open_parser(max_lines: int) -> tuple[etree.HTMLParser, _LineTarget]:
    target = _LineTarget(max_lines)
    # the stubs want a comment handler too, which would cost a call a comment
    parser = etree.HTMLParser(target=target, huge_tree=True, encoding="utf-8")  # type: ignore[arg-type]
    return parser, target


def is_element(value: object) -> TypeGuard[etree._Element]:
    """Return whether a value is a parsed page."""
    return isinstance(value, etree._Element)


def read_element(element: etree._Element) -> PageLines:
    """Return all lines of a parsed page; the element is left unchanged."""
    target = _LineTarget(sys.maxsize)
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event == "start":
            target.start(node.tag, node.attrib)
            if node.text:
                target.data(node.text)
            continue
        if event == "end":
            target.end(node.tag)
        if node.tail and node is not element:
            target.data(node.tail)
    page = target.close()
    _finish(page, sys.maxsize)
    return page


def _finish(page: PageLines, max_lines: int) -> None:
    """Leave out hidden and repeated text and add what only the page's data holds."""
    if HIDDEN in page.hidden or NOSCRIPT in page.source:
        _drop_lines(page, _unseen_lines(page))
    for text in find_data_texts(page.data_scripts, page.meta, page.texts):
        _append_data(page, text, max_lines)


def _unseen_lines(page: PageLines) -> list[bool]:
    """Return which lines to leave out: hidden ones, and <noscript> copies of visible ones.

    Hidden text that makes up most of the page stays: such a page shows itself by script.
    """
    hidden_chars = sum(
        len(text) for text, how in zip(page.texts, page.hidden, strict=True) if how == HIDDEN
    )
    drop_hidden = 2 * hidden_chars <= sum(map(len, page.texts))
    visible = {
        text for text, source in zip(page.texts, page.source, strict=True) if source == VISIBLE
    }
    return [
        (how == HIDDEN and drop_hidden) or (source == NOSCRIPT and text in visible)
        for text, how, source in zip(page.texts, page.hidden, page.source, strict=True)
    ]


def _drop_lines(page: PageLines, dropped: list[bool]) -> None:
    for column in page.line_columns():
        column[:] = [item for item, drop in zip(column, dropped, strict=True) if not drop]
    new_index = [0, *accumulate(int(not drop) for drop in dropped)]
    page.box_first[:] = [new_index[line] for line in page.box_first]
    page.box_end[:] = [new_index[line] for line in page.box_end]
    page.breaks[:] = [new_index[line] for line in page.breaks]
    page.links[:] = [
        (new_index[line], gap, linked, href)
        for line, gap, linked, href in page.links
        if line < len(dropped) and not dropped[line]
    ]


def _append_data(page: PageLines, text: str, max_lines: int) -> None:
    """Add a text of the page's data as lines in a box of their own at the end."""
    room = max_lines - len(page.texts)
    if room <= 0:
        page.full = True
        return
    inner, cut = _split_data(text, room)
    page.full = page.full or cut
    lines = [folded for folded in map(fold_space, inner) if folded]
    first = len(page.texts)
    page.box_tag.append("script")
    page.box_class.append("")
    page.box_names.append("")
    page.box_parent.append(0)
    page.box_first.append(first)
    page.box_end.append(first + len(lines))
    page.box_end[0] = first + len(lines)
    for line in lines:
        page.texts.append(line)
        page.link_chars.append(0)
        page.link_count.append(0)
        page.line_box.append(len(page.box_tag) - 1)
        page.line_inline.append("")
        page.hidden.append(SHOWN)
        page.source.append(DATA)
        page.images.append(page.images[-1] if page.images else 0)


def _split_data(text: str, max_lines: int) -> tuple[list[str], bool]:
    """Return the lines of a text or a piece of HTML, and whether there are more."""
    if "<" in text:
        inner, truncated = read_html(text, max_lines)
        return inner.texts, truncated is not None and inner.full
    lines = text.split("\n", max_lines)
    return lines[:max_lines], len(lines) > max_lines
