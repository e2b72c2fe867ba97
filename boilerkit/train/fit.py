"""Training examples → fitted parts: linear bags, forests, kind layers.

Two stages. Linear models over hashed words and over class names give each line scores; boosted
trees see those scores over the line's neighbours and containers. The trees are trained on scores
of linear models that never saw the line's fold (stacking; Wolpert, 1992), so that they learn how
far the scores can be trusted on new sites.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from boilerkit.features import KINDS, PageScores, html_matrix, text_matrix
from boilerkit.html_features import Structure, box_names_matrix, name_tokens, read_structure
from boilerkit.model import Forest, bag_scores, summed_names
from boilerkit.text_features import (
    N_BUCKETS,
    FloatArray,
    IntArray,
    TextFeatures,
    measure_lines,
)
from boilerkit.train.corpus import UNKNOWN, Corpus, PageExample

__all__ = ["Bags", "FittedHead", "Prepared", "Trainer", "prepare"]

SEED = 20261122
_MIN_TOKEN_SITES = 4
_QUANTA = 127


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """Size of a forest: what inference costs grows with trees × depth."""

    trees: int
    leaves: int
    depth: int
    min_leaf: int


HTML_FOREST = ForestSettings(trees=100, leaves=31, depth=7, min_leaf=40)
TEXT_FOREST = ForestSettings(trees=100, leaves=15, depth=6, min_leaf=20)


@dataclass(frozen=True)
class Prepared:
    """A corpus with the features that no training changes, in the corpus's order."""

    corpus: Corpus
    page_text: list[TextFeatures]
    page_structure: list[Structure]
    text: list[TextFeatures]
    single: list[TextFeatures]
    names: dict[str, int]
    page_names: list[tuple[IntArray, IntArray]]


@dataclass(frozen=True)
class Bags:
    """Linear models: (N_BUCKETS + 1, n_classes) and (3 * len(vocabulary) + 1,) weights.

    ``column_map`` leads from the corpus's name columns to those of ``vocabulary``.
    """

    word_kinds: FloatArray
    word_content: FloatArray
    name_content: FloatArray
    vocabulary: dict[str, int]
    column_map: IntArray


@dataclass(frozen=True)
class FittedHead:
    """A forest and a kind layer before calibration."""

    estimator: HistGradientBoostingClassifier
    forest: Forest
    mean: FloatArray
    scale: FloatArray
    kind_weights: FloatArray


def prepare(corpus: Corpus) -> Prepared:
    """Compute the features of all lines once."""
    names = _find_names(corpus.pages)
    structures = [read_structure(example.page) for example in corpus.pages]
    return Prepared(
        corpus,
        [measure_lines(example.page.texts) for example in corpus.pages],
        structures,
        [measure_lines(example.lines) for example in corpus.texts],
        [measure_lines([text]) for text, _, _ in corpus.singles],
        names,
        [
            box_names_matrix(example.page, structure, names)
            for example, structure in zip(corpus.pages, structures, strict=True)
        ],
    )


