"""Training examples → fitted parts: linear bags, forests, networks.

Two stages. Linear models over hashed words and over class names give each line scores; boosted
trees see those scores over the line's neighbours and containers, and so does a network over the
lines. Both are trained on scores of linear models that never saw the line's fold (stacking;
Wolpert, 1992), so that they learn how far the scores can be trusted on new sites.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from boilerkit.features import (
    KINDS,
    PageScores,
    html_context,
    html_matrix,
    text_context,
    text_matrix,
)
from boilerkit.labels import PAGE_TYPES
from boilerkit.lexicon import with_tokens
from boilerkit.model import Forest, bag_scores, summed_names, word_scores
from boilerkit.network import Network
from boilerkit.page_types import N_MEASURES, N_META_BUCKETS, type_scores
from boilerkit.text_features import N_BUCKETS, FloatArray, IntArray, TextFeatures
from boilerkit.train.corpus import UNKNOWN
from boilerkit.train.network import Lesson, NetworkSettings, fit_network
from boilerkit.train.prepare import (
    Prepared,
    PreparedPage,
    PreparedSingle,
    PreparedText,
    find_vocabulary,
)

__all__ = ["Bags", "FittedHead", "Trainer"]

SEED = 20261122
_QUANTA = 127


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """Size of a forest: what inference costs grows with trees × depth."""

    trees: int
    leaves: int
    depth: int
    min_leaf: int
    rate: float


@dataclass(frozen=True, slots=True)
class Forests:
    """The forests of a head's two passes."""

    first: ForestSettings
    second: ForestSettings


HTML_FORESTS = Forests(
    ForestSettings(trees=50, leaves=31, depth=7, min_leaf=40, rate=0.15),
    ForestSettings(trees=80, leaves=31, depth=7, min_leaf=40, rate=0.1),
)
TEXT_FORESTS = Forests(
    ForestSettings(trees=50, leaves=15, depth=6, min_leaf=20, rate=0.15),
    ForestSettings(trees=100, leaves=20, depth=6, min_leaf=20, rate=0.1),
)

_N_CHROME_KINDS = len(KINDS) - 1
HTML_NETWORK = NetworkSettings(width=64, layers=5, epochs=20, kinds=0.15, overlap=0.8, cropped=0.3)
TEXT_NETWORK = NetworkSettings(width=64, layers=5, epochs=24, kinds=0.45)
# Beside the trees a network is too sure of itself: so much of its log-odds of content counts.
_HTML_SHARE = 0.4
_TEXT_SHARE = 0.25


@dataclass(frozen=True)
class Bags:
    """Linear models over words, names and page types; shapes as in :class:`boilerkit.model.Model`.

    ``column_map`` leads from the corpus's name columns to those of ``vocabulary``.
    """

    word_kinds: FloatArray
    text_kinds: FloatArray
    word_content: FloatArray
    name_content: FloatArray
    page_types: FloatArray
    vocabulary: list[str]
    column_map: IntArray


@dataclass(frozen=True)
class FittedHead:
    """The forests of both passes and the network, before calibration."""

    estimator: HistGradientBoostingClassifier
    first: Forest
    forest: Forest
    network: Network

    def log_odds(self, matrix: FloatArray, context: FloatArray) -> FloatArray:
        """Return the sum of what the forest and the network say of all lines of a document."""
        both = np.concatenate([matrix, context], axis=1)
        odds: FloatArray = self.forest.log_odds(both) + self.network.logits(both)[:, 0]
        return odds


