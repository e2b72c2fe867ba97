"""The lines of a document measured block by block: memory for a long one, too, is that of a block.

What words and phrases say of a line needs the line alone, but for what the whole document shares:
how often a line stands in it and which of its words stand elsewhere. For that each block leaves its
words behind, packed, until all are known. The figures are those of all lines measured at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilerkit.features import KINDS, OWN_COLUMNS, MeasuredLines, WordScores, measured
from boilerkit.lexicon import (
    LEXICON_COLUMNS,
    N_TOPIC_COLUMNS,
    Lexicon,
    LineWords,
    Phrases,
    find_phrases,
    lexicon_columns,
    topic_columns,
)
from boilerkit.text_features import (
    N_BUCKETS,
    TELLING_CHARS,
    TEXT_COLUMNS,
    FloatArray,
    TextFeatures,
    copies_of,
    measure_lines,
    word_buckets,
)

__all__ = ["BLOCK_LINES", "line_blocks", "measure_blocks"]

Score = Callable[[TextFeatures, Phrases], WordScores]

BLOCK_LINES = 8192
"""Lines of a block at the most; hardly a page has so many."""

# Characters of a block, unless it is a single line: measuring takes some 100 bytes for each.
_BLOCK_CHARS = 1 << 19

_KNOWN_SHARE = OWN_COLUMNS.index("known_share")
_COPIES = OWN_COLUMNS.index("copies")
_TOPICS_END = len(TEXT_COLUMNS) + len(LEXICON_COLUMNS)
_TOPICS = slice(_TOPICS_END - N_TOPIC_COLUMNS, _TOPICS_END)


def line_blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the first line and the end of each block."""
    chars = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)))
    blocks = []
    first = before = 0
    while first < len(lines):
        end = int(np.searchsorted(chars, before + _BLOCK_CHARS, side="right"))
        end = min(max(end, first + 1), first + BLOCK_LINES)
        blocks.append((first, end))
        first, before = end, int(chars[end - 1])
    return blocks


def measure_blocks(lines: Sequence[str], lexicon: Lexicon, score: Score) -> MeasuredLines:
    """Return what the words of a document's lines say of each; `score` has the linear models."""
    blocks = line_blocks(lines)
    if len(blocks) <= 1:
        return _measure(measure_lines(lines), lexicon, score)
    n = len(lines)
    whole = MeasuredLines(
        np.empty((n, len(OWN_COLUMNS)), np.float32),
        np.empty((n, len(KINDS)), np.float32),
        np.empty(n, np.float32),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
    )
    words = []
    for first, end in blocks:
        text = measure_lines(lines[first:end])
        _fill_in(whole, _measure(text, lexicon, score), first, end)
        words.append(_BlockWords.of(text))
    whole.own[:, _COPIES] = copies_of(lines)
    _share_words(whole.own, blocks, words, lexicon.rarity)
    return whole


def _measure(text: TextFeatures, lexicon: Lexicon, score: Score) -> MeasuredLines:
    phrases = find_phrases(text.words, lexicon)
    return measured(text, lexicon_columns(text, phrases, lexicon.rarity), score(text, phrases))


def _fill_in(whole: MeasuredLines, part: MeasuredLines, first: int, end: int) -> None:
    for name in MeasuredLines.__slots__:
        getattr(whole, name)[first:end] = getattr(part, name)


@dataclass(frozen=True, slots=True)
class _BlockWords:
    """The words of a block that others may share, packed.

    ``distinct``: those of each line; ``line`` and ``bucket``: all that are long enough to tell
    something; ``counts``: (N_BUCKETS,) how often each stands in the block, short ones too.
    """

    distinct: LineWords
    line: npt.NDArray[np.int32]
    bucket: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]

    @classmethod
    def of(cls, text: TextFeatures) -> _BlockWords:
        """Return those of a block."""
        words, bucket = text.words, word_buckets(text.words)
        telling = words.end - words.start >= TELLING_CHARS
        distinct = LineWords.of(text)
        return cls(
            LineWords(
                distinct.line.astype(np.int32),
                distinct.bucket.astype(np.int32),
                distinct.n_words,
            ),
            words.line[telling].astype(np.int32),
            bucket[telling].astype(np.int32),
            np.bincount(bucket, minlength=N_BUCKETS).astype(np.int32),
        )


def _share_words(
    own: FloatArray,
    blocks: Sequence[tuple[int, int]],
    words: Sequence[_BlockWords],
    rarity: FloatArray,
) -> None:
    """Fill in the columns about words that stand elsewhere in the document."""
    repeated = sum((block.counts for block in words), np.zeros(N_BUCKETS, np.int64)) > 1
    lines_with, prose_with = np.zeros((2, N_BUCKETS), np.int64)
    for block in words:
        in_lines, in_prose = block.distinct.count_lines()
        lines_with += in_lines
        prose_with += in_prose
    for (first, end), block in zip(blocks, words, strict=True):
        n_words = np.maximum(block.distinct.n_words, 1).astype(np.float32)
        known = np.bincount(block.line, repeated[block.bucket], end - first).astype(np.float32)
        own[first:end, _KNOWN_SHARE] = known * (1 / n_words)
        own[first:end, _TOPICS] = topic_columns(block.distinct, lines_with, prose_with, rarity)
