"""Why a line got its score: the model's log-odds split over its columns.

In a tree, each step from a node to its child changes the expected log-odds; the change is the
contribution of the column that the node asks about (Saabas, 2014). The network is linear around its
input: a column's contribution is its gradient times its value (Shrikumar et al., 2017), the line's
own by column, those of the lines around it by line. Scaled as the calibration scales, the
contributions and the base add up to the log-odds. Where two heads have their say, on a page with
bare markup, each counts by its weight.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from boilerkit.backends import Backend, ModelBackend
from boilerkit.column_words import describe_column
from boilerkit.cuts import Cut
from boilerkit.decide import ScoredLine
from boilerkit.errors import ConfigError
from boilerkit.labels import Label
from boilerkit.pipeline import Cleaner
from boilerkit.records import Document
from boilerkit.text_lines import fold_line, read_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boilerkit.model import Forest, Head, Model
    from boilerkit.network import Network
    from boilerkit.page_lines import PageLines
    from boilerkit.text_features import FloatArray

__all__ = [
    "KINDS_OF_INPUT",
    "Explanation",
    "as_read",
    "document_cut",
    "explain",
    "explain_all",
    "logit",
]

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
    words has none, and log-odds 0. From a score of ``cut`` on the line is content.
    """

    text: str
    label: Label
    score: float
    log_odds: float
    contributions: Contributions
    base: float
    cut: float


def document_cut(cleaner: Cleaner, document: Document, kind: str) -> Cut:
    """Return the cut of a document's lines at the cleaner's operating point."""
    lines = [line for line in document.lines if line.label is not Label.EMPTY]
    texts = [as_read(line.text, kind) for line in lines]
    return cleaner.backend.cuts[kind][cleaner.config.operating_point].on(
        [line.score for line in lines], [len(text) for text in texts]
    )


def as_read(line: str, kind: str) -> str:
    """Return a line as the model reads it: on pages its white space is folded already."""
    return fold_line(line) if kind == "text" else line


def explain(cleaner: Cleaner, source: str, line: int, kind: str) -> Explanation:
    """Explain one line of a page or a text.

    source: the page's HTML or the text. line: the index of the line in the document's ``lines``.
    kind: ``html`` or ``text``.

    Raises ConfigError for an unknown kind and for a line that the document does not have.
    """
    document = _classify(cleaner, source, kind)
    if not 0 <= line < len(document.lines):
        raise ConfigError(f"no line {line + 1}: the document has {len(document.lines)} lines")
    (explanation,) = _explain(cleaner, source, document, [line], kind)
    return explanation


def explain_all(cleaner: Cleaner, source: str, kind: str) -> tuple[Explanation, ...]:
    """Explain every line of a page or a text, as :func:`explain` does one of them."""
    document = _classify(cleaner, source, kind)
    return tuple(_explain(cleaner, source, document, range(len(document.lines)), kind))


def _classify(cleaner: Cleaner, source: str, kind: str) -> Document:
    if not isinstance(source, str):
        raise TypeError(f"source must be a str, not {type(source).__name__}")
    if kind == "html":
        return cleaner.classify_html(source)
    if kind == "text":
        return cleaner.classify_text(source)
    raise ConfigError(f"unknown kind of input {kind!r}: choose from {', '.join(KINDS_OF_INPUT)}")


def _explain(
    cleaner: Cleaner, source: str, document: Document, numbers: Iterable[int], kind: str
) -> Iterator[Explanation]:
    scored = _score(cleaner.backend, source[: document.truncated], kind)
    cut = document_cut(cleaner, document, kind)
    for number in numbers:
        line = document.lines[number]
        base = 0.0
        contributions: Contributions = ()
        if line.label is not Label.EMPTY:
            base, contributions = scored.contributions(number)
            score = scored.lines[number].score
            contributions = _by_size((*contributions, *_site_term(score, line.score)))
        log_odds = base + sum(value for _, value in contributions)
        of_line = cut.of(as_read(line.text, kind))
        yield Explanation(line.text, line.label, line.score, log_odds, contributions, base, of_line)


@dataclass(frozen=True)
class _Judged:
    """A document as a head of the model sees it, and the weight of what it says.

    ``matrix`` holds the features of row ``rows[line]``.
    """

    weight: float
    head: Head
    columns: tuple[str, ...]
    matrix: FloatArray
    rows: Mapping[int, int]

    def contributions(self, line: int) -> tuple[float, Contributions]:
        """Return the weighted base and named contributions to the head's log-odds of a line."""
        row = self.rows[line]
        base, values = _split_forest(self.head.forest, self.matrix[row])
        own, around, rest = _split_network(self.head.network, self.matrix, row)
        values += own
        named = [
            *zip(map(describe_column, self.columns), values.tolist(), strict=True),
            *((_neighbour(distance), value) for distance, value in around),
            ("what the network makes of any such line", rest),
        ]
        slope = self.weight * self.head.slope
        terms = tuple((name, slope * value) for name, value in named if value)
        return slope * base + self.weight * self.head.intercept, terms


