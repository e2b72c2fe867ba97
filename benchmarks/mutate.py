"""Inputs that go wrong in the ways that pages, texts and model files go wrong, from a seed.

Every function takes its random numbers from the generator that it is given: the same generator
makes the same input.
"""

from __future__ import annotations

import codecs
import random
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["MAX_BYTES", "make_text", "mutate_page", "mutate_text"]

#: No input made here is longer: what the time limit of small inputs holds for.
MAX_BYTES: Final = 1_000_000

#: A window of a page or text takes the same code in a tenth of the time: most are cut to one.
_WINDOW_SHARE: Final = 0.9
_WINDOW_BYTES: Final = (200, 5_000)
_WINDOW_LINES: Final = (1, 20)
#: Of the repetitions, those that flood: they take most of the time that all take.
_FLOOD_SHARE: Final = 0.05
_MAX_MUTATIONS: Final = 6

PageMutator = Callable[[random.Random, bytes, bytes], bytes]
TextMutator = Callable[[random.Random, str, str], str]

# --- pages -------------------------------------------------------------------------------------

_NAMES: Final = (
    "a abbr article aside b base blockquote body br button canvas caption center cite code col "
    "datalist dd del details dialog div dl dt em embed fieldset figcaption figure font footer form "
    "frameset h1 h2 h6 head header hr html i iframe img input ins label legend li link main map "
    "mark math meta nav noframes noscript object ol optgroup option p picture plaintext pre q rp "
    "rt ruby s script section select slot small span strike strong style sub summary sup svg table "
    "tbody td template textarea tfoot th thead time title tr tt u ul var video wbr x-card xmp"
).split()
_ATTRIBUTES: Final = (
    "",
    " hidden",
    " class=nav",
    ' class="tab-panel share"',
    " style=display:none",
    " style='font-size:0'",
    " aria-hidden=true",
    ' id="S:1f"',
    " href=/a?b=c&d",
    " shadowrootmode=open",
    " start=-3 reversed",
    " colspan=1000000 rowspan=0",
    " type=application/ld+json",
    ' property="og:description" content="One, two, three."',
    ' title="',
    " title='>",
    " =",
    " a=b" * 40,
)
_TOKENS: Final = (
    "<", ">", "</", "/>", "<!--", "-->", "--!>", "<!", "<?", "?>", "<![CDATA[", "]]>", "'", '"',
    "=", "&", "&#", "&#x", "&amp;", "&nbsp;", "&nosuch;", "&#0;", "&#xD800;", "&#x110000;",
    "<!DOCTYPE html>", "<boilerkit-end>", "<script><!--<script>", "</script>", "</style>",
    '<script type="application/ld+json">{"@type":"Article","articleBody":"',
    '<script type="application/json">[["', '"}</script>', "\\u", "\\ud83d", "\\",
    "\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\xa0", "\x85", "\u2028", "\u200b", "\u202e",
    "\ufeff", "\u0301", "\U0001f600", "\x1b", "\x7f", "\ufffe",
)  # fmt: skip
_CHARSETS: Final = (
    "utf-8 utf-16 utf-16be utf-7 latin-1 windows-1251 windows-1255 shift_jis euc-jp iso-2022-jp "
    "gb18030 big5 euc-kr koi8-r x-user-defined nosuch"
).split()
_BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CODECS: Final = (
    "utf-8 utf-16 utf-16-le utf-16-be utf-32 cp1252 cp1251 shift_jis euc_jp iso2022_jp gb18030 "
    "big5 euc_kr koi8_r utf-7"
).split()
_LONE_SURROGATE: Final = b"\xed\xa0\xbd"


def mutate_page(rng: random.Random, page: bytes, other: bytes) -> bytes:
    """Return a page changed in one way or several; `other` is a page to take pieces of."""
    page = _cut_window(rng, page)
    for _ in range(rng.randint(1, _MAX_MUTATIONS)):
        page = rng.choice(_PAGE_MUTATORS)(rng, page, other)[:MAX_BYTES]
    return page


def _cut_window(rng: random.Random, page: bytes) -> bytes:
    if rng.random() >= _WINDOW_SHARE:
        return page
    size = rng.randint(*_WINDOW_BYTES)
    start = rng.randrange(max(1, len(page) - size))
    return page[start : start + size]


