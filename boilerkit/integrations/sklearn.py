"""A scikit-learn transformer, for a Pipeline whose next step counts words."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from boilerkit.errors import BoilerkitWarning
from boilerkit.integrations.core import Cleaned, RecordCleaner, missing_engine
from boilerkit.pipeline import Cleaner

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import validate_data
except ImportError as error:
    raise missing_engine(error, "sklearn") from error

if TYPE_CHECKING:
    import numpy.typing as npt
    from sklearn.utils import Tags

__all__ = ["BoilerkitTransformer"]

_SHOWN_ERRORS = 3


class BoilerkitTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Cleans texts or pages, one by one; there is nothing to fit.

    input: ``text`` for what an extractor produced, ``html`` for pages.
    cleaner: a Cleaner, or None for the default one.

    X is a sequence of records, of shape (n_samples,), or a table of them, (n_samples, n_columns);
    the result is an object array of str of the same shape. A record that is missing (None, NaN)
    becomes an empty text; so does one that fails, which a BoilerkitWarning tells with its place
    and reason.
    """

    def __init__(self, *, input: str = "text", cleaner: Cleaner | None = None) -> None:
        self.input = input
        self.cleaner = cleaner

    def fit(self, X: Any, y: object = None) -> BoilerkitTransformer:
        """Check the parameters and the shape of `X`; `y` is not looked at."""
        RecordCleaner(self.input, self.cleaner)
        self._records(X, reset=True)
        return self

    def transform(self, X: Any) -> npt.NDArray[np.object_]:
        """Return the texts of the records; raises ValueError for what is no array of records."""
        records = self._records(X, reset=False)
        clean = RecordCleaner(self.input, self.cleaner)
        cleaned = [clean(record) for record in records.ravel().tolist()]
        _warn_of_errors(cleaned)
        texts = np.empty(len(cleaned), dtype=object)
        texts[:] = [item.text or "" for item in cleaned]
        return texts.reshape(records.shape)

    def _records(self, X: Any, *, reset: bool) -> npt.NDArray[Any]:
        if isinstance(X, str):
            raise ValueError("X must hold records, not be one: put the text into a list")
        # object, for numpy would make all texts as wide as the longest
        table = np.asarray(X, dtype=object).ndim > 1
        records: npt.NDArray[Any] = validate_data(
            self, X, reset=reset, dtype=object, ensure_2d=table, ensure_all_finite=False
        )
        return records

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        tags.requires_fit = False
        return tags


def _warn_of_errors(cleaned: list[Cleaned]) -> None:
    errors = [f"{n} ({item.error})" for n, item in enumerate(cleaned) if item.error is not None]
    if errors:
        shown = ", ".join(errors[:_SHOWN_ERRORS]) + (", …" if len(errors) > _SHOWN_ERRORS else "")
        warnings.warn(
            f"{len(errors)} of {len(cleaned)} records failed and became empty texts: {shown}",
            BoilerkitWarning,
            stacklevel=3,
        )