@dataclass(frozen=True)
class _Scored:
    """What a backend says of a document's lines with words, by line; ``judged``: the model's."""

    lines: Mapping[int, ScoredLine]
    judged: Sequence[_Judged] = ()

    def contributions(self, line: int) -> tuple[float, Contributions]:
        """Return the base and the named contributions to the backend's score of a line."""
        if not self.judged:
            # The rules add up to one total, of which the score is the logistic function.
            scored = self.lines[line]
            name = f"rules of the heuristic, above all {scored.reason}"
            return 0.0, ((name, logit(scored.score)),)
        bases, terms = zip(*(part.contributions(line) for part in self.judged), strict=True)
        total: dict[str, float] = {}
        for name, value in chain.from_iterable(terms):
            total[name] = total.get(name, 0.0) + value
        return sum(bases), tuple(total.items())


def _site_term(score: float, adjusted: float) -> Contributions:
    """Return what a site profile changed in the backend's score, if anything."""
    if score == adjusted:
        return ()
    return (("how often it stands on the site's pages", logit(adjusted) - logit(score)),)


def logit(score: float) -> float:
    """Return the log-odds of a score in [0, 1], bounded where they would be infinite."""
    score = min(max(score, _LEAST_SCORE), 1 - _LEAST_SCORE)
    return math.log(score / (1 - score))


def _by_size(contributions: Contributions) -> Contributions:
    return tuple(sorted(contributions, key=lambda item: -abs(item[1])))


def _score(backend: Backend, source: str, kind: str) -> _Scored:
    """Score a document once for all of its lines."""
    model = backend.model if isinstance(backend, ModelBackend) else None
    if kind == "html":
        from boilerkit.html_lines import read_html

        page = read_html(source)[0]
        lines = dict(enumerate(backend.score_page(page)))
        return _Scored(lines, tuple(_judged_page(model, page)) if model and lines else ())
    text = read_text(source)
    lines = dict(zip(text.index, backend.score_text(text.words), strict=True))
    return _Scored(lines, (_as_text(model, text.index, text.words),) if model and lines else ())


def _judged_page(model: Model, page: PageLines) -> Iterator[_Judged]:
    from boilerkit.markup import read_as_text, text_share
    from boilerkit.model import COLUMNS

    share = text_share(page)
    rows = {line: line for line in range(len(page.texts))}
    yield _Judged(1 - share, model.heads["html"], COLUMNS["html"], model.html_matrix(page), rows)
    index, words = read_as_text(page)
    if share and words:
        yield _as_text(model, index, words, share)


def _as_text(
    model: Model, index: Sequence[int], words: Sequence[str], weight: float = 1.0
) -> _Judged:
    from boilerkit.model import COLUMNS

    rows = {line: row for row, line in enumerate(index)}
    return _Judged(weight, model.heads["text"], COLUMNS["text"], model.text_matrix(words), rows)


def _split_forest(forest: Forest, row: FloatArray) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the base and the (n_columns,) contributions that add up to the forest's log-odds."""
    import numpy as np

    value = forest.value.astype(np.float64)
    contributions = np.zeros(len(row))
    node = forest.roots
    for _ in range(forest.depth):
        right = row[forest.feature[node]] > forest.threshold[node]
        child = forest.children[2 * node + right]
        np.add.at(contributions, forest.feature[node], value[child] - value[node])
        node = child
    return forest.bias + float(value[forest.roots].sum()), contributions


def _split_network(
    network: Network, matrix: FloatArray, row: int
) -> tuple[npt.NDArray[np.float64], list[tuple[int, float]], float]:
    """Return what the network's log-odds of a line are made of.

    That is what the line's own columns add, pairs of a distance and what the line there adds, and
    the rest, which the network's biases add.
    """
    import numpy as np

    cells = network.contributions(matrix, row, 0).astype(np.float64)
    by_line = cells.sum(axis=1)
    around = [(int(n) - row, float(by_line[n])) for n in np.flatnonzero(by_line) if n != row]
    rest = float(network.logits(matrix)[row, 0]) - float(by_line.sum())
    return cells[row], around, rest


def _neighbour(distance: int) -> str:
    side = "before" if distance < 0 else "after"
    if abs(distance) == 1:
        return f"the line {side} it"
    return f"the line {abs(distance)} lines {side} it"