def _flip_bytes(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    changed = bytearray(page)
    for _ in range(rng.randint(1, 30) if page else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _insert_tokens(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    for _ in range(rng.randint(1, 8)):
        page = _put(rng, page, rng.choice(_TOKENS).encode() * _few(rng))
    return page


def _insert_tags(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    for _ in range(rng.randint(1, 12)):
        start, stop = _span(rng, page, 4_000)
        name = rng.choice(_NAMES)
        opened = f"<{name}{rng.choice(_ATTRIBUTES)}>".encode()
        closed = rng.choice((f"</{name}>", f"</{rng.choice(_NAMES)}>", "")).encode()
        page = page[:start] + opened + page[start:stop] + closed + page[stop:]
    return page


def _drop_span(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    start, stop = _span(rng, page, 500)
    return page[:start] + page[stop:]


def _drop_mark(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    """Take out one mark that ends something: what it ended goes on."""
    place = page.find(rng.choice((b">", b'"', b"'", b"-->", b"</", b"</script>")), _at(rng, page))
    return page if place < 0 else page[:place] + page[place + 1 :]


def _truncate(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    return page[: _at(rng, page)]


def _nest(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    start, stop = _span(rng, page, 2_000)
    names = rng.choices(_NAMES, k=rng.randint(1, 3))
    depth = _many(rng)
    opened = "".join(f"<{name}>" for name in names).encode() * depth
    closed = "".join(f"</{name}>" for name in reversed(names)).encode() * depth
    return (
        page[:start]
        + opened
        + page[start:stop]
        + (closed if rng.random() < 0.5 else b"")
        + page[stop:]
    )


def _flood_attributes(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    form = rng.choice((" a{}", " a{}='>'", " data-{}=x", ' on{}="x', " class=c{}"))
    flood = "".join(form.format(n) for n in range(_many(rng)))
    return _put(rng, page, f"<{rng.choice(_NAMES)}{flood}>".encode())


def _flood_entities(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    entity = rng.choice(("&amp;", "&#x1F600;", "&nosuch;", "&", "&#", "&notit", "&#99999999999;"))
    return _put(rng, page, entity.encode() * _many(rng))


def _lie_about_charset(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    name = rng.choice(_CHARSETS)
    lie = rng.choice(
        (
            f"<meta charset={name}>",
            f"<meta http-equiv=content-type content='text/html;charset={name}'>",
            f"<?xml version='1.0' encoding='{name}'?>",
        )
    )
    return lie.encode() + page


def _recode(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    if rng.random() < 0.3:
        return rng.choice(_BOMS) + page
    return page.decode("utf-8", "replace").encode(rng.choice(_CODECS), "replace")


def _insert_nuls(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    for _ in range(rng.randint(1, 20)):
        page = _put(rng, page, b"\0" * _few(rng))
    return page


def _insert_surrogates(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    for _ in range(rng.randint(1, 5)):
        page = _put(rng, page, _LONE_SURROGATE * _few(rng))
    return page


def _repeat_span(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    start, stop = _span(rng, page, 3_000)
    return page[:stop] + page[start:stop] * rng.randint(1, 60) + page[stop:]


def _move_span(rng: random.Random, page: bytes, _other: bytes) -> bytes:
    start, stop = _span(rng, page, 3_000)
    return _put(rng, page[:start] + page[stop:], page[start:stop])


def _cross(rng: random.Random, page: bytes, other: bytes) -> bytes:
    start, stop = _span(rng, other, 16_000)
    return page[: _at(rng, page)] + other[start:stop] + page[_at(rng, page) :]


_PAGE_MUTATORS: Final[tuple[PageMutator, ...]] = (
    _flip_bytes,
    _insert_tokens,
    _insert_tags,
    _insert_tags,
    _drop_span,
    _drop_mark,
    _truncate,
    _nest,
    _flood_attributes,
    _flood_entities,
    _lie_about_charset,
    _recode,
    _insert_nuls,
    _insert_surrogates,
    _repeat_span,
    _move_span,
    _cross,
)

# --- texts -------------------------------------------------------------------------------------

_BLANKS: Final = ("", " ", "\t", "\r", "\xa0", "\x0c", "\u2028", "\u200b")
_MARKS: Final = ("- ", "* ", "# ", "> ", "1. ", "| ", "• ", "    ", "\t")
_WORDLESS: Final = ("***", "---", "|---|---|", "```", "}", "•", "…!", "—", "🙂", "\u0301", "\ud83d")
#: Ranges of code points that texts are drawn from, surrogates and unassigned ones among them.
_RANGES: Final = (
    (0x20, 0x7E), (0x00, 0x1F), (0x80, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x6FF),
    (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x3040, 0x30FF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xD800, 0xDFFF), (0xE000, 0xE0FF), (0xFB00, 0xFDFF),
    (0xFF00, 0xFFFF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0xE0000, 0xE01EF),
    (0x10FF00, 0x10FFFF),
)  # fmt: skip


def make_text(rng: random.Random, lines: Sequence[str]) -> str:
    """Return a text of lines of every kind, `lines` among them."""
    makers: tuple[Callable[[], str], ...] = (
        lambda: rng.choice(lines),
        lambda: rng.choice(lines),
        lambda: rng.choice(_MARKS) * rng.randint(1, 3) + rng.choice(lines),
        lambda: rng.choice(_BLANKS) * rng.randint(0, 4),
        lambda: rng.choice(_WORDLESS) * rng.randint(1, 3),
        lambda: _random_line(rng),
        lambda: _cut_words(rng, rng.choice(lines)),
    )
    n_lines = rng.choice((1, 3, 10, 10, 30)) if rng.random() < _WINDOW_SHARE else 100
    made = [rng.choice(makers)() for _ in range(n_lines)]
    return rng.choice(("\n", "\n", "\n\n", "\r\n")).join(made)


def _random_line(rng: random.Random) -> str:
    low, high = rng.choice(_RANGES)
    size = rng.choice((1, 5, 20, 100))
    return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, size)))


def _cut_words(rng: random.Random, line: str) -> str:
    words = line.split() or [""]
    start = rng.randrange(len(words))
    return " ".join(words[start : start + rng.randint(1, 6)])


def mutate_text(rng: random.Random, text: str, other: str) -> str:
    """Return a text changed in one way or several; `other` is a text to take pieces of."""
    if rng.random() < _WINDOW_SHARE:
        text, other = _some_lines(rng, text), _some_lines(rng, other)
    for _ in range(rng.randint(1, _MAX_MUTATIONS)):
        text = rng.choice(_TEXT_MUTATORS)(rng, text, other)
    return text[: MAX_BYTES // 4]


def _some_lines(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    return "\n".join(lines[start : start + rng.randint(*_WINDOW_LINES)])


def _put_characters(rng: random.Random, text: str, _other: str) -> str:
    for _ in range(rng.randint(1, 10)):
        place = _at(rng, text)
        text = text[:place] + _random_line(rng) + text[place + rng.randint(0, 3) :]
    return text


def _put_token(rng: random.Random, text: str, _other: str) -> str:
    place = _at(rng, text)
    return text[:place] + rng.choice(_TOKENS) * _many(rng) + text[place:]


def _change_lines(rng: random.Random, text: str, _other: str) -> str:
    """Repeat, move, join or lay out lines anew."""
    lines = text.split("\n")
    start, stop = sorted((_at(rng, lines), _at(rng, lines)))
    some = lines[start:stop]
    changes: tuple[Callable[[], list[str]], ...] = (
        lambda: some * rng.randint(2, 20),
        lambda: rng.sample(some, len(some)),
        lambda: [" ".join(some)],
        lambda: [word for line in some for word in line.split(" ")],
        lambda: [rng.choice(_MARKS) + line for line in some],
        lambda: [line + part for line in some for part in ("", "\n" * _few(rng))],
    )
    return "\n".join([*lines[:start], *rng.choice(changes)(), *lines[stop:]])


def _cross_texts(rng: random.Random, text: str, other: str) -> str:
    return text[: _at(rng, text)] + other[_at(rng, other) :]


_TEXT_MUTATORS: Final[tuple[TextMutator, ...]] = (
    _put_characters,
    _put_token,
    _change_lines,
    _change_lines,
    _cross_texts,
)

# --- places and numbers ------------------------------------------------------------------------


def _at(rng: random.Random, sequence: Sequence[object]) -> int:
    return rng.randint(0, len(sequence))


def _span(rng: random.Random, data: bytes, size: int) -> tuple[int, int]:
    start = _at(rng, data)
    return start, min(len(data), start + rng.randint(0, size))


def _put(rng: random.Random, page: bytes, piece: bytes) -> bytes:
    place = _at(rng, page)
    return page[:place] + piece + page[place:]


def _few(rng: random.Random) -> int:
    return rng.choice((1, 1, 1, 2, 5))


def _many(rng: random.Random) -> int:
    """Return a number mostly small, now and then one that floods."""
    if rng.random() < _FLOOD_SHARE:
        return rng.choice((2_000, 20_000))
    return rng.choice((1, 3, 10, 10, 50, 50, 200, 300))
