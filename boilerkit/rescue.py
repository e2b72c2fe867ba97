"""Rewriting a page that libxml2 cannot be trusted with into plain, closed, bounded markup.

Slow beside the parser, a microsecond a tag, and for few pages: see guard.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["END_TAG", "MAX_ATTRIBUTES", "MAX_DEPTH", "Rescue", "has_too_many_attributes"]

END_TAG = "boilerkit-end"
"""The element that is put behind a page: a target that sees it start has seen the whole page."""

MAX_DEPTH = 256
"""Open elements that a page may have; the deepest of 1,358 pages measured had 56."""

MAX_ATTRIBUTES = 256
"""Attributes that an odd tag keeps; the most that one tag of those pages had was 136."""

# Elements of a rescued page that stay open; html, head, body and one of each opaque kind come on
# top.
_KEPT_DEPTH = MAX_DEPTH - 20


def _names(names: str) -> frozenset[bytes]:
    return frozenset(names.encode().split())


_VOID = _names("area base basefont br col frame hr img input isindex link meta param")
# Void by the HTML standard, but not for libxml2: these must be closed.
_VOID_ONLY_IN_HTML = _names("bgsound embed keygen source track wbr")
_ONCE = _names("html head body")
_RAW_TEXT = _names("script style title textarea xmp iframe noembed noframes")
# Elements that hold no text of the page or hide it: whoever reads the page skips them.
_OPAQUE = _names(
    "svg math select option optgroup datalist object applet audio video canvas template frameset"
)
_IGNORED = _names(f"plaintext {END_TAG}")
_SPECIAL = _VOID | _VOID_ONLY_IN_HTML | _ONCE | _RAW_TEXT | _OPAQUE | _IGNORED
_BLOCKS = _names(
    "address article aside blockquote caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup legend li listing main menu nav "
    "noscript ol p pre search section summary table tbody td tfoot th thead tr ul"
)
# An end tag ends elements up to its own rank only; an inline element has rank 0, and the end of an
# opaque element ends whatever is in it.
_TOP_RANK = 6
_RANKS: dict[bytes, int] = (
    dict.fromkeys(_BLOCKS | _OPAQUE, 1)
    | dict.fromkeys(_names("td th caption"), 2)
    | dict.fromkeys(_names("tr"), 3)
    | dict.fromkeys(_names("tbody thead tfoot"), 4)
    | dict.fromkeys(_names("table"), 5)
)
# The start of the key ends an element of the value that is innermost.
_ENDED_BY_ITSELF = _names("p li dd dt td th tr")
_ENDED_BY_START: dict[bytes, frozenset[bytes]] = (
    dict.fromkeys(_BLOCKS, _names("p"))
    | {b"li": _names("p li")}
    | dict.fromkeys(_names("dd dt"), _names("p dd dt"))
    | dict.fromkeys(_names("td th"), _names("p td th"))
    | dict.fromkeys(_names("tr"), _names("p td th tr"))
    | dict.fromkeys(_names("tbody thead tfoot"), _names("p td th tr tbody thead tfoot"))
)

# Tokens as the HTML standard has them, "~" being its white space. White space or a slash stands
# between two attributes and can be part of neither, so a match that fails has tried every byte a
# bounded number of times; the bounds on repetitions bound its memory.
_NAME = "[A-Za-z][^/>~]*"
_PLAIN_ATTRIBUTE = """[/~]+[^/>="'<~]+(?:[~]*=[~]*(?:"[^"]*"|'[^']*'|[^>="'<`~][^>"'<`~]*))?"""
# An attribute whose quote never ends has no value here; the next one then begins with the quote and
# ends where it would if it had none.
_ATTRIBUTE = """[/~]*([^/>~][^/>=~]*)(?:[~]*=[~]*(?:"([^"]*)"|'([^']*)'|([^>"'~][^>~]*))?)?"""


_BREAK = b"<br>"  # stands for the tags of a block that is too deep
_LESS_THAN = b"<"[0]
_PIECE_BYTES = 32_768


def _compile(pattern: str, flags: int = 0) -> re.Pattern[bytes]:
    return re.compile(pattern.replace("~", r"\t\n\f\r ").encode(), flags)


