"""Scoring with numpy: bags, trees, calibration and kinds against the same sums done one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import lines
from toy_model import CUTS, SCORES

from boilerkit import Cleaner
from boilerkit.cuts import Cut
from boilerkit.features import KINDS
from boilerkit.html_features import box_names_matrix, read_names, read_structure
from boilerkit.html_lines import read_html
from boilerkit.labels import Label
from boilerkit.model import COLUMNS, Forest, Head, Model, bag_scores, load_model, summed_names
from boilerkit.network import Network
from boilerkit.text_features import N_BUCKETS, measure_lines


def forest(depth: int = 2) -> Forest:
    """Two trees: x0 <= 1.5 ? (x1 <= 0 ? 1 : 2) : 4, and x1 <= -1 ? 10 : 20."""
    leaf = np.inf
    return Forest(
        feature=np.array([0, 1, 0, 0, 0, 1, 0, 0]),
        threshold=np.array([1.5, 0, leaf, leaf, leaf, -1, leaf, leaf], np.float32),
        children=np.array([1, 2, 3, 4, 2, 2, 3, 3, 4, 4, 6, 7, 6, 6, 7, 7]),
        value=np.array([0, 0, 4, 1, 2, 0, 10, 20], np.float32),
        roots=np.array([0, 5]),
        bias=0.5,
        depth=depth,
    )


class TestForest:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ([0, 0], 1 + 20),
            ([0, 1], 2 + 20),
            ([9, 0], 4 + 20),
            ([9, -5], 4 + 10),
            ([1.5, 0], 1 + 20),
            ([np.nextafter(np.float32(1.5), np.float32(2)), 0], 4 + 20),
            ([0, -1], 1 + 10),
        ],
    )
    def test_a_value_at_the_threshold_goes_left(self, row: list[float], expected: float) -> None:
        odds = forest().log_odds(np.array([row], np.float32))
        assert odds.tolist() == [expected + 0.5]

    def test_a_leaf_is_its_own_child(self) -> None:
        matrix = np.array([[0, 0], [9, -5]], np.float32)
        assert forest(depth=9).leaves(matrix).tolist() == forest().leaves(matrix).tolist()

    def test_no_rows(self) -> None:
        assert forest().log_odds(np.zeros((0, 2), np.float32)).shape == (0,)


class TestBagScores:
    @given(texts=st.lists(lines, min_size=1, max_size=6), seed=st.integers(0, 99))
    def test_equal_the_sum_of_weights_over_the_root_of_their_number(
        self, texts: list[str], seed: int
    ) -> None:
        weights = np.random.default_rng(seed).normal(size=(N_BUCKETS + 1, 3)).astype(np.float32)
        features = measure_lines(texts)
        scores = bag_scores(features, weights)
        assert scores.shape == (len(texts), 3)
        for line in range(len(texts)):
            buckets = features.token_bucket[features.token_line == line]
            total = weights[buckets].sum(axis=0, dtype=np.float64)
            expected = total / max(len(buckets), 1) ** 0.5 + weights[-1]
            assert scores[line] == pytest.approx(expected, abs=1e-5)

    def test_a_line_without_words_has_the_intercepts(self) -> None:
        weights = np.ones((N_BUCKETS + 1, 2), np.float32)
        weights[-1] = (3, 4)
        assert bag_scores(measure_lines(["***", "", "one"]), weights)[:2].tolist() == [[3, 4]] * 2

    def test_no_lines(self) -> None:
        weights = np.ones((N_BUCKETS + 1, 2), np.float32)
        assert bag_scores(measure_lines([]), weights).shape == (0, 2)


def test_name_scores_add_up_the_names_around_a_line() -> None:
    page, _ = read_html('<div class="nav"><p class="card">One</p></div><p>two</p>')
    vocabulary = {"card": 0, "nav": 1}
    weights = np.array([1, 2, 10, 20, 100, 200, 0.5], np.float32)  # own, parent, around, bias
    rows, columns = box_names_matrix(read_names(page, vocabulary), read_structure(page), 2)
    scores = summed_names(rows, columns, weights, len(page.texts))
    assert scores.tolist() == [1 + 20 + 100 + 200 + 0.5, 0.5]


class TestHead:
    @pytest.fixture
    def head(self) -> Head:
        direct = np.zeros((3, len(KINDS)), np.float32)
        direct[:, 0] = (0.25, -0.5, 1)
        direct[0, KINDS.index(Label.LEGAL)] = 1
        direct[1, KINDS.index(Label.SOCIAL)] = 1
        direct[2, KINDS.index(Label.BYLINE)] = 0.5
        return Head(
            first=forest(),
            forest=forest(),
            network=Network(
                mean=np.array([1, 0], np.float32),
                scale=np.array([2, 1], np.float32),
                direct=direct,
                inward=np.zeros((3, 2), np.float32),
                layers=np.zeros((0, 7, 2), np.float32),
                outward=np.zeros((2, len(KINDS)), np.float32),
            ),
            slope=0.1,
            intercept=-2.0,
            cuts={point: Cut(score) for point, score in CUTS.items()},
        )

    def test_a_score_is_the_logistic_function_of_the_scaled_odds(self, head: Head) -> None:
        scores = head.score(np.array([[0, 0], [9, -5]], np.float32))
        network = [-2 * 0.25 + 1, 4 * 0.25 + 4 * 0.5 + 1]  # clipped to 4 on either side
        odds = [0.1 * (21.5 + network[0]) - 2, 0.1 * (14.5 + network[1]) - 2]
        assert scores.content == pytest.approx([1 / (1 + np.exp(-value)) for value in odds])

    @pytest.mark.parametrize(
        ("row", "expected"),
        [([1, 0], Label.BYLINE), ([2, 0], Label.LEGAL), ([1, 1], Label.SOCIAL), ([1.2, 0.3], Label.BYLINE)],
    )  # fmt: skip
    def test_a_kind_is_the_likeliest_chrome_label(
        self, head: Head, row: list[float], expected: Label
    ) -> None:
        kinds = head.score(np.array([row], np.float32)).kinds
        assert KINDS[int(kinds[0])] is expected

    def test_many_rows_get_the_kinds_of_each_alone(self, head: Head) -> None:
        matrix = np.random.default_rng(0).normal(size=(150, 2)).astype(np.float32)
        alone = [int(head.score(row[None, :]).kinds[0]) for row in matrix]
        assert len(set(alone)) > 1
        assert head.score(matrix).kinds.tolist() == alone

    def test_columns_are_centred_scaled_and_clipped(self, head: Head) -> None:
        matrix = np.array([[1.5, 3], [99, -99]], np.float32)
        assert head.network.standardise(matrix).tolist() == [[1, 3], [4, -4]]


class TestToyModel:
    """The whole path from text to scores, with weights that can be read."""

    @pytest.fixture
    def model(self, toy_folder: Path) -> Model:
        return load_model(toy_folder)

    def test_scores_follow_the_marks(self, model: Model) -> None:
        scores = model.score_text(["none", "one!", "two!?", "three!!!", "four!!!!"])
        assert scores.content == pytest.approx([*SCORES, SCORES[-1]], abs=1e-6)

    def test_kinds_follow_the_signs(self, model: Model) -> None:
        kinds = model.score_text(["a @", "b €", "c"]).kinds.tolist()
        assert [KINDS[kind] for kind in kinds] == [
            Label.DONATION,
            Label.SUBSCRIPTION,
            Label.NAVIGATION,
        ]

    def test_a_page_gets_the_same(self, model: Model) -> None:
        page, _ = read_html("<p>none</p><p>three!!! €</p>")
        scores = model.score_html(page)
        assert scores.content == pytest.approx([SCORES[0], SCORES[3]], abs=1e-6)
        assert KINDS[int(scores.kinds[1])] is Label.SUBSCRIPTION

    def test_a_line_scores_the_same_in_a_matrix_of_any_size(self, model: Model) -> None:
        matrix = model.text_matrix(["one!", "two", "three!!!"] * 40)
        assert matrix.shape == (120, len(COLUMNS["text"]))
        whole = model.heads["text"].score(matrix).content
        single = [model.heads["text"].score(matrix[[row]]).content[0] for row in range(120)]
        assert whole.tolist() == single


class TestShippedModel:
    def test_scores_are_probabilities(self, shipped: Cleaner) -> None:
        text = "Log in\nThe ferry left the quay at noon with eleven passengers.\nDonate now\n***"
        for line in shipped.classify_text(text).lines:
            assert 0 <= line.score <= 1

    def test_a_document_names_the_model(self, shipped: Cleaner) -> None:
        document = shipped.classify_text("One")
        assert document.backend == "model"
        assert document.model.startswith("boilerkit-1 ")
