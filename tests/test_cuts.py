"""The cut of a line, by its length."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boilerkit.cuts import Cut

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
