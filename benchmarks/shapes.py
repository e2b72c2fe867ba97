"""Inputs that hurt, of any size: a unit again and again, with words to look for around and in it.

``python -m benchmarks.shapes NAME BYTES`` writes one to stdout.
"""

from __future__ import annotations

import gzip
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["MARKERS", "SHAPES", "Shape"]

#: Words before, inside and after each shape: they have to come out.
MARKERS: Final = ("BEFORE", "INSIDE", "AFTER")
_INSIDE: Final = " INSIDE "
#: Units that are encoded to learn how many bytes one takes.
_SAMPLE: Final = 64


@dataclass(frozen=True)
class Shape:
    """One kind of hostile input.

    It is ``start``, as many times ``unit`` as half of its size allows, ``inside``, as many times
    ``back`` (default: ``unit``) and ``end``, between the marker words before and after. A unit with
    ``%07d`` in it is numbered. ``call`` is what gets it: ``extract``, ``clean``, or ``split`` for
    ``clean`` with ``split_sentences``. ``encode`` makes bytes of the text; ``as_text`` tells that
    the input of ``extract`` is a str. ``markers`` are the words that are to come out.
    """

    unit: str
    back: str | None = None
    start: str = ""
    inside: str = _INSIDE
    end: str = ""
    call: str = "extract"
    head: str = ""
    encode: Callable[[str], bytes] = lambda text: text.encode("utf-8", "surrogatepass")
    as_text: bool = False
    markers: tuple[str, ...] = MARKERS

    def build(self, size: int) -> bytes:
        """Return the input of about ``size`` bytes; shorter ones have each unit once."""
        back = self.unit if self.back is None else self.back
        pairs = _repeat(self.unit, _SAMPLE, 0) + _repeat(back, _SAMPLE, 0)
        frame = self._around(f"{self.start}{self.inside}{self.end}")
        frame_bytes = len(self.encode(frame))
        pair_bytes = (len(self.encode(frame + pairs)) - frame_bytes) / _SAMPLE
        count = max(1, int((size - frame_bytes) / pair_bytes))
        middle = f"{_repeat(self.unit, count, 0)}{self.inside}{_repeat(back, count, count)}"
        return self.encode(self._around(f"{self.start}{middle}{self.end}"))

    def _around(self, middle: str) -> str:
        if self.call == "extract":
            return (
                f"<html><head>{self.head}<title>t</title></head><body><p>BEFORE</p>{middle}"
                "<p>AFTER</p></body></html>"
            )
        return f"BEFORE\n{middle}\nAFTER"


#: A text long enough to count as one of the page's data.
_BODY: Final = (
    '{"articleBody":"the ferry left the quay at noon with %07d passengers and a piano on deck"},'
)


def _repeat(unit: str, count: int, first: int) -> str:
    if "%" not in unit:
        return unit * count
    return "".join([unit % number for number in range(first, first + count)])


def _mixed(text: str) -> bytes:
    """Return UTF-8 with one letter in Latin-1."""
    return text.encode().replace("é".encode(), "é".encode("latin-1"))


def _gzipped(text: str) -> bytes:
    """Return a gzip file of as many bytes as the text has: noise does not shrink."""
    noise = random.Random(0).randbytes(len(text))
    return gzip.compress(noise, compresslevel=1, mtime=0)


