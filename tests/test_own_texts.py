"""The project's own training and exam lines: format, labels, languages, counts, no repetition."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from boilerkit.labels import CHROME_LABELS, Label
from boilerkit.metrics import words

ROOT = Path(__file__).resolve().parents[1]
PHRASES = ROOT / "boilerkit" / "train" / "data" / "phrases.jsonl"
DATA = ROOT / "boilerkit" / "train" / "data"
NEGATIVES = DATA / "negatives.jsonl"
HARD_NEGATIVES = ROOT / "benchmarks" / "corpus" / "hard_negatives.jsonl"
TRAINED = tuple(path for path in sorted(DATA.glob("*.jsonl")) if path.stem != "page_labels")
FILES = (*TRAINED, HARD_NEGATIVES)

# English and German get twice the phrases of the other main languages.
DOUBLED_LANGUAGES = {"en", "de"}
MAIN_EUROPEAN = {"fr", "es", "it", "pt", "nl", "pl", "ru", "sv", "da", "no"}
MAIN_ASIAN = {"ja", "ko", "zh", "tr"}
MAIN_LANGUAGES = DOUBLED_LANGUAGES | MAIN_EUROPEAN | MAIN_ASIAN
OTHER_EUROPEAN = {"cs", "fi", "hu", "el", "uk", "ro", "ca", "sk", "hr", "bg"}
OTHER_ASIAN = {"ar", "he", "hi", "th", "vi", "id"}
OTHER_LANGUAGES = OTHER_EUROPEAN | OTHER_ASIAN
ALL_LANGUAGES = MAIN_LANGUAGES | OTHER_LANGUAGES

# Fewest phrases of a kind in one main language.
MIN_PHRASES = {
    Label.DONATION: 25,
    Label.SUBSCRIPTION: 20,
    Label.NEWSLETTER: 20,
    Label.ACCOUNT: 15,
    Label.CONSENT: 15,
    Label.ADVERTISEMENT: 15,
    Label.SOCIAL: 12,
    Label.COMMENTS: 15,
    Label.RELATED: 15,
    Label.NAVIGATION: 25,
    Label.LEGAL: 15,
    Label.BYLINE: 20,
    Label.INTERFACE: 20,
}
# The other languages get about a third of that.
OTHER_SHARE = 0.3

# Short enough for a button, long enough for a sentence, in any script.
MAX_BUTTON_CHARS = 25
MIN_PROSE_CHARS = 30

# Words that a list of appeal and chrome words fires on, by stem; content must survive them.
TRIGGERS = re.compile(
    r"donat|donor|\bgifts?\b|pledg|patron|ko-fi|support|fundrais|contribut|membership|members only"
    r"|subscri|paywall|premium|free trial|cancel|a month\b|\bsign(ed|ing)? (up|in)\b"
    r"|newsletter|inbox|unsubscribe|alerts|notifications|mailing list|email address"
    r"|log in|log out|password|account|regist|cookies|consent|privacy|opt out|accept all"
    r"|advert|sponsor|affiliate|download our|buy now|shop now|share|follow|comment|\breply\b"
    r"|terms of use|copyright|rights reserved|read more|recommended"
    r"|spend|unterstütz|abonn|\babos?\b|kündbar|einloggen|loggen|passwort|registrier|kommentar"
    r"|einwilligung|akzeptieren|anzeige|teilen|folgt uns|mitglied"
    r"|soutien|soutenir|\bdons?\b|donnez|inscri|identifiez|connectez|partage|publicité|commentaire"
    r"|suscri|\bdona|regístrate|boletín|publicidad|inicia sesión|iscri|abbona|accedi|accetta"
    r"|assin|cadastr|doe o que|doações|doneer|nieuwsbrief|inloggen|subskryb|prenumer|reklam"
    r"|подпи|пожертв|реклам|зарегистр|logga in|anmäl|tilmeld|logg inn|godta"
    r"|寄付|購読|広告|会員|ログイン|コメント|기부|구독|로그인|쿠키|捐|订|訂|登录|登記|广告|廣告"
    r"|bağış|abone|üye|çerez|kabul et",
    re.IGNORECASE,
)
MIN_TRIGGERING = 100

# A run of so many words in common makes two lines near duplicates.
SHARED_RUN_WORDS = 5


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a JSONL file; every line of it must be an object."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def word_key(text: str) -> tuple[str, ...]:
    """Return what is left of a line when case and punctuation do not count."""
    return tuple(words(text)) or (text,)


def word_runs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield each run of `SHARED_RUN_WORDS` words, or the whole line if it is shorter."""
    tokens = words(text, split_spaceless=True)
    for start in range(max(1, len(tokens) - SHARED_RUN_WORDS + 1)):
        yield tuple(tokens[start : start + SHARED_RUN_WORDS])


