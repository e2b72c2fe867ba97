"""The two feature matrices: lines of a page, lines of a text.

Both are built on the scores of linear models over hashed words (and, for a page, over the words
of class names and ids), looked at over the line's neighbours and containers. Training and
inference call the same functions; the columns' names are stored with each model and checked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boilerkit.context import group_means, shifted, span_means, windows_means
from boilerkit.html_features import N_LEVELS, STRUCTURE_COLUMNS, Structure, structure_columns
from boilerkit.labels import Label
from boilerkit.page_lines import PageLines
from boilerkit.text_features import TEXT_COLUMNS, FloatArray, TextFeatures

__all__ = [
    "HTML_COLUMNS",
    "KINDS",
    "TEXT_MATRIX_COLUMNS",
    "PageScores",
    "html_matrix",
    "text_matrix",
]

# Classes of the linear word model, in the order of its columns: content first.
KINDS: tuple[Label, ...] = tuple(label for label in Label if label is not Label.EMPTY)

_STEPS = (-3, -2, -1, 1, 2, 3)
_HTML_RADII = (1, 3, 8, 20)
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

_LOG_WORDS = TEXT_COLUMNS.index("log_words")
_LAST_CLASS = TEXT_COLUMNS.index("last_class")
_LINK_SHARE = STRUCTURE_COLUMNS.index("link_share")
_TAG = STRUCTURE_COLUMNS.index("tag")
_DEPTH = STRUCTURE_COLUMNS.index("depth")


def _signed(names: tuple[str, ...]) -> list[str]:
    return [f"{name}{step:+d}" for step in _STEPS for name in names]


TEXT_MATRIX_COLUMNS: tuple[str, ...] = (
    *TEXT_COLUMNS,
    *(f"is_{kind}" for kind in KINDS),
    "word_odds",
    *(f"is_{kind}_win{radius}" for radius in (1, 3, 10) for kind in KINDS),
    "word_odds_win1",
    "word_odds_win3",
    "word_odds_win8",
    "odds_win2",
    "odds_win30",
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
    *STRUCTURE_COLUMNS,
    *(f"is_{kind}" for kind in KINDS),
    *(
        f"{name}{place}"
        for name in ("word_score", "name_score")
        for place in (
            "",
            *(f"_win{radius}" for radius in _HTML_RADII),
            *(f"_box{level}" for level in range(N_LEVELS)),
            "_signature",
            "_page",
            "_max",
        )
    ),
    *_signed(_HTML_NEIGHBOURS),
)


def softmax(logits: FloatArray) -> FloatArray:
    """Return probabilities over the last axis."""
    exp = np.exp(logits - logits.max(axis=-1, keepdims=True))
    out: FloatArray = (exp / exp.sum(axis=-1, keepdims=True)).astype(np.float32)
    return out


def text_matrix(text: TextFeatures, kind_logits: FloatArray) -> FloatArray:
    """Return (n, len(TEXT_MATRIX_COLUMNS)); `kind_logits` is (n, len(KINDS))."""
    n = len(kind_logits)
    columns = text.columns
    kinds = softmax(kind_logits)
    odds = _content_odds(kinds)
    ones = np.ones(n, np.float32)
    words = text.n_words.astype(np.float32) + 0.5
    index = np.arange(n, dtype=np.float32)
    neighbours = np.stack([columns[:, _LOG_WORDS], columns[:, _LAST_CLASS], odds], axis=1)
    parts: list[FloatArray] = [
        columns,
        kinds,
        odds[:, None],
        *windows_means(kinds, ones, (1, 3, 10)),
        *(means[:, None] for means in windows_means(odds, words, (1, 3, 8))),
        *(means[:, None] for means in windows_means(odds, ones, (2, 30))),
        *(shifted(neighbours, step) for step in _STEPS),
        (index / np.float32(max(n, 1)))[:, None],
        np.minimum(index, 50)[:, None],
        np.minimum(n - 1 - index, 50)[:, None],
        np.full((n, 1), np.log1p(n), np.float32),
        np.full((n, 1), odds.mean() if n else 0, np.float32),
        (np.cumsum(words) / max(float(words.sum()), 1)).astype(np.float32)[:, None],
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _content_odds(kinds: FloatArray) -> FloatArray:
    content = np.clip(kinds[:, 0], 1e-6, 1 - 1e-6)
    odds: FloatArray = np.log(content / (1 - content)).astype(np.float32)
    return odds


@dataclass(frozen=True, slots=True)
class PageScores:
    """What the linear models say: (n, len(KINDS)) logits, (n,) log-odds of words and of names."""

    kinds: FloatArray
    words: FloatArray
    names: FloatArray


def html_matrix(
    page: PageLines, structure: Structure, text: TextFeatures, scores: PageScores
) -> FloatArray:
    """Return (n, len(HTML_COLUMNS))."""
    columns = structure_columns(page, structure, text)
    words = text.n_words.astype(np.float32) + 0.5
    neighbours = np.stack(
        [
            text.columns[:, _LOG_WORDS],
            columns[:, _LINK_SHARE],
            columns[:, _TAG],
            scores.words,
            scores.names,
            columns[:, _DEPTH],
            text.columns[:, _LAST_CLASS],
        ],
        axis=1,
    )
    parts = [
        text.columns,
        columns,
        softmax(scores.kinds),
        _around(np.stack([scores.words, scores.names], axis=1), words, structure),
        *(shifted(neighbours, step) for step in _STEPS),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


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