class Trainer:
    """Fits models on sets of folds; a linear model that is needed again is fitted once."""

    def __init__(self, prepared: Prepared) -> None:
        self._data = prepared
        self._bag_cache: dict[tuple[str, frozenset[int]], FloatArray] = {}
        self._kind_rows = _kind_rows(prepared)
        self._content_rows = _content_rows(prepared)

    def bags(self, folds: Collection[int], vocabulary: dict[str, int]) -> Bags:
        """Fit the linear models on the given folds."""
        return Bags(
            self._word_bag("kinds", self._kind_rows, folds),
            self._word_bag("content", self._content_rows, folds),
            _fit_names(self._data, frozenset(folds), vocabulary),
            vocabulary,
            _column_map(self._data, vocabulary),
        )

    def _word_bag(self, name: str, rows: _Rows, folds: Collection[int]) -> FloatArray:
        key = (name, frozenset(folds))
        if key not in self._bag_cache:
            keep = np.isin(rows.fold, sorted(folds))
            n_classes = len(KINDS) if name == "kinds" else 2
            self._bag_cache[key] = _fit_linear(
                rows.matrix[keep], rows.target[keep], rows.weight[keep], _WORD_C[name], n_classes
            )
        return self._bag_cache[key]

    def out_of_fold_bags(
        self, folds: Collection[int], vocabulary: dict[str, int]
    ) -> dict[int, Bags]:
        """Return for each fold the linear models fitted on the other given folds."""
        return {fold: self.bags(set(folds) - {fold}, vocabulary) for fold in sorted(folds)}

    def fit_html(self, bags: dict[int, Bags]) -> FittedHead:
        """Fit the page head; `bags` maps each training fold to models that did not see it."""
        rows = _HeadRows([], [], [], [])
        for number, example in enumerate(self._data.corpus.pages):
            if example.fold in bags and not np.isnan(example.target).all():
                weight = _page_weights(example, self._data.page_text[number])
                used, weight = _sampled(~np.isnan(example.target), weight)
                rows.matrix.append(self.html_matrix(number, bags[example.fold])[used])
                rows.target.append(example.target[used])
                rows.weight.append(weight)
                rows.kind.append(example.kind[used])
        return _fit_head(rows, HTML_FOREST)

    def fit_text(self, bags: dict[int, Bags]) -> FittedHead:
        """Fit the text head, likewise."""
        rows = _HeadRows([], [], [], [])
        for number, example in enumerate(self._data.corpus.texts):
            if example.fold in bags and (example.kind != UNKNOWN).any():
                weight = example.weight * np.sqrt(self._data.text[number].n_words + 1.0)
                used, weight = _sampled(example.kind != UNKNOWN, weight)
                rows.matrix.append(self.text_matrix(number, bags[example.fold])[used])
                rows.target.append((example.kind[used] == 0).astype(np.float64))
                rows.weight.append(weight)
                rows.kind.append(example.kind[used])
        return _fit_head(rows, TEXT_FOREST)

    def html_matrix(self, number: int, bags: Bags) -> FloatArray:
        """Return the features of all lines of page `number`."""
        example = self._data.corpus.pages[number]
        text, structure = self._data.page_text[number], self._data.page_structure[number]
        return html_matrix(
            example.page,
            structure,
            text,
            PageScores(
                bag_scores(text, bags.word_kinds),
                bag_scores(text, bags.word_content)[:, 0],
                self._name_scores(number, bags),
            ),
        )

    def _name_scores(self, number: int, bags: Bags) -> FloatArray:
        rows, columns = _names_of_page(self._data, number, bags.column_map)
        return summed_names(
            rows, columns, bags.name_content, len(self._data.page_text[number].n_words)
        )

    def text_matrix(self, number: int, bags: Bags) -> FloatArray:
        """Return the features of all lines of text `number`."""
        text = self._data.text[number]
        return text_matrix(text, bag_scores(text, bags.word_kinds))


# Lines that a document teaches with at the most: a menu of a thousand links is one lesson.
_MAX_ROWS = 250


@dataclass(frozen=True)
class _HeadRows:
    """Blocks of rows, one a document."""

    matrix: list[FloatArray]
    target: list[npt.NDArray[np.float64]]
    weight: list[npt.NDArray[np.float64]]
    kind: list[npt.NDArray[np.int64]]


def _sampled(
    known: npt.NDArray[np.bool_], weight: npt.NDArray[np.float64]
) -> tuple[IntArray, npt.NDArray[np.float64]]:
    """Return the lines of a document to train on and their weights, whose sum is kept."""
    used = np.flatnonzero(known)
    total = weight[used].sum()
    if len(used) > _MAX_ROWS:
        picked = np.random.default_rng(SEED).choice(len(used), _MAX_ROWS, replace=False)
        used = used[np.sort(picked)]
    return used, weight[used] * (total / weight[used].sum())


_WORD_C = {"kinds": 3.0, "content": 1.0}
_NAME_C = 0.03


