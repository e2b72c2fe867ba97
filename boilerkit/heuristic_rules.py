"""Which of the heuristic's rules hold for a line; a rule is named ``REASON:RULE``.

The rules only state facts; what each weighs stands in heuristic.py. Nothing here needs more than
the standard library: a page comes in as columns, see :class:`PageLike`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from boilerkit.labels import Label
from boilerkit.measures import APPEALS, LineMeasures

__all__ = ["NAME_KINDS", "PageLike", "PageShape", "measure_page", "page_rules", "text_rules"]


class PageLike(Protocol):
    """The columns of a page that the rules read; see ``html_lines.PageLines``."""

    @property
    def texts(self) -> Sequence[str]:
        """The text of each line."""

    @property
    def link_chars(self) -> Sequence[int]:
        """Characters of each line, spaces left out, that stand in links."""

    @property
    def line_box(self) -> Sequence[int]:
        """The innermost block element of each line."""

    @property
    def line_inline(self) -> Sequence[str]:
        """Class names of the inline elements of each line."""

    @property
    def source(self) -> Sequence[int]:
        """Where each line stands: 0 visible, 1 ``<noscript>``, 2 the page's data."""

    @property
    def box_tag(self) -> Sequence[str]:
        """The element name of each box; box 0 is the root."""

    @property
    def box_class(self) -> Sequence[str]:
        """The class attribute of each box."""

    @property
    def box_names(self) -> Sequence[str]:
        """Class, id, role and itemprop of each box."""

    @property
    def box_parent(self) -> Sequence[int]:
        """The parent of each box, which comes before it."""

    @property
    def box_first(self) -> Sequence[int]:
        """The first line in each box."""

    @property
    def box_end(self) -> Sequence[int]:
        """One past the last line in each box."""


# --- what a line says by itself -----------------------------------------------------------------

# Upper ends of the steps of length in words: a label, a menu item, a heading, a short sentence,
# a sentence, a paragraph.
_LENGTH_STEPS = (1, 2, 4, 9, 19, 39)
# From this step on a line is rather prose than furniture, which gives the rule its reason.
_PROSE_WORDS = 10
# A phrase says more in a short line: sizes of a line that holds one.
_SHORT_LINE_WORDS, _LONG_LINE_WORDS = 12, 30
_MAX_APPEAL_SIGNS, _MAX_OTHER_SIGNS = 3, 2
# A line is on an appeal's topic when it holds this many of its words and one in ten is one.
_MIN_TOPIC_WORDS, _MIN_TOPIC_SHARE = 2, 0.1


def _line_rules(line: LineMeasures) -> list[str]:
    rules = [_length_rule(line.words)]
    rules += [f"shape:{trait}" for trait in line.traits]
    rules += _wordlist_rules(line)
    if line.copies > 1:
        rules.append("repeated:line")
    return rules


def _length_rule(words: int) -> str:
    reason = "short" if words < _PROSE_WORDS else "prose"
    return f"{reason}:{_step(words, _LENGTH_STEPS)}"


def _step(value: float, ends: Sequence[float]) -> str:
    """Return the step that a value falls on: ``<=END`` or ``>LAST END``."""
    for end in ends:
        if value <= end:
            return f"<={end:g}"
    return f">{ends[-1]:g}"


def _wordlist_rules(line: LineMeasures) -> list[str]:
    rules = []
    size = _size(line.words)
    appeals = max((n for label, n in line.signs.items() if label in APPEALS), default=0)
    others = max((n for label, n in line.signs.items() if label not in APPEALS), default=0)
    rules += [f"wordlist:appeal-{n}-{size}" for n in range(1, min(appeals, _MAX_APPEAL_SIGNS) + 1)]
    rules += [f"wordlist:other-{n}-{size}" for n in range(1, min(others, _MAX_OTHER_SIGNS) + 1)]
    if line.label is not None:
        rules.append("wordlist:whole-line")
    topic = max(line.topics.values(), default=0)
    if topic >= max(_MIN_TOPIC_WORDS, _MIN_TOPIC_SHARE * line.words):
        rules.append("wordlist:topic")
        if appeals:
            rules.append("wordlist:topic-and-appeal")
    return rules


