"""Bytes → str, in the order of the WHATWG standards: BOM, HTTP, ``<meta>``, UTF-8, detection.

https://html.spec.whatwg.org/#determining-the-character-encoding and
https://encoding.spec.whatwg.org/#names-and-labels. Bytes that an encoding does not have become
U+FFFD, a label that the standard does not know is ignored: no page is refused. UTF-7 is not among
the labels and is never detected.
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

# Python's codec for each of the standard's encodings, and the labels that stand for it; the name of
# the codec is a label too.
_LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 utf_8 x-unicode20utf8",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "utf-16-be": "unicodefffe utf-16be",
    "cp1252": "ansi_x3.4-1968 ascii cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
    "iso88591 iso_8859-1 iso_8859-1:1987 l1 latin-1 latin1 us-ascii windows-1252 x-cp1252 "
    "x-user-defined",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso88595 iso_8859-5 "
    "iso_8859-5:1988",
    "iso8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 "
    "iso-8859-6-e iso-8859-6-i iso-ir-127 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso88597 "
    "iso_8859-7 iso_8859-7:1987 sun_eu_greek",
    "iso8859-8": "csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e "
    "iso-8859-8-i iso-ir-138 iso88598 iso_8859-8 iso_8859-8:1988 logical visual",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "cp866": "866 csibm866 ibm866",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "windows-1250 x-cp1250",
    "cp1251": "windows-1251 x-cp1251",
    "cp1253": "windows-1253 x-cp1253",
    "cp1254": "csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 "
    "latin5 windows-1254 x-cp1254",
    "cp1255": "windows-1255 x-cp1255",
    "cp1256": "windows-1256 x-cp1256",
    "cp1257": "windows-1257 x-cp1257",
    "cp1258": "windows-1258 x-cp1258",
    "koi8-r": "cskoi8r koi koi8 koi8_r",
    "koi8-u": "koi8-ru",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc_jp x-euc-jp",
    "iso2022-jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": "cseuckr csksc56011987 euc-kr euc_kr iso-ir-149 korean ks_c_5601 ks_c_5601-1987 "
    "ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
}
_ENCODINGS = {
    label: codec for codec, labels in _LABELS.items() for label in (codec, *labels.split())
}

# Compressed files, documents, images, sound, fonts, programs: their bytes hold nothing to read.
_BINARY_MAGIC = (
    b"\x1f\x8b",
    b"x\x9c",
    b"x\xda",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"\0\0\1\0",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"\x1a\x45\xdf\xa3",
    b"wOFF",
    b"wOF2",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\0asm",
    b"SQLite format 3\0",
)
_NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x80-\xff]")
_RIFF_KINDS = (b"WEBP", b"WAVE", b"AVI ")

_PRESCAN_BYTES = 1_024
# A parser that meets a <meta> further down changes the encoding: the standard lets it.
_LATE_META_BYTES = 65_536
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([^\"'>]{1,50})")
_META = re.compile(rb"<meta([\s/][^>]{0,1000})", re.IGNORECASE)
_META_ATTRIBUTE = re.compile(
    rb"[\s\"'/](charset|http-equiv|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)
_CONTENT_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s\"';]+)", re.IGNORECASE)

# So many characters beyond ASCII make it certain whether bytes are UTF-8: other text is valid UTF-8
# only by accident, once in a few characters.
_CERTAIN_CHARS = 16

# What the detector chooses from, the commonest first: it rates several alike on little text, and
# Western text often better as something else.
_DETECTABLE = (
    "cp1252",
    "cp1251",
    "gb18030",
    "cp932",
    "euc_jp",
    "big5hkscs",
    "cp949",
    "iso8859_2",
    "cp1250",
    "cp1254",
    "cp1256",
    "cp1255",
    "cp1253",
    "iso8859_7",
    "cp874",
    "koi8_r",
    "cp1257",
    "cp866",
)
_SAME_CHAOS = 0.02
_SAME_CHAOS_WESTERN = 0.07
_SAME_COHERENCE = 0.03
# The detector is slow: it gets the surroundings of the first bytes beyond ASCII.
_SAMPLE_BYTES = 8_192
_SAMPLE_BEFORE = 32
_SAMPLE_AFTER = 64
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_BREAK = re.compile(rb"[\s<>]")


def decode_html(data: bytes, *, charset: str | None = None) -> str:
    """Return the text of a page; ``charset`` is the one that HTTP declared.

    Follows the standard but for a ``<meta>`` that the bytes belie: a page that is valid UTF-8
    throughout, or nowhere, is not read as its ``<meta>`` says (saved pages keep an old one). A file
    that is no text, such as an image or a gzip, gives the empty text.
    """
    return _decode(data, charset, prescan=True)


def decode_text(data: bytes, *, charset: str | None = None) -> str:
    """Return the text of a plain-text file, likewise but without looking for ``<meta>``."""
    return _decode(data, charset, prescan=False)


def _decode(data: bytes, charset: str | None, *, prescan: bool) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    if _is_binary(data):
        return ""
    head = data[:_PRESCAN_BYTES]
    sent_as = _encoding(charset) if charset is not None else None
    if sent_as is None or _is_belied_utf16(sent_as, head):
        sent_as = _utf16_by_nuls(head)
    if sent_as is not None:
        return data.decode(sent_as, "replace")
    return _decode_undeclared(data, _prescan(head) if prescan else None, prescan=prescan)


def _decode_undeclared(data: bytes, declared: str | None, *, prescan: bool) -> str:
    """Decode what HTTP says nothing of; ``declared`` is what the prescan found."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if declared is None or declared == "utf-8" or _count_high(text) >= _CERTAIN_CHARS:
            return text
        return data.decode(declared, "replace")
    if declared is not None and declared != "utf-8":
        return data.decode(declared, "replace")
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = _count_high(text) - wrong
    if right >= wrong or (declared == "utf-8" and wrong < _CERTAIN_CHARS):
        return text
    late = _late_meta(data) if prescan else None
    return data.decode(late or _detect(data), "replace")