@dataclass(frozen=True)
class _Rows:
    """Sparse rows for a linear model, each with its fold."""

    matrix: sparse.csr_matrix
    target: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    fold: npt.NDArray[np.int64]


def _bag_matrix(features: Sequence[TextFeatures]) -> sparse.csr_matrix:
    sizes = [len(text.columns) for text in features]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.concatenate(
        [text.token_line + offset for text, offset in zip(features, offsets, strict=False)]
    )
    columns = np.concatenate([text.token_bucket for text in features])
    count = np.bincount(rows, minlength=offsets[-1])
    values = (1 / np.sqrt(count[rows])).astype(np.float32)
    return sparse.csr_matrix((values, (rows, columns)), shape=(offsets[-1], N_BUCKETS))


def _kind_rows(data: Prepared) -> _Rows:
    """Rows with a known kind: typed lines, single lines, and prose of the dumps as content."""
    blocks = [_typed_rows(data), _prose_rows(data), _single_rows(data)]
    features, target, weight, fold = zip(*blocks, strict=True)
    kinds = np.concatenate(target)
    known = kinds >= 0
    return _Rows(
        _bag_matrix([text for block in features for text in block])[known],
        kinds[known],
        np.concatenate(weight)[known],
        np.concatenate(fold)[known],
    )


_KindBlock = tuple[
    list[TextFeatures],
    npt.NDArray[np.int64],
    npt.NDArray[np.float64],
    npt.NDArray[np.int64],
]
# An appeal stands for the many of its kind that no page of the data shows.
_SINGLE_WEIGHT = 2.0
_PROSE_WEIGHT = 0.5
_MIN_PROSE_WORDS = 8
# Every so many dumps: the words of ordinary prose are soon known.
_PROSE_STEP = 4


def _typed_rows(data: Prepared) -> _KindBlock:
    typed = [n for n, example in enumerate(data.corpus.texts) if example.group == "typed"]
    kind = np.concatenate([data.corpus.texts[n].kind for n in typed])
    fold = [np.full(len(data.corpus.texts[n].kind), data.corpus.texts[n].fold) for n in typed]
    return [data.text[n] for n in typed], kind, np.ones(len(kind)), np.concatenate(fold)


def _prose_rows(data: Prepared) -> _KindBlock:
    """Return the content lines of some dumps; their other lines are unknown here."""
    dumps = [n for n, example in enumerate(data.corpus.texts) if example.group == "dump"]
    used = dumps[::_PROSE_STEP]
    kinds, folds = [], []
    for number in used:
        example = data.corpus.texts[number]
        prose = (example.kind == 0) & (data.text[number].n_words >= _MIN_PROSE_WORDS)
        kinds.append(np.where(prose, 0, UNKNOWN))
        folds.append(np.full(len(example.kind), example.fold))
    kind = np.concatenate(kinds)
    weight = np.full(len(kind), _PROSE_WEIGHT)
    return [data.text[number] for number in used], kind, weight, np.concatenate(folds)


def _single_rows(data: Prepared) -> _KindBlock:
    kind = np.array([kind for _, kind, _ in data.corpus.singles], np.int64)
    fold = np.array([fold for _, _, fold in data.corpus.singles], np.int64)
    return data.single, kind, np.full(len(kind), _SINGLE_WEIGHT), fold


def _content_rows(data: Prepared) -> _Rows:
    """Rows of page lines that are known to be content or chrome."""
    examples = data.corpus.pages
    target = np.concatenate([example.target for example in examples])
    weight = np.concatenate(
        [_page_weights(e, text) for e, text in zip(examples, data.page_text, strict=True)]
    )
    fold = np.concatenate([np.full(len(e.target), e.fold) for e in examples])
    known = ~np.isnan(target)
    return _Rows(
        _bag_matrix(data.page_text)[known],
        target[known].astype(np.int64),
        weight[known],
        fold[known],
    )


