"""Structure of a page → numbers: tags, containers, repeated siblings, links and positions.

Containers are measured by prefix sums over the lines: the sum of a column over a box is the
difference of two of its prefix sums, whatever the depth of the nesting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from boilerkit.page_lines import DATA, NOSCRIPT, PageLines
from boilerkit.text_features import FloatArray, IntArray, TextFeatures

__all__ = [
    "STRUCTURE_COLUMNS",
    "Structure",
    "box_names_matrix",
    "name_tokens",
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


@dataclass(frozen=True, slots=True)
class Structure:
    """Indices of a page's boxes; ``levels``: (n_lines, N_LEVELS) boxes that grow outwards."""

    first: IntArray
    end: IntArray
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
    walk = _walk_boxes(page)
    line_box = np.array(page.line_box, np.int64)
    levels = np.zeros((len(line_box), N_LEVELS), np.int64)
    larger = np.array(walk.larger, np.int64)
    box = line_box
    for level in range(N_LEVELS):
        levels[:, level] = box
        box = larger[box]
    return Structure(
        first=np.array(page.box_first, np.int64),
        end=np.array(page.box_end, np.int64),
        depth=np.array(walk.depth, np.int64),
        line_box=line_box,
        levels=levels,
        flags=np.array(walk.flags, np.int64),
        siblings=np.array(walk.siblings, np.int64),
        signature=np.array(walk.signature, np.int64),
    )


def box_names_matrix(
    page: PageLines, structure: Structure, vocabulary: Mapping[str, int]
) -> tuple[IntArray, IntArray]:
    """Return (line, column) of the name features that are set.

    Columns: known words of the line's own box and inline elements, then of the parent box, then
    of all boxes around it; each block is len(vocabulary) wide.
    """
    size = len(vocabulary)
    memo: dict[str, frozenset[int]] = {}

    def known(names: str) -> frozenset[int]:
        found = memo.get(names)
        if found is None:
            found = frozenset(
                vocabulary[token] for token in name_tokens(names) if token in vocabulary
            )
            memo[names] = found
        return found

    around: list[frozenset[int]] = [frozenset()]
    own = [known(names) for names in page.box_names]
    for box in range(1, len(own)):
        outer = around[page.box_parent[box]]
        around.append(outer if own[box] <= outer else outer | own[box])
    by_box: dict[int, list[int]] = {}
    rows: list[int] = []
    columns: list[int] = []
    for line, box in enumerate(page.line_box):
        if box not in by_box:
            by_box[box] = [size + token for token in sorted(own[page.box_parent[box]])]
            by_box[box] += [2 * size + token for token in sorted(around[box])]
        inline = page.line_inline[line]
        here = sorted(own[box] | known(inline) if inline else own[box])
        columns += here
        columns += by_box[box]
        rows += [line] * (len(here) + len(by_box[box]))
    return np.array(rows, np.int64), np.array(columns, np.int64)


@dataclass(slots=True)
class _Walk:
    """Per box: depth, tag flags, nearest larger ancestor, number of like siblings, signature."""

    depth: list[int]
    flags: list[int]
    larger: list[int]
    siblings: list[int]
    signature: list[int]


def _walk_boxes(page: PageLines) -> _Walk:
    """Walk the boxes in document order; the root has no siblings and signature 0."""
    walk = _Walk([0], [0], [0], [1], [0])
    sizes = [end - first for first, end in zip(page.box_first, page.box_end, strict=True)]
    counts: dict[tuple[int, str, str], int] = {}
    signatures: dict[tuple[int, str, str], int] = {}
    kinds = []
    for box in range(1, len(page.box_tag)):
        parent, tag, name = page.box_parent[box], page.box_tag[box], page.box_class[box]
        kinds.append((parent, tag, name))
        counts[parent, tag, name] = counts.get((parent, tag, name), 0) + 1
        walk.depth.append(walk.depth[parent] + 1)
        walk.flags.append(walk.flags[parent] | _TAG_FLAGS.get(tag, 0))
        walk.larger.append(parent if sizes[parent] > sizes[box] else walk.larger[parent])
        # tag and class of a box and its parent: what one template prints has one signature
        outer = (-1, page.box_tag[parent], page.box_class[parent])
        upper = signatures.setdefault(outer, len(signatures) + 1)
        walk.signature.append(signatures.setdefault((upper, tag, name), len(signatures) + 1))
    walk.siblings += [counts[kind] for kind in kinds]
    return walk


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


