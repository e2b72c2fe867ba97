"""The word lists of the heuristic: phrases that lines of each kind use, in sixteen languages.

Each file ``wordlists/LABEL.txt`` holds lines ``lang<TAB>phrase``. A phrase is one or more words in
lower case. A mark in front says how strong it is, a ``*`` at its end that the last word is a stem:

    en<TAB>support our journalism    a sign of the label wherever it stands in a line
    en<TAB>=donate                   a sign only where a short line is made of such phrases
    en<TAB>~donat*                   the topic: supports a sign, decides nothing alone

``wordlists/concepts.txt``, which the trained model alone reads, says what single words express in
any of more languages: ``lang<TAB>concept<TAB>phrase, phrase``. Nothing tells there which language
a text is in, so words of up to three letters, which mean something else in the next one, are
left out, but for scripts without spaces.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

from boilerkit.labels import CHROME_LABELS, Label

__all__ = [
    "CONCEPTS",
    "LANGUAGES",
    "Hit",
    "PhraseIndex",
    "Strength",
    "WordList",
    "load_concepts",
    "load_wordlists",
    "split_words",
]

LANGUAGES = tuple(
    ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "sv", "da", "no", "ja", "ko", "zh", "tr"]
)

CONCEPTS = tuple(
    """
    give support contribute help fund small independent journalism reader you we i subscribe
    member premium trial cancel price free period offer newsletter email signup login account
    password comment post share follow app cookie advert read article content unlock mission
    thanks please if now join community receive news shop rights click like without only
    organisation they said past official number weekday raised people body
    """.split()
)
"""What a word may express, in the order of the bits that stand for it."""

# Scripts that are written without spaces, and Korean, whose endings and compounds are not set off:
# one character is one word, so that a phrase is found inside a longer run.
_SPACELESS = "\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
# Turkish has a dotted and a dotless i; folded alike, capitals match whatever the language.
_FOLD_I = str.maketrans({"ı": "i", "\u0307": None})


# Stems are looked up by this many letters; each has at least as many.
_START_CHARS = 2


class Strength(Enum):
    """How much a phrase says where it is found."""

    SIGN = ""
    LINE = "="
    TOPIC = "~"


_MARKS = {strength.value: strength for strength in Strength if strength.value}


@dataclass(frozen=True, slots=True)
class WordList:
    """The phrases of one label by strength; one space between words, a ``*`` behind a stem."""

    signs: frozenset[str]
    lines: frozenset[str]
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of `label` that covers the words [start, end) of a line."""

    start: int
    end: int
    label: Label
    strength: Strength


def split_words(text: str) -> list[str]:
    """Return the case-folded words; each Han, kana, Hangul or Thai character is one."""
    return _WORD.findall(text.casefold().translate(_FOLD_I))


def load_wordlists(*, without: str | None = None) -> Mapping[Label, WordList]:
    """Read the word lists of all languages, or of all but one.

    `without` is a language code of LANGUAGES; raises ValueError for another one. ``empty`` has no
    words and no list.
    """
    if without is not None and without not in LANGUAGES:
        raise ValueError(f"no word list in {without!r}: choose from {', '.join(LANGUAGES)}")
    folder = resources.files("boilerkit").joinpath("wordlists")
    return MappingProxyType(
        {
            label: _parse(folder.joinpath(f"{label}.txt").read_text(encoding="utf-8"), without)
            for label in CHROME_LABELS
            if label is not Label.EMPTY
        }
    )


def load_concepts(*, without: str | None = None) -> Mapping[str, frozenset[str]]:
    """Read what the words of all languages express, or of all but one: phrases by concept."""
    file = resources.files("boilerkit").joinpath("wordlists").joinpath("concepts.txt")
    found: dict[str, set[str]] = {concept: set() for concept in CONCEPTS}
    for row in file.read_text(encoding="utf-8").splitlines():
        language, concept, phrases = row.split("\t")
        if language != without:
            found[concept].update(map(_normalise, phrases.split(", ")))
    return MappingProxyType({concept: frozenset(words) for concept, words in found.items()})


def _parse(text: str, without: str | None) -> WordList:
    found: dict[Strength, set[str]] = {strength: set() for strength in Strength}
    for row in text.splitlines():
        language, phrase = row.split("\t")
        if language != without:
            strength = _MARKS.get(phrase[0], Strength.SIGN)
            found[strength].add(_normalise(phrase.lstrip("=~")))
    return WordList(
        signs=frozenset(found[Strength.SIGN]),
        lines=frozenset(found[Strength.LINE]),
        topics=frozenset(found[Strength.TOPIC]),
    )


def _normalise(phrase: str) -> str:
    return " ".join(split_words(phrase)) + ("*" if phrase.endswith("*") else "")


class _Entry(NamedTuple):
    """What follows a phrase's first word, and what it means; `stem`: the last word is one."""

    rest: tuple[str, ...]
    stem: bool
    label: Label
    strength: Strength

    def matches(self, words: Sequence[str], start: int) -> bool:
        """Return whether the words from `start` on are `rest`."""
        if not self.rest:
            return True
        end = start + len(self.rest)
        if not self.stem:
            return tuple(words[start:end]) == self.rest
        return (
            end <= len(words)
            and words[end - 1].startswith(self.rest[-1])
            and tuple(words[start : end - 1]) == self.rest[:-1]
        )


class PhraseIndex:
    """Finds the phrases of all labels in a line, in time linear in its words.

    Phrases are indexed by their first word, phrases of a single stem by its first two letters.
    """

    def __init__(self, wordlists: Mapping[Label, WordList]) -> None:
        self._by_word: dict[str, list[_Entry]] = {}
        self._by_start: dict[str, list[tuple[str, _Entry]]] = {}
        for label, words in wordlists.items():
            self._add(words.signs, label, Strength.SIGN)
            self._add(words.lines, label, Strength.LINE)
            self._add(words.topics, label, Strength.TOPIC)

    def _add(self, phrases: Iterable[str], label: Label, strength: Strength) -> None:
        for phrase in phrases:
            first, *rest = phrase.rstrip("*").split()
            stem = phrase.endswith("*")
            entry = _Entry(tuple(rest), stem and bool(rest), label, strength)
            if stem and not rest:
                self._by_start.setdefault(first[:_START_CHARS], []).append((first, entry))
            else:
                self._by_word.setdefault(first, []).append(entry)

    def find(self, words: Sequence[str], strengths: Collection[Strength]) -> list[Hit]:
        """Return all phrases of these strengths in a line of :func:`split_words`."""
        return [
            Hit(at, at + 1 + len(entry.rest), entry.label, entry.strength)
            for at, word in enumerate(words)
            for entry in self._starting_with(word)
            if entry.strength in strengths and entry.matches(words, at + 1)
        ]

    def _starting_with(self, word: str) -> list[_Entry]:
        entries = self._by_word.get(word, [])
        stems = self._by_start.get(word[:_START_CHARS])
        if stems is None:
            return entries
        return entries + [entry for stem, entry in stems if word.startswith(stem)]
