"""Scores against examples worked by hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit import metrics
from boilerkit.labels import CHROME_LABELS, Label
from boilerkit.metrics import (
    LineScores,
    Overlap,
    SnippetCounts,
    bag_overlap,
    bootstrap_range,
    calibration_bins,
    calibration_error,
    count_lines,
    count_snippets,
    count_words,
    mean,
    paired_bootstrap,
    shingle_overlap,
    shingle_scores,
    words,
)


class TestWords:
    def test_are_lower_case_and_hold_digits_and_underscores(self) -> None:
        assert words("It's 3 Snake_Cases, été!") == ["it", "s", "3", "snake_cases", "été"]

    def test_keep_spaceless_scripts_whole_unless_asked(self) -> None:
        assert words("新聞 ok") == ["新聞", "ok"]

    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
            ("서울 2024년", ["서", "울", "2024", "년"]),
            ("abc漢def", ["abc", "漢", "def"]),
            ("𠮷野家", ["𠮷", "野", "家"]),
            # vowel signs above and below are no letters; the space-like rest separates
            ("กินข้าว", ["ก", "น", "ข", "า", "ว"]),
            ("Zürich Łódź", ["zürich", "łódź"]),
        ],
    )
    def test_split_spaceless_scripts_letter_by_letter(self, text: str, tokens: list[str]) -> None:
        assert words(text, split_spaceless=True) == tokens

    def test_count_splits_spaceless_scripts(self) -> None:
        assert count_words("Hello 世界, 3 times") == 5

    @given(st.text())
    def test_splitting_never_loses_a_word_character(self, text: str) -> None:
        assert "".join(words(text, split_spaceless=True)) == "".join(words(text))


class TestBagOverlap:
    def test_counts_repeated_words(self) -> None:
        # shared: a, a, b; found 5 words, gold 4
        overlap = bag_overlap("a A a b c", "a b a d")
        assert overlap == Overlap(shared=3, found=5, gold=4)
        assert overlap.precision == 3 / 5
        assert overlap.recall == 3 / 4
        assert overlap.f1 == pytest.approx(6 / 9)

    def test_of_two_empty_texts_agrees(self) -> None:
        overlap = bag_overlap("", " \n")
        assert overlap.f1 == 1
        assert overlap.precision is None
        assert overlap.recall is None

    def test_of_one_empty_text_is_zero(self) -> None:
        assert bag_overlap("", "a").f1 == 0
        assert bag_overlap("a", "").f1 == 0

    def test_sees_part_of_a_chinese_sentence_only_when_split(self) -> None:
        assert bag_overlap("新聞", "新聞好").f1 == 0
        assert bag_overlap("新聞", "新聞好", split_spaceless=True).f1 == pytest.approx(4 / 5)

    @given(st.text(), st.text())
    def test_f1_is_the_harmonic_mean_and_symmetric(self, found: str, gold: str) -> None:
        overlap = bag_overlap(found, gold)
        assert overlap.f1 == bag_overlap(gold, found).f1
        precision, recall = overlap.precision, overlap.recall
        if precision and recall:
            assert overlap.f1 == pytest.approx(2 * precision * recall / (precision + recall))


class TestShingles:
    def test_are_runs_of_four_tokens_with_case_kept(self) -> None:
        # found: abcd, bcdE; gold: abcd, bcde, cdef
        assert shingle_overlap("a b c d E", "a b c d e f") == Overlap(shared=1, found=2, gold=3)

    def test_are_counted_as_a_multiset(self) -> None:
        # "x x x x x" holds xxxx twice, the gold once
        assert shingle_overlap("x x x x x", "x, x, x, x") == Overlap(shared=1, found=2, gold=1)

    def test_a_short_text_is_one_shingle(self) -> None:
        assert shingle_overlap("a b", "a b") == Overlap(shared=1, found=1, gold=1)
        assert shingle_overlap("a b", "a b c") == Overlap(shared=0, found=1, gold=1)

    def test_an_empty_text_has_none(self) -> None:
        assert shingle_overlap("", "a b c d e") == Overlap(shared=0, found=0, gold=2)

    def test_scores_leave_undefined_pages_out_of_their_mean(self) -> None:
        pages = [Overlap(1, 2, 4), Overlap(0, 0, 5), Overlap(0, 3, 0), Overlap(6, 6, 6)]
        scores = shingle_scores(pages)
        assert scores.precision == pytest.approx((1 / 2 + 0 + 1) / 3)
        assert scores.recall == pytest.approx((1 / 4 + 0 + 1) / 3)
        # F1 of the two means (1/2, 5/12), not the mean of the pages' F1
        assert scores.f1 == pytest.approx(5 / 11)

    def test_scores_of_a_system_that_finds_nothing_are_zero(self) -> None:
        scores = shingle_scores([Overlap(0, 0, 5)])
        assert scores.precision is None
        assert scores.f1 == 0
        assert shingle_scores([Overlap(0, 5, 5)]).f1 == 0


class TestSnippets:
    def test_are_found_with_white_space_folded_and_case_kept(self) -> None:
        counts = count_snippets("One\n two  Three", ["one two", "two Three"], ["Three  ", "four"])
        assert counts == SnippetCounts(1, 2, 1, 2)

    def test_only_the_first_six_of_each_kind_count(self) -> None:
        counts = count_snippets("a b c", ["a"] * 7, ["b"] * 9)
        assert counts == SnippetCounts(6, 6, 6, 6)

    def test_f1_is_that_of_the_pooled_counts(self) -> None:
        # 3 of 4 required found, 1 forbidden found: precision 3/4, recall 3/4
        counts = SnippetCounts(2, 2, 0, 5) + SnippetCounts(1, 2, 1, 5)
        assert counts == SnippetCounts(3, 4, 1, 10)
        assert counts.f1 == pytest.approx(3 / 4)

    def test_f1_without_any_snippet_is_undefined(self) -> None:
        assert SnippetCounts().f1 is None
        assert count_snippets("", [], ["x"]).f1 is None
        assert count_snippets("", ["x"], []).f1 == 0


CONTENT, DONATION, NAVIGATION, EMPTY = (
    Label.CONTENT,
    Label.DONATION,
    Label.NAVIGATION,
    Label.EMPTY,
)


class TestLineScores:
    lines = ("Home", "One two three", "Give now", "---", "four 五六", "Menu")
    gold = (NAVIGATION, CONTENT, DONATION, EMPTY, CONTENT, NAVIGATION)
    guess = (NAVIGATION, CONTENT, NAVIGATION, EMPTY, DONATION, CONTENT)
    scores = count_lines(lines, gold, guess)

    def test_words_lost_are_pooled(self) -> None:
        assert self.scores.content_words == 6
        assert self.scores.content_words_lost == 3 / 6

    def test_lines_lost_and_rightly_typed_are_shares_of_lines(self) -> None:
        assert self.scores.content_lines_lost == 1 / 2
        # of Home, Give now and Menu only the first got its own label
        assert self.scores.chrome_typed == 1 / 3

    def test_chrome_recall_takes_any_chrome_label_and_leaves_empty_out(self) -> None:
        assert self.scores.chrome_recall() == 2 / 3
        assert self.scores.chrome_recall([DONATION]) == 1
        assert self.scores.chrome_recall([NAVIGATION]) == 1 / 2
        assert self.scores.chrome_recall([Label.LEGAL]) is None

    def test_chrome_precision_leaves_empty_lines_out(self) -> None:
        # dropped: Home, Give now, "four 五六" (content); the rule of dashes does not count
        assert self.scores.chrome_precision == 2 / 3
        assert self.scores.chrome_f1 == pytest.approx(2 / 3)

    def test_per_label(self) -> None:
        assert self.scores.precision(NAVIGATION) == 1 / 2
        assert self.scores.recall(NAVIGATION) == 1 / 2
        assert self.scores.f1(NAVIGATION) == 1 / 2
        assert self.scores.f1(DONATION) == 0
        assert self.scores.f1(Label.LEGAL) is None
        assert self.scores.precision(Label.LEGAL) is None

    def test_macro_f1_is_over_the_chrome_kinds_that_occur_without_empty(self) -> None:
        assert self.scores.macro_f1 == pytest.approx((1 / 2 + 0) / 2)
        # a kind that was only ever given by mistake has no F1 of its own to average
        assert count_lines(["a"], [CONTENT], [Label.LEGAL]).macro_f1 is None
        assert len(metrics.MACRO_LABELS) == 13
        assert set(CHROME_LABELS) - set(metrics.MACRO_LABELS) == {EMPTY}

    def test_documents_add_up(self) -> None:
        total = self.scores + count_lines(["x y"], [CONTENT], [CONTENT])
        assert total.content_words == 8
        assert total.content_words_lost == 3 / 8
        assert total.count() == 7
        assert sum((self.scores, self.scores), LineScores()).count([CONTENT], [DONATION]) == 2

    def test_nothing_is_undefined_not_perfect(self) -> None:
        scores = LineScores()
        assert scores.content_words_lost is None
        assert scores.chrome_precision is None
        assert scores.chrome_f1 is None
        assert scores.macro_f1 is None

    def test_unequal_lengths_are_refused(self) -> None:
        with pytest.raises(ValueError, match="2 lines, 1 gold, 2 predicted"):
            count_lines(["a", "b"], [CONTENT], [CONTENT, CONTENT])


class TestCalibration:
    def test_bins_hold_their_lower_end_and_the_last_one_its_upper_end(self) -> None:
        bins = calibration_bins([0.0, 0.5, 0.5, 1.0], [False, True, False, True], bins=2)
        assert [item.count for item in bins] == [1, 3]
        assert bins[1].mean_score == pytest.approx(2 / 3)
        assert bins[1].true_share == pytest.approx(2 / 3)

    def test_error_weights_bins_by_size(self) -> None:
        # bin [0, .5): mean .2, none true, 1 of 4; bin [.5, 1]: mean .8, 2 of 3 true
        bins = calibration_bins([0.2, 0.7, 0.8, 0.9], [False, True, False, True], bins=2)
        assert calibration_error(bins) == pytest.approx((0.2 + 3 * abs(0.8 - 2 / 3)) / 4)

    def test_empty_bins_have_no_means(self) -> None:
        bins = calibration_bins([0.9], [True], bins=2)
        assert (bins[0].count, bins[0].mean_score, bins[0].true_share) == (0, None, None)
        assert calibration_error(bins) == pytest.approx(0.1)

    def test_what_is_no_probability_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"probability of 1\.5"):
            calibration_bins([1.5], [True])
        with pytest.raises(ValueError, match="no predictions"):
            calibration_error(calibration_bins([], []))


class TestBootstrap:
    def test_constant_pages_have_no_spread(self) -> None:
        found = bootstrap_range([0.5] * 10, mean)
        assert (found.low, found.high) == (0.5, 0.5)

    def test_is_the_same_for_the_same_seed_only(self) -> None:
        generator = random.Random(1)
        pages = [generator.random() for _ in range(50)]
        assert bootstrap_range(pages, mean, seed=3) == bootstrap_range(pages, mean, seed=3)
        assert bootstrap_range(pages, mean, seed=3) != bootstrap_range(pages, mean, seed=4)

    def test_covers_about_two_standard_errors(self) -> None:
        # 400 pages, half 0 and half 1: standard error 0.5 / 20 = 0.025
        found = bootstrap_range([0.0, 1.0] * 200, mean, rounds=2000)
        assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
        assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)

    def test_paired_test_sees_what_separate_ranges_hide(self) -> None:
        pages = [index / 100 for index in range(100)]
        better = [min(1.0, value + 0.01) for value in pages]
        assert bootstrap_range(better, mean).low < bootstrap_range(pages, mean).high
        result = paired_bootstrap(better, pages, mean)
        assert result.difference == pytest.approx(0.01)
        assert result.wins
        assert not paired_bootstrap(pages, better, mean).wins

    def test_paired_test_of_equals_includes_zero(self) -> None:
        result = paired_bootstrap([0.1, 0.9], [0.9, 0.1], mean)
        assert result.difference == 0
        assert result.range.low < 0 < result.range.high
        assert not result.wins

    def test_pooled_statistics_work_too(self) -> None:
        def pooled(pages: object) -> float:
            assert isinstance(pages, list)
            return sum(pages, SnippetCounts()).f1 or 0.0

        found = bootstrap_range([SnippetCounts(1, 1, 0, 1), SnippetCounts(0, 1, 1, 1)], pooled)
        assert (found.low, found.high) == (0, 1)

    def test_unpaired_or_missing_pages_are_refused(self) -> None:
        with pytest.raises(ValueError, match="argument 2"):
            paired_bootstrap([1.0], [1.0, 2.0], mean)
        with pytest.raises(ValueError, match="no pages"):
            bootstrap_range([], mean)


def test_mean_does_not_depend_on_the_order() -> None:
    values = [1e16, 1.0, -1e16, 0.1]
    assert mean(values) == mean(values[::-1]) == pytest.approx(1.1 / 4)
    with pytest.raises(ValueError, match="no values"):
        mean([])


def test_module_imports_only_labels() -> None:
    source = Path(metrics.__file__).read_text(encoding="utf-8")
    imports = [line for line in source.splitlines() if line.startswith(("import ", "from "))]
    ours = [line for line in imports if "boilerkit" in line]
    assert ours == ["from boilerkit.labels import CHROME_LABELS, Label"]