class Trainer:
    """Fits models on sets of folds; a linear model that is needed again is fitted once."""

    def __init__(self, prepared: Prepared) -> None:
        self._data = prepared
        self._bag_cache: dict[tuple[str, frozenset[int]], FloatArray] = {}
        in_texts, on_pages = _kind_rows(prepared)
        self._rows = {
            "page kinds": on_pages,
            "text kinds": in_texts,
            "content": _content_rows(prepared),
        }

    def bags(self, folds: Collection[int], vocabulary: list[str]) -> Bags:
        """Fit the linear models on the given folds."""
        column_map = _column_map(self._data, vocabulary)
        return Bags(
            self._word_bag("page kinds", folds),
            self._word_bag("text kinds", folds),
            self._word_bag("content", folds),
            _fit_names(self._data, frozenset(folds), column_map, len(vocabulary)),
            _fit_page_types(self._data, frozenset(folds), column_map, len(vocabulary)),
            vocabulary,
            column_map,
        )

    def vocabulary(self, folds: Collection[int]) -> list[str]:
        """Return the names that the models of the given folds know."""
        return find_vocabulary(self._data.pages, self._data.names, folds)

    def _word_bag(self, name: str, folds: Collection[int]) -> FloatArray:
        key = (name, frozenset(folds))
        if key not in self._bag_cache:
            rows = self._rows[name]
            keep = np.isin(rows.fold, sorted(folds))
            of_kinds = name != "content"
            self._bag_cache[key] = _fit_linear(
                rows.matrix[keep],
                rows.target[keep],
                rows.weight[keep],
                _WORD_C[name],
                len(KINDS) if of_kinds else 2,
                rarity=_rarity(rows.matrix[keep]) if of_kinds else None,
            )
        return self._bag_cache[key]

    def out_of_fold_bags(self, folds: Collection[int], vocabulary: list[str]) -> dict[int, Bags]:
        """Return for each fold the linear models fitted on the other given folds."""
        return {fold: self.bags(set(folds) - {fold}, vocabulary) for fold in sorted(folds)}

    def text_bags(self, folds: Collection[int]) -> Bags:
        """Fit the one linear model that texts need; the others are empty."""
        none = np.zeros((1, 0), np.float32)
        kinds = self._word_bag("text kinds", folds)
        return Bags(none, kinds, none, none, none, [], np.zeros(0, np.int64))

    def fit_html(self, bags: dict[int, Bags]) -> FittedHead:
        """Fit the page head; `bags` maps each training fold to models that did not see it."""
        blocks, lessons = [], []
        for number, page in enumerate(self._data.pages):
            known = ~np.isnan(page.target)
            if page.fold in bags and known.any():
                matrix = self.html_matrix(number, bags[page.fold])
                weight = _page_weights(page)
                words = page.text.n_words * (page.dataset in _PAGE_WEIGHT)
                lessons.append(
                    _lesson(matrix, page.target, weight, page.kind, _LABELLED_LINE, words=words)
                )
                used, weight = _sampled(known, weight)
                target = page.target[used]
                blocks.append(_Block(number, page.fold, used, matrix[used], target, weight))
        first, odds = _first_pass(
            blocks, HTML_FORESTS.first, lambda number, fold: self.html_matrix(number, bags[fold])
        )
        context = [
            html_context(odds_of, page.structure, page.text)[block.used]
            for block, odds_of in zip(blocks, odds, strict=True)
            for page in [self._data.pages[block.number]]
        ]
        network = _toned_down(
            fit_network(lessons, _N_CHROME_KINDS, HTML_NETWORK, SEED), _HTML_SHARE
        )
        return _fit_head(blocks, first, context, HTML_FORESTS.second, network)

    def fit_text(self, bags: dict[int, Bags]) -> FittedHead:
        """Fit the text head, likewise."""
        blocks, lessons = [], []
        for number, example in enumerate(self._data.texts):
            known = example.kind != UNKNOWN
            if example.fold in bags and known.any():
                matrix = self.text_matrix(number, bags[example.fold])
                weight = example.weight * np.sqrt(example.text.n_words + 1.0)
                target = np.where(known, example.kind == 0, np.nan)
                words = np.zeros(len(known), np.int64)
                lessons.append(
                    _lesson(matrix, target, weight, example.kind, example.weight, words=words)
                )
                used, weight = _sampled(known, weight)
                blocks.append(
                    _Block(number, example.fold, used, matrix[used], target[used], weight)
                )
        first, odds = _first_pass(
            blocks, TEXT_FORESTS.first, lambda number, fold: self.text_matrix(number, bags[fold])
        )
        context = [
            text_context(odds_of, self._data.texts[block.number].text)[block.used]
            for block, odds_of in zip(blocks, odds, strict=True)
        ]
        network = _toned_down(
            fit_network(lessons, _N_CHROME_KINDS, TEXT_NETWORK, SEED), _TEXT_SHARE
        )
        return _fit_head(blocks, first, context, TEXT_FORESTS.second, network)

    def score_html(self, number: int, bags: Bags, head: FittedHead) -> FloatArray:
        """Return the log-odds of all lines of page `number`."""
        page = self._data.pages[number]
        matrix = self.html_matrix(number, bags)
        context = html_context(head.first.log_odds(matrix), page.structure, page.text)
        return head.log_odds(matrix, context)

    def score_text(self, number: int, bags: Bags, head: FittedHead) -> FloatArray:
        """Return the log-odds of all lines of text `number`."""
        matrix = self.text_matrix(number, bags)
        context = text_context(head.first.log_odds(matrix), self._data.texts[number].text)
        return head.log_odds(matrix, context)

    def html_matrix(self, number: int, bags: Bags) -> FloatArray:
        """Return the features of all lines of page `number`."""
        page = self._data.pages[number]
        rows, columns = _names_of_page(page, bags.column_map)
        scores = PageScores(
            word_scores(page.text, bags.word_kinds),
            bag_scores(page.text, bags.word_content)[:, 0],
            summed_names(rows, columns, bags.name_content, len(page.target)),
            self.page_types(number, bags),
        )
        return html_matrix(page.structure, page.structural, page.text, page.lexical, scores)

    def page_types(self, number: int, bags: Bags) -> FloatArray:
        """Return the probabilities of page `number`'s types."""
        page = self._data.pages[number]
        names = _known_names(page, bags.column_map, len(self._data.names))
        return type_scores(names, page.clues, bags.page_types)

    def text_matrix(self, number: int, bags: Bags) -> FloatArray:
        """Return the features of all lines of text `number`."""
        example = self._data.texts[number]
        scores = word_scores(with_tokens(example.text, example.concepts), bags.text_kinds)
        return text_matrix(example.text, example.lexical, scores)


