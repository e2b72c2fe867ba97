"""The feature columns in words that a person understands, for ``explain``."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["describe_column"]

_LINE = {
    "log_chars": "characters in the line",
    "log_words": "words in the line",
    "mean_word_chars": "length of its words",
    "upper_share": "share of capital letters",
    "digit_share": "share of digits",
    "stop_count": "full stops",
    "bang_count": "exclamation and question marks",
    "comma_rate": "commas a word",
    "colon_count": "colons",
    "quote_count": "quotation marks",
    "currency_count": "currency signs",
    "dash_count": "dashes and bullets",
    "bar_count": "bars, slashes and arrows",
    "at_count": "signs @ # & = _",
    "bracket_count": "brackets",
    "other_count": "other signs",
    "cjk_share": "share of Chinese, Japanese, Korean and Thai characters",
    "first_class": "kind of its first character",
    "last_class": "kind of its last character",
    "capital_share": "share of words with a capital",
    "short_word_share": "share of words of 1 to 3 letters",
    "long_word_share": "share of words of 10 letters or more",
    "number_share": "share of numbers among its words",
    "known_share": "share of its words that stand in the document again",
    "copies": "copies of the line in the document",
}
_PLACE = {
    "position": "place in the document, counted in lines",
    "word_position": "place in the document, counted in words",
    "lines_before": "lines before it",
    "lines_after": "lines after it",
    "log_lines": "lines in the document",
    "lines_on_page": "lines on the page",
    "words_on_page": "words on the page",
    "after_h1": "place before or after the first <h1>",
}
_MARKUP = {
    "link_share": "share of its characters in links",
    "links": "links in the line",
    "depth": "depth in the page's structure",
    "tag": "tag of its element",
    "hidden": "hidden at first, revealed by the page",
    "noscript": "stands in <noscript>",
    "data": "stands only in the page's data",
    "images_near": "images in front of it",
    "title_overlap": "share of its words in the page's title",
    "signature_lines": "lines in like markup: how many",
    "signature_words": "lines in like markup: words",
    "signature_link_share": "lines in like markup: share in links",
}
# What the linear models over hashed words and class names give.
_MODELS = {
    "word_odds": "content words against chrome words",
    "odds": "content words against chrome words, unweighted",
    "page_odds": "whole document: content words against chrome words",
    "word_score": "content words against chrome words",
    "name_score": "content class names and ids against chrome ones",
}
_WHOLE = _LINE | _PLACE | _MARKUP | _MODELS
_BOX = {
    "box_lines": "lines",
    "box_words": "words",
    "box_link_share": "share in links",
    "box_word_share": "share of the page's words",
    "box_long_share": "share of long lines",
    "siblings": "containers like it beside it",
    "place_in_box": "the line's place in it",
}
# In the order of the flag columns ``in_0``, ``in_1``, … of html_features.py.
_AROUND = (
    "<nav> or <menu>",
    "<header>",
    "<footer>",
    "<aside>",
    "<article>",
    "<main>",
    "<form>, <fieldset>, <label> or <button>",
    "<ul> or <ol>",
    "<table>",
    "<section>",
    "<figure>, <figcaption> or <caption>",
    "<blockquote>",
    "a heading",
    "<dl>",
    "<dialog> or <details>",
    "<pre>",
)
_SPREAD = {
    "_signature": "lines in like markup",
    "_page": "whole page",
    "_max": "highest on the page",
}

_NEIGHBOUR = re.compile(r"(\w+)([+-])(\d)")
_WINDOW = re.compile(r"(\w+)_win(\d+)")
_SCORE_BOX = re.compile(r"(\w+)_box(\d)")
_NUMBERED = re.compile(r"(\w+)_(\d+)")
_SCORE_SPREAD = re.compile(r"((?:word|name)_score)(_signature|_page|_max)")


@lru_cache(maxsize=2048)
def describe_column(column: str) -> str:
    """Return a feature column's name in words; what neighbours give is named as theirs.

    Raises KeyError for a name that is no column of :mod:`boilerkit.features`.
    """
    if match := _NEIGHBOUR.fullmatch(column):
        return f"{_neighbour(match[2], match[3])}: {_describe_own(match[1])}"
    if match := _WINDOW.fullmatch(column):
        lines = "1 line" if match[2] == "1" else f"{match[2]} lines"
        return f"up to {lines} around: {_describe_own(match[1])}"
    if match := _SCORE_BOX.fullmatch(column):
        return f"{_container(match[2])}: {_describe_own(match[1])}"
    if match := _SCORE_SPREAD.fullmatch(column):
        return f"{_SPREAD[match[2]]}: {_describe_own(match[1])}"
    return _describe_own(column)


def _describe_own(column: str) -> str:
    if column in _WHOLE:
        return _WHOLE[column]
    if column.startswith("is_"):
        return f"words typical of {column[3:]}"
    match = _NUMBERED.fullmatch(column)
    if match is None:
        raise KeyError(column)
    if match[1] == "in":
        return f"stands in {_AROUND[int(match[2])]}"
    return f"{_container(match[2])}: {_BOX[match[1]]}"


def _neighbour(sign: str, distance: str) -> str:
    side = "before" if sign == "-" else "after"
    return f"the line {side}" if distance == "1" else f"the line {distance} {side}"


def _container(level: str) -> str:
    return "its container" if level == "0" else f"the container {level} out"
