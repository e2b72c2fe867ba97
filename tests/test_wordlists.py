"""The word lists: their files, how words are split, and what the index finds."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.labels import CHROME_LABELS, Label
from boilerkit.wordlists import (
    CONCEPTS,
    LANGUAGES,
    Hit,
    PhraseIndex,
    Strength,
    WordList,
    load_concepts,
    load_wordlists,
    split_words,
)

LABELS = tuple(label for label in CHROME_LABELS if label is not Label.EMPTY)
EVERY = frozenset(Strength)


def rows(label: Label) -> list[str]:
    path = resources.files("boilerkit").joinpath("wordlists", f"{label}.txt")
    return path.read_text(encoding="utf-8").splitlines()


def index_of(**phrases: list[str]) -> PhraseIndex:
    """Return an index of donation phrases by strength: ``signs``, ``lines``, ``topics``."""
    sets = {name: frozenset(phrases.get(name, ())) for name in ("signs", "lines", "topics")}
    return PhraseIndex({Label.DONATION: WordList(**sets)})


@pytest.mark.parametrize("label", LABELS)
def test_every_file_is_clean(label: Label) -> None:
    found = rows(label)
    assert len(found) == len(set(found))
    for row in found:
        language, phrase = row.split("\t")
        assert language in LANGUAGES, row
        assert phrase == phrase.strip().casefold(), row
        words = split_words(phrase)
        assert words, row
        assert "*" not in phrase[:-1], row
        if phrase.endswith("*"):  # stems are looked up by their first two letters
            assert len("".join(words)) >= 2, row


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_has_phrases_in_every_language(label: Label, language: str) -> None:
    assert sum(row.startswith(f"{language}\t") for row in rows(label)) >= 8


def test_lists_of_all_labels_but_empty() -> None:
    assert tuple(load_wordlists()) == LABELS


def test_a_language_can_be_left_out() -> None:
    everything, fewer = load_wordlists(), load_wordlists(without="de")
    assert "jetzt spenden" in everything[Label.DONATION].signs
    assert "jetzt spenden" not in fewer[Label.DONATION].signs
    assert "please donate" in fewer[Label.DONATION].signs
    # a phrase that two languages share stays
    assert "newsletter" in fewer[Label.NEWSLETTER].lines


@pytest.fixture(scope="module")
def found() -> list[list[str]]:
    path = resources.files("boilerkit").joinpath("wordlists", "concepts.txt")
    return [row.split("\t") for row in path.read_text(encoding="utf-8").splitlines()]


class TestConcepts:
    def test_the_file_is_clean(self, found: list[list[str]]) -> None:
        assert len(found) == len({(language, concept) for language, concept, _ in found})
        for language, concept, phrases in found:
            assert concept in CONCEPTS, (language, concept)
            listed = phrases.split(", ")
            assert len(listed) == len(set(listed)), (language, concept)
            for phrase in listed:
                assert phrase == phrase.strip().lower(), phrase
                assert split_words(phrase), phrase
                assert "*" not in phrase[:-1], phrase

    def test_every_language_has_most_concepts(self, found: list[list[str]]) -> None:
        for language in LANGUAGES:
            assert sum(row[0] == language for row in found) >= len(CONCEPTS) - 5, language

    def test_no_short_word_of_a_script_with_spaces(self, found: list[list[str]]) -> None:
        for language, _, phrases in found:
            if language not in ("ja", "zh", "ko", "th"):
                assert all(len(phrase.rstrip("*")) > 3 for phrase in phrases.split(", "))

    def test_their_bits_fit_a_signed_number(self) -> None:
        assert len(CONCEPTS) == len(set(CONCEPTS)) <= 63

    def test_a_language_can_be_left_out(self) -> None:
        everything, fewer = load_concepts(), load_concepts(without="de")
        assert "spenden*" in everything["give"]
        assert "spenden*" not in fewer["give"]
        assert "donat*" in fewer["give"]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'xx'.*en, de"):
        load_wordlists(without="xx")


def test_lists_cannot_be_changed() -> None:
    lists = load_wordlists()
    with pytest.raises(TypeError):
        lists[Label.DONATION] = lists[Label.SOCIAL]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t miss OUT!", ["don", "t", "miss", "out"]),
        ("Straße_12", ["strasse", "12"]),
        ("İLETİŞİM / iletişim", ["iletişim", "iletişim"]),
        ("GIRIŞ ısı", ["giriş", "isi"]),
        ("会員 login", ["会", "員", "login"]),
        ("로그인 후", ["로", "그", "인", "후"]),
        ("*** --- |", []),
        ("", []),
    ],
)
def test_split_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_phrases_are_found_wherever_they_stand() -> None:
    index = index_of(signs=["support our work"], topics=["donat*"])
    words = split_words("Donate now and support our work. Support our site, too.")
    assert index.find(words, EVERY) == [
        Hit(0, 1, Label.DONATION, Strength.TOPIC),
        Hit(3, 6, Label.DONATION, Strength.SIGN),
    ]


def test_only_the_strengths_asked_for_are_found() -> None:
    index = index_of(signs=["donate today"], lines=["donate"], topics=["donate"])
    found = index.find(["donate", "today"], {Strength.LINE})
    assert found == [Hit(0, 1, Label.DONATION, Strength.LINE)]


def test_the_last_word_of_a_phrase_can_be_a_stem() -> None:
    index = index_of(signs=["your contribut*"])
    assert index.find(split_words("your contributions"), EVERY)
    assert index.find(split_words("your contribut"), EVERY)
    assert not index.find(split_words("your contra"), EVERY)
    assert not index.find(["your"], EVERY)


def test_a_phrase_cut_off_by_the_end_of_the_line_is_not_found() -> None:
    assert not index_of(signs=["support our work"]).find(["support", "our"], EVERY)


def test_phrases_are_found_inside_runs_of_scripts_without_spaces() -> None:
    index = PhraseIndex(load_wordlists())
    hits = index.find(split_words("続きを読むにはログインしてくださいませ"), {Strength.SIGN})
    assert Label.ACCOUNT in {hit.label for hit in hits}


@given(st.lists(st.sampled_from(["support", "our", "work", "donate", "donated", "x"]), max_size=8))
def test_every_hit_covers_its_phrase(words: list[str]) -> None:
    index = index_of(signs=["support our work", "our work"], topics=["donat*"])
    expected = [
        (at, at + size)
        for at in range(len(words))
        for size in (1, 2, 3)
        if " ".join(words[at : at + size]) in {"support our work", "our work", "donate", "donated"}
        and at + size <= len(words)
    ]
    found = index.find(words, EVERY)
    assert sorted((hit.start, hit.end) for hit in found) == expected
