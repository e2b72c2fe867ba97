"""Between a page and libxml2: nothing a page holds may hang the parser or lose its text.

With a parser target libxml2 2.14 keeps all text and is linear but for one thing: each end tag looks
through the open elements for its start, so depth × end tags is the danger. And what never ends (a
comment, a quoted attribute, a script) swallows the rest of the page. Neither can be told from a
page without reading it tag by tag, which takes Python as long as libxml2. So libxml2 itself has to
tell: :func:`parse_guarded` parses a page almost as it is, in chunks, followed by a tag of its own.
If the parser gets too deep, or never comes to that tag, or a tag grows out of measure, the page is
parsed again, from what :class:`Rescue` makes of it: the same text in plain, closed markup of
bounded depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from boilerkit.rescue import END_TAG, MAX_DEPTH, Rescue, has_too_many_attributes

__all__ = [
    "END_TAG",
    "FeedParser",
    "GuardedPage",
    "WatchedTarget",
    "guard_html",
    "parse_guarded",
]

# What an end tag costs for each open element is 33 ns at worst (libxml2 2.14), so this is 1.7 s.
_MAX_DEPTH_TIMES_TAGS = 50_000_000
# A shorter page cannot exceed it: an end tag takes 4 bytes. Counting tags takes 4 % of the parse.
_COUNTED_BYTES = 4 * _MAX_DEPTH_TIMES_TAGS // MAX_DEPTH
_MIN_DEPTH_LIMIT = 16

# Large pages with more tags than one in so many bytes are looked at for floods of empty tags: what
# a reader of the events does with each takes longer than the parse. The same few of them 256 times
# on end stand for more.
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
    parse. ``flooded`` tells whether it is made up of tags: then runs of them are shortened.
    """

    data: bytes
    max_depth: int
    flooded: bool

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """Yield what the parser is to have, chunk by chunk, and where in ``data`` each ends."""
        size = _CHUNK_BYTES if self.max_depth >= MAX_DEPTH else _DENSE_CHUNK_BYTES
        if self.flooded:
            yield from self._shortened(size)
        else:
            for start in range(0, len(self.data), size):
                yield self.data[start : start + size], start + size

    def _shortened(self, size: int) -> Iterator[tuple[bytes, int]]:
        """Yield chunks of `size` or a little more; what follows them is not looked at yet."""
        data, held, pos = self.data, b"", 0
        while pos < len(data):
            run = _RUN_OF_TAGS.search(data, pos, pos + size)
            end = pos + size if run is None else run.start()
            held += data[pos:end]
            pos = end
            if run is not None:
                whole = _RUN_OF_TAGS.match(data, pos) or run
                held += _shorten(whole)
                pos = whole.end()
            if len(held) >= size:
                yield held, pos
                held = b""
        yield held, pos


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

    @property
    def full(self) -> bool:
        """Whether the target wants no more of the page."""


_Target = TypeVar("_Target", bound=WatchedTarget)


def parse_guarded(
    html: str,
    open_parser: Callable[[], tuple[FeedParser, _Target]],
    *,
    trusted: bool = True,
) -> tuple[_Target, int | None]:
    """Parse ``html``; return the target that saw it, and where the text was cut, or None.

    It is cut where the target is full, and where nothing else helps. ``open_parser`` returns a new
    parser and its new target. It is called a second time if the page has to be rescued; the first
    target then never sees the end of its page and is dropped. A parser that is not ``trusted`` gets
    rescued pages only: libxml2 before 2.14 is quadratic in the attributes of a tag and in stray
    ``</`` and ``<?``, and drops what follows ``</html>``.
    """
    if trusted:
        page = guard_html(html)
        parser, target = open_parser()
        read = _feed(page, parser, target)
        # of a page given up too: lxml never frees what a parser that is left open has begun
        parser.close()
        if read is not None:
            return target, None if read == len(page.data) else _offset(html, page.data[:read])
    return _parse_rescued(html, *open_parser())


def _feed(page: GuardedPage, parser: FeedParser, target: WatchedTarget) -> int | None:
    """Feed ``page`` and the end tag until the target is full; return how many bytes were read.

    None if the page was given up, or its end was not seen.
    """
    before, read = b"", 0
    for chunk, end in page.chunks():
        if target.full:
            return None if target.ended else read
        parser.feed(chunk)
        if target.depth > page.max_depth:
            return None
        if b">" not in chunk and _is_in_tag_of_too_many_attributes(before, chunk):
            return None
        before, read = chunk, end
    forged = target.ended
    parser.feed(b"<%s>" % END_TAG.encode())
    return len(page.data) if target.ended and not forged else None


def _parse_rescued(html: str, parser: FeedParser, target: _Target) -> tuple[_Target, int | None]:
    source = _to_utf8(html)
    rescue = Rescue(source)
    for piece in rescue.pieces():
        parser.feed(piece)
        if target.full:
            rescue.stop()
    parser.feed(b"<%s>" % END_TAG.encode())
    parser.close()
    if rescue.cut is None:
        return target, None
    return target, _offset(html, source[: rescue.cut])


def _is_in_tag_of_too_many_attributes(before: bytes, chunk: bytes) -> bool:
    """Return whether the tag that goes on between two chunks, if one does, has too many."""
    tag = before.rfind(b"<")
    return tag >= 0 and has_too_many_attributes(before[tag:] + chunk)


def guard_html(html: str) -> GuardedPage:
    """Return ``html`` as UTF-8 with U+FFFD for lone surrogates and without NUL characters.

    Costs little more than the encoding, which the parser would do otherwise.
    """
    data = _to_utf8(html)
    if len(data) <= _COUNTED_BYTES:
        return GuardedPage(data, MAX_DEPTH, False)
    n_tags = data.count(b"<") + 1
    limit = max(_MIN_DEPTH_LIMIT, min(MAX_DEPTH, _MAX_DEPTH_TIMES_TAGS // n_tags))
    return GuardedPage(data, limit, n_tags * _FLOOD_BYTES_A_TAG > len(data))


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


def _offset(html: str, kept: bytes) -> int:
    """Return the offset in ``html`` behind what of it, in UTF-8 without NUL, is ``kept``."""
    offset = len(kept.decode("utf-8", "ignore"))
    for nuls in re.finditer("\0+", html) if "\0" in html else ():
        if nuls.start() > offset:
            break
        offset += len(nuls[0])
    return offset
