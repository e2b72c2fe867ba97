"""WARC and WET files, compressed or not → records; what is damaged is reported and passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from boilerkit.inputs import Input
from boilerkit.readers import MAX_RECORD_BYTES, Page, Record, missing_package

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

__all__ = ["check_warc", "read_warc"]

_HTML_TYPES: Final = ("text/html", "application/xhtml+xml")
# What a record, or the compressed member that holds one, begins with.
_STARTS: Final = {".gz": b"\x1f\x8b\x08", ".zst": b"\x28\xb5\x2f\xfd", ".lz4": b"\x04\x22\x4d\x18"}
_PLAIN_START: Final = b"WARC/1."
_SEARCHED_BYTES: Final = 2**20
# The address of what a crawler, such as wget, notes about its own work.
_NOTES: Final = "metadata:"


def check_warc() -> None:
    """Raise MissingDependencyError without fastwarc."""
    try:
        import fastwarc  # noqa: F401
    except ImportError as error:
        raise missing_package(error, "reading WARC", "warc") from error


def read_warc(source: Input) -> Iterator[Record]:
    """Yield a record for each response, resource and conversion; what is no page is skipped.

    After a damaged place, reading goes on at the next record that can be found. Its id is the
    file's name with the offset in bytes.
    """
    with open(source.path, "rb") as file:
        start: int | None = 0
        while start is not None:
            last = start
            file.seek(start)
            try:
                for found in _archive(file):
                    last = found.stream_pos
                    yield _record(found, source, file.tell())
                return
            except OSError as error:
                damage = str(error)
            last = max(last, start)
            start = _next_readable(file, last + 1, source)
            went_on = "the rest is lost" if start is None else f"went on at byte {start}"
            problem = f"damaged somewhere from byte {last} on ({damage}): {went_on}"
            yield Record(f"{source.path.name}@{last}", file.tell(), problem=problem)


def _archive(file: BinaryIO) -> Any:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    types = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
    return ArchiveIterator(file, record_types=types, parse_http=False)


def _next_readable(file: BinaryIO, start: int, source: Input) -> int | None:
    """Return where the next record begins that can be read, None if there is none."""
    mark = _STARTS.get(source.path.suffix.lower(), _PLAIN_START)
    while (found := _find(file, mark, start)) is not None:
        file.seek(found)
        try:
            for _ in _archive(file):
                return found
            return None
        except OSError:
            start = found + 1
    return None


def _find(file: BinaryIO, mark: bytes, start: int) -> int | None:
    file.seek(start)
    kept = b""
    while data := file.read(_SEARCHED_BYTES):
        window = kept + data
        place = window.find(mark)
        if place >= 0:
            return start - len(kept) + place
        start += len(data)
        kept = window[-len(mark) + 1 :]
    return None


# --- one record ---------------------------------------------------------------------------------


def _record(found: WarcRecord, source: Input, position: int) -> Record:
    id = found.record_id or f"{source.path.name}@{found.stream_pos}"
    if found.content_length > MAX_RECORD_BYTES:
        return Record(id, position, problem=f"longer than {MAX_RECORD_BYTES:,} bytes")
    block = found.reader.read(found.content_length + 1)
    if len(block) < found.content_length:
        problem = f"cut short: {len(block)} of {found.content_length} bytes"
        return Record(id, position, problem=problem)
    url = _address(found)
    fields = {"id": id, "url": url, "date": found.headers.get("WARC-Date"), "status": None}
    if found.headers.get("WARC-Type") == "response":
        return _response(found, block, Record(id, position, fields=fields), url)
    kind = _kind(found.headers.get("Content-Type"))
    if kind is None or (url is not None and url.startswith(_NOTES)):
        return Record(id, position, skipped=True)
    return Record(id, position, Page(block, kind, url), fields)


def _address(found: WarcRecord) -> str | None:
    """Return the address of a record without the angle brackets that wget writes around it."""
    url: str | None = found.headers.get("WARC-Target-URI")
    return None if url is None else url.removeprefix("<").removesuffix(">")


def _response(found: WarcRecord, block: bytes, bare: Record, url: str | None) -> Record:
    """Parse the HTTP message apart from the archive, which a damaged one would bring to a halt."""
    from fastwarc.warc import WarcRecord

    if not found.is_http:
        return Record(bare.id, bare.position, problem="a response without an HTTP message")
    message = WarcRecord()
    message.is_http = True
    message.set_bytes_content(block)
    try:
        message.parse_http(auto_decode="all")
        if _kind(message.http_content_type) != "html":
            return Record(bare.id, bare.position, skipped=True)
        body = message.reader.read(MAX_RECORD_BYTES + 1)
    except OSError as error:
        return Record(bare.id, bare.position, problem=f"the HTTP message is damaged: {error}")
    if len(body) > MAX_RECORD_BYTES:
        return Record(bare.id, bare.position, problem=f"longer than {MAX_RECORD_BYTES:,} bytes")
    fields = {**bare.fields, "status": message.http_headers.status_code}
    page = Page(body, "html", url, message.http_charset)
    return Record(bare.id, bare.position, page, fields)


def _kind(content_type: str | None) -> str | None:
    """Return ``html`` for a page's type or none at all, ``text`` for plain text, else None."""
    name = (content_type or "text/html").partition(";")[0].strip().lower()
    if name in _HTML_TYPES:
        return "html"
    return "text" if name == "text/plain" else None