def _any_of(names: frozenset[bytes]) -> str:
    """Return a pattern for ``names`` that looks at the first letter once."""
    by_letter: dict[str, list[str]] = {}
    for name in sorted(names):
        by_letter.setdefault(name[:1].decode(), []).append(name[1:].decode())
    choices = (f"{letter}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    return f"(?:{'|'.join(choices)})"


_PLAIN_TAG_AND_TEXT = _compile(f"<(/?)({_NAME})(?:{_PLAIN_ATTRIBUTE}){{0,64}}[~]*(/?)>[^<]*")
_PLAIN_STARTS = _compile(
    f"(?:<(?!{_any_of(_SPECIAL)}[/>~]){_NAME}(?:{_PLAIN_ATTRIBUTE}){{0,64}}[~]*>){{1,1000}}",
    re.IGNORECASE,
)
_BLOCK_START = _compile(f"<{_any_of(_BLOCKS)}[/>~]", re.IGNORECASE)
_TEXT = _compile("(?:[^<]+|<(?![A-Za-z/!?])){1,1000}")
_TAG_NAME = _compile(f"<(/?)({_NAME})")
_ONE_ATTRIBUTE = _compile(_ATTRIBUTE)
_MORE_ATTRIBUTES = _compile(f"(?:{_ATTRIBUTE}){{1,1000}}")
_TOO_MANY_ATTRIBUTES = _compile(f"<{_NAME}(?:{_PLAIN_ATTRIBUTE}){{{MAX_ATTRIBUTES + 1}}}")
_TAG_CLOSE = _compile("[/~]*>")
_SOUND_NAME = _compile("[^\"'<=`]+")
_SCRIPT_MARK = _compile("<!(?=--)|-->|</?script(?=[/>~])", re.IGNORECASE)
_COMMENT_END = _compile("--!?>")
_ELEMENT_END = {
    name: _compile(f"</{name.decode()}[/>~]", re.IGNORECASE) for name in _RAW_TEXT | _OPAQUE
}


def has_too_many_attributes(tag: bytes) -> bool:
    """Return whether ``tag`` begins like one with more than :data:`MAX_ATTRIBUTES` attributes."""
    return _TOO_MANY_ATTRIBUTES.match(tag) is not None


def _behind_copies(data: bytes, what: bytes, pos: int) -> int:
    """Return where, from ``pos`` on, ``data`` goes on with something else than ``what``."""
    while data.startswith(what, pos):
        pos += len(what)
    return pos


class Rescue:
    """The text of ``data``, a page in UTF-8, in markup that every parser reads alike.

    - Elements deeper than :data:`MAX_DEPTH` lose their tags; for a block stands a ``<br>``.
    - Attributes of one tag beyond :data:`MAX_ATTRIBUTES` go, and so do comments.
    - End tags go that have no start, or would end a block for the sake of an inline element.
    - What never ends is ended: a comment at once, so that what it swallowed is text again; a
      quoted attribute at the next ``>``; ``title``, ``style`` and their like at the next ``<``. An
      ``svg``, ``select`` or other element whose text is not read loses its start tag instead.
    - A ``script`` without an end, and a tag or declaration without a ``>``, cut the page: ``cut``
      is then the offset, in bytes, at which the text that is kept ends; else None.

    Takes time linear in the input, for whatever input.
    """

    # One page on its way through: the source, what is written of it, and the elements now open.
    # ``_out`` is the end of the new page for the source up to ``_copied``. The tag in hand is the
    # source from ``_at`` to ``_behind``, or ``_plain`` if that is no plain tag.

    def __init__(self, data: bytes) -> None:
        self.cut: int | None = None
        self._stopped = False
        self._data = data
        self._out = bytearray()
        self._copied = self._at = self._behind = 0
        self._plain: bytes | None = None
        self._open: list[bytes] = []
        self._depths: dict[bytes, list[int]] = {}  # at which elements of a name are open
        self._rank_depths: list[list[int]] = [[] for _ in range(_TOP_RANK)]
        self._flattened: dict[bytes, int] = {}  # elements in the innermost one that lost their tags
        self._seen: set[bytes] = set()
        self._opaque_start = 0
        # What is not found once is not to be found further on, and not looked for again.
        self._last_ends: dict[bytes, int] = {}
        self._endless: set[bytes] = set()
        self._scripts_endless = False
        self._comments_end = True
        self._tags_end = True

    def stop(self) -> None:
        """Cut the page behind the pieces so far; the one piece to come ends what is open."""
        self._stopped = True

    def pieces(self) -> Iterator[bytes]:
        """Yield the new page, once; ``cut`` is known behind the last piece."""
        data, match, size = self._data, _PLAIN_TAG_AND_TEXT.match, len(self._data)
        pos, due = 0, _PIECE_BYTES
        while 0 <= pos < size:
            self._at = pos
            if pos >= due and data[pos - 1] != _LESS_THAN:
                due = pos + _PIECE_BYTES
                yield self._take_piece()
                if self._stopped:
                    pos = -1
                    break
            token = match(data, pos)
            if token is None:
                pos = self._read_odd(pos)
                continue
            slash, name, closed = token.groups()
            self._behind = behind = token.end(3) + 1
            if slash:
                self._read_end(name.lower())
                pos = token.end()
            else:
                pos = self._read_start(name.lower(), closed)
                if pos == behind:  # the text behind it is of the token
                    pos = token.end()
        self._finish(None if pos >= 0 else self._at)
        yield bytes(self._out)

    def _take_piece(self) -> bytes:
        """Return what is written for the source up to the tag in hand, but for what may change."""
        self._replace(self._at, self._at, b"")
        piece = bytes(self._out[: -len(_BREAK)])
        del self._out[: len(piece)]
        return piece

    def _finish(self, cut: int | None) -> None:
        size = len(self._data)
        self._replace(size if cut is None else cut, size, b"")
        self._at = size
        self.cut = cut if self._depths.keys().isdisjoint(_OPAQUE) else self._opaque_start
        self._end_elements(0)

    def _replace(self, start: int, end: int, new: bytes) -> None:
        """Write the source up to ``start``, and ``new`` for what follows up to ``end``."""
        out = self._out
        if start > self._copied:
            out += self._data[self._copied : start]
            if out.endswith(b"<"):  # text, not to become the start of a tag
                out[-1:] = b"&lt;"
        elif new == _BREAK and out.endswith(_BREAK):
            new = b""
        out += new
        self._copied = end

    def _drop_tag(self, name: bytes) -> None:
        self._replace(self._at, self._behind, _BREAK if name in _BLOCKS else b"")

    def _keep_tag(self) -> None:
        if self._plain is not None:
            self._replace(self._at, self._behind, self._plain)

    def _read_start(self, name: bytes, closed: bytes) -> int:
        """Take the start tag in hand; return where to go on, or -1 to cut."""
        if closed or name in _SPECIAL:
            return self._read_special(name, closed)
        innermost = self._open[-1] if self._open else b""
        if len(self._open) >= _KEPT_DEPTH:
            self._flatten(name)
        elif innermost == name and name in _ENDED_BY_ITSELF:
            self._replace(self._at, self._at, b"</%s>" % name)
            self._keep_tag()
        else:
            ended = _ENDED_BY_START.get(name, ())
            if innermost in ended:
                depth = len(self._open) - 1
                while depth and self._open[depth - 1] in ended:
                    depth -= 1
                self._end_elements(depth)
            self._push(name)
        return self._behind

    def _flatten(self, name: bytes) -> None:
        """Drop the start tag in hand, and with it all that follow at once."""
        if name in self._depths:
            self._flattened[name] = self._flattened.get(name, 0) + 1
        run = _PLAIN_STARTS.match(self._data, self._behind)
        if run is not None:
            self._behind = run.end()
            if name not in _BLOCKS and _BLOCK_START.search(run[0]):
                self._replace(self._at, self._behind, _BREAK)
                return
        self._drop_tag(name)

    def _read_special(self, name: bytes, closed: bytes) -> int:
        if name in _RAW_TEXT and not closed:
            return self._read_raw_text(name)
        if name in _OPAQUE and not closed:
            self._read_opaque(name)
        elif name in _IGNORED or (name in _ONCE and (closed or self._open or name in self._seen)):
            self._drop_tag(name)
        elif name in _VOID_ONLY_IN_HTML and not closed:
            tag = self._plain or self._data[self._at : self._behind]
            self._replace(self._at, self._behind, tag[:-1] + b" />")
        else:
            self._seen |= _ONCE & {name}
            self._keep_tag()
        return self._behind

    def _read_opaque(self, name: bytes) -> None:
        if name not in self._last_ends:
            ends = (end.start() for end in _ELEMENT_END[name].finditer(self._data))
            self._last_ends[name] = max(ends, default=-1)
        if name in self._depths or self._last_ends[name] < self._at:
            self._drop_tag(name)
            return
        if self._depths.keys().isdisjoint(_OPAQUE):
            self._opaque_start = self._at
        self._push(name)

    def _read_raw_text(self, name: bytes) -> int:
        """Take the start tag in hand and the text up to its end tag, in which is no markup."""
        data, start = self._data, self._behind
        if name == b"script":
            return self._read_script(start)
        self._keep_tag()
        end = None if name in self._endless else _ELEMENT_END[name].search(data, start)
        if end is not None:
            text = data[start : end.start()]
            if b"<" in text and name != b"style":  # older parsers would take it for markup
                self._replace(start, end.start(), text.replace(b"<", b"&lt;"))
            return end.start()
        self._endless.add(name)
        start = _behind_copies(data, data[self._at : start], start)
        stop = data.find(b"<", start)
        if stop < 0:
            stop = len(data)
        self._replace(stop, stop, b"</%s>" % name)
        return stop

    def _read_script(self, start: int) -> int:
        """Take the script that starts at ``start``; return where its end tag is, or -1 to cut."""
        commented = nested = False
        for mark in () if self._scripts_endless else _SCRIPT_MARK.finditer(self._data, start):
            what = mark[0].lower()
            if what == b"<!":
                commented = True
            elif what == b"-->":
                commented = nested = False
            elif what == b"<script":
                nested = commented
            elif nested:
                nested = False
            else:
                self._keep_tag()
                return mark.start()
        # It takes the end tags in it for its own text, or has none.
        self._scripts_endless = True
        end = _ELEMENT_END[b"script"].search(self._data, start)
        if end is None:
            return -1
        self._keep_tag()
        self._replace(start, end.start(), b"")
        return end.start()

    def _read_end(self, name: bytes) -> None:
        """Take the end tag in hand."""
        if self._flattened.get(name):
            self._flattened[name] -= 1
            self._drop_tag(name)
            return
        if not self._open or self._open[-1] != name:
            depths = self._depths.get(name)
            if depths is None or self._is_fenced(name, depths[-1]):
                self._drop_end(name)
                return
            self._end_elements(depths[-1] + 1)
        self._pop()
        self._keep_tag()

    def _drop_end(self, name: bytes) -> None:
        # The first is of an element whose text was read as a whole; html and body stay open.
        if name in _RAW_TEXT or (name == b"head" and not self._open):
            self._keep_tag()
        else:
            self._replace(self._at, self._behind, b"")

    def _is_fenced(self, name: bytes, depth: int) -> bool:
        """Return whether an element that the end of ``name`` cannot end is open below ``depth``."""
        rank = _TOP_RANK if name in _OPAQUE else _RANKS.get(name, 0)
        return any(depths and depths[-1] > depth for depths in self._rank_depths[rank + 1 :])

    def _end_elements(self, depth: int) -> None:
        """Put the end tags of all elements from ``depth`` on before the tag in hand."""
        ends = [b"</%s>" % name for name in reversed(self._open[depth:])]
        self._replace(self._at, self._at, b"".join(ends))
        for _ in ends:
            self._pop()

    def _push(self, name: bytes) -> None:
        depth = len(self._open)
        self._open.append(name)
        depths = self._depths.get(name)
        if depths is None:
            self._depths[name] = [depth]
        else:
            depths.append(depth)
        rank = _RANKS.get(name)
        if rank is not None:
            self._rank_depths[rank].append(depth)
        self._keep_tag()

    def _pop(self) -> None:
        name = self._open.pop()
        depths = self._depths[name]
        depths.pop()
        if not depths:
            del self._depths[name]
        rank = _RANKS.get(name)
        if rank is not None:
            self._rank_depths[rank].pop()
        if self._flattened:
            self._flattened.clear()

    def _read_odd(self, pos: int) -> int:
        """Take what is no plain tag; return where to go on, or -1 to cut."""
        text = _TEXT.match(self._data, pos)
        if text is not None:
            return text.end()
        name = _TAG_NAME.match(self._data, pos)
        if name is not None:
            return self._read_odd_tag(name)
        if self._data.startswith(b"<!--", pos):
            end = self._comment_end(pos + 4)
        else:
            end = self._data.find(b">", pos) + 1
            if end == 0:
                return -1
        self._replace(pos, end, b"")
        return end

    def _comment_end(self, body: int) -> int:
        for end in (b">", b"->"):
            if self._data.startswith(end, body):
                return body + len(end)
        found = _COMMENT_END.search(self._data, body) if self._comments_end else None
        if found is not None:
            return found.end()
        self._comments_end = False
        return _behind_copies(self._data, b"<!--", body)

    def _read_odd_tag(self, tag: re.Match[bytes]) -> int:
        rest, end = self._read_attributes(tag.end()) if self._tags_end else (b"", -1)
        if end < 0:  # its attributes swallow the page up to its end
            self._tags_end = False
            rest, end = b">", self._data.find(b">", tag.end()) + 1
            if end == 0:
                return -1
        slash, name = tag.groups()
        self._behind = end
        if slash:
            self._plain = b"</%s>" % name
            self._read_end(name.lower())
        else:
            self._plain = b"<%s%s" % (name, rest)
            end = self._read_start(name.lower(), b"/" if rest.endswith(b"/>") else b"")
        self._plain = None
        return end

    def _read_attributes(self, pos: int) -> tuple[bytes, int]:
        """Return the rest of a tag as of ``pos``, written plainly, and where it ends, or -1."""
        rest = bytearray()
        for _ in range(MAX_ATTRIBUTES):
            attribute = _ONE_ATTRIBUTE.match(self._data, pos)
            if attribute is None:
                break
            pos = attribute.end()
            name, *values = attribute.groups(b"")
            if _SOUND_NAME.fullmatch(name):
                rest += b' %s="%s"' % (name, b"".join(values).replace(b'"', b"&quot;"))
        while more := _MORE_ATTRIBUTES.match(self._data, pos):
            pos = more.end()
        close = _TAG_CLOSE.match(self._data, pos)
        if close is None:
            return b"", -1
        rest += b"/>" if close[0].endswith(b"/>") else b">"
        return bytes(rest), close.end()
