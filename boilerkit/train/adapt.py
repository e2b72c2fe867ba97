"""A model and a user's own labels → a model for the user's sites and kinds of chrome.

Three steps, each of which leaves the base as it is where the labels say nothing:

1. The linear models over words move towards the labels: the loss of their training, with a
   penalty on the distance from the base's weights. Their intercepts stay: how much chrome a user
   labels says nothing of other words.
2. A few small trees are added to the forest, boosted from the base's log-odds (Friedman, 2001).
   They learn from word scores of models that did not see the document (stacking; Wolpert, 1992),
   so that they trust the moved words as far as these can be trusted on the next document. They
   ask about nothing but these scores: "long lines are chrome" may hold on a dozen pages of one
   site, and would spoil all others.
3. The layer that tells the kinds of chrome moves as the words do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse
from sklearn.tree import DecisionTreeRegressor

from boilerkit.errors import ConfigError
from boilerkit.features import KINDS
from boilerkit.labels import Label
from boilerkit.lexicon import Lexicon, concept_tokens, find_phrases, with_tokens
from boilerkit.metrics import LineScores, PairedDifference, count_lines, mean, paired_bootstrap
from boilerkit.model import Forest, Head, Model
from boilerkit.text_features import N_BUCKETS, FloatArray, IntArray, measure_lines
from boilerkit.text_lines import has_word
from boilerkit.train.fit import float32_below, quantised
from boilerkit.train.own_documents import OwnDocument

__all__ = ["CrossValidation", "adapt", "cross_validate"]

_SEED = 20261122
# How strongly weights are held to the base's: as in the base's own training of the words on pages.
_WORD_PENALTY = {"kinds": 1 / 3, "content": 1.0}
_KIND_PENALTY = 1.0
_MAX_STEPS = 60
# Enough to overrule the base where many lines agree, too few to learn single lines.
_TREES = 20
_TREE_DEPTH = 2
_MIN_LEAF = 10
_LEARNING_RATE = 0.3
_CURVATURE_PENALTY = 1.0

_INNER_FOLDS = 3
_OUTER_FOLDS = 5
_MIN_GROUPS = 3
_CONTENT = KINDS.index(Label.CONTENT)

Doubles: TypeAlias = npt.NDArray[np.float64]
T = TypeVar("T", bound=np.generic)


def adapt(base: Model, documents: Sequence[OwnDocument]) -> Model:
    """Return a model that has moved from the base towards the labels of the documents.

    A head whose kind of input has fewer than three documents, or lines of one side only, keeps its
    trees; the words that it reads have moved.
    """
    heads = dict(base.heads)
    for kind, head in base.heads.items():
        own = [document for document in documents if document.kind == kind]
        labels = np.concatenate([document.labels for document in own]) if own else np.zeros(0)
        if len(own) >= _INNER_FOLDS and 0 < (labels == _CONTENT).sum() < len(labels):
            features = _unseen_features(base, documents, own)
            before = _stacked([_features(base, document) for document in own])
            moved = np.flatnonzero((features.matrix != before.matrix).any(axis=0))
            heads[kind] = _adapt_head(head, features, moved, labels.astype(np.int64))
    return replace(_move_words(base, documents), heads=heads)


@dataclass(frozen=True)
class CrossValidation:
    """Line scores of the base and of adapted models on documents that these did not see.

    One item a group, in the order of the groups: a group is a site, or a document where the sites
    are too few.
    """

    base: list[LineScores]
    adapted: list[LineScores]

    @property
    def gain(self) -> PairedDifference:
        """Gain in balanced accuracy, with its range over the groups.

        Dropping every line gains nothing in it, whatever the share of chrome; in chrome F1 it may.
        """
        return paired_bootstrap(self.adapted, self.base, _balanced_accuracy)

    def measures(self) -> dict[str, tuple[float | None, float | None]]:
        """Return each measure's value for the base and for the adapted models."""
        base, adapted = (sum(scores, LineScores()) for scores in (self.base, self.adapted))
        return {
            "balanced accuracy": (_balanced_accuracy([base]), _balanced_accuracy([adapted])),
            "chrome F1": (base.chrome_f1, adapted.chrome_f1),
            "chrome lines found": (base.chrome_recall(), adapted.chrome_recall()),
            "chrome lines typed": (base.chrome_typed, adapted.chrome_typed),
            "content words lost": (base.content_words_lost, adapted.content_words_lost),
        }


