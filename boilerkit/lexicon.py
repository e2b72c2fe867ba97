"""Words → what they are about: phrases of the word lists, and how much of a line is on topic.

A lexicon is data: hashes of phrases, the labels that they are signs of, the concepts that they
express in any language, and how rare each word is. It is compiled from the word lists when a model
is trained and stored with the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from boilerkit.labels import Label
from boilerkit.text_features import (
    N_BUCKETS,
    FloatArray,
    HashArray,
    IntArray,
    TextFeatures,
    Words,
    chained,
    measure_lines,
    number_buckets,
    prefix_hashes,
    word_buckets,
)
from boilerkit.wordlists import CONCEPTS, WordList

__all__ = [
    "LEXICON_ARRAYS",
    "LEXICON_COLUMNS",
    "LEXICON_LABELS",
    "N_TOPIC_COLUMNS",
    "HashSet",
    "Lexicon",
    "LineWords",
    "Phrases",
    "Tokens",
    "compile_phrases",
    "concept_tokens",
    "count_rarity",
    "find_phrases",
    "lexicon_columns",
    "topic_columns",
    "with_tokens",
]

BoolArray = npt.NDArray[np.bool_]

# Kinds of chrome that have a word list, in the order of the masks' bits.
LEXICON_LABELS: tuple[Label, ...] = tuple(
    label for label in Label if label not in (Label.CONTENT, Label.EMPTY)
)
# The arrays of a stored lexicon.
LEXICON_ARRAYS: Mapping[str, type[np.generic]] = {
    "phrases": np.uint64,
    "masks": np.int64,
    "concepts": np.int64,
    "starts": np.uint64,
    "stem_starts": np.uint64,
    "stem_lengths": np.int64,
    "rarity": np.uint8,
}
_N_LABELS = len(LEXICON_LABELS)
# A mask's bits: signs of each label, then whole-line phrases, then words on its topic.
_SIGN, _LINE, _TOPIC = (np.int64(((1 << _N_LABELS) - 1) << (_N_LABELS * at)) for at in range(3))
_APPEALS = tuple(
    LEXICON_LABELS.index(label)
    for label in (
        Label.DONATION,
        Label.SUBSCRIPTION,
        Label.NEWSLETTER,
        Label.ACCOUNT,
        Label.CONSENT,
        Label.COMMENTS,
    )
)
_MAX_PHRASE_WORDS = 6
# The shortest stem; longer ones are looked up by so many letters before their own length is tried.
_SHORTEST_STEM = 3
_STEM_START = 4
# Lines of more words are no label that a phrase could fill.
_MAX_LABEL_WORDS = 12
_MAX_SIGNS = 4
# From so many words on a line says what its document is about.
_PROSE_WORDS = 15


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of words before any line is read.

    ``phrases``: hashes of phrases, each with its items of ``masks`` (its labels' bits) and of
    ``concepts`` (those of CONCEPTS); ``starts``: what phrases begin with, all but their last word;
    ``stem_starts``: the first letters of longer stems; ``stem_lengths``: the lengths of the stems;
    ``rarity``: (N_BUCKETS,) inverse document frequency of each bucket.
    """

    phrases: HashSet
    masks: IntArray
    concepts: IntArray
    starts: HashSet
    stem_starts: HashSet
    stem_lengths: tuple[int, ...]
    rarity: FloatArray

    @classmethod
    def build(cls, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Lexicon:
        """Return a lexicon from the arrays that a model stores."""
        return cls(
            HashSet.of(arrays["phrases"]),
            arrays["masks"],
            arrays["concepts"],
            HashSet.of(arrays["starts"]),
            HashSet.of(arrays["stem_starts"]),
            tuple(arrays["stem_lengths"].tolist()),
            (arrays["rarity"] / np.float32(_RARITY_STEPS)).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class HashSet:
    """Sorted hashes; ``filter`` tells from a hash's first bits that it is not among them."""

    values: HashArray
    filter: BoolArray

    @classmethod
    def of(cls, values: HashArray) -> HashSet:
        """Return the set of sorted hashes."""
        flags = np.zeros(1 << _FILTER_BITS, bool)
        flags[values >> _FILTER_SHIFT] = True
        return cls(values, flags)

    def find(self, hashes: HashArray) -> tuple[IntArray, IntArray]:
        """Return which of the hashes are in the set (indices), and where in it."""
        # seen as signed, which indices are; the first bits of none make one negative
        first_bits = (hashes >> _FILTER_SHIFT).view(np.int64)
        maybe = np.flatnonzero(self.filter.take(first_bits))
        if not len(maybe):
            return maybe, maybe
        place = np.searchsorted(self.values, hashes[maybe])
        place = np.minimum(place, len(self.values) - 1)
        same = self.values[place] == hashes[maybe]
        return maybe[same], place[same]


_FILTER_BITS = 18
_FILTER_SHIFT = np.uint64(64 - _FILTER_BITS)


# --- phrases → hashes ---------------------------------------------------------------------------


def compile_phrases(
    wordlists: Mapping[Label, WordList], concepts: Mapping[str, Iterable[str]]
) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of a :class:`Lexicon` but for the rarities."""
    entries = [*_entries(wordlists), *_concept_entries(concepts)]
    words = measure_lines([entry.words for entry in entries]).words
    first = np.searchsorted(words.line, np.arange(len(entries) + 1))
    masks: dict[int, tuple[int, int]] = {}
    starts: set[int] = set()
    stem_starts: set[int] = set()
    lengths: set[int] = set()
    for number, entry in enumerate(entries):
        at, last = int(first[number]), int(first[number + 1]) - 1
        if not at <= last < at + _MAX_PHRASE_WORDS:
            continue
        key, tail = words.whole[at : at + 1], words.whole[last : last + 1]
        if entry.is_stem:
            length = len(entry.words.split()[-1])
            lengths.add(length)
            if length >= _STEM_START:
                stem_starts.update(prefix_hashes(words, np.array([last]), _STEM_START).tolist())
            tail = prefix_hashes(words, np.array([last]), length)
        if last == at:
            key = tail
        for place in range(at + 1, last + 1):
            starts.update(key.tolist())
            key = chained(key, tail if place == last else words.whole[place : place + 1])
        mask, concept = masks.get(int(key[0]), (0, 0))
        masks[int(key[0])] = mask | entry.mask, concept | entry.concept
    keys = np.array(sorted(masks), np.uint64)
    both = np.array([masks[key] for key in keys.tolist()], np.int64).reshape(-1, 2)
    return {
        "phrases": keys,
        "masks": both[:, 0],
        "concepts": both[:, 1],
        "starts": np.array(sorted(starts), np.uint64),
        "stem_starts": np.array(sorted(stem_starts), np.uint64),
        "stem_lengths": np.array(sorted(lengths), np.int64),
    }


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase's words, whether the last is a stem, and its bits."""

    words: str
    is_stem: bool
    mask: int = 0
    concept: int = 0


def _entries(wordlists: Mapping[Label, WordList]) -> Iterator[_Entry]:
    for at, label in enumerate(LEXICON_LABELS):
        lists = wordlists[label]
        for place, phrases in enumerate((lists.signs, lists.lines, lists.topics)):
            for phrase in sorted(phrases):
                yield _Entry(*_split(phrase), mask=1 << (place * _N_LABELS + at))


def _concept_entries(concepts: Mapping[str, Iterable[str]]) -> Iterator[_Entry]:
    for at, concept in enumerate(CONCEPTS):
        for phrase in sorted(concepts.get(concept, ())):
            yield _Entry(*_split(phrase), concept=1 << at)


def _split(phrase: str) -> tuple[str, bool]:
    """Return a phrase's words and whether the last is a stem."""
    words = phrase.rstrip("*")
    return words, phrase.endswith("*") and len(words.split()[-1]) >= _SHORTEST_STEM


# --- lines → columns ----------------------------------------------------------------------------

LEXICON_COLUMNS: tuple[str, ...] = (
    *(f"sign_{label}" for label in LEXICON_LABELS),
    *(f"topic_{label}" for label in LEXICON_LABELS),
    *(f"whole_{label}" for label in LEXICON_LABELS),
    "signs",
    "appeal_signs",
    "sign_rate",
    "whole_line",
    "shared_share",
    "on_topic_share",
    "mean_rarity",
    "on_topic_rare",
    "on_topic_rare_share",
    "rare_words",
)


def lexicon_columns(text: TextFeatures, phrases: Phrases, rarity: FloatArray) -> FloatArray:
    """Return (n, len(LEXICON_COLUMNS)) float32; `rarity` is the lexicon's."""
    n = len(text.n_words)
    line_words = LineWords.of(text)
    words = np.maximum(text.n_words, 1).astype(np.float32)[:, None]
    signs = np.minimum(_by_label(phrases, text.words, _SIGN, 0, n), _MAX_SIGNS)
    topics = _by_label(phrases, text.words, _TOPIC, 2, n) / words
    whole = _whole_lines(phrases, text, n)
    total = signs.sum(axis=1, keepdims=True)
    parts = [
        signs,
        topics,
        whole,
        total,
        signs[:, _APPEALS].sum(axis=1, keepdims=True),
        10 * total / np.maximum(words, 4),
        whole.max(axis=1, keepdims=True, initial=0.0),
        topic_columns(line_words, *line_words.count_lines(), rarity),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases found in a document: index of the first word, number of words, and the bits of the
    labels and of the concepts (see :class:`Lexicon`)."""

    start: IntArray
    size: IntArray
    mask: IntArray
    concept: IntArray


_Found = list[tuple[IntArray, IntArray, IntArray, IntArray]]


def find_phrases(words: Words, lexicon: Lexicon) -> Phrases:
    """Return all phrases in a document, in time linear in its words."""
    hits: _Found = []
    at = np.arange(len(words.whole))
    key = words.whole
    _look_up(key, at, 1, lexicon, hits)
    for first in range(0, len(at), _STEM_WORDS):
        some = at[first : first + _STEM_WORDS]
        place, tail = _stem_tails(words, some, lexicon)
        _look_up(tail, some[place], 1, lexicon, hits)
    for size in range(2, _MAX_PHRASE_WORDS + 1):
        at, key = _continued(words, at, key, size, lexicon)
        if not len(at):
            break
        last = at + size - 1
        place, tail = _stem_tails(words, last, lexicon)
        _look_up(chained(key[place], tail), at[place], size, lexicon, hits)
        key = chained(key, words.whole[last])
        _look_up(key, at, size, lexicon, hits)
    return Phrases(*(np.concatenate([item[part] for item in hits]) for part in range(4)))


# Words whose stems of all lengths are looked up at once: as many as need little memory.
_STEM_WORDS = 1 << 16


def _continued(
    words: Words, at: IntArray, key: HashArray, size: int, lexicon: Lexicon
) -> tuple[IntArray, HashArray]:
    """Return the runs that begin a longer phrase and have a word behind them on their line."""
    begun, _ = lexicon.starts.find(key)
    at, key = at[begun], key[begun]
    last = np.minimum(at + size - 1, len(words.line) - 1)
    inside = (at + size - 1 == last) & (words.line[last] == words.line[at])
    return at[inside], key[inside]


def _stem_tails(words: Words, where: IntArray, lexicon: Lexicon) -> tuple[IntArray, HashArray]:
    """Return (place in `where`, hash): each stem that a word there may begin with, by length."""
    letters = words.end[where] - words.start[where]
    long = np.flatnonzero(letters >= _STEM_START)
    begun, _ = lexicon.stem_starts.find(prefix_hashes(words, where[long], _STEM_START))
    lengths = np.array(lexicon.stem_lengths, np.int64)
    longer = lengths[lengths >= _STEM_START]
    number, which = np.nonzero(letters[long[begun], None] >= longer)
    shortest = np.flatnonzero(letters >= _SHORTEST_STEM)
    place = np.concatenate([long[begun][number], shortest])
    length = np.concatenate([longer[which], np.full(len(shortest), _SHORTEST_STEM)])
    return place, prefix_hashes(words, where[place], length)


def _look_up(key: HashArray, at: IntArray, size: int, lexicon: Lexicon, hits: _Found) -> None:
    """Add the phrases of `size` words that have one of these keys to the hits."""
    found, place = lexicon.phrases.find(key)
    sizes = np.full(len(found), size, np.int64)
    hits.append((at[found], sizes, lexicon.masks[place], lexicon.concepts[place]))


def _by_label(phrases: Phrases, words: Words, bits: np.int64, place: int, n: int) -> FloatArray:
    """Return (n, _N_LABELS) the number of words in each line at which a phrase starts."""
    use = (phrases.mask & bits) != 0
    start = _distinct(phrases.start[use])
    masks = np.zeros(len(start), np.int64)
    np.bitwise_or.at(masks, np.searchsorted(start, phrases.start[use]), phrases.mask[use])
    flags = (masks[:, None] >> (np.arange(_N_LABELS) + place * _N_LABELS)) & 1
    out = np.zeros((n, _N_LABELS), np.float32)
    np.add.at(out, words.line[start], flags.astype(np.float32))
    return out


def _whole_lines(phrases: Phrases, text: TextFeatures, n: int) -> FloatArray:
    """Return (n, _N_LABELS): 1 for the label with most words in a line made of phrases alone."""
    words = text.words
    use = (phrases.mask & (_SIGN | _LINE)) != 0
    use &= text.n_words[words.line[phrases.start]] <= _MAX_LABEL_WORDS
    start, size, mask = phrases.start[use], phrases.size[use], phrases.mask[use]
    edges = np.zeros(len(words.line) + 1, np.int64)
    np.add.at(edges, start, 1)
    np.add.at(edges, start + size, -1)
    covered = np.bincount(words.line[np.cumsum(edges[:-1]) > 0], minlength=n)
    full = (covered > 0) & (covered == text.n_words)
    either = mask | (mask >> _N_LABELS)
    flags = ((either[:, None] >> np.arange(_N_LABELS)) & 1).astype(np.float32)
    weight = np.zeros((n, _N_LABELS), np.float32)
    np.add.at(weight, words.line[start], flags * (size * size)[:, None])
    out = np.zeros((n, _N_LABELS), np.float32)
    lines = np.flatnonzero(full)
    out[lines, weight[lines].argmax(axis=1)] = 1
    return out


# --- concepts → more hashed features ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tokens:
    """Hashed features beyond a text's own, sorted by segment: (n,) segments, (n,) buckets."""

    segment: IntArray
    bucket: IntArray


# Words that express something, of which any two are a pair: each and so many after it.
_PAIR_REACH = 4
# A word's concepts beyond so many are another language's.
_MAX_CONCEPTS = 3
_CONCEPT_BITS = 6
_PAIR_MASK = (1 << 2 * _CONCEPT_BITS) - 1


def concept_tokens(words: Words, phrases: Phrases) -> Tokens:
    """Return the concepts of each sentence, and the pairs of those that stand close together.

    The same whatever the language: what one teaches holds in all.
    """
    use = phrases.concept != 0
    at = _distinct(phrases.start[use])
    bits = np.zeros(len(at), np.int64)
    np.bitwise_or.at(bits, np.searchsorted(at, phrases.start[use]), phrases.concept[use])
    concepts = _first_bits(bits)
    segment = words.segment[at]
    keys = [_keys(segment, concepts)]
    for reach in range(1, _PAIR_REACH + 1):  # one at a time, for the memory
        here = np.flatnonzero(segment[:-reach] == segment[reach:])
        one, other = concepts[here][:, :, None], concepts[here + reach][:, None, :]
        low, high = np.minimum(one, other), np.maximum(one, other)
        pairs = np.where((low > 0) & (low < high), low << _CONCEPT_BITS | high, 0)
        keys.append(_keys(segment[here], pairs.reshape(len(here), _MAX_CONCEPTS**2)))
    distinct = _distinct(np.concatenate(keys))
    return Tokens(distinct >> 2 * _CONCEPT_BITS, number_buckets(distinct & _PAIR_MASK))


def _keys(segment: IntArray, numbers: IntArray) -> IntArray:
    """Return one key for each segment and each number above 0 in its row."""
    row, column = np.nonzero(numbers)
    return segment[row] << 2 * _CONCEPT_BITS | numbers[row, column]


def _first_bits(bits: IntArray) -> IntArray:
    """Return (n, _MAX_CONCEPTS) numbers from 1 of the lowest bits that are set, 0 for none."""
    out = np.zeros((len(bits), _MAX_CONCEPTS), np.int64)
    for column in range(_MAX_CONCEPTS):
        lowest = bits & -bits
        # a power of two is exact as a float, and frexp gives its exponent plus 1
        out[:, column] = np.frexp(lowest.astype(np.float64))[1]
        bits = bits ^ lowest
    return out


def with_tokens(text: TextFeatures, tokens: Tokens) -> TextFeatures:
    """Return the text with further hashed features."""
    place = np.searchsorted(text.token_segment, tokens.segment, side="right")
    return replace(
        text,
        token_segment=np.insert(text.token_segment, place, tokens.segment),
        token_bucket=np.insert(text.token_bucket, place, tokens.bucket),
    )


@dataclass(frozen=True, slots=True)
class LineWords:
    """The distinct words of n lines: (line, bucket) pairs, sorted, and the (n,) words a line."""

    line: IntArray
    bucket: IntArray
    n_words: IntArray

    @classmethod
    def of(cls, text: TextFeatures) -> LineWords:
        """Return those of a document."""
        pairs = _distinct(text.words.line * N_BUCKETS + word_buckets(text.words))
        return cls(pairs // N_BUCKETS, pairs % N_BUCKETS, text.n_words)

    def count_lines(self) -> tuple[IntArray, IntArray]:
        """Return (N_BUCKETS,) in how many lines each word stands, and in how many of prose."""
        prose = self.n_words >= _PROSE_WORDS
        return (
            np.bincount(self.bucket, minlength=N_BUCKETS),
            np.bincount(self.bucket[prose[self.line]], minlength=N_BUCKETS),
        )


def topic_columns(
    words: LineWords, lines_with: IntArray, prose_with: IntArray, rarity: FloatArray
) -> FloatArray:
    """Return (n, N_TOPIC_COLUMNS): how much of each line's words, by rarity, the rest of the
    document shares; `lines_with` and `prose_with` are what its ``count_lines`` gave."""
    n = len(words.n_words)
    line, bucket = words.line, words.bucket
    weight = rarity[bucket]
    prose = words.n_words >= _PROSE_WORDS
    shared = lines_with[bucket] > 1
    on_topic = prose_with[bucket] > prose[line]
    rare = weight > _RARE

    def total(of: FloatArray) -> FloatArray:
        out: FloatArray = np.bincount(line, of, minlength=n).astype(np.float32)
        return out

    mass = np.maximum(total(weight), 1e-3)
    rare_words = total(rare.astype(np.float32))
    rare_on_topic = total((rare & on_topic).astype(np.float32))
    return np.stack(
        [
            total(weight * shared) / mass,
            total(weight * on_topic) / mass,
            mass / np.maximum(total(np.ones_like(weight)), 1),
            np.minimum(rare_on_topic, 10),
            rare_on_topic / np.maximum(rare_words, 1),
            np.minimum(rare_words, 30),
        ],
        axis=1,
    )


N_TOPIC_COLUMNS = 6
"""The last of the columns: those for which a whole document has to be known."""


def _distinct(values: IntArray) -> IntArray:
    """Return the sorted distinct values; sorting is faster here than numpy's hash table."""
    values = np.sort(values)
    fresh = np.ones(len(values), bool)
    fresh[1:] = values[1:] != values[:-1]
    return values[fresh]


# Log of how many documents there are to one that has the word.
_RARE = np.float32(np.log(30))


def count_rarity(documents: Iterable[TextFeatures]) -> npt.NDArray[np.uint8]:
    """Return (N_BUCKETS,) log inverse document frequencies in the steps that are stored."""
    frequency = np.zeros(N_BUCKETS)
    count = 0
    for text in documents:
        frequency[np.unique(word_buckets(text.words))] += 1
        count += 1
    steps = np.rint(_RARITY_STEPS * np.log((count + 1) / (frequency + 1)))
    packed: npt.NDArray[np.uint8] = np.minimum(steps, 255).astype(np.uint8)
    return packed


_RARITY_STEPS = 16
