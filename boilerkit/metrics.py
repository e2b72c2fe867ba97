"""Scores for extracted text and for labelled lines. No extractor in here, and no numpy.

Every score is a share in [0, 1] unless its docstring says otherwise. Where a score has no
denominator it is ``None`` (undefined), never a silent 0 or 1, except for the F1 of two empty
texts, which agree: 1.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from boilerkit.labels import CHROME_LABELS, Label

__all__ = [
    "MACRO_LABELS",
    "Bin",
    "LineScores",
    "Overlap",
    "PairedDifference",
    "Range",
    "ShingleScores",
    "SnippetCounts",
    "bag_overlap",
    "bootstrap_range",
    "calibration_bins",
    "calibration_error",
    "count_lines",
    "count_snippets",
    "count_words",
    "mean",
    "paired_bootstrap",
    "shingle_overlap",
    "shingle_scores",
    "words",
]

T = TypeVar("T")

#: The chrome kinds that a macro-average runs over: all but ``empty``.
MACRO_LABELS: Final = tuple(label for label in CHROME_LABELS if label is not Label.EMPTY)

#: Tokens in one shingle, as article-extraction-benchmark defines it.
SHINGLE_TOKENS: Final = 4
#: Snippets of each kind that count on one page, so that no page outweighs the others.
MAX_SNIPPETS: Final = 6

# Blocks of the scripts whose letters count as words: Thai, Hangul, kana, Han.
_SPACELESS: Final = (
    "\u0e00-\u0e7f"
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(r"\w+")
_WORD_OR_CHARACTER: Final = re.compile(rf"(?=\w)[{_SPACELESS}]|[^\W{_SPACELESS}]+")


# --- text against text -------------------------------------------------------------------------


def words(text: str, *, split_spaceless: bool = False) -> list[str]:
    r"""Return the ``\w+`` tokens of `text`, in lower case.

    With `split_spaceless`, each Han, kana, Hangul or Thai letter is a token of its own.
    """
    return (_WORD_OR_CHARACTER if split_spaceless else _WORD).findall(text.lower())


def count_words(text: str) -> int:
    """Return the number of words, each Han, kana, Hangul or Thai letter being one."""
    return len(_WORD_OR_CHARACTER.findall(text))


@dataclass(frozen=True, slots=True)
class Overlap:
    """Sizes of two multisets and of their intersection."""

    shared: int
    found: int
    gold: int

    @property
    def precision(self) -> float | None:
        """Share of what was found that is right; None if nothing was found."""
        return self.shared / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of the gold that was found; None if there is no gold."""
        return self.shared / self.gold if self.gold else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 if both sides are empty."""
        total = self.found + self.gold
        return 2 * self.shared / total if total else 1.0


def bag_overlap(found: str, gold: str, *, split_spaceless: bool = False) -> Overlap:
    """Compare two texts as multisets of their words."""
    return _overlap(
        words(found, split_spaceless=split_spaceless), words(gold, split_spaceless=split_spaceless)
    )


def shingle_overlap(found: str, gold: str) -> Overlap:
    r"""Compare two texts as multisets of 4-token shingles (``\w+``, case kept).

    A text of one to three tokens is one shingle; an empty one has none.
    """
    return _overlap(_shingles(found), _shingles(gold))


def _shingles(text: str) -> list[tuple[str, ...]]:
    tokens = _WORD.findall(text)
    if 0 < len(tokens) < SHINGLE_TOKENS:
        return [tuple(tokens)]
    last = len(tokens) - SHINGLE_TOKENS
    return [tuple(tokens[start : start + SHINGLE_TOKENS]) for start in range(last + 1)]


def _overlap(found: Sequence[object], gold: Sequence[object]) -> Overlap:
    shared = (Counter(found) & Counter(gold)).total()
    return Overlap(shared, len(found), len(gold))


@dataclass(frozen=True, slots=True)
class ShingleScores:
    """Mean precision and mean recall over pages, and the F1 of these two means."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float:
        """Harmonic mean of the two means; 0 if either is undefined."""
        return _harmonic_mean(self.precision, self.recall) or 0.0


def shingle_scores(pages: Iterable[Overlap]) -> ShingleScores:
    """Average over pages; a page whose precision (or recall) is undefined is left out of it."""
    pages = list(pages)
    precisions = [page.precision for page in pages if page.precision is not None]
    recalls = [page.recall for page in pages if page.recall is not None]
    return ShingleScores(
        mean(precisions) if precisions else None, mean(recalls) if recalls else None
    )


