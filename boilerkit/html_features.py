"""Structure of a page → numbers: tags, containers, repeated siblings, links and positions.

Containers are measured by prefix sums over the lines: the sum of a column over a box is the
difference of two of its prefix sums, whatever the depth of the nesting.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, repeat
from typing import Protocol

import numpy as np
import numpy.typing as npt

from boilerkit.page_lines import DATA, NOSCRIPT, PageLines
from boilerkit.text_features import FloatArray, IntArray

__all__ = [
    "STRUCTURE_COLUMNS",
    "LineSizes",
    "PageNames",
    "Structure",
    "box_names_matrix",
    "box_names_sums",
    "name_tokens",
    "read_names",
    "read_structure",
    "structure_columns",
]

# Levels of growing containers around a line: its own box, then each ancestor with more lines.
N_LEVELS = 6

_TAG_FLAGS = {
    tag: 1 << bit
    for bit, tags in enumerate(
        (
            "nav menu",
            "header",
            "footer",
            "aside",
            "article",
            "main",
            "form fieldset label button",
            "ul ol",
            "table",
            "section",
            "figure figcaption caption",
            "blockquote",
            "h1 h2 h3 h4 h5 h6",
            "dl",
            "dialog details",
            "pre",
        )
    )
    for tag in tags.split()
}
_N_FLAGS = 16
_TAG_CODES = {
    tag: code
    for code, tag in enumerate(
        [
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "li",
            "dt",
            "dd",
            "blockquote",
            "pre",
            "figcaption",
            "td",
            "th",
            "tr",
            "caption",
            "div",
            "section",
            "article",
            "main",
            "header",
            "footer",
            "nav",
            "aside",
            "button",
            "label",
            "form",
            "summary",
            "address",
            "span",
        ],
        start=1,
    )
}

_NAME_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NAME_TOKEN_OR_END = re.compile(_NAME_TOKEN.pattern + r"|\n")


@dataclass(frozen=True, slots=True)
class Structure:
    """Indices of a page's boxes; ``levels``: (n_lines, N_LEVELS) boxes that grow outwards.

    Boxes ``i`` to ``inner_end[i] - 1`` are box i and those inside it.
    """

    first: IntArray
    end: IntArray
    parent: IntArray
    inner_end: IntArray
    depth: IntArray
    line_box: IntArray
    levels: IntArray
    flags: IntArray
    siblings: IntArray
    signature: IntArray


def name_tokens(names: str) -> list[str]:
    """Return the lower-case words of class names, ids and roles: as in ``relatedPosts-3``."""
    return [token.lower() for token in _NAME_TOKEN.findall(names)]


def read_structure(page: PageLines) -> Structure:
    """Index the boxes of a page."""
    parent = np.array(page.box_parent, np.int64)
    first, end = np.array(page.box_first, np.int64), np.array(page.box_end, np.int64)
    line_box = np.array(page.line_box, np.int64)
    depth, flags, n_inner = _descend(parent, _numbers(page.box_tag, _TAG_FLAGS))
    siblings, signature = _alike(page, parent)
    return Structure(
        first=first,
        end=end,
        parent=parent,
        inner_end=np.arange(len(parent)) + n_inner,
        depth=depth,
        line_box=line_box,
        levels=_levels(line_box, _larger(parent, end - first)),
        flags=flags,
        siblings=siblings,
        signature=signature,
    )


def _numbers(tags: Sequence[str], table: Mapping[str, int]) -> IntArray:
    """Return the number of each tag, 0 for one that the table lacks."""
    return np.fromiter(map(table.get, tags, repeat(0)), np.int64, len(tags))


def _descend(parent: IntArray, own_flags: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return for each box its depth, the flags of it and all around it, and the boxes it holds.

    A box counts as one that it holds. `above` leads 1, 2, 4, … boxes up: what is known of a box's
    next so many ancestors is joined with what the last of them knows of its own.
    """
    n = len(parent)
    depth = np.ones(n, np.int64)
    depth[0] = 0
    flags, n_inner, above = own_flags, np.ones(n, np.int64), parent
    while above.any():
        below = np.flatnonzero(above)  # the root, 0, has nothing above it
        n_inner = n_inner + np.bincount(above[below], n_inner[below], n).astype(np.int64)
        flags = flags | flags[above]
        depth = depth + depth[above]
        above = above[above]
    n_inner[0] = n
    return depth, flags, n_inner


