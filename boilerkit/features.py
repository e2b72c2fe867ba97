"""The two feature matrices: lines of a page, lines of a text.

Both are built on the scores of linear models over hashed words (and, for a page, over the words
of class names and ids), looked at over the line's neighbours and containers. Training and
inference call the same functions; the columns' names are stored with each model and checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from boilerkit.context import (
    ahead,
    group_means,
    seen,
    shifted,
    span_means,
    window_means,
    windows_means,
)
from boilerkit.html_features import N_LEVELS, STRUCTURE_COLUMNS, Structure
from boilerkit.labels import PAGE_TYPES, Label
from boilerkit.lexicon import LEXICON_COLUMNS
from boilerkit.text_features import TEXT_COLUMNS, FloatArray, IntArray, TextFeatures

__all__ = [
    "HTML_COLUMNS",
    "HTML_CONTEXT_COLUMNS",
    "KINDS",
    "OWN_COLUMNS",
    "TEXT_CONTEXT_COLUMNS",
    "TEXT_MATRIX_COLUMNS",
    "MeasuredLines",
    "PageRows",
    "PageScores",
    "TextRows",
    "WordScores",
    "html_context",
    "html_matrix",
    "measured",
    "text_context",
    "text_matrix",
]

# Classes of the linear word model, in the order of its columns: content first.
KINDS: tuple[Label, ...] = tuple(label for label in Label if label is not Label.EMPTY)

_STEPS = (-3, -2, -1, 1, 2, 3)
_HTML_RADII = (1, 3, 8, 20)
# How fast what was seen fades, in nats a line: never, or in some ten lines.
_FADINGS = (0.0, 0.1)
_FAR_NAMES = ("seen", "seen_lately", "ahead", "ahead_soon")
_KIND_RADII = (3,)
_TEXT_NEIGHBOURS = ("log_words", "last_class", "word_odds")
_HTML_NEIGHBOURS = (
    "log_words",
    "link_share",
    "tag",
    "word_score",
    "name_score",
    "depth",
    "last_class",
)

# What word lists say of a line that its neighbours should know.
_LEXICON_NEIGHBOURS = (
    "sign_donation",
    "sign_subscription",
    "sign_newsletter",
    "sign_account",
    "sign_consent",
    "sign_comments",
    "signs",
    "appeal_signs",
    "whole_line",
    "shared_share",
    "on_topic_share",
)
_LEXICON_RADII = (1, 3)

_LOG_WORDS = TEXT_COLUMNS.index("log_words")
_LAST_CLASS = TEXT_COLUMNS.index("last_class")
_LINK_SHARE = STRUCTURE_COLUMNS.index("link_share")
_TAG = STRUCTURE_COLUMNS.index("tag")
_DEPTH = STRUCTURE_COLUMNS.index("depth")


def _signed(names: tuple[str, ...]) -> list[str]:
    return [f"{name}{step:+d}" for step in _STEPS for name in names]


# Where the mean of a score is taken, and its maximum: see _around.
_PLACES: tuple[str, ...] = (
    "",
    *(f"_win{radius}" for radius in _HTML_RADII),
    *(f"_box{level}" for level in range(N_LEVELS)),
    "_signature",
    "_page",
    "_max",
)

_SEGMENT_COLUMNS: tuple[str, ...] = (
    *(f"most_{kind}" for kind in KINDS),
    "least_odds",
    "first_odds",
    "last_odds",
    "segments",
)

# What a line's own words and sentences say.
OWN_COLUMNS: tuple[str, ...] = (*TEXT_COLUMNS, *LEXICON_COLUMNS, *_SEGMENT_COLUMNS)
_LEXICON_PLACES = [OWN_COLUMNS.index(name) for name in _LEXICON_NEIGHBOURS]

TEXT_MATRIX_COLUMNS: tuple[str, ...] = (
    *OWN_COLUMNS,
    *(f"{name}_win{radius}" for radius in _LEXICON_RADII for name in _LEXICON_NEIGHBOURS),
    *(f"is_{kind}" for kind in KINDS),
    "word_odds",
    *(f"is_{kind}_win{radius}" for radius in (1, 3, 10) for kind in KINDS),
    "word_odds_win1",
    "word_odds_win3",
    "word_odds_win8",
    "odds_win2",
    "odds_win30",
    *(f"is_{kind}_{name}" for name in _FAR_NAMES for kind in KINDS),
    *_signed(_TEXT_NEIGHBOURS),
    "position",
    "lines_before",
    "lines_after",
    "log_lines",
    "page_odds",
    "word_position",
)

HTML_COLUMNS: tuple[str, ...] = (
    *OWN_COLUMNS,
    *STRUCTURE_COLUMNS,
    *(f"page_{name}" for name in PAGE_TYPES),
    *(f"is_{kind}" for kind in KINDS),
    *(f"is_{kind}_win{radius}" for radius in _KIND_RADII for kind in KINDS),
    *(f"{name}{place}" for name in ("word_score", "name_score") for place in _PLACES),
    *_signed(_HTML_NEIGHBOURS),
)


# A second pass reads what the first one made of a line's neighbours and containers.
_CONTEXT_STEPS = (-2, -1, 1, 2)
_TEXT_CONTEXT_RADII = (1, 2, 4, 8, 20)

_FAR_CONTEXT_COLUMNS: tuple[str, ...] = (
    *(f"first_pass_{name}" for name in _FAR_NAMES),
    "content_before",
    "content_words",
)
HTML_CONTEXT_COLUMNS: tuple[str, ...] = (
    *(f"first_pass{place}" for place in _PLACES),
    "first_pass_fifth",
    *(f"first_pass{step:+d}" for step in _CONTEXT_STEPS),
    *_FAR_CONTEXT_COLUMNS,
)
TEXT_CONTEXT_COLUMNS: tuple[str, ...] = (
    "first_pass",
    *(f"first_pass_win{radius}" for radius in _TEXT_CONTEXT_RADII),
    *(f"first_pass_near{radius}" for radius in _TEXT_CONTEXT_RADII),
    "first_pass_page",
    "first_pass_max",
    *(f"first_pass{step:+d}" for step in _STEPS),
    *_FAR_CONTEXT_COLUMNS,
)


def softmax(logits: FloatArray) -> FloatArray:
    """Return probabilities over the last axis."""
    exp = np.exp(logits - logits.max(axis=-1, keepdims=True))
    out: FloatArray = (exp / exp.sum(axis=-1, keepdims=True)).astype(np.float32)
    return out


@dataclass(frozen=True, slots=True)
class WordScores:
    """Logits by linear models over words: (n_lines, n_classes), (n_segments, n_classes)."""

    lines: FloatArray
    segments: FloatArray

    def first(self, n_classes: int) -> WordScores:
        """Return the scores of the first classes."""
        return WordScores(self.lines[:, :n_classes], self.segments[:, :n_classes])


@dataclass(frozen=True, slots=True)
class MeasuredLines:
    """What the words of n lines say of each line.

    ``own``: (n, len(OWN_COLUMNS)); ``kinds``: (n, len(KINDS)) probabilities by its words;
    ``content``: (n,) log-odds by its words, for a page alone; ``n_words``, ``n_chars``: (n,).
    """

    own: FloatArray
    kinds: FloatArray
    content: FloatArray
    n_words: IntArray
    n_chars: IntArray


def measured(text: TextFeatures, lexical: FloatArray, scores: WordScores) -> MeasuredLines:
    """Return the lines of a text or, if the scores have a column for content, of a page.

    `lexical` is (n, len(LEXICON_COLUMNS)).
    """
    kinds = scores.first(len(KINDS))
    return MeasuredLines(
        _side_by_side([text.columns, lexical, _segment_columns(text, kinds.segments)]),
        softmax(kinds.lines),
        scores.lines[:, -1],
        text.n_words,
        text.n_chars,
    )


def _side_by_side(parts: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate(parts, axis=1, dtype=np.float32)


# No window reaches further, whatever its radius: see TextRows.matrix.
_REACH = 30


class TextRows:
    """The feature matrix of a text's first pass, any rows of it at a time.

    What depends on lines far away is computed once; the rest would take much memory for very many
    lines. Rows are the same, but for rounding, whatever others are asked for with them.
    """

    def __init__(self, lines: MeasuredLines) -> None:
        self.lines = lines
        self._odds = _content_odds(lines.kinds)
        self._words = lines.n_words.astype(np.float32) + 0.5
        self._far = _far_columns(np.log(lines.kinds + _LEAST_SHARE))
        total = max(float(self._words.sum()), 1)
        self._position = (np.cumsum(self._words) / total).astype(np.float32)

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._odds)

    def context(self, odds: FloatArray) -> FloatArray:
        """Return :func:`text_context` for the (n,) log-odds of the first pass."""
        return text_context(odds, self.lines)

    def matrix(self, first: int, end: int) -> FloatArray:
        """Return (end - first, len(TEXT_MATRIX_COLUMNS)): lines `first` to `end` - 1."""
        n = len(self)
        around = slice(max(first - _REACH, 0), end + _REACH)
        rows = slice(first, end)
        index = np.arange(first, end, dtype=np.float32)
        parts = [
            self.lines.own[rows],
            *(part[first - around.start :][: end - first] for part in self._windows(around)),
            self._far[rows],
            *(part[first - around.start :][: end - first] for part in self._steps(around)),
            (index / np.float32(max(n, 1)))[:, None],
            np.minimum(index, 50)[:, None],
            np.minimum(n - 1 - index, 50)[:, None],
            np.full((len(index), 1), np.log1p(n), np.float32),
            np.full((len(index), 1), self._odds.mean() if n else 0, np.float32),
            self._position[rows, None],
        ]
        return _side_by_side(parts)

    def _windows(self, around: slice) -> list[FloatArray]:
        kinds, odds, words = self.lines.kinds[around], self._odds[around], self._words[around]
        ones = np.ones(len(odds), np.float32)
        heard = self.lines.own[around].take(_LEXICON_PLACES, axis=1)
        return [
            *(window_means(heard, ones, radius) for radius in _LEXICON_RADII),
            kinds,
            odds[:, None],
            *windows_means(kinds, ones, (1, 3, 10)),
            *(means[:, None] for means in windows_means(odds, words, (1, 3, 8))),
            *(means[:, None] for means in windows_means(odds, ones, (2, 30))),
        ]

    def _steps(self, around: slice) -> list[FloatArray]:
        own = self.lines.own[around]
        neighbours = np.stack([own[:, _LOG_WORDS], own[:, _LAST_CLASS], self._odds[around]], axis=1)
        return [shifted(neighbours, step) for step in _STEPS]


def text_matrix(text: TextFeatures, lexical: FloatArray, scores: WordScores) -> FloatArray:
    """Return (n, len(TEXT_MATRIX_COLUMNS)); `lexical` is (n, len(LEXICON_COLUMNS))."""
    rows = TextRows(measured(text, lexical, scores))
    return rows.matrix(0, len(rows))


# Below it a share says nothing.
_LEAST_SHARE = np.float32(1e-3)


def _far_columns(values: FloatArray) -> FloatArray:
    """Return (n, 4 * k) maxima of (n, k) values over the lines before each line and over those
    after it: below the heading of the comments, comments may go on for a hundred lines."""
    n, k = values.shape
    out = np.empty((n, len(_FAR_NAMES) * k), np.float32)
    width = max(_FAR_CELLS // max(n, 1), 1)
    sides = [(side, fading) for side in (seen, ahead) for fading in _FADINGS]
    for at, (side, fading) in enumerate(sides):
        for first in range(0, k, width):
            some = values[:, first : first + width]
            out[:, at * k + first :][:, : some.shape[1]] = side(some, fading)
    return out


# So many values at a time: of very many lines one column.
_FAR_CELLS = 1 << 17


# The linear model knows nothing of a segment of one word that its line does not say.
_MIN_SEGMENT_WORDS = 2


def _segment_columns(text: TextFeatures, logits: FloatArray) -> FloatArray:
    """Return (n, len(_SEGMENT_COLUMNS)): what a line's sentences say that its sum may hide."""
    out = np.zeros((len(text.n_words), len(_SEGMENT_COLUMNS)), np.float32)
    if not len(logits):
        return out
    kinds = softmax(logits)
    odds = _content_odds(kinds)
    spoken = text.segment_words >= _MIN_SEGMENT_WORDS
    lines, first = np.unique(text.segment_line, return_index=True)
    last = np.append(first[1:], len(kinds)) - 1
    out[lines, : len(KINDS)] = np.maximum.reduceat(kinds * spoken[:, None], first)
    out[lines, -4] = np.minimum.reduceat(np.where(spoken, odds, _MOST_ODDS), first)
    out[lines, -3] = odds[first]
    out[lines, -2] = odds[last]
    out[lines, -1] = np.minimum(last - first + 1, 30)
    return out