# Lines that a document teaches with at the most: a menu of a thousand links is one lesson.
_MAX_ROWS = 150


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one document to train on; ``used`` are their numbers in it."""

    number: int
    fold: int
    used: IntArray
    matrix: FloatArray
    target: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]


# Half-precision numbers end there.
_MOST = 6e4
# A line of a page whose kind a reader gave, beside others that weigh 1.
_LABELLED_LINE = np.float32(1.0)


def _lesson(
    matrix: FloatArray,
    target: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    kind: npt.NDArray[np.int64],
    kind_weight: npt.NDArray[np.float64] | np.float32,
    *,
    words: npt.NDArray[np.int64],
) -> Lesson:
    """Return all lines of a document for the network; what is not known weighs nothing."""
    known = ~np.isnan(target)
    return Lesson(
        np.clip(matrix, -_MOST, _MOST).astype(np.float16),
        np.nan_to_num(target).astype(np.float32),
        np.where(known, weight, 0).astype(np.float32),
        np.maximum(kind - 1, 0),
        np.where(kind > 0, kind_weight, 0).astype(np.float32),
        np.where(known, words, 0).astype(np.float32),
    )


def _fit_blocks(
    blocks: Sequence[_Block], matrix: FloatArray, settings: ForestSettings
) -> HistGradientBoostingClassifier:
    target = np.concatenate([block.target for block in blocks])
    weight = np.concatenate([block.weight for block in blocks])
    return _fit_forest(matrix, target, weight, settings)


def _stacked(blocks: Sequence[_Block]) -> FloatArray:
    return np.concatenate([block.matrix for block in blocks])


def _first_pass(
    blocks: Sequence[_Block],
    settings: ForestSettings,
    matrix_of: Callable[[int, int], FloatArray],
) -> tuple[Forest, list[FloatArray]]:
    """Return the first forest, and for each block the log-odds of all lines of its document.

    The latter come from a forest that did not see the document's fold, so that the second pass
    learns how far the first can be trusted.
    """
    odds: dict[int, FloatArray] = {}
    blocks = [_thinned(block) for block in blocks]
    for fold in sorted({block.fold for block in blocks}):
        others = [block for block in blocks if block.fold != fold]
        forest = forest_of(_fit_blocks(others, _stacked(others), settings))
        for block in blocks:
            if block.fold == fold:
                odds[block.number] = forest.log_odds(matrix_of(block.number, fold))
    first = forest_of(_fit_blocks(blocks, _stacked(blocks), settings))
    return first, [odds[block.number] for block in blocks]


def _thinned(block: _Block) -> _Block:
    """Return every other line of a block: enough for the first pass, which is fitted often."""
    return replace(
        block,
        used=block.used[::2],
        matrix=block.matrix[::2],
        target=block.target[::2],
        weight=block.weight[::2],
    )


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


# Bare texts have words alone to go by; on a page, weights as large would drown the structure.
_WORD_C = {"page kinds": 3.0, "text kinds": 10.0, "content": 1.0}
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


def _kind_rows(data: Prepared) -> tuple[_Rows, _Rows]:
    """Rows with a known kind: typed lines, single lines, and prose of the dumps as content.

    Those for texts and those for pages, which differ in which single lines are among them and with
    what weight, and in whether what words express counts beside them.
    """
    blocks = [_typed_rows(data), _prose_rows(data), _single_rows(data)]
    examples, target, weight, fold = zip(*blocks, strict=True)
    kinds = np.concatenate(target)
    known = kinds >= 0
    flat = [example for block in examples for example in block]
    in_texts = _Rows(
        _bag_matrix([with_tokens(example.text, example.concepts) for example in flat])[known],
        kinds[known],
        np.concatenate(weight)[known],
        np.concatenate(fold)[known],
    )
    words = _bag_matrix([example.text for example in flat])[known]
    on_pages = in_texts.weight.copy()
    on_pages[-len(data.singles) :] = [
        _SINGLE_WEIGHT_ON_PAGES * single.on_pages for single in data.singles
    ]
    read = on_pages > 0
    return in_texts, _Rows(words[read], in_texts.target[read], on_pages[read], in_texts.fold[read])


_KindBlock = tuple[
    Sequence[PreparedText | PreparedSingle],
    npt.NDArray[np.int64],
    npt.NDArray[np.float64],
    npt.NDArray[np.int64],
]
# An appeal stands for the many of its kind that no page of the data shows.
_SINGLE_WEIGHT_ON_PAGES = 2.0
_SINGLE_WEIGHT_IN_TEXTS = 5.0
_PROSE_WEIGHT = 0.5
_MIN_PROSE_WORDS = 8
# Every so many dumps: the words of ordinary prose are soon known.
_PROSE_STEP = 4


def _typed_rows(data: Prepared) -> _KindBlock:
    typed = [example for example in data.texts if example.group == "typed"]
    kind = np.concatenate([example.kind for example in typed])
    fold = np.concatenate([np.full(len(example.kind), example.fold) for example in typed])
    return typed, kind, np.ones(len(kind)), fold


def _prose_rows(data: Prepared) -> _KindBlock:
    """Return the content lines of some dumps, and what is labelled of the others' lines."""
    dumps = [example for example in data.texts if example.group == "dump"]
    used = [
        example
        for number, example in enumerate(dumps)
        if number % _PROSE_STEP == 0 or (example.kind > 0).any()
    ]
    kinds = []
    for example in used:
        prose = (example.kind == 0) & (example.text.n_words >= _MIN_PROSE_WORDS)
        kinds.append(np.where(prose | (example.kind > 0), example.kind, UNKNOWN))
    kind = np.concatenate(kinds)
    fold = np.concatenate([np.full(len(example.kind), example.fold) for example in used])
    return used, kind, np.full(len(kind), _PROSE_WEIGHT), fold