def _page_weights(example: PageExample, text: TextFeatures) -> npt.NDArray[np.float64]:
    """Weight lines by the root of their words; pages equally, by how much of them is labelled."""
    words = np.sqrt(text.n_words + 1.0)
    known = ~np.isnan(example.target)
    size = _PAGE_WEIGHT.get(example.source.dataset, _UNALIGNED_WEIGHT * float(known.mean()))
    weights: npt.NDArray[np.float64] = words * size / max(float(words[known].sum()), 1.0)
    return weights


# A page of ground truth; news articles are few, and held to a stricter one. Pages of which only
# snippets or typed lines are known count by how much of them is.
_PAGE_WEIGHT = {"wcxb-dev": 100.0, "fundus-dev": 250.0}
_UNALIGNED_WEIGHT = 70.0


def _fit_linear(
    matrix: sparse.csr_matrix,
    target: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    strength: float,
    n_classes: int,
) -> FloatArray:
    """Return (n_columns + 1, 1 or n_classes) weights on the grid that is stored."""
    estimator = LogisticRegression(C=strength, max_iter=40, tol=1e-3)
    estimator.fit(matrix, target, sample_weight=weight / weight.mean())
    fitted = np.concatenate([estimator.coef_.T, estimator.intercept_[None, :]])
    width = 1 if n_classes == 2 else n_classes
    weights = np.zeros((len(fitted), width), np.float32)
    if n_classes > 2:
        weights[-1] = -20.0  # a class without examples
        weights[:, estimator.classes_] = fitted if fitted.shape[1] > 1 else _two_sided(fitted)
    else:
        weights[:] = fitted
    return quantised(weights)


