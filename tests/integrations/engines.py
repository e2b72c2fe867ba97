"""What the engines' tests share: records good and bad, and where they go."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

#: With the toy model (toy_model.py) the middle line goes as a donation, the last as navigation.
TEXT = "The ferry left at noon.\nGive @ today!!!\nIt came back at six.\nShare!!!"
CLEANED = "The ferry left at noon.\nIt came back at six."
PAGE = "".join(f"<p>{line}</p>" for line in TEXT.split("\n"))


def write_warc(path: Path, pages: list[str]) -> None:
    """Write a gzipped WARC with one response a page, as a crawler does."""
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for number, page in enumerate(pages):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            record = writer.create_warc_record(
                f"https://example.org/{number}",
                "response",
                payload=BytesIO(head + page.encode()),
                warc_headers_dict={"WARC-Identified-Payload-Type": "text/html"},
            )
            writer.write_record(record)


def plain_totals(logs: Path, step: int) -> dict[str, int]:
    """Return the totals of one step of datatrove's as it saved them."""
    stats = json.loads((logs / "stats.json").read_text(encoding="utf-8"))[step]["stats"]
    return {k: v["total"] if isinstance(v, dict) else v for k, v in stats.items()}