def _larger(parent: IntArray, size: IntArray) -> IntArray:
    """Return the nearest box around each that has more lines, or the root."""
    outermost = np.where(size[parent] == size, parent, np.arange(len(parent)))
    while True:
        further = outermost[outermost]
        if np.array_equal(further, outermost):
            return parent[outermost]
        outermost = further


def _levels(line_box: IntArray, larger: IntArray) -> IntArray:
    levels = np.empty((len(line_box), N_LEVELS), np.int64)
    box = line_box
    for level in range(N_LEVELS):
        levels[:, level] = box
        box = larger[box]
    return levels


def _alike(page: PageLines, parent: IntArray) -> tuple[IntArray, IntArray]:
    """Return each box's number of like siblings, itself among them, and its signature.

    Signature: tag and class of a box and its parent; what one template prints has the same. The
    root has no siblings and signature 0.
    """
    numbers: defaultdict[tuple[str, str], int] = defaultdict(count().__next__)
    kind = np.fromiter(
        map(numbers.__getitem__, zip(page.box_tag, page.box_class, strict=True)),
        np.int64,
        len(parent),
    )
    n_kinds = len(numbers)
    siblings = _number(parent * n_kinds + kind)
    signature = _number(kind[parent] * n_kinds + kind) + 1
    signature[0] = 0
    return np.bincount(siblings)[siblings], signature


def _number(values: IntArray) -> IntArray:
    """Return for each value how many different ones are smaller."""
    order = np.argsort(values)
    ordered = values[order]
    rank = np.zeros(len(values), np.int64)
    np.cumsum(ordered[1:] != ordered[:-1], out=rank[1:])
    out = np.empty_like(rank)
    out[order] = rank
    return out


@dataclass(frozen=True, slots=True)
class PageNames:
    """The known words of a page's names.

    The distinct names of boxes, and of boxes with the inline elements of one of their lines, are
    numbered. ``words[start[i] : start[i + 1]]`` are the words of names i, each once; ``of_box`` and
    ``of_line`` are the names of each box and line.
    """

    words: IntArray
    start: IntArray
    of_box: IntArray
    of_line: IntArray

    @property
    def distinct(self) -> IntArray:
        """All known words of the page, each once, sorted."""
        return np.unique(self.words)


