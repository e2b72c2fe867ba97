"""What all engines share: one record in, its text or its error and the dropped lines out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boilerkit.errors import ConfigError, MissingDependencyError
from boilerkit.labels import Label
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document

__all__ = ["ERROR_FIELD", "Cleaned", "RecordCleaner", "describe", "missing_engine"]

#: Where an engine writes why a record failed, unless told otherwise.
ERROR_FIELD = "boilerkit_error"

_INPUTS = ("html", "text")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of one record.

    A record that failed has an ``error`` and no ``text``; one that was missing has neither.
    ``kept`` is the number of lines kept, ``dropped`` that of the lines dropped under each label.
    """

    text: str | None = None
    error: str | None = None
    kept: int = 0
    dropped: Mapping[Label, int] = field(default_factory=dict)


class RecordCleaner:
    """Cleans records one by one and never raises for one of them.

    input: ``html`` for pages (str or bytes), ``text`` for what an extractor produced (str).
    cleaner: a Cleaner, or None for the default one.

    Can be pickled. Raises ConfigError for another `input`, TypeError for what is no Cleaner.
    """

    __slots__ = ("cleaner", "input")

    def __init__(self, input: str, cleaner: Cleaner | None) -> None:
        if input not in _INPUTS:
            raise ConfigError(f"unknown input {input!r}: choose from {', '.join(_INPUTS)}")
        if cleaner is not None and not isinstance(cleaner, Cleaner):
            raise TypeError(f"cleaner must be a Cleaner or None, not {type(cleaner).__name__}")
        self.input = input
        self.cleaner = Cleaner() if cleaner is None else cleaner

    def __call__(self, record: Any) -> Cleaned:
        """Clean one record; None and NaN, which engines write for it, are a missing one."""
        if record is None or (isinstance(record, float) and math.isnan(record)):
            return Cleaned()
        try:
            document = self._classify(record)
        except Exception as error:  # whatever it is, it is this record's alone
            return Cleaned(error=describe(error))
        dropped = Counter(line.label for line in document.lines if not line.kept)
        return Cleaned(document.text, None, len(document.lines) - dropped.total(), dropped)

    def _classify(self, record: Any) -> Document:
        if self.input == "html":
            return self.cleaner.classify_html(record)
        return self.cleaner.classify_text(record)


def describe(error: Exception) -> str:
    """Return an exception as it stands in a log: its type, and its message if it has one."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def missing_engine(error: ImportError, extra: str) -> MissingDependencyError:
    """Return the error that tells how to install the engine of an extra."""
    return MissingDependencyError(f"{error}: pip install 'boilerkit[{extra}]'")
