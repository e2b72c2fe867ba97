"""A user's own labels: a JSON Lines file beside the documents that it labels.

Each row is an object such as ``{"doc": "page.html", "line": 3, "label": "donation", "sha256":
"0f1e…"}``: a document's path relative to the file's folder, the number of the line as
``boilerkit label`` prints it, its label, and the first 16 hexadecimal digits of the SHA-256 of the
line's text in UTF-8. The texts themselves are not in the file; where a document changed or is cut
into other lines, the hash tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boilerkit.errors import ConfigError
from boilerkit.labels import Label

__all__ = ["LABELS_FILE", "LineLabel", "find_mismatches", "line_hash", "read_labels"]

LABELS_FILE = "labels.jsonl"

_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class LineLabel:
    """One row: ``line`` counts from 1, ``sha256`` is what :func:`line_hash` gave."""

    doc: str
    line: int
    label: Label
    sha256: str


def line_hash(text: str) -> str:
    """Return the hash that a labels file carries for a line's text: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]


def read_labels(path: Path) -> dict[str, dict[int, LineLabel]]:
    """Return the labels of a file by document and line number; of two for a line the last counts.

    Raises ConfigError, naming file and row, for what is no label; OSError for no such file.
    """
    labels: dict[str, dict[int, LineLabel]] = {}
    try:
        rows = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: {error}; save it as UTF-8") from error
    for number, row in enumerate(rows, start=1):
        if row.strip():
            label = _read_row(f"{path}:{number}", row)
            labels.setdefault(label.doc, {})[label.line] = label
    return labels


def find_mismatches(labels: Mapping[int, LineLabel], texts: Sequence[str]) -> list[str]:
    """Return one message for each label whose line is not what was labelled.

    labels: those of one document by line number. texts: the document's lines.
    """
    messages = []
    for number, label in sorted(labels.items()):
        if number > len(texts):
            messages.append(f"{label.doc}: no line {number}, there are {len(texts)}")
        elif line_hash(texts[number - 1]) != label.sha256:
            messages.append(f"{label.doc}: line {number} is not the line that was labelled")
    return messages


def _read_row(place: str, row: str) -> LineLabel:
    try:
        record = json.loads(row)
    except ValueError as error:
        raise ConfigError(f"{place}: no JSON: {error}") from error
    if not isinstance(record, dict):
        raise ConfigError(f"{place}: no object with doc, line, label and sha256")
    line = _field(place, record, "line", int)
    if isinstance(line, bool) or line < 1:
        raise ConfigError(f"{place}: line must be 1 or more, not {line!r}")
    name = _field(place, record, "label", str)
    try:
        label = Label(name)
    except ValueError:
        raise ConfigError(
            f"{place}: unknown label {name!r}: choose from {', '.join(Label)}"
        ) from None
    return LineLabel(
        _field(place, record, "doc", str), line, label, _field(place, record, "sha256", str)
    )


def _field(place: str, record: Mapping[str, Any], name: str, kind: type) -> Any:
    value = record.get(name)
    if not isinstance(value, kind):
        raise ConfigError(f"{place}: {name} must be {kind.__name__}, not {value!r}")
    return value
