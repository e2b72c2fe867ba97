"""Lines of text → token hashes and measures, all lines of a document at once.

The document is one array of code points; every step is an array operation over it, so that the
cost a character is the same whatever the language and the length of the lines.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat

import numpy as np
import numpy.typing as npt

__all__ = [
    "N_BUCKETS",
    "TELLING_CHARS",
    "TEXT_COLUMNS",
    "TextFeatures",
    "Words",
    "chained",
    "copies_of",
    "measure_lines",
    "number_buckets",
    "prefix_hashes",
    "word_buckets",
]

_BUCKET_BITS = 17
N_BUCKETS = 1 << _BUCKET_BITS

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
HashArray = npt.NDArray[np.uint64]

# Character classes; the histogram of a line over them is most of its measures.
(
    _OTHER,
    _LOWER,
    _UPPER,
    _LETTER,
    _DIGIT,
    _SPACE,
    _STOP,
    _COMMA,
    _COLON,
    _QUOTE,
    _CURRENCY,
    _DASH,
    _BAR,
    _AT,
    _BRACKET,
    _PUNCT,
    _CJK,
    _BANG,
) = range(18)
_N_CLASSES = 18

_SPECIAL = {
    ".…。．।॥؟。": _STOP,
    "!?！？¡¿": _BANG,
    ",;，、；،؛": _COMMA,
    ":：": _COLON,
    "\"'“”‘’„«»‹›「」『』《》": _QUOTE,
    "-–—•·*●▪■►▶→+": _DASH,
    "|/\\>＞｜": _BAR,
    "@#&=_": _AT,
    "()[]{}（）【】": _BRACKET,
}
_BY_CATEGORY = {
    **dict.fromkeys("Lm Lo Mn Mc Me Nl No".split(), _LETTER),
    **dict.fromkeys("Zs Zl Zp".split(), _SPACE),
    **dict.fromkeys("Pc Pd Ps Pe Pi Pf Po".split(), _PUNCT),
    **{"Ll": _LOWER, "Lu": _UPPER, "Lt": _UPPER, "Nd": _DIGIT, "Sc": _CURRENCY},
}
_CONTROL_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85"
_CJK_RANGES = (
    (0x0E00, 0x0E7F),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
)
_TABLE_SIZE = 0x10000

# Odd multipliers: powers modulo 2**64 have inverses, so that the hash of any span of characters
# comes from two prefix sums. Mixing constants are those of splitmix64 (Steele et al., 2014).
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_PAIR = np.uint64(0x94D049BB133111EB)
_PREFIX_SALT = np.uint64(0xD6E8FEB86659FD93)
_EDGE_SALT = np.uint64(0xA0761D6478BD642F)
_NUMBER_SALT = np.uint64(0x8CB92BA72F3D8DD7)
_PREFIX_CHARS = 5
# Shorter words stand in every document.
TELLING_CHARS = 4
# Powers that are kept: enough for most documents, 1 MB.
_KEPT_POWERS = 1 << 16

TEXT_COLUMNS = (
    "log_chars",
    "log_words",
    "mean_word_chars",
    "upper_share",
    "digit_share",
    "stop_count",
    "bang_count",
    "comma_rate",
    "colon_count",
    "quote_count",
    "currency_count",
    "dash_count",
    "bar_count",
    "at_count",
    "bracket_count",
    "other_count",
    "cjk_share",
    "first_class",
    "last_class",
    "capital_share",
    "short_word_share",
    "long_word_share",
    "number_share",
    "known_share",
    "copies",
)


@dataclass(frozen=True, slots=True)
class TextFeatures:
    """What the words and characters of n lines give.

    ``columns``: (n, len(TEXT_COLUMNS)) float32. ``token_segment`` and ``token_bucket``: one item a
    hashed feature, sorted by segment; ``segment_line``: the line of each segment (sentence), in
    order, every line with words has at least one, and ``segment_words`` its words; ``words``: the
    words themselves; ``n_words``: (n,) words a line, with each CJK character one.
    """

    columns: FloatArray
    token_segment: IntArray
    token_bucket: IntArray
    segment_line: IntArray
    segment_words: IntArray
    words: Words
    n_words: IntArray
    n_chars: IntArray

    @property
    def token_line(self) -> IntArray:
        """The line of each hashed feature."""
        return self.segment_line[self.token_segment]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a document in order.

    ``line``, ``segment``: where each stands; ``whole``: hash of its lower-case letters;
    ``prefix_sums`` and ``inverse``: what :func:`prefix_hashes` needs; ``start``, ``end``: offsets.
    """

    line: IntArray
    segment: IntArray
    start: IntArray
    end: IntArray
    whole: HashArray
    prefix_sums: HashArray
    inverse: HashArray


