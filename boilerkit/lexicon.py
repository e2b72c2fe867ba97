"""Words → what they are about: phrases of the word lists, and how much of a line is on topic.

A lexicon is data: hashes of phrases, the labels that they are signs of, and how rare each word
is. It is compiled from the word lists when a model is trained and stored with the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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
    prefix_hashes,
    word_buckets,
)
from boilerkit.wordlists import WordList

__all__ = [
    "LEXICON_ARRAYS",
    "LEXICON_COLUMNS",
    "LEXICON_LABELS",
    "N_TOPIC_COLUMNS",
    "HashSet",
    "Lexicon",
    "LineWords",
    "compile_phrases",
    "count_rarity",
    "lexicon_columns",
    "topic_columns",
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
# Stems are looked up by so many letters before their own length is tried.
_STEM_START = 3
# Lines of more words are no label that a phrase could fill.
_MAX_LABEL_WORDS = 12
_MAX_SIGNS = 4
# From so many words on a line says what its document is about.
_PROSE_WORDS = 15


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of words before any line is read.

    ``phrases``: hashes of phrases, each with its item of ``masks``; ``starts``: what phrases begin
    with, all but their last word; ``stem_starts``: the stems' first letters; ``stem_lengths``: the
    lengths of the stems; ``rarity``: (N_BUCKETS,) inverse document frequency of each bucket.
    """

    phrases: HashSet
    masks: IntArray
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


def compile_phrases(wordlists: Mapping[Label, WordList]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of a :class:`Lexicon` but for the rarities."""
    entries = list(_entries(wordlists))
    words = measure_lines([phrase for phrase, _, _ in entries]).words
    first = np.searchsorted(words.line, np.arange(len(entries) + 1))
    masks: dict[int, int] = {}
    starts: set[int] = set()
    stems: set[int] = set()
    lengths: set[int] = set()
    for number, (phrase, bit, is_stem) in enumerate(entries):
        at, last = int(first[number]), int(first[number + 1]) - 1
        if not at <= last < at + _MAX_PHRASE_WORDS:
            continue
        key = words.whole[at : at + 1]
        if is_stem:
            length = len(phrase.split()[-1])
            stems.update(prefix_hashes(words, np.array([last]), _STEM_START).tolist())
            lengths.add(length)
            tail = prefix_hashes(words, np.array([last]), length)
        else:
            tail = words.whole[last : last + 1]
        if last == at:
            key = tail
        for place in range(at + 1, last + 1):
            starts.update(key.tolist())
            key = chained(key, tail if place == last else words.whole[place : place + 1])
        masks[int(key[0])] = masks.get(int(key[0]), 0) | bit
    keys = np.array(sorted(masks), np.uint64)
    return {
        "phrases": keys,
        "masks": np.array([masks[key] for key in keys.tolist()], np.int64),
        "starts": np.array(sorted(starts), np.uint64),
        "stem_starts": np.array(sorted(stems), np.uint64),
        "stem_lengths": np.array(sorted(lengths), np.int64),
    }


def _entries(wordlists: Mapping[Label, WordList]) -> Iterator[tuple[str, int, bool]]:
    """Yield (words, mask, whether the last word is a stem) of every phrase."""
    for at, label in enumerate(LEXICON_LABELS):
        lists = wordlists[label]
        for place, phrases in enumerate((lists.signs, lists.lines, lists.topics)):
            for phrase in sorted(phrases):
                text = phrase.rstrip("*")
                is_stem = phrase.endswith("*") and len(text.split()[-1]) >= _STEM_START
                yield text, 1 << (place * _N_LABELS + at), is_stem


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


def lexicon_columns(text: TextFeatures, lexicon: Lexicon) -> FloatArray:
    """Return (n, len(LEXICON_COLUMNS)) float32."""
    n = len(text.n_words)
    line_words = LineWords.of(text)
    words = np.maximum(text.n_words, 1).astype(np.float32)[:, None]
    hits = _find(text.words, lexicon)
    signs = np.minimum(_by_label(hits, text.words, _SIGN, 0, n), _MAX_SIGNS)
    topics = _by_label(hits, text.words, _TOPIC, 2, n) / words
    whole = _whole_lines(hits, text, n)
    total = signs.sum(axis=1, keepdims=True)
    parts = [
        signs,
        topics,
        whole,
        total,
        signs[:, _APPEALS].sum(axis=1, keepdims=True),
        10 * total / np.maximum(words, 4),
        whole.max(axis=1, keepdims=True, initial=0.0),
        topic_columns(line_words, *line_words.count_lines(), lexicon.rarity),
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Phrases found: index of the first word, number of words, mask."""

    start: IntArray
    size: IntArray
    mask: IntArray


def _find(words: Words, lexicon: Lexicon) -> _Hits:
    """Return all phrases in a document, in time linear in its words."""
    hits: list[tuple[IntArray, IntArray, IntArray]] = []
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
    return _Hits(*(np.concatenate([item[part] for item in hits]) for part in range(3)))


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
    place = long[begun]
    lengths = np.array(lexicon.stem_lengths, np.int64)
    number, which = np.nonzero(letters[place][:, None] >= lengths)
    place = place[number]
    return place, prefix_hashes(words, where[place], lengths[which])


def _look_up(
    key: HashArray,
    at: IntArray,
    size: int,
    lexicon: Lexicon,
    hits: list[tuple[IntArray, IntArray, IntArray]],
) -> None:
    """Add the phrases of `size` words that have one of these keys to the hits."""
    found, place = lexicon.phrases.find(key)
    hits.append((at[found], np.full(len(found), size, np.int64), lexicon.masks[place]))


def _by_label(hits: _Hits, words: Words, bits: np.int64, place: int, n: int) -> FloatArray:
    """Return (n, _N_LABELS) the number of words in each line at which a phrase starts."""
    use = (hits.mask & bits) != 0
    start = _distinct(hits.start[use])
    masks = np.zeros(len(start), np.int64)
    np.bitwise_or.at(masks, np.searchsorted(start, hits.start[use]), hits.mask[use])
    flags = (masks[:, None] >> (np.arange(_N_LABELS) + place * _N_LABELS)) & 1
    out = np.zeros((n, _N_LABELS), np.float32)
    np.add.at(out, words.line[start], flags.astype(np.float32))
    return out


def _whole_lines(hits: _Hits, text: TextFeatures, n: int) -> FloatArray:
    """Return (n, _N_LABELS): 1 for the label with most words in a line made of phrases alone."""
    words = text.words
    use = (hits.mask & (_SIGN | _LINE)) != 0
    use &= text.n_words[words.line[hits.start]] <= _MAX_LABEL_WORDS
    start, size, mask = hits.start[use], hits.size[use], hits.mask[use]
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