def cross_validate(
    base: Model, documents: Sequence[OwnDocument], report: Callable[[str], None] = lambda _: None
) -> CrossValidation:
    """Score the base and adapted models, each group by a model that saw none of its documents.

    Raises ConfigError for fewer than three groups.
    """
    groups = _groups(documents)
    folds = min(len(groups), _OUTER_FOLDS)
    before, after = [], []
    for fold in range(folds):
        report(f"cross-validation: part {fold + 1} of {folds}")
        held = groups[fold::folds]
        names = {document.name for group in held for document in group}
        adapted = adapt(base, [item for item in documents if item.name not in names])
        before += [_score(base, group) for group in held]
        after += [_score(adapted, group) for group in held]
    return CrossValidation(before, after)


def _groups(documents: Sequence[OwnDocument]) -> list[list[OwnDocument]]:
    """Return the documents by site; one by one where there are too few sites to hold some out."""
    by_site: dict[str, list[OwnDocument]] = {}
    for document in documents:
        by_site.setdefault(document.group, []).append(document)
    groups = list(by_site.values())
    if len(groups) < _MIN_GROUPS:
        groups = [[document] for document in documents]
    if len(groups) < _MIN_GROUPS:
        raise ConfigError(
            f"{len(groups)} labelled documents: adapting needs {_MIN_GROUPS}, better a dozen"
        )
    return groups


def _score(model: Model, group: Sequence[OwnDocument]) -> LineScores:
    scores = LineScores()
    for document in group:
        page = document.page
        found = model.score_text(document.texts) if page is None else model.score_html(page)
        worded = [number for number, text in enumerate(document.texts) if has_word(text)]
        sizes = [len(document.texts[number]) for number in worded]
        cut = model.heads[document.kind].cuts["balanced"].on(found.content[worded].tolist(), sizes)
        texts = [document.texts[line] for line in document.lines]
        cuts = [cut.of(text) for text in texts]
        content = found.content[document.lines] >= cuts
        kinds = np.where(content, _CONTENT, found.kinds[document.lines])
        scores += count_lines(texts, _labels(document.labels), _labels(kinds))
    return scores


def _labels(kinds: IntArray) -> list[Label]:
    return [KINDS[kind] for kind in kinds.tolist()]


def _balanced_accuracy(groups: Sequence[LineScores]) -> float:
    """Return the mean of the shares of chrome lines dropped and of content lines kept."""
    scores = sum(groups, LineScores())
    found, lost = scores.chrome_recall(), scores.content_lines_lost
    return mean(
        [share for share in (found, None if lost is None else 1 - lost) if share is not None]
    )


def _matrix(model: Model, document: OwnDocument) -> FloatArray:
    """Return the columns of all lines of a document."""
    if document.page is None:
        return model.text_matrix(document.texts)
    return model.html_matrix(document.page)


class _Features(NamedTuple):
    """Labelled lines: (n, n_columns) features, (n, n_outputs) what the network makes of them."""

    matrix: FloatArray
    logits: FloatArray


def _features(model: Model, document: OwnDocument) -> _Features:
    """Return the features of a document's labelled lines."""
    matrix = _matrix(model, document)
    logits = model.heads[document.kind].network.logits(matrix)
    return _Features(matrix[document.lines], logits[document.lines])


def _stacked(features: Sequence[_Features]) -> _Features:
    return _Features(*(np.concatenate(arrays) for arrays in zip(*features, strict=True)))


