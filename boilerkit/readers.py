"""Folders and JSON lines → records, one for each page, broken ones included."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from boilerkit.errors import ConfigError, MissingDependencyError
from boilerkit.inputs import Input, kind_by_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = [
    "MAX_RECORD_BYTES",
    "Columns",
    "Page",
    "Record",
    "check_jsonl",
    "missing_package",
    "read_jsonl",
    "read_pages",
]

# A longer record is reported, not read: it would be held several times over in memory.
MAX_RECORD_BYTES: Final = 100_000_000
_READ_BYTES: Final = 2**16
_READ_BYTES_ZSTD: Final = 2**12  # one that was blown up on purpose becomes 20,000 times as much


@dataclass(frozen=True, slots=True)
class Page:
    """What is worked on: ``kind`` is ``html`` or ``text``, ``charset`` the one declared."""

    data: str | bytes = ""
    kind: str = "text"
    url: str | None = None
    charset: str | None = None

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an input.

    ``position`` is how many bytes of the input were read when it was found. ``fields`` is what is
    carried over to the result: a dictionary, or one row of an Arrow record batch. ``problem`` says
    why a record is broken. A ``skipped`` one is neither page nor text.
    """

    id: str
    position: int
    page: Page = Page()
    fields: Any = field(default_factory=dict)
    problem: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is read and what it holds (None: tell by its name), which one is written."""

    read: str | None = None
    kind: str | None = None
    write: str = "text"

    def choose(self, names: Any) -> str:
        """Return the column to read among `names`; raise ConfigError if there is none."""
        wanted = ("html", "text") if self.read is None else (self.read,)
        for name in wanted:
            if name in names:
                return name
        there = ", ".join(map(str, names))
        raise ConfigError(f"no column {' or '.join(wanted)}: name one of {there} with --column")

    def kind_of(self, name: str) -> str:
        """Return ``html`` or ``text`` for what the column holds."""
        return self.kind or ("html" if "html" in name.lower() else "text")


def missing_package(error: ImportError, what: str, extra: str) -> MissingDependencyError:
    """Return the error that names the pip command for a package of an extra."""
    package = str(error.name).partition(".")[0]
    return MissingDependencyError(f"{what} needs {package}: pip install 'boilerkit[{extra}]'")


def read_pages(source: Input, kind: str | None) -> Iterator[Record]:
    """Yield a record for each file, its id being the path below the input's folder.

    kind: ``html``, ``text`` or None to go by each file's ending.
    """
    position = 0
    for path in source.files:
        id = path.relative_to(source.path).as_posix() if path != source.path else path.name
        try:
            position += path.stat().st_size
            page = Page(path.read_bytes(), kind or kind_by_name(path.name) or "text")
        except OSError as error:
            yield Record(id, position, problem=error.strerror or str(error))
            continue
        yield Record(id, position, page, {"id": id})


# --- JSON lines -----------------------------------------------------------------------------------


def read_jsonl(source: Input, columns: Columns) -> Iterator[Record]:
    """Yield a record for each line that is not blank.

    A record's id is its ``id`` if that is a string or a number, else file name and line number.
    """
    with open(source.path, "rb") as file:
        lines = enumerate(_lines(_decompressed(file, source.path)), start=1)
        number = 0
        while True:
            try:
                number, line = next(lines)
            except StopIteration:
                return
            except Exception as error:  # each decompressor has errors of its own
                place = f"{source.path.name}:{number + 1}"
                yield Record(place, file.tell(), problem=f"the file is damaged from here: {error}")
                return
            if line is None or line.strip():
                yield _json_record(line, f"{source.path.name}:{number}", file.tell(), columns)


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines; None stands for one that is too long."""
    while line := stream.readline(MAX_RECORD_BYTES):
        if len(line) < MAX_RECORD_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_READ_BYTES)
        yield None


def _json_record(line: bytes | None, place: str, position: int, columns: Columns) -> Record:
    if line is None:
        return Record(place, position, problem=f"longer than {MAX_RECORD_BYTES:,} bytes")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Record(place, position, problem=f"no JSON: {error}")
    if not isinstance(fields, dict):
        return Record(place, position, problem="no JSON object")
    own_id = fields.get("id")
    id = str(own_id) if isinstance(own_id, (str, int, float)) else place
    try:
        name = columns.choose(fields)
    except ConfigError as error:
        return Record(id, position, problem=str(error))
    data = fields.pop(name)
    if not isinstance(data, str):
        return Record(id, position, problem=f"{name} is no string")
    url = fields.get("url")
    page = Page(data, columns.kind_of(name), url if isinstance(url, str) else None)
    return Record(id, position, page, fields)


# --- compression --------------------------------------------------------------------------------


def check_jsonl(source: Input) -> None:
    """Raise MissingDependencyError for a .zst file without zstandard."""
    if source.path.suffix.lower() == ".zst":
        _zstd()


def _decompressed(file: BinaryIO, path: Path) -> BinaryIO:
    ending = path.suffix.lower()
    if ending == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=file), _READ_BYTES)
    if ending == ".zst":
        return io.BufferedReader(_ZstdFile(file), _READ_BYTES)
    return file


def _zstd() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise missing_package(error, "reading .zst", "zst") from error
    return zstandard


class _ZstdFile(io.RawIOBase):
    """The decompressed bytes of a file of zstd frames; EOFError if the last one is cut short.

    The readers of zstandard itself end quietly there.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._new_frame = _zstd().ZstdDecompressor().decompressobj
        self._frame: Any = None
        self._rest = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._ready:
            data = self._rest or self._file.read(_READ_BYTES_ZSTD)
            if not data:
                if self._frame is not None:
                    raise EOFError("it ends within a zstd frame")
                return 0
            self._decompress(data)
        target = memoryview(buffer).cast("B")
        n_bytes = min(len(target), len(self._ready))
        target[:n_bytes] = self._ready[:n_bytes]
        self._ready = self._ready[n_bytes:]
        return n_bytes

    def _decompress(self, data: bytes) -> None:
        self._rest = b""
        if self._frame is None:
            self._frame = self._new_frame()
        self._ready = memoryview(self._frame.decompress(data))
        if self._frame.eof:
            self._rest = self._frame.unused_data
            self._frame = None
