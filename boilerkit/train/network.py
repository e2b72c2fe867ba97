"""Documents with labelled lines → a network over lines, by gradient descent in numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from boilerkit.network import Network, gathered, spread
from boilerkit.text_features import FloatArray, IntArray

__all__ = ["Lesson", "NetworkSettings", "fit_network"]

_HalfArray = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Size of a network and how it is trained.

    ``kinds``: how much telling the kinds apart counts beside telling content from chrome;
    ``overlap``: how much of the latter, in [0, 1), is the F1 of a document's words instead of the
    cross entropy of its lines (Milletari et al., 2016);
    ``cropped``: share of the documents of which a step shows a few lines only;
    ``dropout``: share of the inputs and states left out at each step (Srivastava et al., 2014);
    ``batch``: lines a step; ``rate``: the highest learning rate of AdamW (Loshchilov & Hutter,
    2019), which rises over ``warm_up`` steps and falls along a cosine; ``decay``: its weight decay.
    """

    width: int
    layers: int
    epochs: int
    kinds: float
    overlap: float = 0.0
    cropped: float = 0.0
    dropout: float = 0.2
    batch: int = 8000
    rate: float = 2e-3
    decay: float = 0.01
    warm_up: int = 200


@dataclass(frozen=True, slots=True)
class Lesson:
    """A document to learn from.

    ``matrix``: (n, n_columns) float16, finite; ``content``: (n,) 1 for content, 0 for chrome;
    ``content_weight``: (n,) how much that counts, 0 where it is unknown; ``kind``: (n,) chrome
    kinds from 0, any where ``kind_weight`` is 0; ``words``: (n,) how many each line has for the
    F1 of the document's words, all 0 if that is not known. Weights are relative to those of the
    others.
    """

    matrix: _HalfArray
    content: FloatArray
    content_weight: FloatArray
    kind: IntArray
    kind_weight: FloatArray
    words: FloatArray

    def cut(self, first: int, end: int) -> Lesson:
        """Return lines [first, end) as a lesson of their own."""
        part = slice(first, end)
        return Lesson(
            self.matrix[part],
            self.content[part],
            self.content_weight[part],
            self.kind[part],
            self.kind_weight[part],
            self.words[part],
        )


# Lines of a document that are taught at a time: a longer one is cut.
_MAX_LINES = 400
_MIN_DEVIATION = 1e-2
_SAMPLE = 100_000


def fit_network(
    lessons: Sequence[Lesson], n_kinds: int, settings: NetworkSettings, seed: int
) -> Network:
    """Fit a network whose outputs are the log-odds of content and the logits of `n_kinds` kinds."""
    rng = np.random.default_rng(seed)
    pieces = [
        lesson.cut(first, first + _MAX_LINES)
        for lesson in _weighed(lessons, settings)
        for first in range(0, len(lesson.content), _MAX_LINES)
    ]
    network = _new_network(pieces, n_kinds + 1, settings, rng)
    optimizer = _AdamW([*_weights(network)], settings)
    n_steps = settings.epochs * sum(1 for _ in _batches(pieces, settings, rng))
    step = 0
    for _ in range(settings.epochs):
        for batch in _batches(pieces, settings, rng):
            share = min(step / max(n_steps, 1), 1.0)
            rate = min((step + 1) / settings.warm_up, 1.0) * (1 + np.cos(np.pi * share)) / 2
            optimizer.step(_gradients(network, batch, settings, rng), rate)
            step += 1
    return network


def _weighed(lessons: Sequence[Lesson], settings: NetworkSettings) -> Iterator[Lesson]:
    """Yield the lessons with weights whose sum over a batch is 1 for content, on the average."""
    n_lines = sum(len(lesson.content) for lesson in lessons)
    content = sum(float(lesson.content_weight.sum()) for lesson in lessons)
    kinds = sum(float(lesson.kind_weight.sum()) for lesson in lessons)
    share = n_lines / settings.batch
    for lesson in lessons:
        yield replace(
            lesson,
            content_weight=lesson.content_weight * np.float32(share / max(content, _TINY)),
            kind_weight=lesson.kind_weight * np.float32(settings.kinds * share / max(kinds, _TINY)),
        )