# A longer line is known by its first and its last half of so many characters.
_READ_CHARS = 100_000


def measure_lines(lines: Sequence[str]) -> TextFeatures:
    """Return measures and hashed features of every line, of endless ones those of their ends."""
    n_chars = np.fromiter(map(len, lines), np.int64, len(lines))
    if n_chars.max(initial=0) > _READ_CHARS:
        return replace(measure_lines([*map(_ends_of, lines)]), n_chars=n_chars)
    text = "\n".join(lines)
    if text.count("\n") >= max(len(lines), 1):  # the rows of a <pre>
        text = "\n".join(line.replace("\n", " ") for line in lines)
    codes = _codes(text)
    classes = _class_table().take(codes, mode="clip")
    n = len(lines)
    line_of_char = np.repeat(np.arange(n), n_chars + 1)[:-1]
    characters = _Characters(
        classes=classes,
        counts=_count_classes(line_of_char, classes, n),
        per_line=n_chars,
        first=np.cumsum(n_chars + 1) - (n_chars + 1),
    )
    spans = _find_words(classes, line_of_char)
    newline = codes == 10
    segment, segment_line = _number_segments(classes, codes, newline, spans)
    words = _hash_words(_lower_codes(text, codes), spans, segment)
    token_segment, token_bucket = _hashed_features(words)
    columns = _columns(lines, characters, words, spans.first_class)
    n_words = np.bincount(words.line, minlength=n)
    return TextFeatures(
        columns,
        token_segment,
        token_bucket,
        segment_line,
        np.bincount(segment, minlength=len(segment_line)),
        words,
        n_words,
        n_chars,
    )


def _ends_of(line: str) -> str:
    """Return the ends of a line that is too long, as many characters as are read, else the line."""
    half = (_READ_CHARS - 1) // 2
    return line if len(line) <= _READ_CHARS else f"{line[:half]} {line[-half:]}"


@dataclass(frozen=True, slots=True)
class _Characters:
    """``classes``: one a character of the document; ``counts``: (n_lines, _N_CLASSES);
    ``per_line`` and ``first``: number of characters and offset of the first of each line."""

    classes: npt.NDArray[np.uint8]
    counts: FloatArray
    per_line: IntArray
    first: IntArray


def _count_classes(
    line_of_char: IntArray, classes: npt.NDArray[np.uint8], n_lines: int
) -> FloatArray:
    cells = n_lines * _N_CLASSES
    counts = np.bincount(line_of_char * _N_CLASSES + classes, minlength=cells)
    table: FloatArray = counts.reshape(n_lines, _N_CLASSES).astype(np.float32)
    if n_lines:
        table[:-1, _SPACE] -= 1  # the separators between lines
    return table


@dataclass(frozen=True, slots=True)
class _Spans:
    """Spans of words in the document: start and end offsets, line, class of the first character."""

    start: IntArray
    end: IntArray
    line: IntArray
    first_class: npt.NDArray[np.uint8]