_MOST_ODDS = np.float32(14)


def _content_odds(kinds: FloatArray) -> FloatArray:
    content = np.clip(kinds[:, 0], 1e-6, 1 - 1e-6)
    odds: FloatArray = np.log(content / (1 - content)).astype(np.float32)
    return odds


@dataclass(frozen=True, slots=True)
class PageScores:
    """What the linear models say.

    ``kinds``: as for a text; ``words``, ``names``: (n,) log-odds of content by a line's words and
    by the names around it; ``types``: (len(PAGE_TYPES),) probabilities of the page's type.
    """

    kinds: WordScores
    words: FloatArray
    names: FloatArray
    types: FloatArray


class PageRows:
    """The feature matrix of a page's first pass, any rows of it at a time; see TextRows.

    `structural` is (n, len(STRUCTURE_COLUMNS)), `names` the (n,) log-odds of content by the names
    around each line, `types` the (len(PAGE_TYPES),) probabilities of the page's type.
    """

    def __init__(
        self,
        structure: Structure,
        structural: FloatArray,
        lines: MeasuredLines,
        names: FloatArray,
        types: FloatArray,
    ) -> None:
        self.lines = lines
        self._structure, self._structural, self._types = structure, structural, types
        self._odds = np.stack([lines.content, names], axis=1)
        words = lines.n_words.astype(np.float32) + 0.5
        self._around = _around(self._odds, words, structure)

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._odds)

    def context(self, odds: FloatArray) -> FloatArray:
        """Return :func:`html_context` for the (n,) log-odds of the first pass."""
        return html_context(odds, self._structure, self.lines)

    def matrix(self, first: int, end: int) -> FloatArray:
        """Return (end - first, len(HTML_COLUMNS)): lines `first` to `end` - 1."""
        around = slice(max(first - _REACH, 0), end + _REACH)
        rows = slice(first, end)
        kinds = self.lines.kinds[around]
        ones = np.ones(len(kinds), np.float32)
        windows = windows_means(kinds, ones, _KIND_RADII)
        parts = [
            self.lines.own[rows],
            self._structural[rows],
            np.broadcast_to(self._types, (end - first, len(PAGE_TYPES))),
            self.lines.kinds[rows],
            *(part[first - around.start :][: end - first] for part in windows),
            self._around[rows],
            *(part[first - around.start :][: end - first] for part in self._steps(around)),
        ]
        return _side_by_side(parts)

    def _steps(self, around: slice) -> list[FloatArray]:
        own, structural, odds = self.lines.own[around], self._structural[around], self._odds[around]
        neighbours = np.stack(
            [
                own[:, _LOG_WORDS],
                structural[:, _LINK_SHARE],
                structural[:, _TAG],
                odds[:, 0],
                odds[:, 1],
                structural[:, _DEPTH],
                own[:, _LAST_CLASS],
            ],
            axis=1,
        )
        return [shifted(neighbours, step) for step in _STEPS]