def _size(words: int) -> str:
    if words < _SHORT_LINE_WORDS:
        return "short"
    return "middle" if words < _LONG_LINE_WORDS else "long"


# --- where a line stands in a text --------------------------------------------------------------

# The parts of a text where menus and footers of a dump stand.
_HEAD_SHARE, _TAIL_SHARE, _LATE_SHARE = 0.05, 0.9, 0.75
_EDGE_LINES = 2


def text_rules(lines: Sequence[LineMeasures]) -> list[list[str]]:
    """Return the rules that hold for each line of a text."""
    rules = [_line_rules(line) for line in lines]
    n = len(lines)
    for at, held in enumerate(rules):
        if _EDGE_LINES <= at < _HEAD_SHARE * n:
            held.append("place:head")
        if at >= n - _EDGE_LINES:
            held.append("place:last-lines")
        if at >= _TAIL_SHARE * n:
            held.append("place:tail")
        elif at >= _LATE_SHARE * n:
            held.append("place:late")
    return rules


# --- where a line stands in a page --------------------------------------------------------------

_NAME_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Words of class names and ids by what they are the name of; CSS frameworks and content management
# systems agree on these.
_NAME_WORDS = {
    "content": "article entry story prose markdown richtext wysiwyg rte paragraph articlebody",
    "navigation": "nav navigation navbar navi menu menus submenu breadcrumb breadcrumbs pagination "
    "pager paging tab tabs toc sitemap toolbar topbar skip categories category tags tag tagcloud "
    "dropdown",
    "frame": "footer header sidebar aside masthead banner widget widgets bottom copyright colophon "
    "rail foot topnav",
    "related": "related recommend recommended recommendations popular trending latest recent more "
    "read teaser teasers promo promoted outbrain taboola carousel suggested similar upsell "
    "featured also",
    "social": "social share sharing follow facebook twitter addthis sharedaddy sociable",
    "comments": "comment comments commentlist disqus reply respond replies",
    "form": "form search login signup subscribe subscription newsletter cookie consent gdpr modal "
    "popup overlay account cart price paywall donate donation register button btn input dialog "
    "alert",
    "advertisement": "ad ads advert advertisement sponsor sponsored adsense advertising dfp",
    "byline": "meta byline author date time published timestamp info credit caption bio avatar "
    "rating ratings user username",
}
_CATEGORY_OF = {word: name for name, words in _NAME_WORDS.items() for word in words.split()}
NAME_KINDS = {
    label.value: label
    for label in (
        Label.NAVIGATION,
        Label.RELATED,
        Label.SOCIAL,
        Label.COMMENTS,
        Label.ADVERTISEMENT,
        Label.BYLINE,
    )
}
"""Categories of class names that say what kind of chrome a line is."""

_AROUND_TAGS = {
    tag: name
    for name, tags in {
        "nav": "nav menu",
        "header": "header",
        "footer": "footer",
        "aside": "aside",
        "article": "article",
        "main": "main",
        "form": "form fieldset label",
        "button": "button",
        "list": "ul ol",
        "table": "table",
        "figure": "figure figcaption caption",
        "quote": "blockquote",
        "details": "details",
        "pre": "pre",
    }.items()
    for tag in tags.split()
}
_OWN_TAGS = frozenset(["p", "h1", "h2", "h3", "h4", "li", "td", "div", "section"])
_LINK_STEPS = (0.02, 0.3, 0.7, 0.95)
_PROSE_STEPS = (0, 0.1, 0.4, 0.7)
_BOX_LINK_STEPS = (0.05, 0.25, 0.6, 0.9)
_DISTANCE_STEPS = (3, 20)
_ALIKE_STEPS = (2, 5, 12, 25)
# Share of the page's prose that its main box holds at least: less than all, so that a few lines in
# a footer do not make the whole page the main box.
_MAIN_PROSE_SHARE = 0.6
_MIN_PROSE_WORDS, _MIN_UNSTOPPED_PROSE_WORDS, _MAX_PROSE_LINK_SHARE = 12, 25, 0.5
_END_SHARE = 0.95
_MANY_SIBLINGS = 10
_NOSCRIPT = 1


