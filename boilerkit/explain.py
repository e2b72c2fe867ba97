"""Why a line got its score: the model's log-odds split over its columns.

In a tree, each step from a node to its child changes the expected log-odds; the change is the
contribution of the column that the node asks about (Saabas, 2014). Summed over the trees and
scaled as the calibration scales, the contributions and the base add up to the log-odds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from boilerkit.backends import Backend, ModelBackend
from boilerkit.column_words import describe_column
from boilerkit.decide import ScoredLine
from boilerkit.errors import ConfigError
from boilerkit.labels import Label
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document
from boilerkit.text_lines import read_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boilerkit.model import Head, Model
    from boilerkit.text_features import FloatArray

__all__ = ["KINDS_OF_INPUT", "Explanation", "explain"]

KINDS_OF_INPUT = ("html", "text")

# A score of 0 or 1 has no finite logit.
_LEAST_SCORE = 1e-9

Contributions: TypeAlias = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one line got its score.

    ``score`` is the line's score and ``log_odds`` its logit: ``base``, what every line starts
    from, plus all ``contributions``, pairs of a name and a value, the largest first. A positive
    value speaks for content. The heuristic has one contribution, its rule total. A line without
    words has none, and log-odds 0.
    """

    text: str
    label: Label
    score: float
    log_odds: float
    contributions: Contributions
    base: float


def explain(cleaner: Cleaner, source: str, line: int, kind: str) -> Explanation:
    """Explain one line of a page or a text.

    source: the page's HTML or the text. line: the index of the line in the document's ``lines``.
    kind: ``html`` or ``text``.

    Raises ConfigError for an unknown kind and for a line that the document does not have.
    """
    document = _classify(cleaner, source, kind)
    if not 0 <= line < len(document.lines):
        raise ConfigError(f"no line {line + 1}: the document has {len(document.lines)} lines")
    this = document.lines[line]
    base = 0.0
    contributions: Contributions = ()
    if this.label is not Label.EMPTY:
        read = source[: document.truncated]
        scored = _score(cleaner.backend, read, line, kind)
        base, contributions = _contributions(cleaner.backend, read, line, kind, scored)
        contributions = _by_size((*contributions, *_site_term(scored.score, this.score)))
    log_odds = base + sum(value for _, value in contributions)
    return Explanation(this.text, this.label, this.score, log_odds, contributions, base)


def _classify(cleaner: Cleaner, source: str, kind: str) -> Document:
    if not isinstance(source, str):
        raise TypeError(f"source must be a str, not {type(source).__name__}")
    if kind == "html":
        return cleaner.classify_html(source)
    if kind == "text":
        return cleaner.classify_text(source)
    raise ConfigError(f"unknown kind of input {kind!r}: choose from {', '.join(KINDS_OF_INPUT)}")


def _contributions(
    backend: Backend, source: str, line: int, kind: str, scored: ScoredLine
) -> tuple[float, Contributions]:
    """Return the base and the named contributions to the backend's score of a line with words."""
    if isinstance(backend, ModelBackend):
        return _name_columns(backend.model, source, line, kind)
    # The rules add up to one total, of which the score is the logistic function.
    return 0.0, ((f"rules of the heuristic, above all {scored.reason}", _logit(scored.score)),)


def _site_term(score: float, adjusted: float) -> Contributions:
    """Return what a site profile changed in the backend's score, if anything."""
    if score == adjusted:
        return ()
    return (("how often it stands on the site's pages", _logit(adjusted) - _logit(score)),)


def _logit(score: float) -> float:
    score = min(max(score, _LEAST_SCORE), 1 - _LEAST_SCORE)
    return math.log(score / (1 - score))


def _by_size(contributions: Contributions) -> Contributions:
    return tuple(sorted(contributions, key=lambda item: -abs(item[1])))


def _score(backend: Backend, source: str, line: int, kind: str) -> ScoredLine:
    if kind == "html":
        from boilerkit.html_lines import read_html

        return backend.score_page(read_html(source)[0])[line]
    lines = read_text(source)
    return backend.score_text(lines.words)[lines.index.index(line)]


def _name_columns(model: Model, source: str, line: int, kind: str) -> tuple[float, Contributions]:
    columns, row = _features(model, source, line, kind)
    base, values = _split_log_odds(model.heads[kind], row)
    return base, tuple(
        (describe_column(column), value)
        for column, value in zip(columns, values.tolist(), strict=True)
        if value
    )


def _features(
    model: Model, source: str, line: int, kind: str
) -> tuple[tuple[str, ...], FloatArray]:
    """Return the names of the columns and their (n_columns,) values for one line."""
    from boilerkit.features import HTML_COLUMNS, TEXT_MATRIX_COLUMNS

    if kind == "html":
        from boilerkit.html_lines import read_html

        return HTML_COLUMNS, model.html_matrix(read_html(source)[0])[line]
    lines = read_text(source)
    return TEXT_MATRIX_COLUMNS, model.text_matrix(lines.words)[lines.index.index(line)]


def _split_log_odds(head: Head, row: FloatArray) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the base and the (n_columns,) contributions that add up to the calibrated log-odds."""
    import numpy as np

    forest = head.forest
    value = forest.value.astype(np.float64)
    contributions = np.zeros(len(row))
    node = forest.roots
    for _ in range(forest.depth):
        right = row[forest.feature[node]] > forest.threshold[node]
        child = forest.children[2 * node + right]
        np.add.at(contributions, forest.feature[node], value[child] - value[node])
        node = child
    base = head.slope * (forest.bias + float(value[forest.roots].sum())) + head.intercept
    return base, head.slope * contributions
