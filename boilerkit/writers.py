"""Results → JSON lines, and files that are whole from the moment at which they have their name."""

from __future__ import annotations

import base64
import json
import math
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from boilerkit.inputs import Input
from boilerkit.readers import Columns, Record

__all__ = ["RESULT_FORMATS", "JsonResults", "Results", "json_line", "open_results", "whole_file"]

RESULT_FORMATS = ("jsonl", "parquet")


class Results(Protocol):
    """Writes the results of one input, first in chunks, then joined."""

    ending: str

    def write_chunk(self, file: BinaryIO, rows: Sequence[tuple[Record, str]]) -> None:
        """Write some results: records with their texts."""

    def join(self, file: BinaryIO, chunks: Sequence[Path]) -> None:
        """Write the result file from its chunks."""


def open_results(format: str, source: Input, columns: Columns) -> Results:
    """Return what writes an input's results in a format."""
    if format == "jsonl":
        return JsonResults(columns)
    from boilerkit.parquet import ParquetResults

    return ParquetResults(source, columns)


class JsonResults:
    """One object a line: what is carried over from the record, and the column written."""

    ending = ".jsonl"

    def __init__(self, columns: Columns) -> None:
        self._written = columns.write

    def write_chunk(self, file: BinaryIO, rows: Sequence[tuple[Record, str]]) -> None:
        for record, text in rows:
            fields = record.fields
            carried = fields if isinstance(fields, dict) else fields.to_pylist()[0]
            file.write(json_line({**carried, self._written: text}))

    def join(self, file: BinaryIO, chunks: Sequence[Path]) -> None:
        for chunk in chunks:
            with open(chunk, "rb") as part:
                shutil.copyfileobj(part, file)


def json_line(value: dict[str, Any]) -> bytes:
    """Return an object as one line of strict JSON.

    What JSON has no word for is null if it is no number, base64 if it is bytes, else as printed.
    """
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:
        line = json.dumps(_finite(value), ensure_ascii=False, default=_plain)
    try:
        return line.encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can write
        return json.dumps(json.loads(line)).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


@contextmanager
def whole_file(path: Path, scratch: Path) -> Iterator[BinaryIO]:
    """Give a file to write to; at the end of the block, and only then, it is there as `path`.

    scratch: a path on the same disk where the file is until then.
    """
    with open(scratch, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(scratch, path)
