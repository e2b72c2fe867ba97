"""The feature columns in words that a person understands, for ``explain``."""

from __future__ import annotations

import re
from functools import lru_cache

from boilerkit.labels import PAGE_TYPES

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
_LEXICON = {
    "signs": "phrases of the word lists",
    "appeal_signs": "phrases that ask or offer something",
    "sign_rate": "phrases of the word lists, by its length",
    "whole_line": "made of phrases of the word lists alone",
    "shared_share": "share of its words that other lines have too",
    "on_topic_share": "share of its words that prose here has too",
    "mean_rarity": "how rare its words are",
    "on_topic_rare": "rare words that prose here has too",
    "on_topic_rare_share": "share of rare words that prose here has too",
    "rare_words": "rare words",
}
_SEGMENTS = {
    "least_odds": "its sentence that is least like content",
    "first_odds": "its first sentence: content words against chrome words",
    "last_odds": "its last sentence: content words against chrome words",
    "segments": "its sentences",
}
_FIRST_PASS = {
    "first_pass": "what a first look made of it",
    "first_pass_fifth": "fifth best line of the page at a first look",
    "content_before": "share of the content words up to it, at a first look",
    "content_words": "content words in the document, at a first look",
}
_WHOLE = _LINE | _PLACE | _MARKUP | _MODELS | _LEXICON | _SEGMENTS | _FIRST_PASS
# Columns with one item a label: what comes before the label's name.
_OF_LABEL = {
    "is": "words typical of {}",
    "most": "its sentence most typical of {}",
    "sign": "phrases that are signs of {}",
    "topic": "words on the topic of {}",
    "whole": "made of phrases of {} alone",
}
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

_FAR_SIDE = {
    "seen": "highest before",
    "seen_lately": "highest shortly before",
    "ahead": "highest after",
    "ahead_soon": "highest shortly after",
}

_FAR = re.compile(rf"(\w+?)_({'|'.join(_FAR_SIDE)})")
_NEIGHBOUR = re.compile(r"(\w+)([+-])(\d)")
_WINDOW = re.compile(r"(\w+)_(win|near)(\d+)")
_LABELLED = re.compile(r"(is|most|sign|topic|whole)_(\w+)")
_SCORE_BOX = re.compile(r"(\w+)_box(\d)")
_NUMBERED = re.compile(r"(\w+)_(\d+)")
_SCORE_SPREAD = re.compile(r"(word_score|name_score|first_pass)(_signature|_page|_max)")


@lru_cache(maxsize=2048)
def describe_column(column: str) -> str:
    """Return a feature column's name in words; what neighbours give is named as theirs.

    Raises KeyError for a name that is no column of :mod:`boilerkit.features`.
    """
    if match := _NEIGHBOUR.fullmatch(column):
        return f"{_neighbour(match[2], match[3])}: {_describe_own(match[1])}"
    if match := _FAR.fullmatch(column):
        return f"{_FAR_SIDE[match[2]]}: {_describe_own(match[1])}"
    if match := _WINDOW.fullmatch(column):
        lines = "1 line" if match[3] == "1" else f"{match[3]} lines"
        by = ", alike" if match[2] == "near" else ""
        return f"up to {lines} around{by}: {_describe_own(match[1])}"
    if match := _SCORE_BOX.fullmatch(column):
        return f"{_container(match[2])}: {_describe_own(match[1])}"
    if match := _SCORE_SPREAD.fullmatch(column):
        return f"{_SPREAD[match[2]]}: {_describe_own(match[1])}"
    return _describe_own(column)


def _describe_own(column: str) -> str:
    if column in _WHOLE:
        return _WHOLE[column]
    if column.startswith("page_"):
        return f"page taken for: {_page_type(column[5:])}"
    if labelled := _LABELLED.fullmatch(column):
        return _OF_LABEL[labelled[1]].format(labelled[2])
    match = _NUMBERED.fullmatch(column)
    if match is None:
        raise KeyError(column)
    if match[1] == "in":
        return f"stands in {_AROUND[int(match[2])]}"
    return f"{_container(match[2])}: {_BOX[match[1]]}"


def _page_type(name: str) -> str:
    if name not in PAGE_TYPES:
        raise KeyError(f"page_{name}")
    return name


def _neighbour(sign: str, distance: str) -> str:
    side = "before" if sign == "-" else "after"
    return f"the line {side}" if distance == "1" else f"the line {distance} {side}"


def _container(level: str) -> str:
    return "its container" if level == "0" else f"the container {level} out"