@lru_cache(maxsize=1)
def _class_table() -> npt.NDArray[np.uint8]:
    categories = map(unicodedata.category, map(chr, range(_TABLE_SIZE)))
    classes = map(_BY_CATEGORY.get, categories, repeat(_OTHER))
    table = np.fromiter(classes, np.uint8, _TABLE_SIZE)
    table[[ord(char) for char in _CONTROL_SPACES]] = _SPACE
    for chars, kind in _SPECIAL.items():
        for char in chars:
            table[ord(char)] = kind
    for low, high in _CJK_RANGES:
        span = table[low : high + 1]
        span[(span == _LETTER) | (span == _OTHER)] = _CJK
    return table


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _lower_codes(text: str, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    # what a capital sigma becomes depends on its neighbours; the table ends at the BMP
    if text.isascii() or "\u03a3" in text or int(codes.max()) >= _TABLE_SIZE:
        return _codes(_lower(text))
    return _lower_table()[codes]


def _lower(text: str) -> str:
    # İ is the one character whose lower case is two; offsets must stay
    return text.replace("\u0130", "i").lower()


@lru_cache(maxsize=1)
def _lower_table() -> npt.NDArray[np.uint32]:
    """Return the lower case of every character of the BMP; much faster than str.lower."""
    return _codes(_lower("".join(map(chr, range(_TABLE_SIZE)))))


def _find_words(classes: npt.NDArray[np.uint8], line_of_char: IntArray) -> _Spans:
    """Words are runs of letters, marks and digits; every CJK character is a word."""
    is_cjk = classes == _CJK
    in_word = (classes >= _LOWER) & (classes <= _DIGIT)
    before = np.empty_like(in_word)
    before[:1] = False
    before[1:] = in_word[:-1]
    after = np.empty_like(in_word)
    after[-1:] = False
    after[:-1] = in_word[1:]
    start = np.flatnonzero((in_word & ~before) | is_cjk)
    end = np.flatnonzero((in_word & ~after) | is_cjk) + 1
    return _Spans(start, end, line_of_char[start], classes[start])


# These end a sentence without a space behind them.
_WIDE_STOPS = np.array([ord(char) for char in "。！？"], np.uint32)


def _number_segments(
    classes: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint32],
    newline: npt.NDArray[np.bool_],
    spans: _Spans,
) -> tuple[IntArray, IntArray]:
    """Return the segment (sentence) of each word and the line of each segment.

    A sentence ends at a full stop, exclamation or question mark before a space or a quote.
    """
    stop = (classes == _STOP) | (classes == _BANG)
    ends = newline | np.isin(codes, _WIDE_STOPS)
    follows = (classes[1:] == _SPACE) | (classes[1:] == _QUOTE)
    ends[:-1] |= stop[:-1] & follows
    before = np.cumsum(ends)[spans.start]
    changes = np.ones(len(before), bool)
    changes[1:] = before[1:] != before[:-1]
    return np.cumsum(changes) - 1, spans.line[changes]


def _powers(base: int, count: int) -> HashArray:
    return _first_powers(base)[:count] if count <= _KEPT_POWERS else _new_powers(base, count)


@lru_cache(maxsize=2)
def _first_powers(base: int) -> HashArray:
    return _new_powers(base, _KEPT_POWERS)


def _new_powers(base: int, count: int) -> HashArray:
    powers = np.full(count, base & 0xFFFFFFFFFFFFFFFF, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _hash_words(codes: npt.NDArray[np.uint32], spans: _Spans, segment: IntArray) -> Words:
    values = codes.astype(np.uint64)
    # every number of one length is one word; what is below "0" wraps around
    values[codes - np.uint32(48) <= np.uint32(9)] = 48
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * _powers(_BASE, len(values)), out=sums[1:])
    inverse = _powers(_BASE_INVERSE, len(values) + 1)[spans.start]
    whole = _mix((sums[spans.end] - sums[spans.start]) * inverse)
    return Words(spans.line, segment, spans.start, spans.end, whole, sums, inverse)


def prefix_hashes(words: Words, where: IntArray, length: int | IntArray) -> HashArray:
    """Return hashes of the first `length` letters (at most) of the words with index `where`.

    `length` is one for all or one for each.
    """
    start = words.start[where]
    end = np.minimum(start + length, words.end[where])
    raw = (words.prefix_sums[end] - words.prefix_sums[start]) * words.inverse[where]
    return _mix(raw ^ _PREFIX_SALT)


def chained(before: HashArray, word: HashArray) -> HashArray:
    """Return hashes of runs of words from the hash of all but the last word and of the last."""
    return _mix(before * _PAIR + word)


def _mix(values: HashArray) -> HashArray:
    values = (values ^ (values >> np.uint64(30))) * _MIX
    mixed: HashArray = values ^ (values >> np.uint64(31))
    return mixed


def word_buckets(words: Words) -> IntArray:
    """Return the bucket of each word as a whole."""
    return _bucket(words.whole)


def number_buckets(numbers: IntArray) -> IntArray:
    """Return the bucket of each of some numbers that are no words."""
    return _bucket(_mix(numbers.astype(np.uint64) ^ _NUMBER_SALT))


def _bucket(values: HashArray) -> IntArray:
    buckets: IntArray = (values >> np.uint64(64 - _BUCKET_BITS)).astype(np.int64)
    return buckets