def _image(text: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(0).randbytes(len(text))


def _with_noise(text: str) -> bytes:
    """Return the text with an image in place of its units."""
    half = text.count("x") // 2
    noise = random.Random(0).randbytes
    return text.encode().replace(b"x" * half, noise(half))


def _text(unit: str, inside: str = "INSIDE", **kind: str) -> Shape:
    return Shape(unit, inside=inside, **{"call": "clean", **kind})  # type: ignore[arg-type]


_PAGES: Final[Mapping[str, Shape]] = {
    "nested tags": Shape("<div>", "</div>"),
    "nested inline tags, unclosed": Shape("<b>"),
    "nested lists": Shape("<ul><li>", "</li></ul>"),
    "nested tables, unclosed": Shape("<table><tr><td>"),
    "unclosed everything": Shape("<div><p><b><ul><li><i><td>x"),
    "siblings": Shape("<p>word</p>"),
    "siblings of many texts": Shape("<p>w%07d</p>"),
    "siblings deep down": Shape("<p>word</p>", start="<div>" * 200),
    "inline siblings": Shape("<b>x</b>"),
    "links": Shape("<a href=x>word</a> "),
    "table rows": Shape("<tr><td>a</td><td>b</td></tr>", start="<table>", inside="<tr><td>INSIDE"),
    "hidden lines": Shape("<p hidden>word</p>", inside="<p>INSIDE</p>"),
    "line breaks": Shape("word<br>"),
    "one text node": Shape("word "),
    "one endless word": Shape("x"),
    "blank lines": Shape("\n"),
    "blank lines of a <pre>": Shape("\n", start="<pre>", inside="INSIDE", end="</pre>"),
    "attributes of one tag": Shape("a%07d ", start="<p ", inside=">INSIDE<p ", end=">"),
    "attributes of many tags": Shape("<p a%07d=x>word</p>"),
    "classes of many names": Shape("<p class=c%07d>word</p>"),
    "entities": Shape("&amp;"),
    "numeric entities": Shape("&#x1F600;"),
    "unknown entities": Shape("&zzq;"),
    "comments": Shape("<!---->"),
    "a comment without end": Shape("x ", start="<!-- ", inside="<p>INSIDE</p>"),
    "a CDATA section without end": Shape("x ", start="<![CDATA[", inside="<p>INSIDE</p>"),
    "a script without end": Shape("x ", start="<script>"),
    "a quote without end": Shape("x ", start='<p title="', inside=">INSIDE "),
    "brackets": Shape("< "),
    "nested JSON": Shape(
        "[", "]", start="<script type=application/ld+json>", inside='"INSIDE"', end="</script>",
        markers=("BEFORE", "AFTER"),
    ),
    "JSON of many strings": Shape(
        _BODY, start="<script type=application/ld+json>[",
        inside=_BODY.replace("%07d", "INSIDE"), end="0]</script>",
        markers=("BEFORE", "AFTER"),  # texts that say the same are taken once
    ),
    "NUL": Shape("x\0"),
    "lone surrogates": Shape("x\ud800", as_text=True),
    "mixed charsets": Shape("é ü ", encode=_mixed),
    "a lying charset": Shape("<p>слово</p>", head="<meta charset=shift_jis>"),
    "a lying UTF-16": Shape("<p>слово</p>", head="<meta charset=utf-16>"),
    "UTF-16": Shape("<p>слово</p>", encode=lambda text: text.encode("utf-16")),
    "UTF-16 without a mark": Shape("<p>word</p>", encode=lambda text: text.encode("utf-16-be")),
    "UTF-7": Shape("<p>слово</p>", encode=lambda text: text.encode("utf-7")),
    "right to left, zero width": Shape("\u202e\u200b\u05d0 "),
    "combining marks": Shape("\u0301\u0323"),
    "a gzip": Shape("x", encode=_gzipped, markers=()),
    "an image": Shape("x", encode=_image, markers=()),
    "an image in a page": Shape("x", inside="> INSIDE ", encode=_with_noise),  # noise opens tags
}  # fmt: skip
_TEXTS: Final[Mapping[str, Shape]] = {
    "text: blank lines": _text("\n"),
    "text: one line": _text("word "),
    "text: one endless word": _text("x"),
    "text: one-word lines": _text("word\n"),
    "text: one-word lines, all different": _text("w%07d\n"),
    "text: list marks": _text("- "),
    "text: punctuation": _text("!", inside=" INSIDE "),
    "text: tags": _text("<p>word</p>"),
    "text: NUL": _text("x\0"),
    "text: lone surrogates": _text("x\ud800"),
    "text: right to left, zero width": _text("\u202e\u200b\u05d0 "),
    "text: combining marks": _text("\u0301\u0323"),
    "text: sentences of one line": _text("It rained. ", "INSIDE it did. ", call="split"),
    "text: lines of two sentences": _text(
        "It rained on the pier, all of that long day. Please support us today!\n", call="split"
    ),
}
#: All of them by name.
SHAPES: Final[Mapping[str, Shape]] = {**_PAGES, **_TEXTS}


def main() -> None:
    """Write one shape."""
    name, size = sys.argv[1:]
    sys.stdout.buffer.write(SHAPES[name].build(int(size)))


if __name__ == "__main__":
    main()
