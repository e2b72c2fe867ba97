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

_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»」』)\]]*(?:\[\d+\])?$")
_QUOTE_START = re.compile(r"[\"“„«»‚‘「『]")
_DATE = re.compile(
    r"\b(?:19|20)\d\d[-/.年]\s?\d{1,2}|\b\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)?\d\d\b|"
    r"\b\d{1,2}\.?\s(?:de\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s)?(?:19|20)\d\d\b|"
    r"\b[^\W\d_]{3,9}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d\b"
)
_TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2}\s?(?:am|pm|Uhr)\b", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\)\s|\bcopyright\b", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.|\S@\S+\.\w|#\w|^@\w", re.IGNORECASE)
_PRICE = re.compile(
    r"[$€£¥₽₩₺]\s?\d|\d\s?(?:[€£₽₺元円원]|zł|kr\b|euro?s?\b|usd\b|tl\b)", re.IGNORECASE
)
_SEPARATOR = re.compile(r"[|›»→•·←‹<>/]")


@dataclass(slots=True)
class LineMeasures:
    """Measures of one line.

    ``words``: its words (a Chinese, Japanese, Korean or Thai character is one); ``signs``: how
    many signs of each label it holds; ``topics``: how many words on each label's topic;
    ``label``: the kind whose phrases make up the whole line, or None; ``traits``: the names of the
    traits that it has, those of ``docs/labels.md``'s rules.
    """

    words: int
    signs: Counter[Label]
    topics: Counter[Label]
    label: Label | None
    traits: set[str]
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
        traits=_traits(line, words),
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
    traits = set()
    for name, pattern in _PATTERNS:
        if pattern.search(line):
            traits.add(name)
    cased = [
        word for word in line.split() if word[0].isalpha() and word[0].lower() != word[0].upper()
    ]
    capitals = sum(word[0].isupper() for word in cased)
    if len(cased) >= 2 and capitals == len(cased):
        traits.add("title-case")
    if line.isupper():
        traits.add("upper-case")
    digits = sum(word[0].isdigit() for word in words)
    if 2 * digits >= len(words) and digits:
        traits.add("numbers")
    commas = line.count(",") + line.count("，") + line.count("、")
    if commas >= 1:
        traits.add("comma")
    if commas >= 3:
        traits.add("commas")
    if len(_SEPARATOR.findall(line)) >= 2:
        traits.add("separators")
    if line.rstrip().endswith((":", "：")):
        traits.add("colon")
    if line[0].islower():
        traits.add("lower-start")
    return traits


_PATTERNS = (
    ("sentence", _SENTENCE_END),
    ("date", _DATE),
    ("time", _TIME),
    ("copyright", _COPYRIGHT),
    ("address", _ADDRESS),
    ("price", _PRICE),
    ("question", re.compile(r"[?？]")),
    ("exclamation", re.compile(r"[!！]")),
    ("quote", re.compile(r"[\"“”„«»「」『』]")),
    ("quote-start", re.compile(r"^[\"“„«‚‘「『]")),
    ("inner-stop", re.compile(r"[.!?]\s+\S|[。！？]\S")),
    ("brackets", re.compile(r"[()\[\]（）]")),
)
