"""A page's type from the names of its elements, its meta data and its lines."""

from __future__ import annotations

import numpy as np
import pytest

from boilerkit.html_lines import read_html
from boilerkit.labels import PAGE_TYPES
from boilerkit.page_types import (
    N_MEASURES,
    N_META_BUCKETS,
    PageClues,
    page_clues,
    type_scores,
)
from boilerkit.text_features import measure_lines


def clues_of(html: str) -> PageClues:
    page, _ = read_html(html)
    return page_clues(page, measure_lines(page.texts))


class TestClues:
    @pytest.mark.parametrize(
        "head",
        [
            '<meta property="og:type" content="product">',
            '<meta name=generator content="Discourse 3">',
            '<script type="application/ld+json">{"@type": "Product"}</script>',
            '<meta name="article:author" content="Ann">',
        ],
    )
    def test_meta_data_sets_buckets(self, head: str) -> None:
        plain, with_head = clues_of("<p>One</p>"), clues_of(f"{head}<p>One</p>")
        assert set(with_head.meta.tolist()) != set(plain.meta.tolist())
        assert ((with_head.meta >= 0) & (with_head.meta < N_META_BUCKETS)).all()

    def test_buckets_are_distinct(self) -> None:
        meta = clues_of("<meta name=a content=1><meta name=a content=2><p>One").meta.tolist()
        assert len(set(meta)) == len(meta)

    def test_prices_and_prose_show_in_the_measures(self) -> None:
        prose = "The ferry carried grain and salt and letters over the grey water. " * 4
        shop = clues_of("<p>Rope</p><p>€ 4</p><p>Anchor</p><p>€ 90</p>").measures
        story = clues_of(f"<p>{prose}</p><p>{prose}</p>").measures
        assert shop.shape == (N_MEASURES,)
        assert shop[-1] > story[-1]
        assert story[3] > shop[3]

    def test_an_empty_page(self) -> None:
        assert np.isfinite(clues_of("").measures).all()


class TestScores:
    def weights(self, n_names: int) -> np.ndarray:
        return np.zeros((n_names + N_META_BUCKETS + N_MEASURES + 1, len(PAGE_TYPES)), np.float32)

    def test_without_weights_all_types_are_as_likely(self) -> None:
        scores = type_scores(np.zeros(0, np.int64), clues_of("<p>One"), self.weights(3))
        assert scores == pytest.approx(np.full(len(PAGE_TYPES), 1 / len(PAGE_TYPES)))

    def test_names_meta_data_and_measures_add_up(self) -> None:
        clues = PageClues(np.array([5]), np.array([0, 0, 0, 0, 0, 2], np.float32))
        weights = self.weights(3)
        weights[1, 0] = 3  # a name
        weights[3 + 5, 0] = 1  # a bucket
        weights[-2, 0] = 0.5  # the last measure
        weights[-1, 0] = -0.25
        logit = (3 + 1) / 2**0.5 + 2 * 0.5 - 0.25
        scores = type_scores(np.array([1]), clues, weights)
        expected = np.exp(logit) / (np.exp(logit) + len(PAGE_TYPES) - 1)
        assert scores[0] == pytest.approx(expected, rel=1e-5)
        assert scores.sum() == pytest.approx(1)
