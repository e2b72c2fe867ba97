"""A line of text → counts and shares, in pure Python: what the heuristic's rules look at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from boilerkit.labels import Label
from boilerkit.wordlists import Hit, PhraseIndex, Strength, split_words

__all__ = ["APPEALS", "LineMeasures", "measure_lines"]

# Kinds that speak to the reader in sentences; the other kinds are mostly a few words.
APPEALS = frozenset(
    [
        Label.DONATION,
        Label.SUBSCRIPTION,
        Label.NEWSLETTER,
        Label.ACCOUNT,
        Label.CONSENT,
        Label.COMMENTS,
    ]
)
# A phrase that must make up a whole line is looked for in lines up to this many words; longer
# menus come as one line a link, longer sentences are no menus.
_MAX_LABEL_WORDS = 12

# One comma is a clause, three are an enumeration; one bar may stand in a title, two make a menu.
_MANY_COMMAS, _MIN_SEPARATORS = 3, 2

_COMMA = re.compile(r"[,，、]")
_SEPARATOR = re.compile(r"[|›»→•·←‹<>/]")
_DATE = (
    r"\b(?:19|20)\d\d[-/.年]\s?\d{1,2}|\b\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)?\d\d\b|"
    r"\b\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s)?(?:19|20)\d\d\b|"
    r"\b[^\W\d_]{3,9}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d\b"
)
_PATTERNS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "sentence": r"[.!?…。！？؟।][\"'”’»」』)\]]*(?:\[\d+\])?$",
        "colon": r"[:：]$",
        "comma": _COMMA.pattern,
        "question": r"[?？]",
        "exclamation": r"[!！]",
        "quote": r"[\"“”„«»「」『』]",
        "quote-start": r"^[\"“„«‚‘「『]",
        "brackets": r"[()\[\]（）]",
        "date": _DATE,
        "time": r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2}\s?(?:am|pm|uhr)\b",
        "copyright": r"©|\(c\)\s|\bcopyright\b",
        "price": r"[$€£¥₽₩₺]\s?\d|\d\s?(?:[€£₽₺元円원]|zł|kr\b|euro?s?\b|usd\b|tl\b)",
    }.items()
}


@dataclass(frozen=True, slots=True)
class LineMeasures:
    """Measures of one line.

    ``words``: its words (a Chinese, Japanese, Korean or Thai character is one); ``signs``: how
    many signs of each label it holds; ``topics``: how many words on each label's topic;
    ``label``: the kind whose phrases make up the whole line, or None; ``traits``: what its
    characters show, by name; ``copies``: how often the document has the line.
    """

    words: int
    signs: Counter[Label]
    topics: Counter[Label]
    label: Label | None
    traits: frozenset[str]
    copies: int


def measure_lines(lines: Sequence[str], index: PhraseIndex) -> list[LineMeasures]:
    """Return the measures of every line."""
    copies = Counter(lines)
    memo: dict[str, LineMeasures] = {}
    measured = []
    for line in lines:
        if line not in memo:
            memo[line] = _measure(line, copies[line], index)
        measured.append(memo[line])
    return measured


_PROSE_STRENGTHS = frozenset([Strength.SIGN, Strength.TOPIC])
_ALL_STRENGTHS = frozenset(Strength)


def _measure(line: str, copies: int, index: PhraseIndex) -> LineMeasures:
    words = split_words(line)
    short = len(words) <= _MAX_LABEL_WORDS
    hits = index.find(words, _ALL_STRENGTHS if short else _PROSE_STRENGTHS)
    return LineMeasures(
        words=len(words),
        signs=_count(hits, Strength.SIGN),
        topics=_count(hits, Strength.TOPIC),
        label=_whole_line_label(words, hits) if short else None,
        traits=frozenset(_traits(line, words)),
        copies=copies,
    )


def _count(hits: Sequence[Hit], strength: Strength) -> Counter[Label]:
    """Count phrases by label; of those that start at one word, only the longest counts."""
    longest: dict[tuple[int, Label], Hit] = {}
    for hit in hits:
        key = (hit.start, hit.label)
        if hit.strength is strength and (key not in longest or hit.end > longest[key].end):
            longest[key] = hit
    return Counter(label for _, label in longest)


def _whole_line_label(words: Sequence[str], hits: Sequence[Hit]) -> Label | None:
    """Return the label with most words in a line that holds nothing but phrases and numbers."""
    covered = {at for at, word in enumerate(words) if word.isdigit()}
    by_label: Counter[Label] = Counter()
    for hit in hits:
        if hit.strength is not Strength.TOPIC:
            covered.update(range(hit.start, hit.end))
            by_label[hit.label] += (hit.end - hit.start) ** 2
    if not by_label or len(covered) < len(words):
        return None
    return by_label.most_common(1)[0][0]


def _traits(line: str, words: Sequence[str]) -> set[str]:
    traits = {name for name, pattern in _PATTERNS.items() if pattern.search(line)}
    traits.update(_case_traits(line))
    digits = sum(word[0].isdigit() for word in words)
    if digits and 2 * digits >= len(words):
        traits.add("numbers")
    if len(_COMMA.findall(line)) >= _MANY_COMMAS:
        traits.add("commas")
    if len(_SEPARATOR.findall(line)) >= _MIN_SEPARATORS:
        traits.add("separators")
    return traits


def _case_traits(line: str) -> set[str]:
    traits = set()
    firsts = [word[0] for word in line.split() if word[0].lower() != word[0].upper()]
    if len(firsts) > 1 and all(first.isupper() for first in firsts):
        traits.add("title-case")
    if line.isupper():
        traits.add("upper-case")
    if line[:1].islower():
        traits.add("lower-start")
    return traits