def _single_rows(data: Prepared) -> _KindBlock:
    kind = np.array([single.kind for single in data.singles])
    fold = np.array([single.fold for single in data.singles])
    return data.singles, kind, np.full(len(kind), _SINGLE_WEIGHT_IN_TEXTS), fold


def _content_rows(data: Prepared) -> _Rows:
    """Rows of page lines that are known to be content or chrome."""
    target = np.concatenate([page.target for page in data.pages])
    weight = np.concatenate([_page_weights(page) for page in data.pages])
    fold = np.concatenate([np.full(len(page.target), page.fold) for page in data.pages])
    known = ~np.isnan(target)
    return _Rows(
        _bag_matrix([page.text for page in data.pages])[known],
        target[known].astype(np.int64),
        weight[known],
        fold[known],
    )


def _page_weights(page: PreparedPage) -> npt.NDArray[np.float64]:
    """Weight lines by the root of their words; pages equally, by how much of them is labelled."""
    words = np.sqrt(page.text.n_words + 1.0)
    known = ~np.isnan(page.target)
    size = _PAGE_WEIGHT.get(page.dataset, _UNALIGNED_WEIGHT * float(known.mean()))
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
    *,
    rarity: FloatArray | None = None,
) -> FloatArray:
    """Return (n_columns + 1, 1 or n_classes) weights on the grid that is stored.

    With a `rarity` of each column, words count by theirs. It goes into the weights: a rare word
    may say much at little cost, and inference looks nothing more up. It helps to tell the kinds
    apart, and not to tell content from chrome on pages.
    """
    if rarity is not None:
        matrix = matrix @ sparse.diags(rarity)
    estimator = LogisticRegression(C=strength, max_iter=60, tol=1e-3)
    with warnings.catch_warnings():  # as many steps as pay
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(matrix, target, sample_weight=weight / weight.mean())
    fitted = np.concatenate([estimator.coef_.T, estimator.intercept_[None, :]])
    width = 1 if n_classes == 2 else n_classes
    weights = np.zeros((len(fitted), width), np.float32)
    if n_classes > 2:
        weights[-1] = -20.0  # a class without examples
        weights[:, estimator.classes_] = fitted if fitted.shape[1] > 1 else _two_sided(fitted)
    else:
        weights[:] = fitted
    if rarity is not None:
        weights[:-1] *= rarity[:, None]
    return quantised(weights)