def _unseen_features(
    base: Model, documents: Sequence[OwnDocument], own: Sequence[OwnDocument]
) -> _Features:
    """Return the features of own documents, each by words that moved without it."""
    found: dict[str, _Features] = {}
    for fold in range(_INNER_FOLDS):
        held = {document.name for document in own[fold::_INNER_FOLDS]}
        moved = _move_words(base, [item for item in documents if item.name not in held])
        found |= {item.name: _features(moved, item) for item in own if item.name in held}
    return _stacked([found[document.name] for document in own])


# --- linear models ------------------------------------------------------------------------------


def _move_words(base: Model, documents: Sequence[OwnDocument]) -> Model:
    pages = [document for document in documents if document.kind == "html"]
    kinds, content, text_kinds = base.word_kinds, base.word_content, base.text_kinds
    if documents:
        labels = np.concatenate([document.labels for document in documents])
        kinds, text_kinds = (
            _on_grid(_moved(bags, labels, start, _WORD_PENALTY["kinds"]), start)
            for bags, start in (
                (_bags(documents), kinds),
                (_bags(documents, base.lexicon), text_kinds),
            )
        )
    if pages:
        labels = np.concatenate([document.labels for document in pages])
        is_content = (labels == _CONTENT).astype(np.int64)
        moved = _moved(_bags(pages), is_content, content, _WORD_PENALTY["content"])
        content = _on_grid(moved, content)
    words = np.concatenate([kinds, content], axis=1)
    return replace(base, words=words, text_kinds=text_kinds)


def _bags(documents: Sequence[OwnDocument], lexicon: Lexicon | None = None) -> sparse.csr_matrix:
    """Return (n_labelled, N_BUCKETS) hashed words, a line's over their root.

    With a lexicon, what the words express is among them, as in the word model of texts.
    """
    blocks = []
    for document in documents:
        text = measure_lines(document.texts)
        if lexicon is not None:
            phrases = find_phrases(text.words, lexicon)
            text = with_tokens(text, concept_tokens(text.words, phrases))
        count = np.bincount(text.token_line, minlength=len(document.texts))
        values = 1 / np.sqrt(count[text.token_line])
        shape = (len(document.texts), N_BUCKETS)
        bag = sparse.csr_matrix((values, (text.token_line, text.token_bucket)), shape=shape)
        blocks.append(bag[document.lines])
    return sparse.vstack(blocks, format="csr")


def _moved(
    matrix: sparse.csr_matrix,
    target: IntArray,
    start: FloatArray,
    penalty: float,
    given: FloatArray | float = 0.0,
) -> FloatArray:
    """Return the weights that fit the target best and lie near the start.

    `start` is (n_columns + 1, n_classes), its last row the intercepts, or (n_columns + 1, 1) for
    two classes; `given`, (n_lines, n_classes), is added to the logits. The sum of the lines' log
    losses and of ``penalty / 2`` times the squared changes is minimised; the intercepts and columns
    that no line has stay as they are.
    """
    used = np.unique(matrix.indices)
    inputs = matrix[:, used]
    begin = start[used].astype(np.float64)
    intercept = start[-1].astype(np.float64)
    n_classes = begin.shape[1]
    truth = np.eye(n_classes)[target] if n_classes > 1 else target[:, None].astype(np.float64)

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        change = flat.reshape(begin.shape)
        value, wrong = _log_loss(inputs @ (begin + change) + intercept + given, truth)
        value += penalty / 2 * float((change**2).sum())
        return value, (inputs.T @ wrong + penalty * change).ravel()

    found = optimize.minimize(
        loss, np.zeros(begin.size), jac=True, method="L-BFGS-B", options={"maxiter": _MAX_STEPS}
    )
    weights: FloatArray = start.copy()
    weights[used] += found.x.reshape(begin.shape).astype(np.float32)
    return weights