def phrase_counts() -> Counter[tuple[str, str]]:
    """Return the number of phrases by language and label."""
    return Counter((row["lang"], row["label"]) for row in read(PHRASES))


class TestFormat:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_rows_hold_text_label_language_and_what_they_are_for(self, path: Path) -> None:
        for row in read(path):
            assert list(row) in (["text", "label", "lang"], ["text", "label", "lang", "for"]), row
            assert all(isinstance(value, str) for value in row.values()), row
            assert row.get("for", "texts") == "texts", row

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_texts_are_single_trimmed_lines(self, path: Path) -> None:
        for row in read(path):
            assert row["text"] == row["text"].strip() != "", row
            assert len(row["text"].splitlines()) == 1, row

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_languages_are_among_those_promised(self, path: Path) -> None:
        assert {row["lang"] for row in read(path)} <= ALL_LANGUAGES


class TestPhrases:
    def test_labels_are_the_chrome_kinds_that_have_words(self) -> None:
        expected = set(CHROME_LABELS) - {Label.EMPTY}
        assert {row["label"] for row in read(PHRASES)} == expected == set(MIN_PHRASES)

    @pytest.mark.parametrize("lang", sorted(MAIN_LANGUAGES))
    def test_main_languages_have_enough_of_every_kind(self, lang: str) -> None:
        counts = phrase_counts()
        factor = 2 if lang in DOUBLED_LANGUAGES else 1
        short = {
            label: counts[lang, label]
            for label, least in MIN_PHRASES.items()
            if counts[lang, label] < least * factor
        }
        assert not short

    @pytest.mark.parametrize("lang", sorted(OTHER_LANGUAGES))
    def test_other_languages_have_about_a_third(self, lang: str) -> None:
        counts = phrase_counts()
        short = {
            label: counts[lang, label]
            for label, least in MIN_PHRASES.items()
            if counts[lang, label] < int(least * OTHER_SHARE)
        }
        assert not short

    @pytest.mark.parametrize("lang", sorted(MAIN_LANGUAGES))
    def test_appeals_are_both_buttons_and_prose(self, lang: str) -> None:
        lengths = [
            len(row["text"])
            for row in read(PHRASES)
            if row["lang"] == lang and row["label"] == Label.DONATION
        ]
        assert sum(chars <= MAX_BUTTON_CHARS for chars in lengths) >= 5
        assert sum(chars >= MIN_PROSE_CHARS for chars in lengths) >= 8


class TestNegatives:
    def test_are_content_in_every_language(self) -> None:
        rows = read(NEGATIVES)
        assert {row["label"] for row in rows} == {Label.CONTENT}
        assert {row["lang"] for row in rows} == ALL_LANGUAGES

    def test_counts(self) -> None:
        counts = Counter(row["lang"] for row in read(NEGATIVES))
        assert counts.total() >= 500
        assert counts["en"] >= 150
        assert counts["de"] >= 70
        assert all(counts[lang] >= 20 for lang in MAIN_LANGUAGES)


class TestHardNegatives:
    def test_are_content_in_many_languages_and_about_half_english(self) -> None:
        rows = read(HARD_NEGATIVES)
        counts = Counter(row["lang"] for row in rows)
        assert {row["label"] for row in rows} == {Label.CONTENT}
        assert len(rows) >= 200
        assert set(counts) >= MAIN_LANGUAGES
        assert 0.4 <= counts["en"] / len(rows) <= 0.6

    def test_at_least_a_hundred_hold_words_that_a_word_list_fires_on(self) -> None:
        firing = [row for row in read(HARD_NEGATIVES) if TRIGGERS.search(row["text"])]
        assert len(firing) >= MIN_TRIGGERING

    def test_share_no_word_run_with_what_is_trained_as_content(self) -> None:
        rows = chain.from_iterable(map(read, TRAINED))
        content = [row["text"] for row in rows if row["label"] == Label.CONTENT]
        trained = set(chain.from_iterable(map(word_runs, content)))
        shared = [
            (row["text"], run)
            for row in read(HARD_NEGATIVES)
            for run in word_runs(row["text"])
            if run in trained
        ]
        assert not shared


class TestRepetition:
    def test_no_text_stands_twice_in_any_file(self) -> None:
        counts = Counter(row["text"].casefold() for path in FILES for row in read(path))
        assert [text for text, count in counts.items() if count > 1] == []

    def test_no_line_of_a_language_differs_by_case_and_punctuation_only(self) -> None:
        counts = Counter(
            (row["lang"], word_key(row["text"])) for path in FILES for row in read(path)
        )
        assert [key for key, count in counts.items() if count > 1] == []
