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
    Tokens,
    compile_phrases,
    concept_tokens,
    count_rarity,
    find_phrases,
    lexicon_columns,
    with_tokens,
)
from boilerkit.text_features import N_BUCKETS, measure_lines
from boilerkit.wordlists import CONCEPTS, WordList, load_concepts, load_wordlists

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


def lexicon_of(
    lists: dict[Label, WordList], concepts: dict[str, list[str]] | None = None
) -> Lexicon:
    none = WordList(frozenset(), frozenset(), frozenset())
    labels = {label: lists.get(label, none) for label in LEXICON_LABELS}
    arrays = compile_phrases(labels, concepts or {})
    return Lexicon.build({**arrays, "rarity": np.full(N_BUCKETS, 64, np.uint8)})


LEXICON = lexicon_of(LISTS)


def columns_of(lines: list[str], lexicon: Lexicon) -> np.ndarray:
    text = measure_lines(lines)
    return lexicon_columns(text, find_phrases(text.words, lexicon), lexicon.rarity)


def rows(lines: list[str], lexicon: Lexicon = LEXICON) -> dict[str, list[float]]:
    matrix = columns_of(lines, lexicon)
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


GIVE, SUPPORT, READER = (CONCEPTS.index(name) + 1 for name in ("give", "support", "reader"))
SAID = {
    "give": ["donat*", "spende", "chip in", "寄付"],
    "support": ["support*", "unterstütz*"],
    "reader": ["readers", "lesern", "読者"],
}


class TestConcepts:
    LEXICON = lexicon_of(LISTS, SAID)

    def tokens(self, *lines: str) -> Tokens:
        words = measure_lines(lines).words
        return concept_tokens(words, find_phrases(words, self.LEXICON))

    def buckets(self, line: str) -> set[int]:
        return set(self.tokens(line).bucket.tolist())

    def test_words_of_any_language_express_the_same(self) -> None:
        english = self.buckets("Donate!")
        assert len(english) == 1
        assert english == self.buckets("Ihre Spende") == self.buckets("寄付する")
        assert english == self.buckets("please chip in") == self.buckets("donations, donated")

    def test_pairs_count_whatever_their_order(self) -> None:
        english = self.buckets("readers support and donate")
        assert len(english) == 3 + 3
        assert english == self.buckets("eine Spende unterstützt die Lesern")
        assert english > self.buckets("readers donate")

    def test_a_pair_stands_close_together_in_one_sentence(self) -> None:
        assert len(self.buckets("Readers came. Donate")) == 2
        far = "readers " + "support " * 5 + "donate"
        pairs = self.buckets(far) - self.buckets("readers") - self.buckets("support")
        assert len(pairs - self.buckets("donate")) == 2

    def test_a_sentence_says_a_thing_once(self) -> None:
        once, twice = self.tokens("donate"), self.tokens("donate, donate. Donate")
        assert once.segment.tolist() == [0]
        assert twice.segment.tolist() == [0, 1]
        assert set(twice.bucket.tolist()) == set(once.bucket.tolist())

    def test_what_stands_on_other_lines_is_no_pair(self) -> None:
        assert self.tokens("readers", "donate").segment.tolist() == [0, 1]

    def test_concepts_are_no_signs_of_a_label(self) -> None:
        line = ["readers support it, said they"]
        assert columns_of(line, self.LEXICON).tolist() == columns_of(line, LEXICON).tolist()

    def test_further_tokens_go_to_their_segments(self) -> None:
        text = measure_lines(["We donate. Readers came", "sheep"])
        tokens = Tokens(np.array([0, 2]), np.array([7, 9]))
        more = with_tokens(text, tokens)
        assert len(more.token_bucket) == len(text.token_bucket) + 2
        assert more.token_segment.tolist() == sorted(more.token_segment.tolist())
        for segment, bucket in ((0, 7), (2, 9)):
            ours = more.token_bucket[more.token_segment == segment].tolist()
            theirs = text.token_bucket[text.token_segment == segment].tolist()
            assert ours == [*theirs, bucket]

    def test_no_words_express_nothing(self) -> None:
        assert self.tokens().bucket.tolist() == self.tokens("", "—").bucket.tolist() == []

    @given(st.lists(st.sampled_from([*" .x", "donate", "spende", "lesern", "寄付", "chip in"])))
    def test_pairs_are_those_that_a_plain_loop_finds(self, pieces: list[str]) -> None:
        line = " ".join(pieces)
        words = measure_lines([line]).words
        phrases = find_phrases(words, self.LEXICON)
        said = sorted(
            (int(start), number, int(words.segment[start]))
            for start, bits in zip(phrases.start, phrases.concept, strict=True)
            for number in (GIVE, SUPPORT, READER)
            if bits >> (number - 1) & 1
        )
        expected = {(segment, number) for _, number, segment in said}
        for first, (_, one, segment) in enumerate(said):
            for _, other, there in said[first + 1 : first + 5]:
                if there == segment and one != other:
                    expected.add((segment, min(one, other) * 64 + max(one, other)))
        assert len(self.tokens(line).bucket) == len(expected)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    arrays = compile_phrases(load_wordlists(), load_concepts())
    return Lexicon.build({**arrays, "rarity": np.zeros(N_BUCKETS, np.uint8)})


class TestShippedLists:
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
        arrays = compile_phrases(load_wordlists(without="de"), load_concepts(without="de"))
        without = Lexicon.build({**arrays, "rarity": np.zeros(N_BUCKETS, np.uint8)})
        line = ["Jetzt spenden und unterstützen"]
        assert rows(line, lexicon)["topic_donation"][0] > rows(line, without)["topic_donation"][0]

    @pytest.mark.parametrize(
        "lines",
        [
            [
                "Donations",
                "Spendenkonto",
                "donateurs",
                "donazione",
                "пожертвование",
                "寄付",
                "捐款",
            ],
            ["newsletter", "Nieuwsbrief", "рассылку", "nyhetsbrevet", "メルマガ", "뉴스레터"],
            [
                "comments",
                "Kommentare",
                "commentaires",
                "комментарии",
                "yorumlar",
                "コメント",
                "评论",
            ],
        ],
    )
    def test_words_of_many_languages_express_the_same(
        self, lexicon: Lexicon, lines: list[str]
    ) -> None:
        words = measure_lines(lines).words
        tokens = concept_tokens(words, find_phrases(words, lexicon))
        said = [set(tokens.bucket[tokens.segment == at].tolist()) for at in range(len(lines))]
        assert set.intersection(*said)

    def test_compiling_twice_gives_the_same_arrays(self) -> None:
        first, second = (compile_phrases(load_wordlists(), load_concepts()) for _ in range(2))
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
    assert np.isfinite(columns_of(lines, LEXICON)).all()
