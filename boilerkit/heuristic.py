"""The pure-Python fallback: rules that add up, first for a line alone, then with its neighbours.

The stages are jusText's: measure each line, judge it alone, judge it again by its neighbours. Each
rule that holds for a line adds its weight; a positive total means content. The weights were
fitted on the development pages and lines by logistic regression and rounded to one decimal;
rules that weighed less than 0.2 were left out. Nothing here needs numpy or lxml.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from boilerkit.heuristic_kinds import likeliest_kinds
from boilerkit.heuristic_rules import PageLike, measure_page, page_rules, text_rules
from boilerkit.labels import Label
from boilerkit.measures import measure_lines
from boilerkit.text_lines import fold_line
from boilerkit.wordlists import PhraseIndex, load_wordlists

__all__ = ["CUTS", "REASONS", "HeuristicScore", "score_page", "score_text"]

CUTS: Mapping[str, float] = {"careful": 0.2, "balanced": 0.5, "greedy": 0.7}
"""The score from which a line is content, at each operating point."""

REASONS = (
    "short",
    "prose",
    "shape",
    "wordlist",
    "repeated",
    "links",
    "container",
    "place",
    "neighbours",
)
"""The reason codes, documented in ``docs/labels.md``."""


@dataclass(frozen=True, slots=True)
class HeuristicScore:
    """The heuristic's answer for one line.

    total: sum of the rules' weights, positive for content, unbounded.
    score: the total squeezed into [0, 1]; monotone in it and no probability.
    kind: the likeliest label but ``content``.
    reason: the code in REASONS that weighed most for the decision at ``balanced``.
    """

    total: float
    score: float
    kind: Label
    reason: str


def score_text(lines: Sequence[str]) -> list[HeuristicScore]:
    """Score the lines of a text, folded and each with a word."""
    measures = measure_lines(lines, _phrase_index())
    judged = [_Judged.of(rules, _TEXT_WEIGHTS) for rules in text_rules(measures)]
    words = [line.words for line in measures]
    near = _around(judged, words, _NEAR_LINES)
    far = _around(judged, words, _FAR_LINES)
    kinds = likeliest_kinds(measures)
    scores = []
    for line, beside, region, kind in zip(judged, near, far, kinds, strict=True):
        pull = _TEXT_NEAR * beside + _TEXT_FAR * region
        if line.reasons.get("wordlist", 0.0) <= _OUTSPOKEN:
            pull = min(pull, 0.0)
        scores.append(_score(line, _TEXT_OWN, pull, _TEXT_BASE, kind))
    return scores


def score_page(page: PageLike) -> list[HeuristicScore]:
    """Score all lines of a page."""
    measures = measure_lines([fold_line(text) for text in page.texts], _phrase_index())
    shape = measure_page(page, measures)
    judged = [_Judged.of(rules, _PAGE_WEIGHTS) for rules in page_rules(page, shape, measures)]
    words = [line.words for line in measures]
    near = _around(judged, words, _NEAR_LINES)
    far = _around(judged, words, _FAR_LINES)
    highest = max(_around(judged, words, _HIGHEST_LINES), default=0.0)
    alike = _alike([shape.template[box] for box in page.line_box], judged, words)
    kinds = likeliest_kinds(measures, [shape.around[box] for box in page.line_box])
    scores = []
    for line, beside, region, like, kind in zip(judged, near, far, alike, kinds, strict=True):
        pull = (
            _PAGE_NEAR * beside + _PAGE_FAR * region + _PAGE_ALIKE * like + _PAGE_HIGHEST * highest
        )
        scores.append(_score(line, _PAGE_OWN, pull, _PAGE_BASE, kind))
    return scores


@lru_cache(maxsize=1)
def _phrase_index() -> PhraseIndex:
    return PhraseIndex(load_wordlists())


# --- a line alone -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the rules that hold for a line add up to, by reason and in all."""

    reasons: Mapping[str, float]
    total: float

    @classmethod
    def of(cls, rules: Sequence[str], weights: Mapping[str, float]) -> _Judged:
        reasons: dict[str, float] = {}
        for rule in rules:
            weight = weights.get(rule)
            if weight is not None:
                reason = rule.partition(":")[0]
                reasons[reason] = reasons.get(reason, 0.0) + weight
        return cls(reasons, sum(reasons.values()))


# --- a line among its neighbours ----------------------------------------------------------------