def _two_sided(fitted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the columns of both classes where scikit-learn gives only the second's."""
    return np.concatenate([-fitted / 2, fitted / 2], axis=1)


def quantised(weights: FloatArray) -> FloatArray:
    """Round the weights to the 8-bit grid that the model file stores, one scale a column."""
    packed, scale = pack(weights)
    return packed.astype(np.float32) * scale


def pack(weights: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Return 8-bit integers and the scale of each column."""
    scale = (np.abs(weights).max(axis=0) / _QUANTA).astype(np.float32)
    scale[scale == 0] = 1.0
    return np.rint(weights / scale).astype(np.int8), scale


def find_vocabulary(data: Prepared, folds: Collection[int]) -> dict[str, int]:
    """Return the words of class names and ids that stand on at least four training sites."""
    return _find_names(example for example in data.corpus.pages if example.fold in folds)


def _find_names(pages: Iterable[PageExample]) -> dict[str, int]:
    sites: dict[str, set[str]] = {}
    for example in pages:
        names = set(example.page.box_names) | set(example.page.line_inline)
        for token in {token for name in names for token in name_tokens(name)}:
            sites.setdefault(token, set()).add(example.source.site)
    kept = sorted(token for token, where in sites.items() if len(where) >= _MIN_TOKEN_SITES)
    return {token: index for index, token in enumerate(kept)}


def _column_map(data: Prepared, vocabulary: dict[str, int]) -> IntArray:
    """Return for each name column of the corpus its column in a smaller vocabulary, or -1."""
    known = np.full((3, len(data.names)), -1, np.int64)
    where = np.array([data.names[token] for token in vocabulary], np.int64)
    index = np.arange(len(vocabulary))
    known[:, where] = index + np.arange(3)[:, None] * len(vocabulary)
    return known.ravel()


def _names_of_page(data: Prepared, number: int, column_map: IntArray) -> tuple[IntArray, IntArray]:
    """Return what ``box_names_matrix`` would for a smaller vocabulary than the corpus's."""
    rows, columns = data.page_names[number]
    columns = column_map[columns]
    return rows[columns >= 0], columns[columns >= 0]


def _fit_names(data: Prepared, folds: Collection[int], vocabulary: dict[str, int]) -> FloatArray:
    used = [n for n, example in enumerate(data.corpus.pages) if example.fold in folds]
    examples = [data.corpus.pages[number] for number in used]
    target = np.concatenate([example.target for example in examples])
    weight = np.concatenate(
        [_page_weights(e, data.page_text[n]) for e, n in zip(examples, used, strict=True)]
    )
    rows, columns = [], []
    offset = 0
    column_map = _column_map(data, vocabulary)
    for example, number in zip(examples, used, strict=True):
        line, column = _names_of_page(data, number, column_map)
        rows.append(line + offset)
        columns.append(column)
        offset += len(example.target)
    row = np.concatenate(rows)
    matrix = sparse.csr_matrix(
        (np.ones(len(row), np.float32), (row, np.concatenate(columns))),
        shape=(offset, 3 * len(vocabulary)),
    )
    known = ~np.isnan(target)
    fitted = _fit_linear(matrix[known], target[known].astype(np.int64), weight[known], _NAME_C, 2)
    return fitted[:, 0]


def _fit_head(rows: _HeadRows, settings: ForestSettings) -> FittedHead:
    matrix = np.concatenate(rows.matrix)
    target = np.concatenate(rows.target)
    weight = np.concatenate(rows.weight)
    kind = np.concatenate(rows.kind)
    estimator = HistGradientBoostingClassifier(
        max_iter=settings.trees,
        max_leaf_nodes=settings.leaves,
        max_depth=settings.depth,
        min_samples_leaf=settings.min_leaf,
        learning_rate=0.1,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )
    estimator.fit(matrix, target.astype(np.int64), sample_weight=weight / weight.mean())
    mean = matrix.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = matrix.std(axis=0, dtype=np.float64).astype(np.float32)
    scale = (1 / np.maximum(deviation, 1e-3)).astype(np.float32)
    chrome = kind > 0
    kind_weights = _fit_kinds(
        np.clip((matrix[chrome] - mean) * scale, -4, 4), kind[chrome], weight[chrome]
    )
    return FittedHead(estimator, forest_of(estimator), mean, scale, kind_weights)


_KIND_C = 0.1


def _fit_kinds(
    matrix: FloatArray, kind: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> FloatArray:
    """Return (n_columns + 1, n_chrome_kinds) weights of a softmax layer."""
    estimator = LogisticRegression(C=_KIND_C, max_iter=200, tol=1e-3)
    estimator.fit(matrix, kind, sample_weight=weight / weight.mean())
    fitted = np.concatenate([estimator.coef_.T, estimator.intercept_[None, :]])
    if fitted.shape[1] == 1:
        fitted = _two_sided(fitted)
    weights = np.zeros((len(fitted), len(KINDS) - 1), np.float32)
    weights[-1] = -20.0
    weights[:, estimator.classes_ - 1] = fitted
    return weights


def forest_of(estimator: HistGradientBoostingClassifier) -> Forest:
    """Return the trees of a fitted scikit-learn booster as flat arrays."""
    features, thresholds, children, values, roots = [], [], [], [], []
    offset = 0
    depth = 0
    for (predictor,) in estimator._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        own = np.arange(len(nodes))
        left = np.where(leaf, own, nodes["left"]) + offset
        right = np.where(leaf, own, nodes["right"]) + offset
        features.append(np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64))
        thresholds.append(np.where(leaf, np.inf, _float32_below(nodes["num_threshold"])))
        children.append(np.stack([left, right], axis=1).ravel())
        # scikit-learn shrinks leaves only; an inner node's output is needed to explain a path
        shrinkage = np.where(leaf, 1.0, estimator.learning_rate)
        values.append((nodes["value"] * shrinkage).astype(np.float32))
        roots.append(offset)
        depth = max(depth, int(nodes["depth"].max()))
        offset += len(nodes)
    return Forest(
        feature=np.concatenate(features),
        threshold=np.concatenate(thresholds).astype(np.float32),
        children=np.concatenate(children),
        value=np.concatenate(values),
        roots=np.array(roots, np.int64),
        bias=float(np.ravel(estimator._baseline_prediction)[0]),
        depth=depth,
    )


def _float32_below(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the largest float32 not above each threshold: x <= t is the same for float32 x."""
    rounded = threshold.astype(np.float32)
    above = rounded.astype(np.float64) > threshold
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)
