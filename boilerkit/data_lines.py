"""Prose that stands only in a page's data: JSON-LD and the data scripts of frameworks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["find_data_texts"]

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
_WORD = re.compile(r"\w+")


def find_data_texts(
    scripts: list[tuple[str, str]], meta: Mapping[str, str], visible: list[str]
) -> list[str]:
    """Return texts (plain or HTML) that the page's data holds and its visible lines lack.

    `scripts` are (type or id, JSON source) pairs, `meta` the page's meta tags by lower-case name.
    """
    candidates = list(_linked_data_texts(scripts))
    if _is_shell(visible):
        candidates += _script_prose(scripts)
        candidates += [meta[key] for key in ("og:description", "description") if key in meta][:1]
    prose = [(text, shingles) for text in candidates if (shingles := set(_shingles(text)))]
    words = _WORD.findall("\n".join(visible).lower()) if prose else []
    seen = set(_shingles_of(words))
    found = []
    for text, shingles in prose:
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
    for kind, source in scripts:
        if "ld+json" not in kind.lower():
            for text in _strings(_parse(source)):
                if len(text) >= _MIN_PROSE_CHARS and text.count(" ") >= _MIN_PROSE_SPACES:
                    yield text


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
