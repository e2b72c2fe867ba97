"""Text → CommonMark source that reads back as exactly that text, on one row unless it is code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from boilerkit.page_lines import Link

__all__ = [
    "code_block",
    "escape_cell",
    "escape_heading",
    "escape_text",
    "link_text",
    "page_address",
    "paragraph_row",
]

# What has a meaning inside a line. An underscore within a word has none, "<" only where a tag or
# an address could begin, "&" only before what reads as an entity. "~" strikes out in GFM.
_INLINE_MARK = re.compile(
    r"[\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?[0-9A-Za-z]+;)"
)
# What begins a block at the start of a row; the match ends where the backslash belongs. A row of
# "-=:|" alone would underline a heading or a table's first row.
_BLOCK_START = re.compile(
    r"(?=#{1,6}(?: |$)|>|[-+](?: |$)|[-=:|][-=:| ]*$)|[0-9]{1,9}(?=[.)](?: |$))"
)
_CLOSING_HASHES = re.compile(r"(?:(?<= )|^)(?=#+$)")
_BACKTICKS = re.compile(r"`+")
_LINE_BREAK = re.compile(r"\r\n?")
_MIN_FENCE = 3

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SCHEMES = frozenset(["http", "https", "mailto", "tel", "ftp"])
# Left out of addresses by every browser; at the edges also spaces and control characters.
_LEFT_OUT = re.compile(r"^[\0- ]+|[\0- ]+$|[\t\n\r]+")
# Would end the destination or the table's cell, or is no part of an address.
_ENCODED = re.compile(r"[\0- \x7f-\xa0\u2028\u2029\ud800-\udfff\"()<>\\^`{|}]")


def escape_text(text: str) -> str:
    """Return a text, white space folded, as the source of one row's inline text."""
    return _INLINE_MARK.sub(r"\\\g<0>", text)


def paragraph_row(source: str) -> str:
    """Return the source of an inline text so that no other block begins at its start."""
    found = _BLOCK_START.match(source)
    if found is None:
        return source
    return f"{source[: found.end()]}\\{source[found.end() :]}"


def escape_heading(source: str) -> str:
    """Return the source of an inline text so that a heading does not lose its last ``#``."""
    return _CLOSING_HASHES.sub(r"\\", source)


def escape_cell(source: str) -> str:
    """Return the source of an inline text for a cell of a table."""
    return source.replace("|", r"\|")


def code_block(text: str, language: str = "") -> list[str]:
    """Return the rows of a fenced code block; `language` is one word or empty."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(_MIN_FENCE, longest + 1)
    return [fence + language, *_LINE_BREAK.sub("\n", text).split("\n"), fence]


def link_text(text: str, links: Sequence[Link], base: str) -> str:
    """Return the source of an inline text with its links.

    links: those of the line, as PageLines has them. base: the page's address, for relative ones,
    or empty. An address that is no place to go to is left out.
    """
    parts = []
    done = 0
    for start, end, href in _find_links(text, links):
        target = _destination(href, base)
        if target:
            before = escape_text(text[done:start])
            # "!" before a link would make it an image
            before = f"{before[:-1]}\\!" if before.endswith("!") else before
            parts.append(f"{before}[{escape_text(text[start:end])}]({target})")
            done = end
    return "".join([*parts, escape_text(text[done:])])


def page_address(url: str | None, base: str) -> str:
    """Return the address that a page's links are relative to, empty if unknown.

    url: the page's own. base: the ``href`` of its ``<base>`` or empty.
    """
    try:
        return urljoin(url or "", base)
    except ValueError:  # a host in unbalanced brackets
        return url or ""


def _find_links(text: str, links: Sequence[Link]) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and address of each link that has a text."""
    places = [place for place, char in enumerate(text) if char != " "]
    done = 0
    for _, gap, linked, href in links:
        start = done + gap
        done = start + len("".join(linked.split()))
        if done > start:
            yield places[start], places[done - 1] + 1, href


def _destination(href: str, base: str) -> str:
    """Return an address as a link's destination; empty if it is none or runs a script."""
    address = _LEFT_OUT.sub("", href)
    if address in ("", "#"):
        return ""
    if base:
        try:
            address = urljoin(base, address)
        except ValueError:  # a host in unbalanced brackets
            return ""
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in _SCHEMES:
        return ""
    encoded = _ENCODED.sub(_percent_encoded, address)
    return re.sub(r"&(?=#?[0-9A-Za-z]+;)", r"\&", encoded)


def _percent_encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))
