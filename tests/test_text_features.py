"""Lines → measures and hashed words: values worked by hand, limits, and hashes that never change."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.text_features import N_BUCKETS, TEXT_COLUMNS, TextFeatures, measure_lines

MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15
MIX = 0xBF58476D1CE4E5B9
PAIR = 0x94D049BB133111EB
PREFIX_SALT = 0xD6E8FEB86659FD93
EDGE_SALT = 0xA0761D6478BD642F


def polynomial(word: str) -> int:
    """Return the hash of a lower-case word, its digits all read as 0."""
    codes = (ord("0") if char in "0123456789" else ord(char) for char in word)
    return sum(code * pow(BASE, place, 1 << 64) for place, code in enumerate(codes)) & MASK


def mix(value: int) -> int:
    value = ((value ^ (value >> 30)) * MIX) & MASK
    return value ^ (value >> 31)


def buckets_of(words: list[str]) -> Counter[int]:
    """Return the buckets of a line of words, computed character by character."""
    whole = [mix(polynomial(word)) for word in words]
    values = list(whole)
    values += [mix(polynomial(word[:5]) ^ PREFIX_SALT) for word in words if len(word) > 5]
    values += [mix((a * PAIR + b) & MASK) for a, b in zip(whole, whole[1:], strict=False)]
    if whole:
        values += [mix(whole[0] ^ EDGE_SALT), mix(((whole[-1] ^ EDGE_SALT) * PAIR) & MASK)]
    return Counter(value >> (65 - N_BUCKETS.bit_length()) for value in values)


def column(lines: list[str], name: str) -> list[float]:
    values: list[float] = measure_lines(lines).columns[:, TEXT_COLUMNS.index(name)].tolist()
    return values


def value(line: str, name: str) -> float:
    return column([line], name)[0]


def line_buckets(features: TextFeatures, line: int) -> Counter[int]:
    return Counter(features.token_bucket[features.token_line == line].tolist())


class TestMeasures:
    def test_columns_have_distinct_names(self) -> None:
        assert len(set(TEXT_COLUMNS)) == len(TEXT_COLUMNS)
        assert measure_lines(["One"]).columns.shape == (1, len(TEXT_COLUMNS))
        assert measure_lines(["One"]).columns.dtype == np.float32

    @pytest.mark.parametrize(
        ("line", "name", "expected"),
        [
            ("One two", "log_chars", np.log(8)),
            ("One two", "log_words", np.log(3)),
            ("One twelve", "mean_word_chars", 4.5),
            ("One, two!", "mean_word_chars", 4.0),
            ("ONE two", "upper_share", 0.5),
            ("123", "upper_share", 0.0),
            ("a1 23", "digit_share", 0.75),
            ("One. Two… Three。", "stop_count", 3),
            ("Now! Or? ¿Qué?", "bang_count", 4),
            ("one, two; three four", "comma_rate", 0.5),
            ("a: b： c", "colon_count", 2),
            ("“a” 'b' «c»", "quote_count", 6),
            ("3 € or $4", "currency_count", 2),
            ("a - b – c — • d", "dash_count", 4),
            ("a | b / c > d", "bar_count", 3),
            ("me@x.example #a &b", "at_count", 3),
            ("a (b) [c]", "bracket_count", 4),
            ("a%b ☃ c", "other_count", 2),
            ("新聞 ab", "cjk_share", 0.5),
            ("One Two three 4", "capital_share", 0.5),
            ("a bb ccc dddd", "short_word_share", 0.75),
            ("ninechars tencharsss", "long_word_share", 0.5),
            ("12 of 4 men", "number_share", 0.5),
        ],
    )
    def test_by_hand(self, line: str, name: str, expected: float) -> None:
        assert value(line, name) == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize(
        ("line", "n_words"),
        [
            ("", 0),
            ("…", 0),
            ("one", 1),
            ("don't", 2),
            ("x-ray_7", 3),
            ("新聞記事", 4),
            ("ข่าว", 4),
            ("뉴스 is news", 4),
            ("नमस्ते दुनिया", 2),
            ("привет мир", 2),
            ("𝒜𝒷", 0),
        ],
    )
    def test_words(self, line: str, n_words: int) -> None:
        assert measure_lines([line]).n_words.tolist() == [n_words]

    def test_first_and_last_characters_have_the_class_of_their_kind(self) -> None:
        lower, upper, digit, stop = column(["ab", "Ab", "1b", ".b"], "first_class")
        assert len({lower, upper, digit, stop}) == 4
        assert column(["xa", "xA", "x1", "x."], "last_class") == [lower, upper, digit, stop]
        assert column(["a", "A", "1", "."], "last_class") == [lower, upper, digit, stop]

    def test_an_empty_line_between_others_has_no_class(self) -> None:
        assert column(["a", "", "b"], "first_class") == column(["b", "", "a"], "last_class")
        assert column(["a", "", "b"], "first_class")[1] == 0

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (["a", "b"], [0, 0]),
            (["a", "b", "a"], [1, 0, 1]),
            (["a"] * 10, [9] * 10),
            (["a"] * 11, [9] * 11),
        ],
    )
    def test_copies(self, lines: list[str], expected: list[float]) -> None:
        assert column(lines, "copies") == expected

    def test_known_share_is_of_longer_words_that_stand_elsewhere(self) -> None:
        lines = ["The ferry left", "A Ferry came at the end", "ferries and THE rest"]
        assert column(lines, "known_share") == pytest.approx([1 / 3, 1 / 6, 0])

    def test_a_word_twice_on_one_line_stands_elsewhere(self) -> None:
        assert column(["ferry to ferry"], "known_share") == pytest.approx([2 / 3])


class TestLimits:
    def test_no_lines(self) -> None:
        features = measure_lines([])
        assert features.columns.shape == (0, len(TEXT_COLUMNS))
        for array in (features.token_line, features.token_bucket, features.n_words):
            assert array.shape == (0,)

    @pytest.mark.parametrize("line", ["", " ", "…", "\ud800", "\U0010ffff", "\x00", "\u200b"])
    def test_a_line_without_words_has_finite_values_and_no_tokens(self, line: str) -> None:
        features = measure_lines([line])
        assert np.isfinite(features.columns).all()
        assert features.n_chars.tolist() == [len(line)]
        assert len(features.token_line) == 0

    def test_a_document_of_empty_lines(self) -> None:
        features = measure_lines(["", "", ""])
        assert features.n_words.tolist() == [0, 0, 0]
        assert features.n_chars.tolist() == [0, 0, 0]

    def test_the_rows_of_a_pre_are_one_line(self) -> None:
        lines = ["before", "a = 1\nb = 2\n\nc", "after"]
        features = measure_lines(lines)
        spaced = measure_lines([line.replace("\n", " ") for line in lines])
        assert features.n_words.tolist() == [1, 5, 1]
        np.testing.assert_array_equal(features.columns, spaced.columns)
        np.testing.assert_array_equal(features.token_bucket, spaced.token_bucket)

    def test_one_pre_alone(self) -> None:
        assert measure_lines(["a\nb"]).n_words.tolist() == [2]

    def test_a_character_that_lower_case_makes_two(self) -> None:
        features = measure_lines(["İstanbul", "istanbul", "İ ok"])
        assert features.n_words.tolist() == [1, 1, 2]
        assert line_buckets(features, 0) == line_buckets(features, 1)
        assert line_buckets(features, 2) == buckets_of(["i", "ok"])

    @given(lines=st.lists(st.text(st.characters(exclude_characters="\n"), max_size=30), max_size=8))
    def test_any_lines(self, lines: list[str]) -> None:
        features = measure_lines(lines)
        assert np.isfinite(features.columns).all()
        assert features.n_chars.tolist() == [len(line) for line in lines]
        assert (np.bincount(features.token_line, minlength=len(lines)) >= features.n_words).all()
        assert ((features.token_bucket >= 0) & (features.token_bucket < N_BUCKETS)).all()


class TestHashes:
    """A model is weights by bucket: another hash would meet weights that are not its own."""

    @pytest.mark.parametrize(
        ("word", "bucket"),
        [
            ("a", 65766),
            ("donate", 63826),
            ("subscribe", 79845),
            ("spenden", 101348),
            ("ё", 120856),
            ("寄", 115188),
            ("2026", 54389),
        ],
    )
    def test_golden_buckets_of_words(self, word: str, bucket: int) -> None:
        assert measure_lines([word]).token_bucket[0] == bucket

    @pytest.mark.parametrize(
        "words",
        [
            ["donate"],
            ["donate", "now"],
            ["five5", "sixsix", "exact", "é"],
            ["the", "river", "carrow", "rose", "to", "meters"],
            ["寄", "付"],
        ],
    )
    def test_buckets_are_those_of_the_hash_as_documented(self, words: list[str]) -> None:
        features = measure_lines(["something before it", " ".join(words)])
        assert line_buckets(features, 1) == buckets_of(words)

    @pytest.mark.parametrize("other", ["", "Σ", "𝒜", "É", "ẞ"])
    def test_capitals_are_folded_whatever_stands_beside_them(self, other: str) -> None:
        line = f"ÉCLAIR ÄRGER ДОМ {other}"
        folded = measure_lines([line.lower()]).token_bucket.tolist()
        assert measure_lines([line]).token_bucket.tolist() == folded

    def test_case_and_place_do_not_matter(self) -> None:
        features = measure_lines(["Donate NOW", "and then we", "…donate—now…"])
        assert line_buckets(features, 0) == line_buckets(features, 2)

    def test_numbers_of_one_length_are_one_word(self) -> None:
        features = measure_lines(["1984", "2026", "202"])
        assert line_buckets(features, 0) == line_buckets(features, 1) != line_buckets(features, 2)

    def test_words_of_two_lines_are_no_pair(self) -> None:
        apart = measure_lines(["donate", "now"])
        pair = (buckets_of(["donate", "now"]) - buckets_of(["donate"])) - buckets_of(["now"])
        assert len(pair) == 1
        assert not pair.keys() & set(apart.token_bucket.tolist())

    @pytest.mark.parametrize(
        "lines",
        [
            ["ΟΔΟΣ", "İ"],
            ["ΟΔΟΣ", "ΟΔΟΣ ΟΔΟΣ", "one"],
            ["a" * 3000, "donate now", "\U0010ffff"],
            ["ẞß", "ǅ", "donate now"],
        ],
    )
    def test_a_lines_words_do_not_depend_on_the_lines_around_it(self, lines: list[str]) -> None:
        features = measure_lines(lines)
        for number, line in enumerate(lines):
            assert line_buckets(features, number) == line_buckets(measure_lines([line]), 0)

    def test_every_character_of_a_spaceless_script_is_a_word(self) -> None:
        assert line_buckets(measure_lines(["寄付"]), 0) == buckets_of(["寄", "付"])