@dataclass(frozen=True, slots=True)
class SnippetCounts:
    """Snippets found and missed on one page, or summed over pages."""

    required_found: int = 0
    required: int = 0
    forbidden_found: int = 0
    forbidden: int = 0

    def __add__(self, other: SnippetCounts) -> SnippetCounts:
        return SnippetCounts(
            self.required_found + other.required_found,
            self.required + other.required,
            self.forbidden_found + other.forbidden_found,
            self.forbidden + other.forbidden,
        )

    @property
    def f1(self) -> float | None:
        """F of the required snippets found, forbidden ones found being false alarms.

        None if no snippet was required and none found.
        """
        total = self.required + self.required_found + self.forbidden_found
        return 2 * self.required_found / total if total else None


def count_snippets(found: str, required: Sequence[str], forbidden: Sequence[str]) -> SnippetCounts:
    """Count the first 6 snippets of each kind that stand in `found`, white space folded."""
    text = _fold(found)
    required, forbidden = required[:MAX_SNIPPETS], forbidden[:MAX_SNIPPETS]
    return SnippetCounts(
        sum(_fold(snippet) in text for snippet in required),
        len(required),
        sum(_fold(snippet) in text for snippet in forbidden),
        len(forbidden),
    )


def _fold(text: str) -> str:
    return " ".join(text.split())


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean, the same to the last bit in any order of `values`.

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("the mean of no values is undefined")
    return math.fsum(values) / len(values)


