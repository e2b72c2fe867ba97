"""A parser target that is guarded: it keeps the page's text and skips what no reader sees."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from boilerkit.rescue import END_TAG

# fmt: off
_SKIPPED = frozenset([
    "script", "style", "svg", "select", "option", "datalist", "textarea", "iframe", "object",
    "applet", "audio", "video", "canvas", "title", "template",
])
# fmt: on


class WordTarget:
    """Collects the text outside of skipped elements, and the events."""

    def __init__(self) -> None:
        self.depth = 0
        self.max_depth = 0
        self.ended = False
        self.full = False
        self.pieces: list[str] = []
        self.tags: list[tuple[str, Mapping[str, str]]] = []
        self._skip = 0

    def start(self, tag: str, attrib: Mapping[str, str]) -> None:
        self.depth += 1
        self.max_depth = max(self.max_depth, self.depth)
        if self._skip or tag in _SKIPPED:
            self._skip += 1
        elif tag == END_TAG:
            self.ended = True
        else:
            self.tags.append((tag, dict(attrib)))

    def end(self, tag: str) -> None:
        self.depth -= 1
        if self._skip:
            self._skip -= 1

    def data(self, text: str) -> None:
        if not self._skip:
            self.pieces.append(text)

    def close(self) -> None:
        pass

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def open_parser() -> tuple[etree.HTMLParser, WordTarget]:
    """Return a parser and its target, as ``parse_guarded`` wants them."""
    target = WordTarget()
    return etree.HTMLParser(target=target, huge_tree=True, encoding="utf-8"), target


def parse_plainly(data: bytes) -> WordTarget:
    """Parse without any guard."""
    parser, target = open_parser()
    parser.feed(data)
    parser.feed(f"<{END_TAG}>".encode())
    parser.close()
    return target
