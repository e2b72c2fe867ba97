"""Inputs of every kind for the tests of runs, made of pages of our own writing."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from required import require

FERRIES = ("Gartz", "Ellin", "Kienitz", "Lunow", "Zollbrücke", "Güstebiese")
SENTENCES = (
    "The ferry to {0} left the quay at noon with eleven passengers and a piano on deck.",
    "Nobody in {0} had expected the water to fall so early in the year, the ferryman said.",
    "From the dyke one could see the tower of {0}, and behind it the first storks.",
    "The council of {0} will decide in autumn whether the landing is to be moved.",
)
CHROME = ("Log in", "Subscribe to our newsletter!!!", "© 2031 The River Post. All rights reserved.")


def page(number: int, n_lines: int = 6) -> str:
    """Return a page of some paragraphs between a menu and a footer, the same on every call."""
    rng = random.Random(number)
    lines = [rng.choice(SENTENCES).format(rng.choice(FERRIES)) for _ in range(n_lines)]
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<html><head><title>Ferry {number}</title></head><body><nav>{CHROME[0]}</nav>"
        f"<h1>Ferry {number}</h1>{paragraphs}<p>{CHROME[1]}</p>"
        f"<footer>{CHROME[2]}</footer></body></html>"
    )


def text(number: int) -> str:
    """Return an extracted text."""
    rng = random.Random(number)
    lines = [rng.choice(SENTENCES).format(rng.choice(FERRIES)) for _ in range(4)]
    return "\n".join([CHROME[0], *lines, CHROME[1]])


def write_jsonl(path: Path, records: Sequence[Any]) -> Path:
    """Write lines of JSON, compressed as the ending says; bytes are written as they are."""
    lines = (item if isinstance(item, bytes) else json.dumps(item).encode() for item in records)
    data = b"".join(line + b"\n" for line in lines)
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    elif path.suffix == ".zst":
        data = require("zstandard").ZstdCompressor().compress(data)
    path.write_bytes(data)
    return path


def warc_record(
    number: int,
    body: bytes,
    *,
    type: str = "response",
    content_type: str = "text/html; charset=utf-8",
    http: str = "",
    url: str | None = None,
) -> bytes:
    """Return a WARC record, a response with its HTTP message unless `type` is another."""
    url = url or f"https://river.example/{number}"
    outer = content_type
    if type == "response":
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{http}\r\n"
        body = head.encode() + body
        outer = "application/http; msgtype=response"
    headers = (
        f"WARC/1.0\r\nWARC-Type: {type}\r\nWARC-Record-ID: <urn:uuid:{number:08d}>\r\n"
        f"WARC-Date: 2031-05-04T10:00:00Z\r\nWARC-Target-URI: {url}\r\n"
        f"Content-Type: {outer}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return headers.encode() + body + b"\r\n\r\n"


def compressor(ending: str) -> Callable[[bytes], bytes]:
    """Return what compresses one record as the ending of a WARC file says."""
    if ending == ".gz":
        return lambda data: gzip.compress(data, compresslevel=1, mtime=0)
    if ending == ".zst":
        zstd = require("zstandard").ZstdCompressor()
        return lambda data: bytes(zstd.compress(data))
    return bytes


def write_warc(path: Path, records: Sequence[bytes]) -> Path:
    """Write a WARC file, each record compressed by itself as the ending says."""
    path.write_bytes(b"".join(map(compressor(path.suffix), records)))
    return path


def write_parquet(path: Path, columns: dict[str, Any]) -> Path:
    """Write a Parquet file of small row groups."""
    pyarrow = require("pyarrow")
    parquet = require("pyarrow.parquet")
    parquet.write_table(pyarrow.table(columns), path, row_group_size=100)
    return path


def write_all_kinds(folder: Path, count: int) -> list[Path]:
    """Write one input of each kind, with a broken record in each that can have one."""
    folder.mkdir(parents=True)
    site = folder / "site"
    (site / "river").mkdir(parents=True)
    for number in range(count):
        (site / "river" / f"{number:04d}.html").write_text(page(number), encoding="utf-8")
        (site / f"{number:04d}.txt").write_text(text(number), encoding="utf-8")
    rows: list[Any] = [{"id": f"p{n}", "html": page(n), "tag": n % 7} for n in range(count)]
    rows[count // 2] = b'{"id": "broken'
    records = [warc_record(n, page(n).encode()) for n in range(count)]
    records.insert(count // 2, warc_record(count, b"no gzip", http="Content-Encoding: gzip\r\n"))
    texts: list[str | None] = [text(n) for n in range(count)]
    texts[3] = None
    return [
        site,
        write_jsonl(folder / "rows.jsonl.gz", rows),
        write_warc(folder / "crawl.warc.gz", records),
        write_parquet(folder / "table.parquet", {"text": texts, "rank": list(range(count))}),
    ]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a result file."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
