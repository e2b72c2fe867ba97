"""The words that a page has, read another way than boilerkit reads them: from a tree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import lxml.html

_WORD = re.compile(r"\w+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
#: Strings within strings: pages in JSON, JSON in the strings of a script.
_MAX_NESTING = 3


def missing_words(text: str, page: str) -> list[str]:
    """Return the words of a text that are neither in the page's text nor in its data.

    The text nodes are joined without separators, for inline elements may stand inside a word; those
    of scripts and styles are left out.
    """
    words = set(_WORD.findall(text))
    readings = _readings(page)
    while words and (reading := next(readings, None)) is not None:
        words = {word for word in words if word not in reading}
    return sorted(words)


def _readings(page: str) -> Iterator[str]:
    tree = lxml.html.document_fromstring("<x>" + page.replace("\0", ""))
    yield _joined(tree)
    for script in tree.iter("script"):
        yield from _strings(script.text or "", _MAX_NESTING)
    yield from (meta.get("content", "") for meta in tree.iter("meta"))


def _joined(tree: lxml.html.HtmlElement) -> str:
    return "".join(tree.xpath("//text()[not(parent::script or parent::style)]"))


def _strings(source: str, nesting: int) -> Iterator[str]:
    """Yield the strings in a script, decoded; those that they hold; and the text of pages in them.

    Frameworks cut their data into several strings: all are yielded joined as well.
    """
    found = []
    for literal in _STRING.findall(source):
        try:
            found.append(json.loads(literal, strict=False))
        except ValueError:
            continue  # JavaScript's
    for text in [*found, "".join(found)]:
        yield text
        if "<" in text:
            yield _joined(lxml.html.document_fromstring("<x>" + text.replace("\0", "")))
        if nesting > 1 and '"' in text:
            yield from _strings(text, nesting - 1)
