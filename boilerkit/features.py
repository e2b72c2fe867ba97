"""The two feature matrices: lines of a page, lines of a text.

Both are built on the scores of linear models over hashed words (and, for a page, over the words
of class names and ids), looked at over the line's neighbours and containers. Training and
inference call the same functions; the columns' names are stored with each model and checked.
"""

from __future__ import annotations

from dataclasses import dataclass

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
from boilerkit.text_features import TEXT_COLUMNS, FloatArray, TextFeatures

__all__ = [
    "HTML_COLUMNS",
    "HTML_CONTEXT_COLUMNS",
    "KINDS",
    "TEXT_CONTEXT_COLUMNS",
    "TEXT_MATRIX_COLUMNS",
    "PageScores",
    "WordScores",
    "html_context",
    "html_matrix",
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

_LEXICON_PLACES = [LEXICON_COLUMNS.index(name) for name in _LEXICON_NEIGHBOURS]
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

TEXT_MATRIX_COLUMNS: tuple[str, ...] = (
    *TEXT_COLUMNS,
    *LEXICON_COLUMNS,
    *_SEGMENT_COLUMNS,
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
    *TEXT_COLUMNS,
    *LEXICON_COLUMNS,
    *_SEGMENT_COLUMNS,
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


def text_matrix(text: TextFeatures, lexical: FloatArray, scores: WordScores) -> FloatArray:
    """Return (n, len(TEXT_MATRIX_COLUMNS)); `lexical` is (n, len(LEXICON_COLUMNS))."""
    n = len(text.n_words)
    columns = text.columns
    kinds = softmax(scores.lines)
    odds = _content_odds(kinds)
    ones = np.ones(n, np.float32)
    words = text.n_words.astype(np.float32) + 0.5
    index = np.arange(n, dtype=np.float32)
    neighbours = np.stack([columns[:, _LOG_WORDS], columns[:, _LAST_CLASS], odds], axis=1)
    heard = lexical[:, _LEXICON_PLACES]
    parts: list[FloatArray] = [
        columns,
        lexical,
        _segment_columns(text, scores.segments),
        *(window_means(heard, ones, radius) for radius in _LEXICON_RADII),
        kinds,
        odds[:, None],
        *windows_means(kinds, ones, (1, 3, 10)),
        *(means[:, None] for means in windows_means(odds, words, (1, 3, 8))),
        *(means[:, None] for means in windows_means(odds, ones, (2, 30))),
        *_far_columns(np.log(kinds + _LEAST_SHARE)),
        *(shifted(neighbours, step) for step in _STEPS),
        (index / np.float32(max(n, 1)))[:, None],
        np.minimum(index, 50)[:, None],
        np.minimum(n - 1 - index, 50)[:, None],
        np.full((n, 1), np.log1p(n), np.float32),
        np.full((n, 1), odds.mean() if n else 0, np.float32),
        (np.cumsum(words) / max(float(words.sum()), 1)).astype(np.float32)[:, None],
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


# Below it a share says nothing.
_LEAST_SHARE = np.float32(1e-3)


def _far_columns(values: FloatArray) -> list[FloatArray]:
    """Return the maxima of (n, k) values over the lines before each line and over those after it:
    below the heading of the comments, comments may go on for a hundred lines."""
    return [side(values, fading) for side in (seen, ahead) for fading in _FADINGS]


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
    words = text.n_words.astype(np.float32) + 0.5
    neighbours = np.stack(
        [
            text.columns[:, _LOG_WORDS],
            structural[:, _LINK_SHARE],
            structural[:, _TAG],
            scores.words,
            scores.names,
            structural[:, _DEPTH],
            text.columns[:, _LAST_CLASS],
        ],
        axis=1,
    )
    kinds = softmax(scores.kinds.lines)
    ones = np.ones(len(words), np.float32)
    parts = [
        text.columns,
        lexical,
        _segment_columns(text, scores.kinds.segments),
        structural,
        np.broadcast_to(scores.types, (len(words), len(PAGE_TYPES))),
        kinds,
        *windows_means(kinds, ones, _KIND_RADII),
        _around(np.stack([scores.words, scores.names], axis=1), words, structure),
        *(shifted(neighbours, step) for step in _STEPS),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def html_context(odds: FloatArray, structure: Structure, text: TextFeatures) -> FloatArray:
    """Return (n, len(HTML_CONTEXT_COLUMNS)) from the (n,) log-odds of the first pass."""
    words = text.n_words.astype(np.float32) + 0.5
    odds = np.clip(odds, -_MOST_ODDS, _MOST_ODDS)
    highest = np.sort(odds)[-_FIFTH:]
    parts = [
        _around(odds[:, None], words, structure),
        np.full((len(odds), 1), highest[0] if len(highest) else 0.0, np.float32),
        *(shifted(odds, step)[:, None] for step in _CONTEXT_STEPS),
        *_far_columns(odds[:, None]),
        *_content_mass(odds, words),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


# How sure the first pass is of the fifth best line: whether the page has any prose at all.
_FIFTH = 5


def text_context(odds: FloatArray, text: TextFeatures) -> FloatArray:
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
        *_far_columns(odds[:, None]),
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
