"""Bytes → str, in the order of the WHATWG standards: BOM, HTTP, ``<meta>``, UTF-8, detection.

https://html.spec.whatwg.org/#determining-the-character-encoding and
https://encoding.spec.whatwg.org/#names-and-labels. Bad bytes become U+FFFD; no page is refused.
"""

from __future__ import annotations

import codecs
import re

__all__ = ["decode_html", "decode_text"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Files that are no text at all; their bytes hold nothing to read.
_BINARY_MAGIC = (
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"%PDF-",
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"\xfd7zXZ",
    b"\x7fELF",
    b"OggS",
    b"ID3",
    b"wOFF",
    b"wOF2",
)
_PRESCAN_BYTES = 1024
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]*", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
# Labels that the standard reads otherwise than Python does.
_WEB_ENCODINGS = {
    **dict.fromkeys(("iso8859-1", "ascii", "latin-1", "iso8859_1", "x-user-defined"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "sjis"), "cp932"),
    **dict.fromkeys(("euc_kr", "ks_c_5601", "ksc5601"), "cp949"),
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
}
_PYTHON_ONLY = frozenset(["utf-7", "utf-32", "utf-32-be", "utf-32-le"])
# What the detector reads: it is slow, and a page's language does not change in the middle.
_SAMPLE_BYTES = 16_384
_NUL_SHARE = 0.3


def decode_html(data: bytes, *, charset: str | None = None) -> str:
    """Return the text of a page; `charset` is the one that HTTP declared.

    A file that is no text (an image, a gzip) gives an empty text.
    """
    return _decode(data, charset, prescan=True)


def decode_text(data: bytes, *, charset: str | None = None) -> str:
    """Return the text of a plain-text file, likewise but without looking for ``<meta>``."""
    return _decode(data, charset, prescan=False)


def _decode(data: bytes, charset: str | None, *, prescan: bool) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    if data.startswith(_BINARY_MAGIC):
        return ""
    declared = _web_encoding(charset) if charset else None
    if declared is None and prescan:
        declared = _prescan_meta(data[:_PRESCAN_BYTES])
    if declared is None:
        declared = _utf16_by_nuls(data[:_PRESCAN_BYTES])
    return _decode_as(data, declared)


def _decode_as(data: bytes, declared: str | None) -> str:
    if declared is not None:
        return data.decode(declared, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_detect(data), "replace")


def _web_encoding(label: str) -> str | None:
    """Return Python's name of the encoding that a browser takes a label for; None if unknown."""
    folded = label.strip().lower()
    if folded in _WEB_ENCODINGS:
        return _WEB_ENCODINGS[folded]
    try:
        name = codecs.lookup(folded).name
    except (LookupError, ValueError):
        return None
    if name in _PYTHON_ONLY or not _is_text_encoding(name):
        return None
    return _WEB_ENCODINGS.get(name, name)


def _is_text_encoding(name: str) -> bool:
    try:
        return isinstance(b"a".decode(name, "replace"), str)
    except (LookupError, UnicodeError):
        return False


def _prescan_meta(head: bytes) -> str | None:
    """Return the encoding that a ``<meta>`` in the first bytes declares."""
    for tag in _META.findall(_COMMENT.sub(b"", head)):
        found = _CHARSET.search(tag)
        if found:
            encoding = _web_encoding(found.group(1).decode("latin-1"))
            if encoding is not None:
                # a page whose <meta> could be read is not in UTF-16, whatever it says
                return "utf-8" if encoding.startswith("utf-16") else encoding
    return None


def _utf16_by_nuls(head: bytes) -> str | None:
    """Return UTF-16's byte order where it has no BOM: most high bytes are zero."""
    if head.count(0) <= _NUL_SHARE * len(head):
        return None
    return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"


def _detect(data: bytes) -> str:
    text = data
    if len(data) > _SAMPLE_BYTES:
        # markup is ASCII: begin where the first other byte stands
        first = next((i for i, byte in enumerate(data[: 1 << 20]) if byte > 127), 0)
        text = data[max(first - 64, 0) : first + _SAMPLE_BYTES]
    return _detect_with_library(text)


def _detect_with_library(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_exclusion=["utf_7", "utf_16", "utf_32"]).best()
    encoding = _web_encoding(best.encoding) if best is not None else None
    return encoding or "cp1252"
