"""Scores on a user's own labelled pages and texts, for ``boilerkit bench``.

The formats are documented in ``docs/benchmark.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from boilerkit.bench_files import (
    FORMATS,
    AnnotatedDocument,
    LabelledPage,
    LabelledText,
    read_folder,
)
from boilerkit.decode import decode_text
from boilerkit.errors import ConfigError, MissingDependencyError
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, bag_overlap, count_lines, mean
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document
from boilerkit.user_labels import find_mismatches

__all__ = [
    "BenchItem",
    "BenchReport",
    "bench_folder",
    "content_text",
    "score_item",
    "text_f1",
]


@dataclass(frozen=True, slots=True)
class BenchItem:
    """One page or text: word-bag F1 of what was kept, and line scores where lines are labelled.

    ``error`` is empty, or the exception that cost the item its score (F1 is 0 then). ``stale``
    has a message for each label that was left out because its line has changed.
    """

    name: str
    f1: float
    lines: LineScores | None = None
    error: str = ""
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All items with the floor that they were held against."""

    items: tuple[BenchItem, ...]
    min_f1: float

    @property
    def f1(self) -> float:
        """Mean word-bag F1 over the items."""
        return mean([item.f1 for item in self.items])

    @property
    def passed(self) -> bool:
        """Whether the mean F1 reaches the floor."""
        return self.f1 >= self.min_f1

    @property
    def lines(self) -> LineScores:
        """Line scores over all items whose lines are labelled."""
        scores = (item.lines for item in self.items if item.lines is not None)
        return sum(scores, LineScores())

    def render(self) -> str:
        """Return the report as text: items from worst to best, then the totals."""
        ranked = sorted(self.items, key=lambda item: (item.f1, item.name))
        rows = [f"{item.f1:.4f}  {item.name}{_reason(item)}" for item in ranked]
        verdict = "passed" if self.passed else "FAILED"
        total = f"{self.f1:.4f}  mean F1 of {len(self.items)} (floor {self.min_f1:g}): {verdict}"
        return "\n".join([*rows, *self._line_totals(), total]) + "\n"

    def _line_totals(self) -> Iterator[str]:
        scores = self.lines
        totals = (
            (scores.content_words_lost, "content words lost"),
            (scores.chrome_recall(), "chrome lines found"),
            (scores.macro_f1, "macro-F1 over the chrome labels"),
        )
        for value, name in totals:
            if value is not None:
                yield f"{value:.4f}  {name}"


def _reason(item: BenchItem) -> str:
    if item.error:
        return f": {' '.join(item.error.split())}"
    return f" ({len(item.stale)} labels left out: {item.stale[0]})" if item.stale else ""


def bench_folder(folder: Path, *, cleaner: Cleaner, min_f1: float) -> BenchReport:
    """Score a cleaner on every labelled page and text in a folder and its subfolders.

    An item on which the cleaner raises counts with an F1 of 0 and is named. Raises ConfigError for
    a floor outside [0, 1], a folder without labelled items, or an item whose files do not fit,
    MissingDependencyError where lxml is missing and there are pages.
    """
    if not 0 <= min_f1 <= 1:
        raise ConfigError(f"min_f1 must lie between 0 and 1, not {min_f1}")
    items = [score_item(item, cleaner) for item in read_folder(folder)]
    if not items:
        raise ConfigError(f"no labelled pages in {folder}: expected {FORMATS}")
    return BenchReport(tuple(items), min_f1)


def score_item(
    item: LabelledPage | LabelledText | AnnotatedDocument, cleaner: Cleaner
) -> BenchItem:
    """Score a cleaner on one labelled page or text; what it raises becomes the item's error.

    Raises MissingDependencyError, which is no fault of the item's.
    """
    try:
        if isinstance(item, LabelledText):
            return _score_text(item, cleaner)
        if isinstance(item, AnnotatedDocument):
            return _score_annotated(item, cleaner)
        return _score_page(item, cleaner)
    except MissingDependencyError:
        raise
    except Exception as error:  # one page must not hide the others' scores
        return BenchItem(item.name, 0.0, error=f"{type(error).__name__}: {error}")


def _score_text(item: LabelledText, cleaner: Cleaner) -> BenchItem:
    document = cleaner.classify_text(item.text)
    lines = [line.text for line in document.lines]
    predicted = [line.label for line in document.lines]
    return BenchItem(
        item.name,
        text_f1(_kept(document), content_text(lines, item.labels)),
        count_lines(lines, item.labels, predicted),
    )


def _score_page(item: LabelledPage, cleaner: Cleaner) -> BenchItem:
    document = cleaner.classify_html(item.path.read_bytes())
    if item.expected is not None:
        return BenchItem(item.name, text_f1(document.text, item.expected))
    return BenchItem(
        item.name,
        text_f1(_kept(document), content_text(item.lines, item.labels)),
        _match_lines(document, item),
    )


def _score_annotated(item: AnnotatedDocument, cleaner: Cleaner) -> BenchItem:
    """Score the labelled lines alone: what is not labelled counts on neither side."""
    data = item.path.read_bytes()
    if item.is_page:
        document = cleaner.classify_html(data)
    else:
        document = cleaner.classify_text(decode_text(data))
    texts = [line.text for line in document.lines]
    known = [
        (document.lines[number - 1], label.label)
        for number, label in sorted(item.labels.items())
        if not find_mismatches({number: label}, texts)
    ]
    stale = tuple(find_mismatches(item.labels, texts))
    if not known:
        return BenchItem(item.name, 0.0, error=f"no label fits: {stale[0]}; label it again")
    lines, labels = [line.text for line, _ in known], [label for _, label in known]
    kept = "\n".join(line.text for line, _ in known if line.kept)
    return BenchItem(
        item.name,
        text_f1(kept, content_text(lines, labels)),
        count_lines(lines, labels, [line.label for line, _ in known]),
        stale=stale,
    )


def _match_lines(document: Document, item: LabelledPage) -> LineScores:
    """Count the page's lines that both sides cut alike: those of the same text, in order.

    A labelled line that is no line of the document is left out; the F1 of the words sees it.
    """
    predicted: dict[str, list[Label]] = {}
    for line in reversed(document.lines):
        predicted.setdefault(_fold(line.text), []).append(line.label)
    matched = [
        (text, label, guesses.pop())
        for text, label in zip(item.lines, item.labels, strict=True)
        if (guesses := predicted.get(_fold(text)))
    ]
    return count_lines(*map(list, zip(*matched, strict=True))) if matched else LineScores()


def _kept(document: Document) -> str:
    return "\n".join(line.text for line in document.lines if line.kept)


def content_text(lines: Sequence[str], labels: Sequence[Label]) -> str:
    """Return the content lines as one text."""
    pairs = zip(lines, labels, strict=True)
    return "\n".join(line for line, label in pairs if label is Label.CONTENT)


def text_f1(found: str, expected: str) -> float:
    """Return the word-bag F1 with Han, kana, Hangul and Thai letter by letter."""
    return bag_overlap(found, expected, split_spaceless=True).f1


def _fold(text: str) -> str:
    return " ".join(text.split())