def _log_loss(logits: Doubles, truth: Doubles) -> tuple[float, Doubles]:
    """Return the summed log loss and its (n, n_classes) derivative by the logits.

    A single column holds the log-odds of the second of two classes.
    """
    if logits.shape[1] > 1:
        total = np.logaddexp.reduce(logits, axis=1, keepdims=True)
        probability = np.exp(logits - total)
    else:
        total = np.logaddexp(0, logits)
        probability = _logistic(logits)
    return float(total.sum() - (truth * logits).sum()), probability - truth


def _logistic(odds: Doubles) -> Doubles:
    out: Doubles = np.exp(-np.logaddexp(0, -odds))  # overflows nowhere
    return out


def _on_grid(weights: FloatArray, base: FloatArray) -> FloatArray:
    """Round to the grid that is stored, within the base's range: the grid gets no coarser."""
    most = np.abs(base).max(axis=0)
    return quantised(np.clip(weights, -most, most))


# --- trees --------------------------------------------------------------------------------------


def _adapt_head(head: Head, features: _Features, moved: IntArray, labels: IntArray) -> Head:
    """Adapt a head to lines with these features; `moved` are the columns that words give."""
    content = labels == _CONTENT
    forest = _grow(head, features, moved, content) if len(moved) else head.forest
    network = head.network
    rows = network.standardise(features.matrix[~content])
    start = network.direct[:, 1:]
    given = features.logits[~content, 1:] - (rows @ start[:-1] + start[-1])
    kinds = _moved(sparse.csr_matrix(rows), labels[~content] - 1, start, _KIND_PENALTY, given)
    direct = np.concatenate([network.direct[:, :1], kinds], axis=1)
    return replace(head, forest=forest, network=replace(network, direct=direct))


def _grow(
    head: Head, features: _Features, columns: IntArray, content: npt.NDArray[np.bool_]
) -> Forest:
    """Return the forest with more trees over some columns, each a Newton step of the log loss."""
    forest = head.forest
    before = forest.log_odds(features.matrix).astype(np.float64) + features.logits[:, 0]
    odds = head.slope * before + head.intercept
    inputs = features.matrix[:, columns]
    for _ in range(_TREES):
        probability = _logistic(odds)
        residual = content - probability
        estimator = DecisionTreeRegressor(
            max_depth=_TREE_DEPTH, min_samples_leaf=_MIN_LEAF, random_state=_SEED
        ).fit(inputs, residual)
        leaf = estimator.apply(inputs)
        pull = np.bincount(leaf, residual)
        curvature = np.bincount(leaf, probability * (1 - probability))
        step = _LEARNING_RATE * pull / (curvature + _CURVATURE_PENALTY)
        odds += step[leaf]
        forest = _with_tree(forest, estimator.tree_, columns, step / head.slope)
    return forest


def _with_tree(forest: Forest, tree: Any, columns: IntArray, step: Doubles) -> Forest:
    """Return the forest with one more tree: scikit-learn's splits, and a step for each leaf.

    `columns` leads from the tree's columns to the forest's.
    """
    leaf = tree.children_left < 0
    own = np.arange(tree.node_count)
    value = np.resize(step, tree.node_count)
    # children stand after their parents; an inner node's value is needed to explain a path
    for node in own[~leaf][::-1]:
        both = [tree.children_left[node], tree.children_right[node]]
        value[node] = np.average(value[both], weights=tree.n_node_samples[both])
    offset = len(forest.feature)
    children = np.stack([tree.children_left, tree.children_right], axis=1)
    children = np.where(leaf[:, None], own[:, None], children) + offset
    threshold = np.where(leaf, np.inf, float32_below(tree.threshold)).astype(np.float32)
    return replace(
        forest,
        feature=_joined(forest.feature, np.where(leaf, 0, columns[tree.feature])),
        threshold=_joined(forest.threshold, threshold),
        children=_joined(forest.children, children.ravel()),
        value=_joined(forest.value, value),
        roots=_joined(forest.roots, np.array([offset])),
        depth=max(forest.depth, int(tree.max_depth)),
    )


def _joined(base: npt.NDArray[T], more: npt.NDArray[Any]) -> npt.NDArray[T]:
    return np.concatenate([base, more.astype(base.dtype)])