def structure_columns(page: PageLines, structure: Structure, text: TextFeatures) -> FloatArray:
    """Return (n_lines, len(STRUCTURE_COLUMNS)) float32."""
    words = text.n_words.astype(np.float32)
    inked = np.maximum(text.n_chars.astype(np.float32) - words + 1, 1)
    link_share = np.minimum(np.array(page.link_chars, np.float32) / inked, 1)
    parts = [
        _line_columns(page, structure, words, link_share),
        _signature_columns(structure, words, link_share),
        _flag_columns(structure),
        _level_columns(structure, words, link_share),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _line_columns(
    page: PageLines, structure: Structure, words: FloatArray, link_share: FloatArray
) -> FloatArray:
    """Return (n, 14): the line's links, tag, source, position and share of the title."""
    n = len(page.texts)
    box = structure.line_box
    total = max(float(words.sum()), 1.0)
    index = np.arange(n)
    tags = np.array([_TAG_CODES.get(tag, 0) for tag in page.box_tag], np.float32)
    source = np.array(page.source)
    return np.stack(
        [
            link_share,
            np.array(page.link_count, np.float32),
            structure.depth[box],
            tags[box],
            np.array(page.hidden, np.float32),
            source == NOSCRIPT,
            source == DATA,
            index / max(n, 1),
            (np.cumsum(words) - words) / total,
            np.full(n, np.log1p(n)),
            np.full(n, np.log1p(total)),
            _after_headline(np.flatnonzero(tags[box] == _TAG_CODES["h1"]), index),
            np.minimum(np.diff(np.array(page.images, np.float32), prepend=0), 5),
            _title_overlap(page, words),
        ],
        axis=1,
    ).astype(np.float32)


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


def _flag_columns(structure: Structure) -> FloatArray:
    """Return (n, _N_FLAGS): whether the line stands in each kind of element."""
    flags = structure.flags[structure.line_box]
    out: FloatArray = ((flags[:, None] >> np.arange(_N_FLAGS)) & 1).astype(np.float32)
    return out


def _level_columns(structure: Structure, words: FloatArray, link_share: FloatArray) -> FloatArray:
    """Return (n, 7 * N_LEVELS): the containers around the line, from the inside out."""
    index = np.arange(len(words))
    size = structure.end - structure.first
    box_words = _box_sums(words, structure)
    per_word = 1 / np.maximum(box_words, 1)
    prose = words * (words >= _PROSE_WORDS) * (link_share < 0.5)
    by_box = np.stack(
        [
            np.log1p(size),
            np.log1p(box_words),
            _box_sums(words * link_share, structure) * per_word,
            box_words / max(float(words.sum()), 1.0),
            _box_sums(prose, structure) * per_word,
            np.minimum(structure.siblings, 30),
        ],
        axis=1,
    ).astype(np.float32)
    parts = []
    for level in range(N_LEVELS):
        box = structure.levels[:, level]
        place = (index - structure.first[box]) / np.maximum(size[box], 1)
        parts += [by_box[box], place[:, None].astype(np.float32)]
    return np.concatenate(parts, axis=1)


# A line of so many words with few links reads as prose.
_PROSE_WORDS = 12


def _title_overlap(page: PageLines, words: FloatArray) -> FloatArray:
    """Return the share of each short line's words that stand in the page's title."""
    title = set((page.title or page.meta.get("og:title", "")).lower().split())
    out = np.zeros(len(page.texts), np.float32)
    for index in np.flatnonzero((words > 0) & (words <= 30)):
        tokens = page.texts[index].lower().split()
        out[index] = sum(token in title for token in tokens) / len(tokens)
    return out