@dataclass(frozen=True, slots=True)
class PageShape:
    """What the boxes of a page hold.

    ``link_share``: one item a line. The others have one item a box: ``prose_share`` of the page's
    prose, ``box_link_share``, ``larger`` (the nearest box around with more lines), ``around`` (the
    names of tags and class words from the root down to the box) and ``template`` (boxes that one
    template prints share a number). ``main`` is the smallest box with most of the prose.
    """

    link_share: list[float]
    prose_share: list[float]
    box_link_share: list[float]
    larger: list[int]
    around: list[frozenset[str]]
    siblings: list[int]
    template: list[int]
    main: int


def measure_page(page: PageLike, lines: Sequence[LineMeasures]) -> PageShape:
    """Return the shape of a page; `lines` are the measures of its lines."""
    link_share = [
        min(linked / max(len(text) - text.count(" "), 1), 1.0)
        for text, linked in zip(page.texts, page.link_chars, strict=True)
    ]
    prose = [_prose_words(line, share) for line, share in zip(lines, link_share, strict=True)]
    words = _box_sums(page, [line.words for line in lines])
    linked_words = _box_sums(
        page, [line.words * share for line, share in zip(lines, link_share, strict=True)]
    )
    box_prose = _box_sums(page, prose)
    sizes = [end - first for first, end in zip(page.box_first, page.box_end, strict=True)]
    total = max(sum(prose), 1)
    kinds = list(zip(page.box_parent, page.box_tag, page.box_class, strict=True))
    counts = Counter(kinds)
    return PageShape(
        link_share=link_share,
        prose_share=[amount / total for amount in box_prose],
        box_link_share=[
            part / max(whole, 1) for part, whole in zip(linked_words, words, strict=True)
        ],
        larger=_larger_boxes(page, sizes),
        around=_names_around(page),
        siblings=[counts[kind] for kind in kinds],
        template=_templates(page),
        main=min(
            (box for box, amount in enumerate(box_prose) if amount >= _MAIN_PROSE_SHARE * total),
            key=lambda box: (sizes[box], -box),
            default=0,
        ),
    )


def _prose_words(line: LineMeasures, link_share: float) -> int:
    """Return the line's words if it is a sentence or paragraph that is no link, else 0."""
    enough = _MIN_PROSE_WORDS if "sentence" in line.traits else _MIN_UNSTOPPED_PROSE_WORDS
    return line.words if line.words >= enough and link_share < _MAX_PROSE_LINK_SHARE else 0


def _box_sums(page: PageLike, column: Sequence[float]) -> list[float]:
    sums = [0.0, *accumulate(column)]
    return [
        sums[end] - sums[first] for first, end in zip(page.box_first, page.box_end, strict=True)
    ]


def _larger_boxes(page: PageLike, sizes: Sequence[int]) -> list[int]:
    larger: list[int] = []
    for box, parent in enumerate(page.box_parent):
        larger.append(0 if box == 0 else parent if sizes[parent] > sizes[box] else larger[parent])
    return larger


def _names_around(page: PageLike) -> list[frozenset[str]]:
    """Return for each box the tags (``in-nav``) and names (``around-form``) from the root to it."""
    categorise = _name_categories()
    around: list[frozenset[str]] = [frozenset()]
    for box in range(1, len(page.box_tag)):
        names = {f"around-{category}" for category in categorise(page.box_names[box])}
        tag = _AROUND_TAGS.get(page.box_tag[box])
        if tag is not None:
            names.add(f"in-{tag}")
        outer = around[page.box_parent[box]]
        around.append(outer if names <= outer else outer | names)
    return around