def _count_high(text: str) -> int:
    """Return the number of characters beyond ASCII."""
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def _is_binary(data: bytes) -> bool:
    known = (
        data.startswith(_BINARY_MAGIC)
        or (data.startswith(b"RIFF") and data[8:12] in _RIFF_KINDS)
        or data[4:8] == b"ftyp"
    )
    return known and _NO_TEXT.search(data[:64]) is not None


def _encoding(label: str) -> str | None:
    """Return Python's name of the encoding that a browser takes a label for; None if unknown."""
    return _ENCODINGS.get(label.strip(" \t\n\f\r").lower())


def _is_belied_utf16(encoding: str, head: bytes) -> bool:
    """Return whether a page that is declared UTF-16 begins like plain ASCII."""
    return encoding.startswith("utf-16") and head.isascii() and b"\0" not in head


def _utf16_by_nuls(head: bytes) -> str | None:
    """Return UTF-16's byte order where it has no BOM: every second byte of markup is zero.

    So is one of the first two, or the page is another one's with zeros in its text.
    """
    if head[:2].count(0) != 1:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) * 8 > max(even, odd) or max(even, odd) * 4 < len(head):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _prescan(head: bytes) -> str | None:
    """Return the encoding that a ``<meta>`` or an XML declaration in ``head`` names."""
    for tag in _META.findall(_COMMENT.sub(b"", head)):
        encoding = _meta_encoding(tag)
        if encoding is not None:
            return encoding
    xml = _XML_ENCODING.match(head)
    return _ascii_compatible(xml[1]) if xml is not None else None


def _late_meta(data: bytes) -> str | None:
    """Return the encoding other than UTF-8 that a ``<meta>`` behind the prescanned bytes names."""
    encoding = _prescan(data[:_LATE_META_BYTES])
    return None if encoding == "utf-8" else encoding


def _meta_encoding(tag: bytes) -> str | None:
    found: dict[bytes, bytes] = {}
    for name, *values in _META_ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), b"".join(values))
    label = found.get(b"charset")
    if label is None and found.get(b"http-equiv", b"").lower() == b"content-type":
        content = _CONTENT_CHARSET.search(found.get(b"content", b""))
        label = content[1] if content is not None else None
    return _ascii_compatible(label) if label is not None else None


def _ascii_compatible(label: bytes) -> str | None:
    encoding = _encoding(label.decode("latin-1"))
    # A page in which this could be read is not in UTF-16, whatever it says.
    return "utf-8" if encoding is not None and encoding.startswith("utf-16") else encoding


def _detect(data: bytes) -> str:
    """Return the likeliest encoding of ``data``, which is not UTF-8."""
    from charset_normalizer import from_bytes

    matches = list(from_bytes(_sample(data), cp_isolation=list(_DETECTABLE)))
    if not matches:
        return "cp1252"
    best = min(matches, key=lambda match: (match.chaos, -match.coherence))
    for name in _DETECTABLE:
        tolerance = _SAME_CHAOS_WESTERN if name == "cp1252" else _SAME_CHAOS
        for match in matches:
            if (
                name in match.could_be_from_charset
                and match.chaos <= best.chaos + tolerance
                and match.coherence >= best.coherence - _SAME_COHERENCE
            ):
                return name
    return best.encoding


def _sample(data: bytes) -> bytes:
    """Return the surroundings of the first bytes beyond ASCII, cut at white space or markup."""
    pieces: list[bytes] = []
    size = end = 0
    while size < _SAMPLE_BYTES:
        high = _HIGH_BYTE.search(data, end)
        if high is None:
            break
        start = max(end, high.start() - _SAMPLE_BEFORE)
        stop = _BREAK.search(data, high.end() + _SAMPLE_AFTER, high.end() + _SAMPLE_BYTES)
        end = stop.start() if stop is not None else high.end() + _SAMPLE_BYTES
        pieces.append(data[start:end])
        size += end - start
    return b"\n".join(pieces)