def _new_network(
    pieces: Sequence[Lesson], n_outputs: int, settings: NetworkSettings, rng: np.random.Generator
) -> Network:
    mean, deviation = _moments(pieces, rng)
    n_columns, width = len(mean), settings.width

    def random(*shape: int, fan_in: int) -> FloatArray:
        bound = fan_in**-0.5
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    return Network(
        mean=mean,
        scale=(1 / np.maximum(deviation, _MIN_DEVIATION)).astype(np.float32),
        direct=random(n_columns + 1, n_outputs, fan_in=n_columns),
        inward=random(n_columns + 1, width, fan_in=n_columns),
        layers=random(settings.layers, 3 * width + 1, width, fan_in=3 * width),
        outward=random(width, n_outputs, fan_in=width),
    )


def _moments(pieces: Sequence[Lesson], rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation of each column over a sample of documents."""
    rows: list[_HalfArray] = []
    found = 0
    for number in rng.permutation(len(pieces)):
        rows.append(pieces[number].matrix)
        found += len(rows[-1])
        if found > _SAMPLE:
            break
    sample = np.concatenate(rows).astype(np.float64)
    return sample.mean(axis=0).astype(np.float32), sample.std(axis=0).astype(np.float32)


def _weights(network: Network) -> Iterator[FloatArray]:
    yield network.direct
    yield network.inward
    yield network.layers
    yield network.outward


@dataclass(frozen=True)
class _Batch:
    """Documents one after another, with so many empty rows between them that none sees the next.

    ``inside``: (n, 1) 1 for a line, 0 for an empty row; ``document``: (n,) number of the document.
    """

    lesson: Lesson
    inside: FloatArray
    document: IntArray


def _batches(
    pieces: Sequence[Lesson], settings: NetworkSettings, rng: np.random.Generator
) -> Iterator[_Batch]:
    """Yield all documents in random order."""
    gap = 1 << max(settings.layers - 1, 0)
    taken: list[Lesson] = []
    rows = 0
    for number in rng.permutation(len(pieces)):
        piece = pieces[number]
        if rng.random() < settings.cropped:
            piece = _cropped(piece, rng)
        size = len(piece.content) + gap
        if taken and rows + size > settings.batch:
            yield _joined(taken, gap)
            taken, rows = [], 0
        taken.append(piece)
        rows += size
    if taken:
        yield _joined(taken, gap)


# How many lines of a document that is shown in part, at least, and fewer than.
_FEW = (3, 50)


def _cropped(piece: Lesson, rng: np.random.Generator) -> Lesson:
    """Return some successive lines of a document: short ones are rare among those to learn from."""
    n = len(piece.content)
    size = min(int(rng.integers(*_FEW)), n)
    first = int(rng.integers(n - size + 1))
    return piece.cut(first, first + size)


def _joined(lessons: Sequence[Lesson], gap: int) -> _Batch:
    ends = np.cumsum([len(lesson.content) + gap for lesson in lessons])
    n = int(ends[-1])
    joined = Lesson(
        np.zeros((n, lessons[0].matrix.shape[1]), np.float16),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.int64),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
    )
    inside = np.zeros((n, 1), np.float32)
    document = np.repeat(np.arange(len(lessons)), np.diff(ends, prepend=0))
    for lesson, end in zip(lessons, ends.tolist(), strict=True):
        rows = slice(end - gap - len(lesson.content), end - gap)
        joined.matrix[rows] = lesson.matrix
        joined.content[rows] = lesson.content
        joined.content_weight[rows] = lesson.content_weight
        joined.kind[rows] = lesson.kind
        joined.kind_weight[rows] = lesson.kind_weight
        joined.words[rows] = lesson.words
        inside[rows] = 1
    return _Batch(joined, inside, document)


def _gradients(
    network: Network, batch: _Batch, settings: NetworkSettings, rng: np.random.Generator
) -> list[FloatArray]:
    """Return the gradients of the loss by the weights, in the order of :func:`_weights`."""
    dropout = settings.dropout
    rows = network.standardise(batch.lesson.matrix.astype(np.float32))
    rows *= _left_in(rows.shape, dropout, rng)
    states = [np.maximum(rows @ network.inward[:-1] + network.inward[-1], 0) * batch.inside]
    inputs, active = [], [states[0] > 0]
    masks = [_left_in(states[0].shape, dropout, rng) for _ in range(len(network.layers) + 1)]
    for layer, weights in enumerate(network.layers):
        inputs.append(spread(states[-1] * masks[layer], 1 << layer))
        found = np.maximum(inputs[-1] @ weights[:-1] + weights[-1], 0) * batch.inside
        active.append(found > 0)
        states.append(states[-1] + found)
    last = states[-1] * masks[-1]
    logits = rows @ network.direct[:-1] + network.direct[-1] + last @ network.outward
    error = _errors(logits, batch, settings.overlap)
    by_layer = np.empty_like(network.layers)
    grad = (error @ network.outward.T) * masks[-1]
    for layer in range(len(network.layers) - 1, -1, -1):
        weights, inner = network.layers[layer], grad * active[layer + 1]
        by_layer[layer] = _by_weights(inputs[layer], inner)
        grad = grad + gathered(inner @ weights[:-1].T, 1 << layer) * masks[layer]
    by_direct = _by_weights(rows, error)
    by_inward = _by_weights(rows, grad * active[0])
    return [by_direct, by_inward, by_layer, last.T @ error]


def _left_in(shape: tuple[int, ...], dropout: float, rng: np.random.Generator) -> FloatArray:
    """Return a mask that leaves out a share of the cells and scales the others up for them."""
    mask = (rng.random(shape, dtype=np.float32) >= dropout).astype(np.float32)
    mask *= np.float32(1 / (1 - dropout))
    return mask


def _by_weights(inputs: FloatArray, grad: FloatArray) -> FloatArray:
    return np.concatenate([inputs.T @ grad, grad.sum(axis=0, keepdims=True)])


# Beyond it, exp overflows and the chance no longer changes.
_MOST = 80.0


def _errors(logits: FloatArray, batch: _Batch, overlap: float) -> FloatArray:
    """Return the gradient of the loss, summed over lines and documents, by the logits."""
    lesson, errors = batch.lesson, np.empty_like(logits)
    chance: FloatArray = np.reciprocal(1 + np.exp(-np.clip(logits[:, 0], -_MOST, _MOST)))
    errors[:, 0] = (1 - overlap) * (chance - lesson.content) * lesson.content_weight
    if overlap:
        by_chance = np.float32(overlap) * _overlap_errors(chance, batch)
        errors[:, 0] += by_chance * chance * (1 - chance)
    kinds = np.exp(logits[:, 1:] - logits[:, 1:].max(axis=1, keepdims=True))
    kinds /= kinds.sum(axis=1, keepdims=True)
    kinds[np.arange(len(kinds)), lesson.kind] -= 1
    errors[:, 1:] = kinds * lesson.kind_weight[:, None]
    return errors


def _overlap_errors(chance: FloatArray, batch: _Batch) -> FloatArray:
    """Return the gradient of 1 - F1 of the documents' words, weighted, by the chances.

    A document weighs what its lines do; one word more on both sides keeps it smooth.
    """
    lesson, document = batch.lesson, batch.document

    def by_document(values: FloatArray) -> FloatArray:
        return np.bincount(document, weights=values).astype(np.float32)

    both = 2 * by_document(lesson.words * chance * lesson.content) + 1
    all_words = by_document(lesson.words * (chance + lesson.content)) + 1
    weight = by_document(lesson.content_weight)
    by_line = (both / all_words)[document] - 2 * lesson.content
    errors: FloatArray = lesson.words * by_line * (weight / all_words)[document]
    return errors


_MOMENTUM, _MEMORY, _TINY = 0.9, 0.999, 1e-8
_MAX_NORM = 1.0


class _AdamW:
    """Adam with decoupled weight decay and clipped gradients; the weights change in place."""

    def __init__(self, weights: list[FloatArray], settings: NetworkSettings) -> None:
        self._weights = weights
        self._settings = settings
        self._first = [np.zeros_like(array) for array in weights]
        self._second = [np.zeros_like(array) for array in weights]
        self._steps = 0

    def step(self, gradients: Sequence[FloatArray], rate: float) -> None:
        """Take a step at `rate`, a share of the highest learning rate."""
        self._steps += 1
        rate *= self._settings.rate
        norm = float(np.sqrt(sum(float((grad * grad).sum()) for grad in gradients)))
        shrink = np.float32(min(1.0, _MAX_NORM / max(norm, _TINY)))
        step_size = rate / (1 - _MOMENTUM**self._steps)
        for n, weights in enumerate(self._weights):
            grad = gradients[n] * shrink
            self._first[n] += (1 - _MOMENTUM) * (grad - self._first[n])
            self._second[n] += (1 - _MEMORY) * (grad * grad - self._second[n])
            scale = np.sqrt(self._second[n] / (1 - _MEMORY**self._steps)) + _TINY
            np.multiply(weights, 1 - rate * self._settings.decay, out=weights)
            np.subtract(weights, step_size * self._first[n] / scale, out=weights)
