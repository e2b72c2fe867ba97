"""A line's neighbours as columns: shifts, windows, spans and groups, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from boilerkit.context import (
    ahead,
    group_means,
    seen,
    shifted,
    span_means,
    window_means,
    windows_means,
)


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


class TestShifted:
    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            (1, [2, 3, 0]),
            (2, [3, 0, 0]),
            (-1, [0, 1, 2]),
            (-2, [0, 0, 1]),
            (3, [0, 0, 0]),
            (-3, [0, 0, 0]),
            (7, [0, 0, 0]),
        ],
    )
    def test_each_line_gets_the_value_of_the_line_step_after_it(
        self, step: int, expected: list[float]
    ) -> None:
        assert shifted(floats(1, 2, 3), step).tolist() == expected

    def test_rows_of_several_columns_move_together(self) -> None:
        assert shifted(np.array([[1, 2], [3, 4]], np.float32), 1).tolist() == [[3, 4], [0, 0]]

    def test_no_lines(self) -> None:
        assert shifted(np.zeros((0, 3), np.float32), 1).shape == (0, 3)

    def test_its_input_is_left_alone(self) -> None:
        values = floats(1, 2)
        shifted(values, 1)
        assert values.tolist() == [1, 2]


class TestSeenAndAhead:
    VALUES = np.array([[1], [5], [2], [0]], np.float32)

    @pytest.mark.parametrize(
        ("fading", "before", "after"),
        [(0, [1, 1, 5, 5], [5, 2, 0, 0]), (2, [1, -1, 3, 1], [3, 0, -2, 0])],
    )
    def test_the_highest_value_on_either_side_less_what_it_fades_on_its_way(
        self, fading: float, before: list[float], after: list[float]
    ) -> None:
        assert seen(self.VALUES, fading)[:, 0].tolist() == before
        assert ahead(self.VALUES, fading)[:, 0].tolist() == after

    def test_columns_do_not_mix(self) -> None:
        both = seen(np.array([[1, 9], [5, 0], [2, 0]], np.float32), 0)
        assert both.tolist() == [[1, 9], [1, 9], [5, 9]]

    @pytest.mark.parametrize("n", [0, 1])
    def test_without_other_lines(self, n: int) -> None:
        values = np.full((n, 3), 7, np.float32)
        assert seen(values, 0.1).tolist() == ahead(values, 0.1).tolist() == values.tolist()

    def test_far_lines_of_a_long_document_keep_their_digits(self) -> None:
        values = np.zeros((300_000, 1), np.float32)
        values[-2] = 1.0
        assert seen(values, 0.1)[-1, 0] == pytest.approx(0.9)


class TestWindowMeans:
    @pytest.mark.parametrize(
        ("radius", "expected"),
        [(0, [1, 2, 6]), (1, [1.5, 3, 4]), (2, [3, 3, 3]), (99, [3, 3, 3])],
    )
    def test_equal_weights(self, radius: int, expected: list[float]) -> None:
        means = window_means(floats(1, 2, 6), np.ones(3, np.float32), radius)
        assert means.tolist() == pytest.approx(expected)

    def test_weights(self) -> None:
        means = window_means(floats(1, 5, 9), floats(3, 1, 0), 1)
        assert means.tolist() == pytest.approx([2, 2, 5])

    def test_several_columns(self) -> None:
        means = window_means(np.array([[1, 0], [3, 4]], np.float32), floats(1, 3), 1)
        assert means.tolist() == [[2.5, 3], [2.5, 3]]

    def test_several_radii(self) -> None:
        values, weights = floats(1, 5, 9), floats(3, 1, 0)
        narrow, wide = windows_means(values, weights, (1, 2))
        assert narrow.tolist() == window_means(values, weights, 1).tolist()
        assert wide.tolist() == window_means(values, weights, 2).tolist()

    def test_no_lines(self) -> None:
        assert window_means(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), 3).shape == (
            0,
            2,
        )

    def test_weights_of_nothing_give_zero(self) -> None:
        assert window_means(floats(1, 2), floats(0, 0), 1).tolist() == [0, 0]

    @given(
        values=arrays.arrays(np.float32, st.integers(1, 40), elements=st.floats(-9, 9, width=32)),
        radius=st.integers(0, 12),
    )
    def test_equals_the_mean_of_the_slice(self, values: np.ndarray, radius: int) -> None:
        means = window_means(values, np.ones(len(values), np.float32), radius)
        for line, found in enumerate(means.tolist()):
            window = values[max(line - radius, 0) : line + radius + 1]
            assert found == pytest.approx(window.mean(dtype=np.float64), abs=1e-4)


class TestSpanMeans:
    def test_spans_are_half_open(self) -> None:
        means = span_means(
            floats(1, 2, 6), np.ones(3, np.float32), np.array([0, 1, 2]), np.array([3, 2, 2])
        )
        assert means.tolist() == pytest.approx([3, 2, 0])

    def test_a_late_span_is_as_exact_as_an_early_one(self) -> None:
        values = np.concatenate([np.full(50_000, 1e4), [0.25, 0.75]]).astype(np.float32)
        weights = np.ones(len(values), np.float32)
        means = span_means(values, weights, np.array([50_000]), np.array([50_002]))
        assert means.tolist() == pytest.approx([0.5], abs=1e-6)


class TestGroupMeans:
    def test_lines_of_one_group_get_its_weighted_mean(self) -> None:
        means = group_means(floats(1, 5, 9, 3), floats(1, 1, 3, 1), np.array([0, 2, 2, 0]))
        assert means.tolist() == pytest.approx([2, 8, 8, 2])

    def test_no_lines(self) -> None:
        nothing = np.zeros(0, np.float32)
        assert group_means(nothing, nothing, np.zeros(0, np.int64)).shape == (0,)