def _hashed_features(words: Words) -> tuple[IntArray, IntArray]:
    """Return (segment, bucket) of words, prefixes, pairs of words and words at the line's ends."""
    whole, line, segment = words.whole, words.line, words.segment
    same = line[1:] == line[:-1]
    first = np.ones(len(line), bool)
    first[1:] = ~same
    last = np.ones(len(line), bool)
    last[:-1] = ~same
    long = np.flatnonzero(words.end - words.start > _PREFIX_CHARS)
    segments = np.concatenate(
        [segment, segment[long], segment[1:][same], segment[first], segment[last]]
    )
    values = np.concatenate(
        [
            whole,
            prefix_hashes(words, long, _PREFIX_CHARS),
            chained(whole[:-1], whole[1:])[same],
            _mix(whole[first] ^ _EDGE_SALT),
            _mix((whole[last] ^ _EDGE_SALT) * _PAIR),
        ]
    )
    # 16 bits are sorted in linear time
    small = np.min_scalar_type(int(segments.max(initial=0)))
    order = np.argsort(segments.astype(small), kind="stable")
    return segments[order], _bucket(values)[order]


def _columns(
    lines: Sequence[str],
    characters: _Characters,
    words: Words,
    first_class: npt.NDArray[np.uint8],
) -> FloatArray:
    n = len(lines)
    counts = characters.counts
    n_chars = characters.per_line
    n_words = np.bincount(words.line, minlength=n).astype(np.float32)
    per_word: FloatArray = (1 / np.maximum(n_words, 1)).astype(np.float32)
    chars = n_chars.astype(np.float32)
    inked = np.maximum(chars - counts[:, _SPACE], 1)
    length = words.end - words.start
    letters = counts[:, _LOWER] + counts[:, _UPPER] + counts[:, _LETTER]
    out = np.zeros((n, len(TEXT_COLUMNS)), np.float32)
    out[:, 0] = np.log1p(chars)
    out[:, 1] = np.log1p(n_words)
    out[:, 2] = inked * per_word
    out[:, 3] = counts[:, _UPPER] / np.maximum(letters, 1)
    out[:, 4] = counts[:, _DIGIT] / inked
    out[:, 5] = counts[:, _STOP]
    out[:, 6] = counts[:, _BANG]
    out[:, 7] = counts[:, _COMMA] * per_word
    for column, kind in enumerate((_COLON, _QUOTE, _CURRENCY, _DASH, _BAR, _AT, _BRACKET), start=8):
        out[:, column] = counts[:, kind]
    out[:, 15] = counts[:, _OTHER] + counts[:, _PUNCT]
    out[:, 16] = counts[:, _CJK] / inked
    filled = n_chars > 0
    first = characters.first[filled]
    out[filled, 17] = characters.classes[first]
    out[filled, 18] = characters.classes[first + n_chars[filled] - 1]

    def share(of: npt.NDArray[np.bool_]) -> FloatArray:
        counted: FloatArray = np.bincount(words.line, of, minlength=n).astype(np.float32)
        return counted * per_word

    out[:, 19] = share(first_class == _UPPER)
    out[:, 20] = share(length <= 3)
    out[:, 21] = share(length >= 10)
    out[:, 22] = share(first_class == _DIGIT)
    out[:, 23] = share(_stands_elsewhere(words.whole, length))
    out[:, 24] = copies_of(lines)
    return out


def _stands_elsewhere(whole: HashArray, length: IntArray) -> npt.NDArray[np.bool_]:
    """Return which telling words stand elsewhere in the document too: what it is about."""
    bucket = _bucket(whole)
    index = np.arange(len(bucket))
    last = np.empty(N_BUCKETS, np.int64)
    last[bucket] = index  # of a bucket's words the last one stays
    repeated = np.zeros(N_BUCKETS, bool)
    repeated[bucket[last[bucket] != index]] = True
    result: npt.NDArray[np.bool_] = (length >= TELLING_CHARS) & repeated[bucket]
    return result


def copies_of(lines: Sequence[str]) -> FloatArray:
    """Return how many other lines of the document have the same text, at most 9."""
    seen = Counter(lines)
    return np.minimum(np.fromiter(map(seen.__getitem__, lines), np.float32, len(lines)), 10) - 1
