"""Which kind of chrome a line most likely is, by its phrases, its place and the lines around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from boilerkit.heuristic_rules import NAME_KINDS
from boilerkit.labels import CHROME_LABELS, Label
from boilerkit.measures import LineMeasures

__all__ = ["likeliest_kinds"]

Evidence = dict[Label, float]

# What each clue adds for a kind, chosen on the development lines. A phrase says more about the
# kind of a sentence than of a label, whose words many kinds share.
_WHOLE_LINE, _TOPIC = 1.0, 0.2
_SIGN_IN_LABEL, _SIGN_IN_SENTENCE = 0.75, 1.4
_MAX_SIGNS, _MAX_TOPICS = 4, 5
_MIN_SENTENCE_WORDS = 12
# Dates, times and bars tell the kind of a short line only: prose holds them too.
_MAX_SHORT_WORDS = 16
_TRAIT_KINDS = {
    "copyright": (Label.LEGAL, 2.0),
    "date": (Label.BYLINE, 0.6),
    "time": (Label.BYLINE, 2.0),
    "separators": (Label.NAVIGATION, 0.4),
}
_NAME_EVIDENCE = 1.0
_AROUND_KINDS = {
    "in-nav": (Label.NAVIGATION, 1.0),
    "in-footer": (Label.NAVIGATION, 0.4),
    "in-header": (Label.NAVIGATION, 0.4),
    "in-aside": (Label.RELATED, 0.4),
    "in-form": (Label.INTERFACE, 0.8),
    "in-button": (Label.INTERFACE, 0.6),
}
# With no clue at all: a few words are a menu item, a sentence a teaser of another page, a paragraph
# the promotion of something.
_MAX_MENU_WORDS, _MAX_TEASER_WORDS = 5, 30
_DEFAULT = 0.3
# What the next line and the one after it add: kinds stand in runs, under a heading of their kind.
_NEIGHBOUR_SHARES = {-2: 0.1, -1: 0.15, 1: 0.15, 2: 0.1}


def likeliest_kinds(
    lines: Sequence[LineMeasures], around: Sequence[Collection[str]] | None = None
) -> list[Label]:
    """Return the likeliest chrome label of each line.

    `around` holds for each line of a page the names of ``PageShape.around``; None for a text.
    """
    own = [_evidence(line) for line in lines]
    if around is not None:
        for evidence, names in zip(own, around, strict=True):
            _add_names(evidence, names)
    kinds = []
    for at, line in enumerate(lines):
        evidence = dict(own[at])
        for step, share in _NEIGHBOUR_SHARES.items():
            if 0 <= at + step < len(own):
                for label, amount in own[at + step].items():
                    evidence[label] = evidence.get(label, 0.0) + share * amount
        default = _default_kind(line.words)
        evidence[default] = evidence.get(default, 0.0) + _DEFAULT
        kinds.append(max(CHROME_LABELS, key=lambda label: evidence.get(label, 0.0)))
    return kinds


def _default_kind(words: int) -> Label:
    if words <= _MAX_MENU_WORDS:
        return Label.NAVIGATION
    return Label.RELATED if words < _MAX_TEASER_WORDS else Label.ADVERTISEMENT


def _evidence(line: LineMeasures) -> Evidence:
    evidence: Evidence = {}
    weight = _SIGN_IN_SENTENCE if line.words >= _MIN_SENTENCE_WORDS else _SIGN_IN_LABEL
    for label, count in line.signs.items():
        evidence[label] = weight * min(count, _MAX_SIGNS)
    for label, count in line.topics.items():
        evidence[label] = evidence.get(label, 0.0) + _TOPIC * min(count, _MAX_TOPICS)
    if line.label is not None:
        evidence[line.label] = evidence.get(line.label, 0.0) + _WHOLE_LINE
    if line.words <= _MAX_SHORT_WORDS:
        for trait, (label, amount) in _TRAIT_KINDS.items():
            if trait in line.traits:
                evidence[label] = evidence.get(label, 0.0) + amount
    return evidence


def _add_names(evidence: Evidence, names: Collection[str]) -> None:
    for name in names:
        category = name.partition("around-")[2]
        clue = _AROUND_KINDS.get(name)
        if category in NAME_KINDS:
            clue = (NAME_KINDS[category], _NAME_EVIDENCE)
        if clue is not None:
            label, amount = clue
            evidence[label] = evidence.get(label, 0.0) + amount
