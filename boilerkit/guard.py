"""Between a page and libxml2: nothing a page holds may hang the parser or lose its text.

With a parser target libxml2 2.14 keeps all text and is linear but for one thing: each end tag looks
through the open elements for its start, so depth × end tags is the danger. And what never ends (a
comment, a quoted attribute, a script) swallows the rest of the page. Neither can be told from a
page without reading it tag by tag, which takes Python as long as libxml2. So libxml2 itself has to
tell: :func:`parse_guarded` parses a page almost as it is, in chunks, followed by a tag of its own.
If the parser gets too deep, or never comes to that tag, or a tag grows out of measure, the page is
parsed again, from what :func:`rescue_html` makes of it: the same text in plain, closed markup of
bounded depth.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from boilerkit.rescue import END_TAG, MAX_DEPTH, has_too_many_attributes, rescue_markup

__all__ = [
    "END_TAG",
    "FeedParser",
    "GuardedPage",
    "WatchedTarget",
    "guard_html",
    "parse_guarded",
    "rescue_html",
]

# What an end tag costs for each open element is 33 ns at worst (libxml2 2.14), so this is 1.7 s.
_MAX_DEPTH_TIMES_TAGS = 50_000_000
# A shorter page cannot exceed it: an end tag takes 4 bytes. Counting tags takes 4 % of the parse.
_COUNTED_BYTES = 4 * _MAX_DEPTH_TIMES_TAGS // MAX_DEPTH
_MIN_DEPTH_LIMIT = 16

# Large pages with more tags than one in so many bytes are looked at for floods of empty tags: what
# a reader of the events does with each takes longer than the parse.
_FLOOD_BYTES_A_TAG = 8
_MAX_RUN = 256
# One to three tags without attributes, again and again. A failing match has tried few repetitions
# of few lengths, so that this is linear.
_RUN_OF_TAGS = re.compile(rb"((?:</?[A-Za-z][A-Za-z0-9]{0,30}\s{0,4}>\s{0,4}){1,3}?)\1{3,}")

# The depth is looked at after each chunk; within one it can run away unseen. A feed costs 2 µs.
_CHUNK_BYTES = 32_768
_DENSE_CHUNK_BYTES = 4_096


@dataclass(frozen=True)
class GuardedPage:
    """A page as libxml2 may have it.

    ``data`` is UTF-8. ``max_depth`` is the number of open elements beyond which to give up the
    parse. ``truncated`` is the offset, in code points of the page, at which its text had to be cut,
    or None.
    """

    data: bytes
    max_depth: int
    truncated: int | None


class FeedParser(Protocol):
    """What is used of ``lxml.etree.HTMLParser(target=…, huge_tree=True, encoding="utf-8")``."""

    def feed(self, data: bytes, /) -> object: ...

    def close(self) -> object: ...


class WatchedTarget(Protocol):
    """What a parser target must tell for its parse to be guarded."""

    @property
    def depth(self) -> int:
        """The number of elements that are open, whether the target makes use of them or not."""

    @property
    def ended(self) -> bool:
        """Whether an element :data:`END_TAG` has started where the target would have read text."""


_Target = TypeVar("_Target", bound=WatchedTarget)


def parse_guarded(
    html: str,
    open_parser: Callable[[], tuple[FeedParser, _Target]],
    *,
    trusted: bool = True,
) -> tuple[_Target, int | None]:
    """Parse ``html``; return the target that saw all of it, and where the text was cut, or None.

    ``open_parser`` returns a new parser and its new target. It is called a second time if the page
    has to be rescued; the first target then never sees the end of its page and is dropped. A parser
    that is not ``trusted`` gets rescued pages only: libxml2 before 2.14 is quadratic in the
    attributes of a tag and in stray ``</`` and ``<?``, and drops what follows ``</html>``.
    """
    if trusted:
        page = guard_html(html)
        parser, target = open_parser()
        if _feed(page, parser, target):
            parser.close()
            return target, None
    page = rescue_html(html)
    parser, target = open_parser()
    _feed(page, parser, target)
    parser.close()
    return target, page.truncated


def _feed(page: GuardedPage, parser: FeedParser, target: WatchedTarget) -> bool:
    """Feed ``page`` and the end tag; False if it was given up, or its end was not seen."""
    data = page.data
    size = _CHUNK_BYTES if page.max_depth >= MAX_DEPTH else _DENSE_CHUNK_BYTES
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        if b">" not in chunk and _is_in_tag_of_too_many_attributes(data, start, size):
            return False
        parser.feed(chunk)
        if target.depth > page.max_depth:
            return False
    forged = target.ended
    parser.feed(b"<%s>" % END_TAG.encode())
    return target.ended and not forged


def _is_in_tag_of_too_many_attributes(data: bytes, start: int, size: int) -> bool:
    """Return whether the tag that goes on at ``start``, if one does, has too many attributes."""
    tag = data.rfind(b"<", max(0, start - size), start)
    return tag >= 0 and has_too_many_attributes(data[tag : start + size])


def guard_html(html: str) -> GuardedPage:
    """Return ``html`` as UTF-8 with U+FFFD for lone surrogates and without NUL characters.

    Costs little more than the encoding, which the parser would do otherwise. In a large page made
    up of tags, the same few without attributes or text 256 times on end stand for more of them.
    """
    data = _to_utf8(html)
    if len(data) <= _COUNTED_BYTES:
        return GuardedPage(data, MAX_DEPTH, None)
    n_tags = data.count(b"<") + 1
    limit = max(_MIN_DEPTH_LIMIT, min(MAX_DEPTH, _MAX_DEPTH_TIMES_TAGS // n_tags))
    if n_tags * _FLOOD_BYTES_A_TAG > len(data):
        data = _RUN_OF_TAGS.sub(_shorten, data)
    return GuardedPage(data, limit, None)


def _shorten(run: re.Match[bytes]) -> bytes:
    """Return a run of the same tags, :data:`_MAX_RUN` times at the most."""
    tags = run[1]
    return run[0] if len(run[0]) <= _MAX_RUN * len(tags) else tags * _MAX_RUN


def _to_utf8(html: str) -> bytes:
    try:
        data = html.encode()
    except UnicodeEncodeError:
        data = re.sub("[\ud800-\udfff]", "\ufffd", html).encode()
    # The standard ignores NUL in text; libxml2 does too, but splits the text at each.
    return data.replace(b"\0", b"") if b"\0" in data else data


def rescue_html(html: str) -> GuardedPage:
    """Return ``html`` rewritten so that no parser hangs on it or misses its end: see rescue.py."""
    source = _to_utf8(html)
    data, cut = rescue_markup(source)
    truncated = None if cut is None else _source_offset(html, len(source[:cut].decode()))
    return GuardedPage(data, sys.maxsize, truncated)


def _source_offset(html: str, kept: int) -> int:
    """Return the offset in ``html`` behind its first ``kept`` characters that are not NUL."""
    offset = kept
    for nuls in re.finditer("\0+", html):
        if nuls.start() > offset:
            break
        offset += len(nuls[0])
    return offset
