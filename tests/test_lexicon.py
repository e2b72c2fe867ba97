"""Word lists → columns: phrases found by their hashes are those that the heuristic finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.labels import Label
from boilerkit.lexicon import (
    LEXICON_COLUMNS,
    LEXICON_LABELS,
    HashSet,
    Lexicon,
    compile_phrases,
    count_rarity,
    lexicon_columns,
)
from boilerkit.text_features import N_BUCKETS, measure_lines
from boilerkit.wordlists import WordList, load_wordlists

LISTS = {
    Label.DONATION: WordList(
        signs=frozenset(["give to us", "coins for the ferry*", "寄付 を"]),
        lines=frozenset(["give"]),
        topics=frozenset(["donat*"]),
    ),
    Label.ACCOUNT: WordList(
        signs=frozenset(["give to us"]), lines=frozenset(["log in", "out"]), topics=frozenset()
    ),
}


def lexicon_of(lists: dict[Label, WordList]) -> Lexicon:
    none = WordList(frozenset(), frozenset(), frozenset())
    arrays = compile_phrases({label: lists.get(label, none) for label in LEXICON_LABELS})
    return Lexicon.build({**arrays, "rarity": np.full(N_BUCKETS, 64, np.uint8)})


LEXICON = lexicon_of(LISTS)


def rows(lines: list[str], lexicon: Lexicon = LEXICON) -> dict[str, list[float]]:
    matrix = lexicon_columns(measure_lines(lines), lexicon)
    assert matrix.shape == (len(lines), len(LEXICON_COLUMNS))
    return dict(zip(LEXICON_COLUMNS, matrix.T.tolist(), strict=True))


class TestPhrases:
    def test_a_sign_counts_for_every_label_that_has_it(self) -> None:
        found = rows(["Please give to us today", "give us time", "GIVE TO US"])
        assert found["sign_donation"] == [1, 0, 1]
        assert found["sign_account"] == [1, 0, 1]
        assert found["signs"] == [2, 0, 2]
        assert found["appeal_signs"] == [2, 0, 2]
        assert found["sign_rate"] == pytest.approx([20 / 5, 0, 20 / 4])

    def test_a_stem_ends_any_word(self) -> None:
        found = rows(["coins for the ferryman", "coins for the ferry", "coins for the fer"])
        assert found["sign_donation"] == [1, 1, 0]
        assert rows(["donating donat dona"])["topic_donation"] == pytest.approx([2 / 3])

    def test_phrases_do_not_run_over_the_end_of_a_line(self) -> None:
        assert rows(["give to", "us"])["signs"] == [0, 0]

    def test_characters_without_spaces_are_words(self) -> None:
        assert rows(["ここに寄付をどうぞ", "寄付"])["sign_donation"] == [1, 0]

    def test_signs_are_capped(self) -> None:
        assert rows(["give to us " * 9])["sign_donation"] == [4]


class TestWholeLines:
    def test_a_line_of_phrases_alone_is_of_the_label_with_most_words(self) -> None:
        found = rows(["Log in", "log in | give", "log in here", "give out", "log in 24"])
        assert found["whole_account"] == [1, 1, 0, 0, 0]
        assert found["whole_donation"] == [0, 0, 0, 1, 0]
        assert found["whole_line"] == [1, 1, 0, 1, 0]

    def test_a_long_line_is_none(self) -> None:
        assert rows(["give " * 13])["whole_line"] == [0]

    def test_a_line_phrase_is_no_sign(self) -> None:
        assert rows(["give"])["signs"] == [0]


class TestTopic:
    PROSE = "the ferry carries grain sheep salt rope and letters over the grey water all winter"

    def test_words_that_the_documents_prose_has(self) -> None:
        found = rows([self.PROSE + " long", "sheep and rope", "quite another thing"])
        assert found["on_topic_share"][1:] == [1, 0]
        assert found["shared_share"][1:] == [1, 0]

    def test_a_line_is_not_on_topic_with_itself(self) -> None:
        assert rows([self.PROSE + " long"])["on_topic_share"] == [0]

    def test_rarity_is_the_log_of_documents_to_those_with_the_word(self) -> None:
        documents = [measure_lines(["ferry"]), measure_lines(["ferry sheep"]), measure_lines([""])]
        rarity = count_rarity(documents)
        (ferry, *_) = measure_lines(["ferry"]).token_bucket
        assert rarity[ferry] == round(16 * np.log(4 / 3))
        assert rarity.max() == round(16 * np.log(4))


class TestShippedLists:
    @pytest.fixture(scope="class")
    def lexicon(self) -> Lexicon:
        arrays = compile_phrases(load_wordlists())
        return Lexicon.build({**arrays, "rarity": np.zeros(N_BUCKETS, np.uint8)})

    @pytest.mark.parametrize(
        ("line", "column"),
        [
            ("Please consider making a donation today.", "sign_donation"),
            ("Zum Newsletter anmelden", "whole_newsletter"),
            ("Se connecter", "whole_account"),
            ("ログイン", "whole_account"),
        ],
    )
    def test_phrases_of_several_languages(self, lexicon: Lexicon, line: str, column: str) -> None:
        assert rows([line], lexicon)[column][0] >= 1

    def test_a_language_can_be_left_out(self, lexicon: Lexicon) -> None:
        arrays = compile_phrases(load_wordlists(without="de"))
        without = Lexicon.build({**arrays, "rarity": np.zeros(N_BUCKETS, np.uint8)})
        line = ["Jetzt spenden und unterstützen"]
        assert rows(line, lexicon)["topic_donation"][0] > rows(line, without)["topic_donation"][0]

    def test_compiling_twice_gives_the_same_arrays(self) -> None:
        first, second = compile_phrases(load_wordlists()), compile_phrases(load_wordlists())
        for name, array in first.items():
            np.testing.assert_array_equal(array, second[name])


class TestHashSet:
    @given(st.sets(st.integers(0, 2**64 - 1), max_size=30), st.lists(st.integers(0, 2**64 - 1)))
    def test_finds_what_is_in_it_and_nothing_else(self, known: set[int], asked: list[int]) -> None:
        values = np.array(sorted(known), np.uint64)
        queries = np.array([*sorted(known)[::2], *asked], np.uint64)
        found, places = HashSet.of(values).find(queries)
        assert found.tolist() == [i for i, query in enumerate(queries.tolist()) if query in known]
        assert values[places].tolist() == queries[found].tolist()


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=40), max_size=8))
def test_any_lines_give_finite_numbers(lines: list[str]) -> None:
    assert np.isfinite(lexicon_columns(measure_lines(lines), LEXICON)).all()
