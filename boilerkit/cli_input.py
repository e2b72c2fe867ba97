"""FILE arguments → decoded text and whether it is HTML."""

from __future__ import annotations

import codecs
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from boilerkit.errors import ConfigError
from boilerkit.inputs import kind_by_name
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document

__all__ = ["INPUTS", "STDIN", "Source", "classify", "kind_by_name", "read_source"]

INPUTS = ("auto", "html", "text")
STDIN = "-"

_SNIFFED_BYTES = 1024
_BYTE_ORDER_MARK = re.compile(rb"\xef\xbb\xbf|\xff\xfe|\xfe\xff")
_HTML_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|main|article|section|"
    rb"header|footer|nav|div|p|h[1-6]|ul|ol|table|span|a|img|br)[\s/>]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Source:
    """One input as read: ``kind`` is ``html`` or ``text``."""

    name: str
    text: str
    kind: str


def read_source(name: str, *, kind: str | None, charset: str | None) -> Source:
    """Read and decode a file, or standard input for ``-``.

    kind: ``html``, ``text`` or None to look at the content. charset: the one declared for it.

    Raises OSError for a file that cannot be read, ConfigError for what is no file and for an
    unknown character set.
    """
    from boilerkit.decode import decode_html, decode_text

    if charset is not None:
        _check_charset(charset)
    if name.startswith(("http://", "https://")):
        raise ConfigError("an address: boilerkit fetches nothing, save the page to a file first")
    if Path(name).is_dir():
        raise ConfigError("a folder: boilerkit run cleans folders, view and annotate show them")
    data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    if kind is None:
        kind = "html" if _looks_like_html(data) else "text"
    decode = decode_html if kind == "html" else decode_text
    return Source(name, decode(data, charset=charset), kind)


def classify(cleaner: Cleaner, source: Source, *, url: str | None = None) -> Document:
    """Label the lines of an input."""
    if source.kind == "html":
        return cleaner.classify_html(source.text, url=url)
    return cleaner.classify_text(source.text)


def _check_charset(charset: str) -> None:
    """Refuse what a page's server may get wrong but a person would want to know."""
    try:
        codecs.lookup(charset)
    except LookupError:
        raise ConfigError(f"unknown character set {charset!r}: name one, such as utf-8") from None


def _looks_like_html(data: bytes) -> bool:
    """Return whether the first character is ``<`` and the first kilobyte holds an HTML tag."""
    head = _BYTE_ORDER_MARK.sub(b"", data[:_SNIFFED_BYTES], count=1)
    head = head.replace(b"\0", b"").lstrip()  # UTF-16 has a NUL beside each ASCII character
    return head.startswith(b"<") and _HTML_TAG.search(head) is not None