def html_matrix(
    structure: Structure,
    structural: FloatArray,
    text: TextFeatures,
    lexical: FloatArray,
    scores: PageScores,
) -> FloatArray:
    """Return (n, len(HTML_COLUMNS)).

    `structural` is (n, len(STRUCTURE_COLUMNS)), `lexical` (n, len(LEXICON_COLUMNS)).
    """
    lines = replace(measured(text, lexical, scores.kinds), content=scores.words)
    rows = PageRows(structure, structural, lines, scores.names, scores.types)
    return rows.matrix(0, len(rows))


def html_context(
    odds: FloatArray, structure: Structure, text: TextFeatures | MeasuredLines
) -> FloatArray:
    """Return (n, len(HTML_CONTEXT_COLUMNS)) from the (n,) log-odds of the first pass."""
    words = text.n_words.astype(np.float32) + 0.5
    odds = np.clip(odds, -_MOST_ODDS, _MOST_ODDS)
    highest = np.sort(odds)[-_FIFTH:]
    parts = [
        _around(odds[:, None], words, structure),
        np.full((len(odds), 1), highest[0] if len(highest) else 0.0, np.float32),
        *(shifted(odds, step)[:, None] for step in _CONTEXT_STEPS),
        _far_columns(odds[:, None]),
        *_content_mass(odds, words),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


# How sure the first pass is of the fifth best line: whether the page has any prose at all.
_FIFTH = 5


def text_context(odds: FloatArray, text: TextFeatures | MeasuredLines) -> FloatArray:
    """Return (n, len(TEXT_CONTEXT_COLUMNS)) from the (n,) log-odds of the first pass."""
    n = len(odds)
    words = text.n_words.astype(np.float32) + 0.5
    ones = np.ones(n, np.float32)
    odds = np.clip(odds, -_MOST_ODDS, _MOST_ODDS)
    mean = float((odds * words).sum() / words.sum()) if n else 0.0
    parts = [
        odds[:, None],
        *(means[:, None] for means in windows_means(odds, words, _TEXT_CONTEXT_RADII)),
        *(means[:, None] for means in windows_means(odds, ones, _TEXT_CONTEXT_RADII)),
        np.full((n, 1), mean, np.float32),
        np.full((n, 1), odds.max() if n else 0.0, np.float32),
        *(shifted(odds, step)[:, None] for step in _STEPS),
        _far_columns(odds[:, None]),
        *_content_mass(odds, words),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _content_mass(odds: FloatArray, words: FloatArray) -> list[FloatArray]:
    """Return the share of the document's content words that stand before each line or in it, and
    their number's logarithm: at either end of a document there are none."""
    mass = words / (1 + np.exp(-odds))
    total = mass.sum(dtype=np.float64)
    before = np.cumsum(mass, dtype=np.float64) / max(float(total), 1e-6)
    size = np.full(len(odds), np.log1p(total))
    return [column[:, None].astype(np.float32) for column in (before, size)]


def _around(scores: FloatArray, words: FloatArray, structure: Structure) -> FloatArray:
    """Return (n, k * 14) for (n, k) scores: of each the score, its means over windows, containers,
    like lines and the page, its maximum."""
    n = len(scores)
    boxes = span_means(scores, words, structure.first, structure.end)
    levels = boxes.take(structure.levels, axis=0)
    kind = structure.signature[structure.line_box]
    alike = [group_means(score, words, kind) for score in scores.T]
    mean = (scores * words[:, None]).sum(axis=0) / words.sum() if n else scores.sum(axis=0)
    highest = scores.max(axis=0) if n else scores.sum(axis=0)
    parts = [
        scores,
        *windows_means(scores, words, _HTML_RADII),
        *(levels[:, level] for level in range(N_LEVELS)),
        np.stack(alike, axis=1),
        np.broadcast_to(mean, scores.shape),
        np.broadcast_to(highest, scores.shape),
    ]
    return np.stack(parts, axis=2).reshape(n, scores.shape[1] * len(parts))