# Lines on either side that count as beside a line, and as its region.
_NEAR_LINES, _FAR_LINES = 2, 7
_HIGHEST_LINES = 3
# A neighbour counts as at most this sure, so that one long paragraph does not decide for all.
_MAX_TOTAL = 4.0
# Weights of the second stage, fitted like the rules'. The base puts `balanced` at a total of 0.
_TEXT_OWN, _TEXT_NEAR, _TEXT_FAR, _TEXT_BASE = 0.8, 0.35, 0.3, 1.2
_PAGE_OWN, _PAGE_NEAR, _PAGE_FAR, _PAGE_ALIKE = 0.57, 0.23, 0.18, 0.3
# Where a page has clear prose, a doubtful line needs more to count as content.
_PAGE_HIGHEST, _PAGE_BASE = -0.5, 1.1
# An appeal stands between paragraphs: what these say for a line does not count when its phrases
# say this much against it.
_OUTSPOKEN = -3.0


def _around(judged: Sequence[_Judged], words: Sequence[int], radius: int) -> list[float]:
    """Return the mean total of up to `radius` lines on either side of each, without itself."""
    sums = [0.0]
    masses = [0.0]
    for line, count in zip(judged, words, strict=True):
        mass = _mass(count)
        sums.append(sums[-1] + mass * _clipped(line))
        masses.append(masses[-1] + mass)
    means = []
    for at, line in enumerate(judged):
        low, high = max(at - radius, 0), min(at + radius + 1, len(judged))
        own = masses[at + 1] - masses[at]
        others = masses[high] - masses[low] - own
        total = sums[high] - sums[low] - own * _clipped(line)
        means.append(total / others if high - low > 1 else 0.0)
    return means


def _alike(
    templates: Sequence[int], judged: Sequence[_Judged], words: Sequence[int]
) -> list[float]:
    """Return the mean total of the lines that the same template prints, itself among them."""
    sums: dict[int, float] = {}
    masses: dict[int, float] = {}
    for template, line, count in zip(templates, judged, words, strict=True):
        mass = _mass(count)
        sums[template] = sums.get(template, 0.0) + mass * _clipped(line)
        masses[template] = masses.get(template, 0.0) + mass
    return [sums[template] / masses[template] for template in templates]


def _mass(words: int) -> float:
    """Return what a line counts among others: long lines more, but not by their length."""
    return math.log1p(words) + 0.01


def _clipped(line: _Judged) -> float:
    return max(-_MAX_TOTAL, min(line.total, _MAX_TOTAL))


def _score(line: _Judged, own: float, pull: float, base: float, kind: Label) -> HeuristicScore:
    total = own * line.total + pull + base
    parts = {reason: own * weight for reason, weight in line.reasons.items()}
    parts["neighbours"] = pull
    sign = 1 if total >= 0 else -1
    reason = max(REASONS, key=lambda reason: sign * parts.get(reason, -math.inf * sign))
    return HeuristicScore(total, _squeeze(total), kind, reason)


def _squeeze(total: float) -> float:
    """Return the logistic function of a total; both branches stay clear of overflow."""
    if total >= 0:
        return 1.0 / (1.0 + math.exp(-total))
    return math.exp(total) / (1.0 + math.exp(total))


# --- the weights of the rules -------------------------------------------------------------------

