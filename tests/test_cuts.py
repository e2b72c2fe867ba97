"""The cut of a line, by its length."""

from __future__ import annotations

import math
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.cuts import Cut, document_fall

scores = st.floats(0, 1)
lengths = st.floats(0, 1e6)
sizes = st.integers(0, 10_000)


def test_a_usual_line_has_the_cut_itself() -> None:
    assert Cut(0.3, length=0.7).of("x" * 60) == pytest.approx(0.3)


def test_without_a_length_all_lines_have_one() -> None:
    assert Cut(0.3).of("word " * 99) == 0.3


@pytest.mark.parametrize("n", [0, 7, 60, 500])
def test_the_log_odds_fall_with_the_logarithm_of_the_length(n: int) -> None:
    cut = Cut(0.5, length=2.0).of("x" * n)
    assert math.log(cut / (1 - cut)) == pytest.approx(-2 * math.log((n + 1) / 61))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_what_keeps_or_drops_all_still_does(score: float) -> None:
    assert Cut(score, length=1.0).of("a long line") == score


@given(scores, lengths, sizes, sizes)
def test_longer_lines_have_no_higher_cut(score: float, length: float, n: int, more: int) -> None:
    short, long = (Cut(score, length).of("x" * size) for size in (n, n + more))
    assert 0 <= long <= short <= 1


@given(scores, scores, lengths, sizes)
def test_a_higher_cut_is_higher_for_lines_of_any_length(
    one: float, other: float, length: float, size: int
) -> None:
    low, high = sorted([one, other])
    assert Cut(low, length).of("x" * size) <= Cut(high, length).of("x" * size)


class TestDocument:
    """The cut of a document: it falls where little can be told for sure."""

    SURE = ([0.999, 0.999, 0.001], [900, 700, 240])
    UNSURE = ([0.7, 0.5, 0.4, 0.2], [600, 500, 400, 800])

    def test_one_that_is_sure_has_the_cut_itself(self) -> None:
        certain = ([1.0, 1.0, 0.0], [900, 700, 240])
        assert document_fall(*certain, 1.0) == pytest.approx(0)
        assert Cut(0.3, document=1.0).on(*certain).score == pytest.approx(0.3)

    def test_falls_as_less_can_be_told(self) -> None:
        assert 0 < document_fall(*self.SURE, 1.0) < document_fall(*self.UNSURE, 1.0) < math.log(3)

    def test_falls_in_log_odds(self) -> None:
        cut = Cut(0.5, 0.7, document=2.0).on(*self.UNSURE)
        assert math.log(cut.score / (1 - cut.score)) == pytest.approx(
            -document_fall(*self.UNSURE, 2.0)
        )
        assert (cut.length, cut.document) == (0.7, 0.0)

    def test_is_half_of_the_best_f1_to_be_expected(self) -> None:
        scores, sizes = self.UNSURE
        soft = [math.sqrt(p) / (math.sqrt(p) + math.sqrt(1 - p)) for p in scores]
        wanted = sum(p * n for p, n in zip(soft, sizes, strict=True))
        best = max(
            2 * sum(p * n for p, n in kept) / (sum(n for _, n in kept) + wanted)
            for size in range(1, 5)
            for kept in combinations(zip(soft, sizes, strict=True), size)
        )
        fall = -math.log(best / 2 / (1 - best / 2))
        assert document_fall(scores, sizes, 1.0) == pytest.approx(fall)
        assert document_fall(scores, sizes, 2.0) == pytest.approx(2 * fall)

    @pytest.mark.parametrize("scores", [[0.0], [0.0, 0.0], [0.01, 0.02]])
    def test_one_of_chrome_alone_promises_little_and_not_nothing(self, scores: list[float]) -> None:
        assert document_fall(scores, [600] * len(scores), 1.0) == pytest.approx(math.log(3))

    @pytest.mark.parametrize(("size", "fall"), [(600, 0), (300, 0.75), (60, 1.35), (9_000, 0)])
    @pytest.mark.parametrize("weight", [0.5, 2.0])
    def test_falls_where_there_is_little_to_go_by(
        self, size: int, fall: float, weight: float
    ) -> None:
        assert document_fall([1.0], [size], weight) == pytest.approx(fall)

    def test_one_without_lines_has_a_cut_too(self) -> None:
        assert Cut(0.65, document=1.0).on([], []).score == pytest.approx(0.12, abs=0.01)

    def test_without_a_weight_all_documents_have_one(self) -> None:
        assert Cut(0.3, 0.5).on(*self.UNSURE) == Cut(0.3, 0.5)

    @pytest.mark.parametrize("score", [0.0, 1.0])
    def test_what_keeps_or_drops_all_still_does_in_any_document(self, score: float) -> None:
        assert Cut(score, document=1.0).on(*self.UNSURE).score == score

    @given(scores, scores, lengths, st.lists(st.tuples(scores, sizes), max_size=9))
    def test_a_higher_cut_is_higher_in_any_document(
        self, one: float, other: float, weight: float, lines: list[tuple[float, int]]
    ) -> None:
        known = [score for score, _ in lines], [size for _, size in lines]
        low, high = (Cut(cut, document=weight).on(*known).score for cut in sorted([one, other]))
        assert 0 <= low <= high <= 1

    @given(st.lists(st.tuples(scores, sizes), max_size=9), st.randoms())
    def test_the_order_of_lines_is_nothing_to_it(
        self, lines: list[tuple[float, int]], random: Random
    ) -> None:
        shuffled = random.sample(lines, len(lines))
        one, other = (
            document_fall([score for score, _ in some], [size for _, size in some], 1.0)
            for some in (lines, shuffled)
        )
        assert one == pytest.approx(other)