def _rarity(matrix: sparse.csr_matrix) -> FloatArray:
    """Return the inverse document frequency of each column (Spärck Jones, 1972), over its root
    mean square."""
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rarity = np.log((matrix.shape[0] + 1) / (frequency + 1))
    typical = np.sqrt(np.average(rarity**2, weights=frequency))
    relative: FloatArray = (rarity / typical).astype(np.float32)
    return relative


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


def _column_map(data: Prepared, vocabulary: Sequence[str]) -> IntArray:
    """Return for each name column of the corpus its column in a smaller vocabulary, or -1."""
    numbers = {name: number for number, name in enumerate(data.names)}
    known = np.full((3, len(data.names)), -1, np.int64)
    where = np.array([numbers[token] for token in vocabulary], np.int64)
    known[:, where] = np.arange(len(vocabulary)) + np.arange(3)[:, None] * len(vocabulary)
    return known.ravel()


def _names_of_page(page: PreparedPage, column_map: IntArray) -> tuple[IntArray, IntArray]:
    """Return what ``box_names_matrix`` would for a smaller vocabulary than the corpus's."""
    rows, columns = page.names
    columns = column_map[columns]
    return rows[columns >= 0], columns[columns >= 0]


def _known_names(page: PreparedPage, column_map: IntArray, n_names: int) -> IntArray:
    known = column_map[:n_names][page.tokens]
    out: IntArray = known[known >= 0]
    return out


def _fit_names(
    data: Prepared, folds: Collection[int], column_map: IntArray, n_names: int
) -> FloatArray:
    pages = [page for page in data.pages if page.fold in folds]
    target = np.concatenate([page.target for page in pages])
    weight = np.concatenate([_page_weights(page) for page in pages])
    rows, columns = [], []
    offset = 0
    for page in pages:
        line, column = _names_of_page(page, column_map)
        rows.append(line + offset)
        columns.append(column)
        offset += len(page.target)
    matrix = _flags(rows, columns, (offset, 3 * n_names))
    known = ~np.isnan(target)
    fitted = _fit_linear(matrix[known], target[known].astype(np.int64), weight[known], _NAME_C, 2)
    return fitted[:, 0]