def _harmonic_mean(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


# --- labelled lines ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineScores:
    """What became of labelled lines; documents are added up with ``+``.

    ``confusion`` counts lines by (gold label, predicted label). A line is *dropped* if its
    predicted label is any but ``content``.
    """

    confusion: Mapping[tuple[Label, Label], int] = field(default_factory=dict)
    content_words: int = 0
    dropped_content_words: int = 0

    def __add__(self, other: LineScores) -> LineScores:
        return LineScores(
            Counter(self.confusion) + Counter(other.confusion),
            self.content_words + other.content_words,
            self.dropped_content_words + other.dropped_content_words,
        )

    def count(
        self, gold: Iterable[Label] = tuple(Label), predicted: Iterable[Label] = tuple(Label)
    ) -> int:
        """Return how many lines have one of the `gold` and one of the `predicted` labels."""
        return sum(self.confusion.get((g, p), 0) for g in gold for p in predicted)

    @property
    def content_words_lost(self) -> float | None:
        """Share of the words in content lines that stand in dropped lines."""
        return _share(self.dropped_content_words, self.content_words)

    @property
    def content_lines_lost(self) -> float | None:
        """Share of the content lines that are dropped."""
        return _share(self.count([Label.CONTENT], CHROME_LABELS), self.count([Label.CONTENT]))

    @property
    def chrome_typed(self) -> float | None:
        """Share of the chrome lines that got exactly their label, ``empty`` left out."""
        right = sum(self.count([label], [label]) for label in MACRO_LABELS)
        return _share(right, self.count(MACRO_LABELS))

    def chrome_recall(self, kinds: Iterable[Label] = MACRO_LABELS) -> float | None:
        """Return the share of the chrome lines of these kinds that are dropped."""
        kinds = tuple(kinds)
        return _share(self.count(kinds, CHROME_LABELS), self.count(kinds))

    @property
    def chrome_precision(self) -> float | None:
        """Share of the dropped lines that are chrome, lines that are ``empty`` left out."""
        gold = (Label.CONTENT, *MACRO_LABELS)
        return _share(self.count(MACRO_LABELS, CHROME_LABELS), self.count(gold, CHROME_LABELS))

    @property
    def chrome_f1(self) -> float | None:
        """Harmonic mean of chrome precision and chrome recall."""
        return _harmonic_mean(self.chrome_precision, self.chrome_recall())

    def precision(self, label: Label) -> float | None:
        """Share of the lines given this label that have it."""
        return _share(self.count([label], [label]), self.count(predicted=[label]))

    def recall(self, label: Label) -> float | None:
        """Share of the lines that have this label that were given it."""
        return _share(self.count([label], [label]), self.count(gold=[label]))

    def f1(self, label: Label) -> float | None:
        """F1 of one label; None if no line has it and none was given it."""
        total = self.count(gold=[label]) + self.count(predicted=[label])
        return 2 * self.count([label], [label]) / total if total else None

    @property
    def macro_f1(self) -> float | None:
        """Unweighted mean F1 over the chrome kinds that lines have, ``empty`` left out."""
        scores = [self.f1(label) or 0.0 for label in MACRO_LABELS if self.count(gold=[label])]
        return mean(scores) if scores else None


def count_lines(
    lines: Sequence[str], gold: Sequence[Label], predicted: Sequence[Label]
) -> LineScores:
    """Compare the labels of one document's lines.

    Raises ValueError unless all three have the same length.
    """
    if not len(lines) == len(gold) == len(predicted):
        raise ValueError(f"{len(lines)} lines, {len(gold)} gold, {len(predicted)} predicted labels")
    content = dropped = 0
    for line, truth, guess in zip(lines, gold, predicted, strict=True):
        if truth is Label.CONTENT:
            size = count_words(line)
            content += size
            dropped += size if guess is not Label.CONTENT else 0
    return LineScores(Counter(zip(gold, predicted, strict=True)), content, dropped)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# --- calibration -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions whose score lies in one interval: how many, their mean, the share that is true.

    Both means are None for an empty bin.
    """

    low: float
    high: float
    count: int
    mean_score: float | None
    true_share: float | None


def calibration_bins(
    scores: Sequence[float], truths: Sequence[bool], *, bins: int = 10
) -> list[Bin]:
    """Sort predictions into `bins` intervals of equal width over [0, 1].

    An interval holds its lower end; the last one holds 1 too. Raises ValueError for scores outside
    [0, 1] or for unequal lengths.
    """
    members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for score, truth in zip(scores, truths, strict=True):
        if not 0 <= score <= 1:
            raise ValueError(f"a probability of {score}")
        members[min(int(score * bins), bins - 1)].append((score, truth))
    return [
        Bin(
            index / bins,
            (index + 1) / bins,
            len(group),
            mean([score for score, _ in group]) if group else None,
            mean([float(truth) for _, truth in group]) if group else None,
        )
        for index, group in enumerate(members)
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: mean |score - truth| over bins, by their size.

    Raises ValueError if all bins are empty.
    """
    gaps = [
        item.count * abs(item.mean_score - item.true_share)
        for item in bins
        if item.mean_score is not None and item.true_share is not None
    ]
    if not gaps:
        raise ValueError("no predictions to calibrate")
    return math.fsum(gaps) / sum(item.count for item in bins)


# --- uncertainty -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """Ends of a bootstrap range."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Statistic of A minus that of B on the same pages, with its range."""

    difference: float
    range: Range

    @property
    def wins(self) -> bool:
        """True if A is better and the range excludes zero."""
        return self.range.low > 0


def bootstrap_range(
    pages: Sequence[T],
    statistic: Callable[[Sequence[T]], float],
    *,
    rounds: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Range:
    """Return the central `level` of the statistic over `rounds` resamplings of the pages.

    The same arguments give the same range on every machine. Raises ValueError for no pages.
    """
    if not pages:
        raise ValueError("no pages to resample")
    generator = random.Random(seed)
    return _percentiles(
        [statistic(generator.choices(pages, k=len(pages))) for _ in range(rounds)], level
    )


def paired_bootstrap(
    pages_a: Sequence[T],
    pages_b: Sequence[T],
    statistic: Callable[[Sequence[T]], float],
    *,
    rounds: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> PairedDifference:
    """Compare two systems on the same pages: each resampling draws the same pages for both.

    ``pages_a[i]`` and ``pages_b[i]`` are the same page's values. Raises ValueError for unequal
    lengths or no pages.
    """
    pairs = list(zip(pages_a, pages_b, strict=True))

    def difference(sample: Sequence[tuple[T, T]]) -> float:
        return statistic([a for a, _ in sample]) - statistic([b for _, b in sample])

    return PairedDifference(
        difference(pairs),
        bootstrap_range(pairs, difference, rounds=rounds, seed=seed, level=level),
    )


def _percentiles(values: list[float], level: float) -> Range:
    values.sort()
    last = len(values) - 1
    tail = (1 - level) / 2
    return Range(values[math.floor(tail * last)], values[math.ceil((1 - tail) * last)])
