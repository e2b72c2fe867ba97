"""The transformer under scikit-learn's own checks, and in a Pipeline before TfidfVectorizer."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from engines import CLEANED, PAGE, TEXT
from required import require

from boilerkit import BoilerkitWarning, CleanConfig, Cleaner, ConfigError

require("sklearn")
require("sklearn.utils.estimator_checks")

from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import SkipTestWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from boilerkit.integrations.sklearn import BoilerkitTransformer

_SUBTRACTS = "compares two results by subtracting them, which texts do not allow; "
_ONE_DIMENSION = "wants one dimension refused, but that is what a vectorizer takes"
# TestOnTexts repeats on texts what these checks ask of numbers.
EXPECTED_FAILED_CHECKS = {
    "check_pipeline_consistency": _SUBTRACTS
    + "see test_in_a_pipeline_it_gives_what_it_gives_alone",
    "check_estimators_pickle": _SUBTRACTS + "see test_survives_pickling_and_cloning",
    "check_transformer_data_not_an_array": _SUBTRACTS + "see test_takes_any_sequence",
    "check_transformer_general": _SUBTRACTS + "see test_fit_and_transform_at_once_or_in_turn",
    "check_methods_sample_order_invariance": _SUBTRACTS + "see test_order_does_not_matter",
    "check_methods_subset_invariance": _SUBTRACTS + "see test_subsets_do_not_matter",
    "check_fit_idempotent": _SUBTRACTS + "see test_fit_and_transform_at_once_or_in_turn",
    "check_fit1d": _ONE_DIMENSION,
    "check_fit2d_predict1d": _ONE_DIMENSION,
    "check_complex_data": "wants an error; any number is a record that fails and is warned of",
}
# Runs only where the environment variable SCIPY_ARRAY_API was set before scipy's first import.
MAY_BE_SKIPPED = {"check_array_api_input"}

TEXTS = np.array([TEXT, "One", "Two\nShare!!!", "Share!!!"], dtype=object)


@pytest.mark.filterwarnings("ignore::boilerkit.BoilerkitWarning")
def test_passes_all_checks_of_scikit_learn_but_those_that_want_numbers(toy: Cleaner) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        results = check_estimator(
            BoilerkitTransformer(cleaner=toy), expected_failed_checks=EXPECTED_FAILED_CHECKS
        )
    names = {
        status: {result["check_name"] for result in results if result["status"] == status}
        for status in ("passed", "xfail", "skipped", "failed")
    }
    assert names["xfail"] == set(EXPECTED_FAILED_CHECKS)
    assert not names["failed"]
    assert names["skipped"] <= MAY_BE_SKIPPED
    assert len(names["passed"]) > 20


class TestOnTexts:
    @pytest.fixture
    def transformer(self, toy: Cleaner) -> BoilerkitTransformer:
        return BoilerkitTransformer(cleaner=toy)

    def test_cleans_texts_and_pages(self, transformer: BoilerkitTransformer) -> None:
        expected = [CLEANED, "One", "Two", ""]
        assert transformer.transform(TEXTS).tolist() == expected
        pages = transformer.set_params(input="html").transform([PAGE, PAGE.encode()])
        assert pages.tolist() == [CLEANED] * 2

    def test_in_a_pipeline_it_gives_what_it_gives_alone(
        self, transformer: BoilerkitTransformer
    ) -> None:
        alone = TfidfVectorizer().fit_transform(transformer.transform(TEXTS))
        together = make_pipeline(transformer, TfidfVectorizer()).fit_transform(TEXTS)
        assert (alone != together).nnz == 0
        assert together.shape[0] == len(TEXTS)

    def test_survives_pickling_and_cloning(self, transformer: BoilerkitTransformer) -> None:
        expected = transformer.transform(TEXTS).tolist()
        for other in (pickle.loads(pickle.dumps(transformer)), clone(transformer)):
            assert other.transform(TEXTS).tolist() == expected

    def test_takes_any_sequence(self, transformer: BoilerkitTransformer) -> None:
        expected = transformer.transform(TEXTS).tolist()
        assert transformer.transform(TEXTS.tolist()).tolist() == expected
        assert transformer.transform(tuple(TEXTS)).tolist() == expected
        assert transformer.transform(TEXTS.astype(str)).tolist() == expected

    def test_a_table_keeps_its_shape(self, transformer: BoilerkitTransformer) -> None:
        table = transformer.fit_transform(TEXTS.reshape(2, 2))
        assert table.tolist() == [[CLEANED, "One"], ["Two", ""]]
        with pytest.raises(ValueError, match="expecting 2 features"):
            transformer.transform(TEXTS.reshape(4, 1))

    def test_fit_and_transform_at_once_or_in_turn(self, transformer: BoilerkitTransformer) -> None:
        expected = transformer.fit_transform(TEXTS).tolist()
        assert transformer.fit(TEXTS).transform(TEXTS).tolist() == expected
        assert transformer.fit(TEXTS[:1]).transform(TEXTS).tolist() == expected

    def test_order_does_not_matter(self, transformer: BoilerkitTransformer) -> None:
        backwards = transformer.transform(TEXTS[::-1])
        assert backwards.tolist() == transformer.transform(TEXTS).tolist()[::-1]

    def test_subsets_do_not_matter(self, transformer: BoilerkitTransformer) -> None:
        alone = [transformer.transform([text]).tolist() for text in TEXTS]
        assert [text for (text,) in alone] == transformer.transform(TEXTS).tolist()

    def test_a_long_text_does_not_widen_the_others(self, transformer: BoilerkitTransformer) -> None:
        assert transformer.transform(["One", "two " * 10_000]).dtype == object


class TestRecordsThatFail:
    def test_become_empty_and_are_told_with_their_place(self, toy: Cleaner) -> None:
        transformer = BoilerkitTransformer(cleaner=toy)
        with pytest.warns(BoilerkitWarning, match=r"1 of 3 records.*: 1 \(TypeError: text must"):
            texts = transformer.transform(["One", 7, "Two"])
        assert texts.tolist() == ["One", "", "Two"]

    def test_missing_ones_become_empty_without_a_word(self, toy: Cleaner) -> None:
        texts = BoilerkitTransformer(cleaner=toy).transform(["One", None, float("nan")])
        assert texts.tolist() == ["One", "", ""]

    def test_one_text_is_no_sequence_of_texts(self, toy: Cleaner) -> None:
        with pytest.raises(ValueError, match="put the text into a list"):
            BoilerkitTransformer(cleaner=toy).fit(TEXT)

    def test_wrong_parameters_are_told_by_fit(self, toy: Cleaner) -> None:
        with pytest.raises(ConfigError, match="'pdf'"):
            BoilerkitTransformer(input="pdf", cleaner=toy).fit(TEXTS)
        with pytest.raises(TypeError, match="cleaner"):
            BoilerkitTransformer(cleaner="boilerkit-1").fit(TEXTS)  # type: ignore[arg-type]


def test_a_search_chooses_among_cleaners(toy: Cleaner, toy_folder: Path) -> None:
    # The class shows in the second line alone, and only one of the cleaners leaves it.
    texts = [f"Number {n}.\n{'Red' if n % 2 else 'Blue'} @!!!" for n in range(12)]
    steps = [
        ("clean", BoilerkitTransformer()),
        ("count", TfidfVectorizer()),
        ("nb", MultinomialNB()),
    ]
    keeping = Cleaner(config=CleanConfig(keep=["donation"]), model=toy_folder)
    search = GridSearchCV(Pipeline(steps), {"clean__cleaner": [toy, keeping]}, cv=2)
    search.fit(texts, [n % 2 for n in range(12)])
    assert search.best_params_["clean__cleaner"] is keeping
    assert search.best_score_ == 1


def test_a_column_of_a_table(toy: Cleaner) -> None:
    table = np.array([["a", TEXT], ["b", "One"]], dtype=object)
    columns = ColumnTransformer([("clean", BoilerkitTransformer(cleaner=toy), [1])])
    assert columns.fit_transform(table).tolist() == [[CLEANED], ["One"]]