def read_names(page: PageLines, vocabulary: Mapping[str, int]) -> PageNames:
    """Return the words of a page's names that are in the vocabulary, by their indices there."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    of_box = [numbers[names] for names in page.box_names]
    of_line = [
        numbers[f"{page.box_names[box]} {inline}"] if inline else of_box[box]
        for box, inline in zip(page.line_box, page.line_inline, strict=True)
    ]
    names, word = _known_words(list(numbers), vocabulary)
    start = np.searchsorted(names, np.arange(len(numbers) + 1))
    return PageNames(word, start, np.array(of_box, np.int64), np.array(of_line, np.int64))


def _known_words(names: Sequence[str], vocabulary: Mapping[str, int]) -> tuple[IntArray, IntArray]:
    """Return the distinct (number of the name, known word) pairs, sorted.

    Names are lists of classes that repeat; each class is taken apart once.
    """
    classes = [name.split() for name in names]
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    n_classes = _lengths(classes)
    class_number = np.fromiter(
        map(numbers.__getitem__, chain.from_iterable(classes)), np.int64, int(n_classes.sum())
    )
    start, end, word = _class_words(list(numbers), vocabulary)
    place, word = _ranges(start[class_number], end[class_number], word)
    name = np.repeat(np.arange(len(names)), n_classes)[place]
    size = max(len(vocabulary), 1)
    pairs = np.sort((name * size + word)[word >= 0])
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return pairs // size, pairs % size


def _class_words(
    classes: Sequence[str], vocabulary: Mapping[str, int]
) -> tuple[IntArray, IntArray, IntArray]:
    """Return where the words of each class start and end in the third array, -1 for unknown ones.

    The classes are taken apart as one text: a call of a regular expression for each takes longer
    than its match.
    """
    text = "".join(f"{name}\n" for name in classes)
    lower = " ".join(_NAME_TOKEN_OR_END.findall(text)).lower()
    n_tokens = np.fromiter(
        map(str.count, lower.split("\n"), repeat(" ", len(classes))), np.int64, len(classes)
    )
    n_tokens[1:] -= 1  # the space behind the line end before it
    end = np.cumsum(n_tokens)
    tokens = lower.split()
    word = np.fromiter(map(vocabulary.get, tokens, repeat(-1)), np.int64, len(tokens))
    return end - n_tokens, end, word


def _lengths(lists: Sequence[Sequence[str]]) -> IntArray:
    return np.fromiter(map(len, lists), np.int64, len(lists))


def _words_of(names: PageNames, which: IntArray) -> tuple[IntArray, IntArray]:
    """Return the words of several names: (place in `which`, word) pairs."""
    return _ranges(names.start[which], names.start[which + 1], names.words)


def _ranges(start: IntArray, end: IntArray, values: IntArray) -> tuple[IntArray, IntArray]:
    """Return the values of all ranges [start, end) in one, each behind its range's number."""
    size = end - start
    number = np.repeat(np.arange(len(size)), size)
    offset = start - (np.cumsum(size) - size)
    return number, values[np.arange(len(number)) + offset[number]]


def _first_words(names: PageNames, structure: Structure) -> tuple[IntArray, IntArray]:
    """Return (box, word) pairs: the words of each box that no box around it has.

    Among the boxes of one word, in document order, a box is inside an earlier one exactly if it
    starts before the last end so far.
    """
    box, word = _words_of(names, names.of_box)
    order = np.argsort(word.astype(np.int32), kind="stable")
    box, word = box[order], word[order]
    span = len(structure.parent) + 1
    reached = np.maximum.accumulate(word * span + structure.inner_end[box])
    first = np.ones(len(word), bool)
    first[1:] = (word * span + box)[1:] >= reached[:-1]
    return box[first], word[first]


def box_names_matrix(
    names: PageNames, structure: Structure, size: int
) -> tuple[IntArray, IntArray]:
    """Return (line, column) of the name features that are set.

    Columns: known words of the line's own box and inline elements, then of the parent box, then
    of all boxes around it; each block is `size` wide, the vocabulary's length.
    """
    line_box = structure.line_box
    own_line, own = _words_of(names, names.of_line)
    outer_line, outer = _words_of(names, names.of_box[structure.parent[line_box]])
    box, word = _first_words(names, structure)
    lines = np.argsort(line_box, kind="stable")
    first, end = np.searchsorted(line_box[lines], [box, structure.inner_end[box]])
    pair, around_line = _ranges(first, end, lines)
    return (
        np.concatenate([own_line, outer_line, around_line]),
        np.concatenate([own, outer + size, word[pair] + 2 * size]),
    )


def box_names_sums(names: PageNames, structure: Structure, weights: FloatArray) -> FloatArray:
    """Return (n_lines,) sums of the weights of the features that :func:`box_names_matrix` sets.

    `weights` has 3 * size items, and one more, the bias, which is left out. Nothing is spelled out
    by line: what the boxes around a line add is the sum of what each box in the root adds first.
    """
    size = len(weights) // 3
    n_names, n_boxes = len(names.start) - 1, len(structure.parent)
    number = np.repeat(np.arange(n_names), np.diff(names.start))
    own = np.bincount(number, weights[names.words], n_names)
    outer = np.bincount(number, weights[names.words + size], n_names)
    box, word = _first_words(names, structure)
    added = weights[word + 2 * size]
    around = np.cumsum(
        np.bincount(box, added, n_boxes + 1)
        - np.bincount(structure.inner_end[box], added, n_boxes + 1)
    )
    line_box = structure.line_box
    sums = own[names.of_line] + outer[names.of_box[structure.parent[line_box]]] + around[line_box]
    out: FloatArray = sums.astype(np.float32)
    return out