# Lines with two or three signs of an appeal are too few for a fit: `appeal-2-middle` and `appeal-3`
# of a text are set by hand, from 9 such lines of content to 100 of chrome.
_TEXT_WEIGHTS: Mapping[str, float] = {
    "place:head": -0.8,
    "place:last-lines": -0.3,
    "place:late": -1.3,
    "place:tail": -2.0,
    "prose:<=19": 0.5,
    "prose:<=39": 1.4,
    "prose:>39": 2.9,
    "repeated:line": -1.0,
    "shape:brackets": 0.3,
    "shape:colon": 0.9,
    "shape:comma": 0.3,
    "shape:commas": 0.7,
    "shape:copyright": -1.1,
    "shape:date": -1.1,
    "shape:exclamation": -1.2,
    "shape:numbers": 0.3,
    "shape:price": 0.7,
    "shape:question": -0.6,
    "shape:quote": 0.3,
    "shape:quote-start": 0.7,
    "shape:sentence": 1.1,
    "shape:time": -1.3,
    "shape:title-case": -0.3,
    "shape:upper-case": -0.7,
    "short:<=1": -1.7,
    "short:<=2": -1.3,
    "short:<=4": -0.7,
    "wordlist:appeal-1-long": -1.4,
    "wordlist:appeal-1-middle": -1.9,
    "wordlist:appeal-1-short": -1.8,
    "wordlist:appeal-2-long": -1.2,
    "wordlist:appeal-2-middle": -1.4,
    "wordlist:appeal-2-short": -0.5,
    "wordlist:appeal-3-long": -2.0,
    "wordlist:appeal-3-middle": -2.0,
    "wordlist:appeal-3-short": -2.0,
    "wordlist:other-1-long": -0.7,
    "wordlist:other-1-middle": -1.8,
    "wordlist:other-1-short": -2.5,
    "wordlist:other-2-long": -1.3,
    "wordlist:other-2-middle": -1.0,
    "wordlist:other-2-short": -0.4,
    "wordlist:topic": -1.3,
    "wordlist:topic-and-appeal": -0.7,
    "wordlist:whole-line": -2.8,
}
_PAGE_WEIGHTS: Mapping[str, float] = {
    "container:alike<=2": -0.4,
    "container:around-byline": 0.4,
    "container:around-comments": -0.9,
    "container:around-content": 0.4,
    "container:around-form": -0.4,
    "container:around-related": -0.9,
    "container:in-aside": -1.1,
    "container:in-button": -0.7,
    "container:in-details": 0.3,
    "container:in-figure": -1.2,
    "container:in-footer": -2.6,
    "container:in-form": -2.0,
    "container:in-header": -0.5,
    "container:in-main": 0.5,
    "container:in-nav": -1.3,
    "container:in-pre": 0.4,
    "container:in-quote": 1.0,
    "container:in-table": 1.1,
    "container:many-siblings": 0.5,
    "container:noscript": 1.0,
    "container:own-advertisement": -0.4,
    "container:own-byline": -1.1,
    "container:own-comments": -0.4,
    "container:own-form": -0.4,
    "container:own-frame": -0.5,
    "container:own-navigation": -0.6,
    "container:own-related": -0.2,
    "container:own-social": -0.5,
    "container:prose-0<=0.7": -0.4,
    "container:prose-1<=0": -0.3,
    "container:prose-1<=0.1": -0.3,
    "container:prose-1>0.7": 0.5,
    "container:prose-2<=0.1": -0.4,
    "container:prose-2<=0.4": -0.4,
    "container:tag-div": -0.7,
    "container:tag-h1": -0.7,
    "container:tag-h2": 0.4,
    "container:tag-h4": 0.3,
    "container:tag-other": -0.6,
    "container:tag-section": -0.5,
    "container:tag-td": 0.5,
    "links:<=0.7": -0.3,
    "links:>0.95": -0.4,
    "links:box-0<=0.9": -0.3,
    "links:box-1<=0.25": 0.2,
    "links:box-1<=0.9": -0.3,
    "links:box-1>0.9": -0.3,
    "place:after-main<=20": -0.8,
    "place:after-main<=3": -0.7,
    "place:after-main>20": -0.6,
    "place:before-headline": -2.0,
    "place:before-main<=20": 0.2,
    "place:before-main>20": 0.6,
    "place:end": -1.2,
    "place:main": 1.3,
    "prose:>39": 0.2,
    "repeated:line": -0.3,
    "shape:colon": 0.7,
    "shape:copyright": -0.4,
    "shape:date": -0.4,
    "shape:exclamation": -0.4,
    "shape:lower-start": 0.2,
    "shape:numbers": 0.4,
    "shape:question": -0.2,
    "shape:quote": 0.2,
    "shape:quote-start": -0.3,
    "shape:sentence": 0.5,
    "shape:separators": -0.4,
    "shape:time": -0.2,
    "shape:title-case": 0.3,
    "shape:upper-case": -0.4,
    "short:<=2": -0.5,
    "short:<=4": -0.4,
    "wordlist:appeal-1-long": -0.7,
    "wordlist:appeal-1-middle": -0.6,
    "wordlist:appeal-1-short": -0.5,
    "wordlist:appeal-2-long": -0.5,
    "wordlist:appeal-3-long": -0.6,
    "wordlist:other-1-long": -0.5,
    "wordlist:other-1-middle": -0.6,
    "wordlist:other-1-short": -1.2,
    "wordlist:other-2-long": -0.5,
    "wordlist:other-2-middle": -0.2,
    "wordlist:topic": -0.7,
    "wordlist:topic-and-appeal": -0.5,
    "wordlist:whole-line": -0.6,
}