def _flags(
    rows: Sequence[IntArray], columns: Sequence[IntArray], shape: tuple[int, int]
) -> sparse.csr_matrix:
    row = np.concatenate(rows)
    values = np.ones(len(row), np.float32)
    return sparse.csr_matrix((values, (row, np.concatenate(columns))), shape=shape)


_TYPE_C = 10.0


def _fit_page_types(
    data: Prepared, folds: Collection[int], column_map: IntArray, n_names: int
) -> FloatArray:
    """Return the weights of ``page_types.type_scores``."""
    pages = [page for page in data.pages if page.fold in folds and page.dataset == _TYPED_PAGES]
    n_columns = n_names + N_META_BUCKETS + N_MEASURES
    matrix = np.zeros((len(pages), n_columns), np.float32)
    for row, page in enumerate(pages):
        names = _known_names(page, column_map, len(data.names))
        buckets = np.concatenate([names, n_names + page.clues.meta])
        matrix[row, buckets] = 1 / np.sqrt(max(len(buckets), 1))
        matrix[row, -N_MEASURES:] = page.clues.measures
    target = np.array([PAGE_TYPES.index(page.page_type) for page in pages])
    return _fit_linear(
        sparse.csr_matrix(matrix), target, np.ones(len(pages)), _TYPE_C, len(PAGE_TYPES)
    )


# The set whose pages have been sorted by type.
_TYPED_PAGES = "wcxb-dev"


def _fit_forest(
    matrix: FloatArray, target: FloatArray, weight: FloatArray, settings: ForestSettings
) -> HistGradientBoostingClassifier:
    estimator = HistGradientBoostingClassifier(
        max_iter=settings.trees,
        max_leaf_nodes=settings.leaves,
        max_depth=settings.depth,
        min_samples_leaf=settings.min_leaf,
        max_features=_SHARE_OF_COLUMNS,
        learning_rate=settings.rate,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )
    return estimator.fit(matrix, target.astype(np.int64), sample_weight=weight / weight.mean())


# Each split looks at a random half of the columns: faster to fit, and no worse.
_SHARE_OF_COLUMNS = 0.5


def _fit_head(
    blocks: Sequence[_Block],
    first: Forest,
    context: Sequence[FloatArray],
    settings: ForestSettings,
    network: Network,
) -> FittedHead:
    again = np.concatenate(context)
    matrix = np.concatenate([_stacked(blocks), again], axis=1)
    estimator = _fit_blocks(blocks, matrix, settings)
    return FittedHead(estimator, first, forest_of(estimator), _widened(network, again))


def _toned_down(network: Network, share: float) -> Network:
    """Return a network whose log-odds of content are a share of what they were."""
    direct, outward = network.direct.copy(), network.outward.copy()
    direct[:, 0] *= share
    outward[:, 0] *= share
    return replace(network, direct=direct, outward=outward)


def _widened(network: Network, more: FloatArray) -> Network:
    """Return a network that takes more columns and does not heed them.

    It has neighbours of its own to look at: what the first pass made of them taught it nothing.
    """
    deviation = np.maximum(more.std(axis=0, dtype=np.float64), 1e-3)
    n_columns = len(network.mean)

    def with_zeros(weights: FloatArray) -> FloatArray:
        return np.insert(weights, [n_columns] * more.shape[1], np.float32(0), axis=0)

    return replace(
        network,
        mean=np.concatenate([network.mean, more.mean(axis=0, dtype=np.float64)], dtype=np.float32),
        scale=np.concatenate([network.scale, 1 / deviation], dtype=np.float32),
        direct=with_zeros(network.direct),
        inward=with_zeros(network.inward),
    )


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
        thresholds.append(np.where(leaf, np.inf, float32_below(nodes["num_threshold"])))
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


def float32_below(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the largest float32 not above each threshold: x <= t is the same for float32 x."""
    rounded = threshold.astype(np.float32)
    above = rounded.astype(np.float64) > threshold
    return np.where(above, np.nextafter(rounded, np.float32(-np.inf)), rounded)
