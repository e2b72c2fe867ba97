"""What must hold for any input at all: no exception, no long wait, no text that was not there."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import boilerkit
from benchmarks.mutate import MAX_BYTES
from boilerkit import CleanConfig, Cleaner, Document
from boilerkit.config import OPERATING_POINTS
from boilerkit.errors import BoilerkitWarning, ModelError
from boilerkit.labels import Label

__all__ = ["MAX_SECONDS", "BrokenPromise", "Checker", "describe"]

T = TypeVar("T")

#: CPU time that one call on an input of up to ``MAX_BYTES`` may take.
MAX_SECONDS: Final = 2.0

_PACKAGE: Final = Path(boilerkit.__file__).parent
#: What a model that was let through has to answer.
_PROBE_PAGE: Final = (
    "<title>Piano</title><nav><a href=/>Home</a> <a href=/a>Harbour</a></nav><article><h1>The piano"
    "</h1><p>The ferry left at noon with eleven passengers and a piano on deck.<p>Donate now!"
    "</article><footer>All rights reserved</footer>"
)
_PROBE_TEXT: Final = (
    "The ferry left at noon with a piano on deck.\n\nDonate now!\nLog in\n***\nHome"
)


class BrokenPromise(AssertionError):  # noqa: N818 - it is no error of the check's
    """An input for which something does not hold that must hold for all; the text names it."""


@dataclass(frozen=True)
class Description:
    """A finding: the ``key`` that findings of one cause share, and the whole ``report``."""

    key: str
    report: str


def describe(error: BaseException) -> Description:
    """Tell a finding by what was broken, or by the exception's type and boilerkit's last frame."""
    report = "".join(traceback.format_exception(error))
    if isinstance(error, BrokenPromise):
        return Description(str(error), report)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    place = ours[-1] if ours else frames[-1]
    return Description(
        f"{type(error).__name__} in {Path(place.filename).name}:{place.name}", report
    )


class Checker:
    """Holds boilerkit's functions against what they promise.

    ``seconds`` is the CPU time of the slowest call of the last check.
    """

    def __init__(self, model: str | None = None) -> None:
        self._by_point = {
            point: Cleaner(config=CleanConfig(operating_point=point), model=model)
            for point in OPERATING_POINTS
        }
        self._cleaner = self._by_point["balanced"]
        self.seconds = 0.0

    def check_page(
        self, page: str | bytes, charset: str | None = None, *, thorough: bool = True
    ) -> None:
        """Raise what is wrong with ``extract``, and if `thorough` with ``classify_html``."""
        self.seconds = 0.0
        with _only_cuts_warned_of():
            text = self._timed(partial(self._cleaner.extract, page, charset=charset), len(page))
            _require(_is_unicode(text), "extract gives a text that cannot be encoded")
            if thorough:
                self._classify_page(page, charset, text)

    def _classify_page(self, page: str | bytes, charset: str | None, text: str) -> None:
        documents = {
            point: self._timed(partial(cleaner.classify_html, page, charset=charset), len(page))
            for point, cleaner in self._by_point.items()
        }
        document = documents["balanced"]
        _require(document.text == text, "classify_html has another text than extract")
        _check_points(documents["careful"], document, documents["greedy"])
        for form in ("markdown", "markdown+links"):
            self._timed(partial(document.render, form), len(page))
        document.to_json()

    def check_text(self, text: str, *, thorough: bool = True) -> None:
        """Raise what is wrong with ``clean``, and if `thorough` with ``classify_text``."""
        self.seconds = 0.0
        with _only_cuts_warned_of():
            cleaned = self._timed(partial(self._cleaner.clean, text), len(text))
            if cleaned != text:
                found = not cleaned or _is_subsequence(cleaned.split("\n"), text.split("\n"))
                _require(found, "clean gives lines that the text has not in this order")
            if thorough:
                self._classify_text(text, cleaned)

    def _classify_text(self, text: str, cleaned: str) -> None:
        documents = {
            point: self._timed(partial(cleaner.classify_text, text), len(text))
            for point, cleaner in self._by_point.items()
        }
        document = documents["balanced"]
        _require(document.text == cleaned, "classify_text has another text than clean")
        _check_points(documents["careful"], document, documents["greedy"])
        if document.truncated is None and all(line.kept for line in document.lines):
            _require(cleaned == text, "a text of which nothing is dropped is changed")
        spread = "\n".join(f"\t{line}\r\n " for line in text.split("\n"))
        changed = self._cleaner.classify_text(spread)
        _require(
            changed.truncated is not None or _labels(changed) == _labels(document),
            "labels change with blank lines, indentation or carriage returns",
        )

    def check_model(self, folder: Path) -> bool:
        """Raise what is wrong with the loader or the model that it let through; whether it did."""
        self.seconds = 0.0
        with warnings.catch_warnings():
            # numbers that are far off may overflow: an answer is due all the same
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                cleaner = self._timed(partial(Cleaner, model=folder), 0)
            except ModelError:
                return False
            documents = (cleaner.classify_html(_PROBE_PAGE), cleaner.classify_text(_PROBE_TEXT))
        scores = [line.score for document in documents for line in document.lines]
        _require(
            all(0 <= score <= 1 for score in scores),
            "a model gives scores that are no probabilities",
        )
        return True

    def _timed(self, call: Callable[[], T], size: int) -> T:
        begun = time.process_time()
        value = call()
        seconds = time.process_time() - begun
        if seconds > MAX_SECONDS:  # once more: the machine may have been what was slow
            begun = time.process_time()
            call()
            seconds = min(seconds, time.process_time() - begun)
        self.seconds = max(self.seconds, seconds)
        within = seconds <= MAX_SECONDS or size > MAX_BYTES
        _require(within, f"an input of up to {MAX_BYTES:,} bytes takes over {MAX_SECONDS:g} s")
        return value


@contextmanager
def _only_cuts_warned_of() -> Iterator[None]:
    """Make every warning an error but the one that an input was cut, which is promised."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "input .*cut at max_", BoilerkitWarning)
        yield


def _check_points(careful: Document, balanced: Document, greedy: Document) -> None:
    kept = (([line.kept for line in document.lines]) for document in (greedy, balanced, careful))
    nested = all(least <= middle <= most for least, middle, most in zip(*kept, strict=True))
    _require(nested, "greedy keeps a line that balanced drops, or balanced one that careful drops")


def _labels(document: Document) -> list[Label]:
    return [line.label for line in document.lines if line.label is not Label.EMPTY]


def _is_subsequence(inner: Sequence[str], outer: Sequence[str]) -> bool:
    rest = iter(outer)
    return all(line in rest for line in inner)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _require(condition: bool, promise: str) -> None:
    if not condition:
        raise BrokenPromise(promise)
