"""Scores on a user's own labelled pages and texts, for ``boilerkit bench``.

The formats are documented in ``docs/benchmark.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from boilerkit.errors import ConfigError, MissingDependencyError
from boilerkit.labels import Label
from boilerkit.metrics import LineScores, bag_overlap, count_lines, mean
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document

__all__ = [
    "BenchItem",
    "BenchReport",
    "LabelledPage",
    "LabelledText",
    "bench_folder",
    "content_text",
    "read_folder",
    "score_item",
    "text_f1",
]

T = TypeVar("T")

_PAGE_ENDINGS: Final = (".html", ".htm", ".xhtml")
_LABELS_ENDING: Final = ".labels.json"


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page with what should come out of it.

    Either ``expected`` is its main text, or ``lines`` and ``labels`` are its visible lines in
    reading order.
    """

    name: str
    path: Path
    expected: str | None = None
    lines: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledText:
    r"""An extracted text with one label for each of its lines, split at ``\n`` only.

    The empty line after a final ``\n`` is a line too; in a file its label may be left out.
    """

    name: str
    text: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class BenchItem:
    """One page or text: word-bag F1 of what was kept, and line scores where lines are labelled.

    ``error`` is empty, or the exception that cost the item its score (F1 is 0 then).
    """

    name: str
    f1: float
    lines: LineScores | None = None
    error: str = ""


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
    return f": {' '.join(item.error.split())}" if item.error else ""


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
        raise ConfigError(
            f"no labelled pages in {folder}: expected NAME.html with NAME.txt or NAME.json,"
            f" or NAME.txt with NAME{_LABELS_ENDING}"
        )
    return BenchReport(tuple(items), min_f1)


def score_item(item: LabelledPage | LabelledText, cleaner: Cleaner) -> BenchItem:
    """Score a cleaner on one labelled page or text; what it raises becomes the item's error.

    Raises MissingDependencyError, which is no fault of the item's.
    """
    try:
        if isinstance(item, LabelledText):
            return _score_text(item, cleaner)
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


# --- reading -----------------------------------------------------------------------------------


def read_folder(folder: Path) -> Iterator[LabelledPage | LabelledText]:
    """Yield the labelled pages and texts below a folder, sorted by path.

    Raises ConfigError for a folder that is missing and for files that do not fit together.
    """
    if not folder.is_dir():
        raise ConfigError(f"no such folder: {folder}")
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() in _PAGE_ENDINGS:
            yield _read_page(name, path)
        elif path.name.endswith(_LABELS_ENDING):
            yield _read_text(name, path)


def _read_page(name: str, path: Path) -> LabelledPage:
    expected, labelled = path.with_suffix(".txt"), path.with_suffix(".json")
    if labelled.is_file():
        return _parse(labelled, lambda data: _labelled_page(name, path, data))
    if expected.is_file():
        return LabelledPage(name, path, expected=_read_utf8(expected))
    raise ConfigError(f"{path} has neither {expected.name} nor {labelled.name} beside it")


def _labelled_page(name: str, path: Path, data: Any) -> LabelledPage:
    return LabelledPage(
        name,
        path,
        lines=tuple(_text(line["text"]) for line in data["lines"]),
        labels=tuple(Label(line["label"]) for line in data["lines"]),
    )


def _read_text(name: str, path: Path) -> LabelledText:
    text_path = path.with_name(path.name.removesuffix(_LABELS_ENDING) + ".txt")
    if not text_path.is_file():
        raise ConfigError(f"{path} labels {text_path.name}, which is not there")
    text = _read_utf8(text_path)
    labels = _parse(path, lambda data: tuple(Label(label) for label in data["labels"]))
    missing = text.count("\n") + 1 - len(labels)
    if missing == 1 and text.endswith("\n"):
        labels = (*labels, Label.EMPTY)
    elif missing:
        raise ConfigError(
            f"{path} holds {len(labels)} labels for the {len(labels) + missing} lines of"
            f" {text_path.name} (split at every \\n)"
        )
    return LabelledText(name.removesuffix(_LABELS_ENDING), text, labels)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a line's text must be a string, not {value!r}")
    return value


def _read_utf8(path: Path) -> str:
    # bytes: reading as text would turn \r\n into \n
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}") from error


def _parse(path: Path, read: Callable[[Any], T]) -> T:
    text = _read_utf8(path)
    try:
        return read(json.loads(text))
    except KeyError as error:
        raise ConfigError(f"{path}: the key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
