"""Prose that stands only in a page's data: JSON-LD and the data scripts of frameworks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["STATE_SCRIPT", "find_data_texts"]

# schema.org properties that hold the text of the thing that the page is about.
_TEXT_KEYS = ("articleBody", "text", "description", "recipeInstructions")
_DESCRIBED = frozenset(
    [
        "Product",
        "ProductGroup",
        "Course",
        "JobPosting",
        "Recipe",
        "Book",
        "Movie",
        "Event",
        "Service",
        "SoftwareApplication",
        "VideoObject",
        "TVSeries",
        "Hotel",
        "Place",
        "Vehicle",
        "LocalBusiness",
        "Dataset",
        "Trip",
    ]
)
_POSTED = frozenset(
    ["DiscussionForumPosting", "SocialMediaPosting", "Comment", "Question", "Answer", "QAPage"]
)
# Below so many words the visible page is taken for a shell that a script fills.
_SHELL_WORDS = 150
_MIN_PROSE_CHARS = 80
_MIN_PROSE_SPACES = 10
_MIN_TEXT_WORDS = 12
_Shingle = tuple[str, str, str, str]
# A text of which so many runs of four words stand in the visible page is there already.
_MAX_SEEN_SHARE = 0.3
_MAX_DEPTH = 40
# What frameworks leave for their scripts: window.__STATE__ = {…}, self.__next_f.push([…]).
STATE_SCRIPT = re.compile(r"(__\w{1,40})[\"']?\]?\s{0,9}(?:=|\.push\()\s{0,9}(?=[{\[])")
_FLIGHT = "__next_f"
_FLIGHT_ROW = re.compile(rb"[0-9a-f]{0,8}:(?:T([0-9a-f]{1,8}),|[A-Z]{0,2})")
_DECODER = json.JSONDecoder(strict=False)
_WORD = re.compile(r"\w+")


def find_data_texts(
    scripts: list[tuple[str, str]], meta: Mapping[str, str], visible: list[str]
) -> list[str]:
    """Return texts (plain or HTML) that the page's data holds and its visible lines lack.

    `scripts` are (type, source) pairs, JSON or JavaScript that holds some; `meta` the page's meta
    tags by lower-case name.
    """
    candidates = list(_linked_data_texts(scripts))
    if _is_shell(visible):
        candidates += _script_prose(scripts)
        candidates += [meta[key] for key in ("og:description", "description") if key in meta][:1]
    seen: set[_Shingle] | None = None
    found = []
    for text in candidates:
        shingles = set(_shingles(text))
        if not shingles:
            continue
        if seen is None:  # most pages have no such text
            seen = set(_shingles_of(_WORD.findall("\n".join(visible).lower())))
        if len(shingles & seen) <= _MAX_SEEN_SHARE * len(shingles):
            found.append(text)
            seen |= shingles
    return found


def _is_shell(visible: list[str]) -> bool:
    n_words = 0
    for line in visible:
        n_words += len(_WORD.findall(line))
        if n_words >= _SHELL_WORDS:
            return False
    return True


def _shingles(text: str) -> Iterable[_Shingle]:
    words = _WORD.findall(re.sub(r"<[^<>]{0,2000}>", " ", text).lower())
    return _shingles_of(words) if len(words) >= _MIN_TEXT_WORDS else ()


def _shingles_of(words: list[str]) -> Iterable[_Shingle]:
    return zip(words, words[1:], words[2:], words[3:], strict=False)


def _linked_data_texts(scripts: list[tuple[str, str]]) -> Iterator[str]:
    for kind, source in scripts:
        if "ld+json" in kind.lower() and any(key in source for key in _TEXT_KEYS):
            for record in _records(_parse(source)):
                yield from _texts_of_record(record)


def _texts_of_record(record: dict[str, Any]) -> Iterator[str]:
    kinds = record.get("@type")
    kinds = {str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])}
    if isinstance(record.get("articleBody"), str):
        yield record["articleBody"]
    if kinds & _POSTED and isinstance(record.get("text"), str):
        yield record["text"]
    if kinds & _DESCRIBED and isinstance(record.get("description"), str):
        yield record["description"]


def _script_prose(scripts: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the long prose strings of data scripts, in order."""
    for value in _script_values(scripts):
        for text in _strings(value):
            is_code = "{" in text and ";" in text
            if (
                len(text) >= _MIN_PROSE_CHARS
                and text.count(" ") >= _MIN_PROSE_SPACES
                and not is_code
            ):
                yield text


def _script_values(scripts: list[tuple[str, str]]) -> Iterator[Any]:
    stream: list[str] = []
    for kind, source in scripts:
        if "json" in kind.lower():
            if "ld+json" not in kind.lower():
                yield _parse(source)
        else:
            for name, value in _assigned_values(source):
                if name == _FLIGHT:
                    stream += [part for part in value if isinstance(part, str)]
                else:
                    yield value
    yield from _flight_values("".join(stream))


def _assigned_values(source: str) -> Iterator[tuple[str, Any]]:
    """Yield the names and JSON literals that a script assigns or pushes to ``__NAME``."""
    position = 0
    while match := STATE_SCRIPT.search(source, position):
        position = match.end()
        try:
            value, position = _DECODER.raw_decode(source, position)
        except (ValueError, RecursionError):
            continue  # JavaScript that is no JSON
        yield match[1], value


def _flight_values(stream: str) -> Iterator[Any]:
    """Yield the values of React's stream of rows: ``ID:JSON`` and a newline, or ``ID:Tn,`` before a
    text of n (hexadecimal) bytes."""
    data = stream.encode("utf-8", "surrogatepass")
    position = 0
    while match := _FLIGHT_ROW.match(data, position):
        if match[1] is None:
            end = data.find(b"\n", match.end())
            end = len(data) if end < 0 else end
            yield _parse(data[match.end() : end].decode("utf-8", "replace"))
            position = end + 1
        else:
            position = match.end() + int(match[1], 16)
            yield data[match.end() : position].decode("utf-8", "replace")


def _parse(source: str) -> Any:
    try:
        return json.loads(source, strict=False)
    except (ValueError, RecursionError):
        return None  # a broken script says nothing, as in a browser


def _records(value: Any) -> Iterator[dict[str, Any]]:
    for item in _walk(value):
        if isinstance(item, dict):
            yield item


def _strings(value: Any) -> Iterator[str]:
    for item in _walk(value):
        if isinstance(item, str):
            yield item


def _walk(value: Any) -> Iterator[Any]:
    """Yield every value in document order, without recursion."""
    pending = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        yield item
        if depth < _MAX_DEPTH:
            children = item.values() if isinstance(item, dict) else item
            if isinstance(item, (dict, list)):
                pending.extend((child, depth + 1) for child in reversed(list(children)))