def _name_categories() -> Callable[[str], frozenset[str]]:
    """Return a function from class names to categories that reads each string once a page."""
    memo: dict[str, frozenset[str]] = {}

    def categorise(names: str) -> frozenset[str]:
        if names not in memo:
            words = (word.lower() for word in _NAME_WORD.findall(names))
            memo[names] = frozenset(_CATEGORY_OF[word] for word in words if word in _CATEGORY_OF)
        return memo[names]

    return categorise


def _templates(page: PageLike) -> list[int]:
    """Number the boxes by tag and class of themselves and their parents."""
    numbers: dict[tuple[str, str, str, str], int] = {}
    templates = []
    for box, parent in enumerate(page.box_parent):
        key = (page.box_tag[parent], page.box_class[parent], page.box_tag[box], page.box_class[box])
        templates.append(numbers.setdefault(key, len(numbers)))
    return templates


def page_rules(page: PageLike, shape: PageShape, lines: Sequence[LineMeasures]) -> list[list[str]]:
    """Return the rules that hold for each line of a page."""
    rules = [_line_rules(line) for line in lines]
    categorise = _name_categories()
    for at, held in enumerate(rules):
        box = page.line_box[at]
        held.append(f"links:{_step(shape.link_share[at], _LINK_STEPS)}")
        held.extend(f"container:{name}" for name in shape.around[box])
        own = categorise(page.box_names[box]) | categorise(page.line_inline[at])
        held.extend(f"container:own-{category}" for category in own)
        tag = page.box_tag[box]
        held.append(f"container:tag-{tag if tag in _OWN_TAGS else 'other'}")
        held.extend(_box_rules(shape, box))
        if page.source[at] == _NOSCRIPT:
            held.append("container:noscript")
    _add_place_rules(page, shape, rules)
    _add_template_rules(page, shape, lines, rules)
    return rules


def _box_rules(shape: PageShape, box: int) -> list[str]:
    rules = []
    for level in range(3):
        rules.append(f"container:prose-{level}{_step(shape.prose_share[box], _PROSE_STEPS)}")
        if level < 2:
            rules.append(f"links:box-{level}{_step(shape.box_link_share[box], _BOX_LINK_STEPS)}")
        box = shape.larger[box]
    return rules


def _add_place_rules(page: PageLike, shape: PageShape, rules: Sequence[list[str]]) -> None:
    first, end = page.box_first[shape.main], page.box_end[shape.main]
    headline = next((at for at, box in enumerate(page.line_box) if page.box_tag[box] == "h1"), None)
    for at, held in enumerate(rules):
        if at < first:
            held.append(f"place:before-main{_step(first - at, _DISTANCE_STEPS)}")
        elif at >= end:
            held.append(f"place:after-main{_step(at - end + 1, _DISTANCE_STEPS)}")
        else:
            held.append("place:main")
        if headline is not None and at < headline:
            held.append("place:before-headline")
        if at >= _END_SHARE * len(rules):
            held.append("place:end")


def _add_template_rules(
    page: PageLike, shape: PageShape, lines: Sequence[LineMeasures], rules: Sequence[list[str]]
) -> None:
    """Add what lines in like markup have in common: one teaser tells about all teasers."""
    count: Counter[int] = Counter()
    words: Counter[int] = Counter()
    for box, line in zip(page.line_box, lines, strict=True):
        count[shape.template[box]] += 1
        words[shape.template[box]] += line.words
    for box, held in zip(page.line_box, rules, strict=True):
        template = shape.template[box]
        held.append(f"container:alike{_step(words[template] / count[template], _ALIKE_STEPS)}")
        if shape.siblings[box] > _MANY_SIBLINGS:
            held.append("container:many-siblings")