def _box_sums(column: FloatArray, structure: Structure) -> FloatArray:
    sums = np.zeros(len(column) + 1)
    np.cumsum(column, out=sums[1:])
    return (sums[structure.end] - sums[structure.first]).astype(np.float32)


STRUCTURE_COLUMNS: tuple[str, ...] = (
    "link_share",
    "links",
    "depth",
    "tag",
    "hidden",
    "noscript",
    "data",
    "position",
    "word_position",
    "lines_on_page",
    "words_on_page",
    "after_h1",
    "images_near",
    "title_overlap",
    "signature_lines",
    "signature_words",
    "signature_link_share",
    *(f"in_{bit}" for bit in range(_N_FLAGS)),
    *(
        f"{name}_{level}"
        for level in range(N_LEVELS)
        for name in (
            "box_lines",
            "box_words",
            "box_link_share",
            "box_word_share",
            "box_long_share",
            "siblings",
            "place_in_box",
        )
    ),
)


class LineSizes(Protocol):
    """What the columns of a page's structure read of its text: words and characters a line."""

    @property
    def n_words(self) -> IntArray: ...
    @property
    def n_chars(self) -> IntArray: ...


# Lines whose containers are looked up at once: all of any but a huge page.
_LEVEL_LINES = 8192


def structure_columns(page: PageLines, structure: Structure, text: LineSizes) -> FloatArray:
    """Return (n_lines, len(STRUCTURE_COLUMNS)) float32."""
    n = len(page.texts)
    words = text.n_words.astype(np.float32)
    inked = np.maximum(text.n_chars.astype(np.float32) - words + 1, 1)
    link_share = np.minimum(np.array(page.link_chars, np.float32) / inked, 1)
    by_box = _box_columns(structure, words, link_share)
    out = np.empty((n, len(STRUCTURE_COLUMNS)), np.float32)
    out[:, :_SIGNATURE_AT] = _line_columns(page, structure, words, link_share)
    out[:, _SIGNATURE_AT:_FLAGS_AT] = _signature_columns(structure, words, link_share)
    for first in range(0, n, _LEVEL_LINES):
        rows = slice(first, min(first + _LEVEL_LINES, n))
        out[rows, _FLAGS_AT:_LEVELS_AT] = _flag_columns(structure, rows)
        out[rows, _LEVELS_AT:] = _level_columns(structure, by_box, rows)
    return out


_SIGNATURE_AT, _FLAGS_AT, _LEVELS_AT = map(
    STRUCTURE_COLUMNS.index, ("signature_lines", "in_0", "box_lines_0")
)


def _line_columns(
    page: PageLines, structure: Structure, words: FloatArray, link_share: FloatArray
) -> FloatArray:
    """Return (n, 14): the line's links, tag, source, position and share of the title."""
    n = len(page.texts)
    box = structure.line_box
    total = max(float(words.sum()), 1.0)
    index = np.arange(n)
    tags = _numbers(page.box_tag, _TAG_CODES)
    source = np.array(page.source)
    out = np.empty((n, 14), np.float32)
    out[:, 0] = link_share
    out[:, 1] = page.link_count
    out[:, 2] = structure.depth[box]
    out[:, 3] = tags[box]
    out[:, 4] = page.hidden
    out[:, 5] = source == NOSCRIPT
    out[:, 6] = source == DATA
    out[:, 7] = index / max(n, 1)
    out[:, 8] = (np.cumsum(words) - words) / total
    out[:, 9] = np.log1p(n)
    out[:, 10] = np.log1p(total)
    out[:, 11] = _after_headline(np.flatnonzero(tags[box] == _TAG_CODES["h1"]), index)
    out[:, 12] = np.minimum(np.diff(page.images, prepend=0), 5)
    out[:, 13] = _title_overlap(page, words)
    return out


def _after_headline(headlines: IntArray, index: IntArray) -> FloatArray:
    """Return 1 behind the first h1, 0 before it, plus the distance in lines / 100; -1 without."""
    if not len(headlines):
        return np.full(len(index), -1, np.float32)
    distance = np.minimum(np.abs(index - headlines[0]), 50) / 100
    out: FloatArray = ((index >= headlines[0]) + distance).astype(np.float32)
    return out


def _signature_columns(
    structure: Structure, words: FloatArray, link_share: FloatArray
) -> FloatArray:
    """Return (n, 3): number, mean words and link share of the page's lines of one signature."""
    size = int(structure.signature.max()) + 1
    kind = structure.signature[structure.line_box]
    count = np.bincount(kind, minlength=size)
    kind_words = np.bincount(kind, words, minlength=size)
    linked = np.bincount(kind, words * link_share, minlength=size)
    return np.stack(
        [
            np.log1p(count[kind]),
            np.log1p(kind_words[kind] / count[kind]),
            linked[kind] / np.maximum(kind_words[kind], 1),
        ],
        axis=1,
    ).astype(np.float32)


def _flag_columns(structure: Structure, rows: slice) -> npt.NDArray[np.bool_]:
    """Return (n, _N_FLAGS): whether each of the lines stands in each kind of element."""
    flags = structure.flags[structure.line_box[rows]]
    out: npt.NDArray[np.bool_] = (flags[:, None] & _FLAG_BITS) != 0
    return out


_FLAG_BITS = 1 << np.arange(_N_FLAGS)


def _box_columns(structure: Structure, words: FloatArray, link_share: FloatArray) -> FloatArray:
    """Return (n_boxes, 6): what the lines of each box are like."""
    box_words = _box_sums(words, structure)
    per_word = 1 / np.maximum(box_words, 1)
    prose = words * (words >= _PROSE_WORDS) * (link_share < 0.5)
    return np.stack(
        [
            np.log1p(structure.end - structure.first),
            np.log1p(box_words),
            _box_sums(words * link_share, structure) * per_word,
            box_words / max(float(words.sum()), 1.0),
            _box_sums(prose, structure) * per_word,
            np.minimum(structure.siblings, 30),
        ],
        axis=1,
    ).astype(np.float32)


def _level_columns(structure: Structure, by_box: FloatArray, rows: slice) -> FloatArray:
    """Return (n, 7 * N_LEVELS): the containers around each of the lines, from the inside out."""
    box = structure.levels[rows]
    first, end = structure.first[box], structure.end[box]
    index = np.arange(rows.start, rows.stop)[:, None]
    place = (index - first) / np.maximum(end - first, 1)
    levels = np.concatenate([by_box.take(box, axis=0), place[:, :, None]], axis=2, dtype=np.float32)
    return levels.reshape(len(box), levels.shape[1] * levels.shape[2])


# A line of so many words with few links reads as prose.
_PROSE_WORDS = 12


def _title_overlap(page: PageLines, words: FloatArray) -> FloatArray:
    """Return the share of each short line's words that stand in the page's title."""
    title = set((page.title or page.meta.get("og:title", "")).lower().split())
    out = np.zeros(len(page.texts), np.float32)
    if not title:
        return out
    has_title = title.__contains__
    short = ((words > 0) & (words <= 30)).tolist()
    for index, text in enumerate(page.texts):
        if short[index]:
            tokens = text.lower().split()
            if not title.isdisjoint(tokens):
                out[index] = sum(map(has_title, tokens)) / len(tokens)
    return out
