"""The network over lines: what it computes, how it is explained, what it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilerkit.network import Network, gathered, product, spread

pytest.importorskip("sklearn")

from boilerkit.train import network as training
from boilerkit.train.network import Lesson, NetworkSettings, fit_network

N_COLUMNS, WIDTH, N_OUTPUTS, N_LAYERS = 6, 5, 4, 3


def a_network(seed: int = 0, n_layers: int = N_LAYERS) -> Network:
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return Network(
        mean=weights(N_COLUMNS),
        scale=np.abs(weights(N_COLUMNS)) + np.float32(0.5),
        direct=weights(N_COLUMNS + 1, N_OUTPUTS),
        inward=weights(N_COLUMNS + 1, WIDTH),
        layers=weights(n_layers, 3 * WIDTH + 1, WIDTH),
        outward=weights(WIDTH, N_OUTPUTS),
    )


def some_lines(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, N_COLUMNS)).astype(np.float32)


def slowly(network: Network, matrix: np.ndarray) -> np.ndarray:
    """Return the logits line by line, as the class's docstring has it."""
    rows = np.clip((matrix - network.mean) * network.scale, -4, 4).astype(np.float64)
    states = np.maximum(rows @ network.inward[:-1] + network.inward[-1], 0)
    for layer, weights in enumerate(network.layers):
        found = np.zeros_like(states)
        for line in range(len(rows)):
            seen = [
                states[at] if 0 <= at < len(rows) else np.zeros(WIDTH)
                for at in (line - 2**layer, line, line + 2**layer)
            ]
            found[line] = np.maximum(np.concatenate(seen) @ weights[:-1] + weights[-1], 0)
        states = states + found
    direct: np.ndarray = rows @ network.direct[:-1] + network.direct[-1]
    return direct + states @ network.outward


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 40), seed=st.integers(0, 99), n_layers=st.integers(0, 4))
def test_logits_are_those_of_the_definition(n: int, seed: int, n_layers: int) -> None:
    network, matrix = a_network(seed, n_layers), some_lines(n, seed)
    found = network.logits(matrix)
    assert found.shape == (n, N_OUTPUTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, slowly(network, matrix), rtol=1e-4, atol=1e-3)


def test_a_line_sees_as_far_as_the_layers_reach_and_no_farther() -> None:
    network, matrix = a_network(), some_lines(60)
    changed = matrix.copy()
    changed[20] += 1
    differs = np.flatnonzero((network.logits(matrix) != network.logits(changed)).any(axis=1))
    reach = network.reach
    assert reach == 1 + 2 + 4
    assert differs.min() >= 20 - reach
    assert differs.max() <= 20 + reach
    assert len(differs) > reach


def test_a_stretch_with_all_that_it_sees_has_the_same_logits() -> None:
    network, matrix = a_network(), some_lines(100)
    reach = network.reach
    stretch = network.logits(matrix[40 - reach : 60 + reach])[reach : reach + 20]
    np.testing.assert_allclose(stretch, network.logits(matrix)[40:60], rtol=1e-5, atol=1e-4)


def test_values_far_out_are_clipped() -> None:
    network = a_network()
    far = np.full((3, N_COLUMNS), 1e6, np.float32)
    np.testing.assert_array_equal(network.logits(far), network.logits(2 * far))


def test_a_product_in_steps_is_the_product() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1000, 300)).astype(np.float32)
    weights = rng.normal(size=(301, 70)).astype(np.float32)
    np.testing.assert_allclose(
        product(rows, weights), rows @ weights[:-1] + weights[-1], rtol=1e-4, atol=1e-3
    )
    bare = product(rows, weights[:-1], biased=False)
    np.testing.assert_allclose(bare, rows @ weights[:-1], rtol=1e-4, atol=1e-3)


@given(n=st.integers(0, 12), distance=st.sampled_from([1, 2, 4, 8]))
def test_gathering_is_the_transpose_of_spreading(n: int, distance: int) -> None:
    rng = np.random.default_rng(n)
    states = rng.normal(size=(n, WIDTH)).astype(np.float32)
    grad = rng.normal(size=(n, 3 * WIDTH)).astype(np.float32)
    there = float((spread(states, distance) * grad).sum())
    back = float((states * gathered(grad, distance)).sum())
    assert there == pytest.approx(back, abs=1e-3)


class TestContributions:
    def test_they_are_gradient_times_input(self) -> None:
        network, matrix = a_network(), some_lines(20)
        found = network.contributions(matrix, 9, 2)
        assert found.shape == matrix.shape
        rows = network.standardise(matrix)
        step = np.float32(1e-3)
        for line, column in [(9, 0), (9, 3), (8, 1), (11, 2), (5, 4)]:
            moved = matrix.copy()
            moved[line, column] += step / network.scale[column]
            slope = (slowly(network, moved) - slowly(network, matrix))[9, 2] / step
            expected = slope * rows[line, column]
            assert found[line, column] == pytest.approx(expected, abs=0.05 * abs(expected) + 1e-3)

    def test_without_biases_they_add_up_to_the_logit(self) -> None:
        network = a_network()
        for weights in (network.direct, network.inward, *network.layers):
            weights[-1] = 0
        matrix = some_lines(20)
        for line in (0, 7, 19):
            total = network.contributions(matrix, line, 1).sum()
            assert total == pytest.approx(network.logits(matrix)[line, 1], rel=1e-3, abs=1e-3)


SETTINGS = NetworkSettings(width=8, layers=2, epochs=30, kinds=0.5, batch=200, warm_up=5)


def a_lesson(n: int, seed: int) -> Lesson:
    """Content is what stands before a line marked in column 0; column 1 tells its kind."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, N_COLUMNS)).astype(np.float32)
    marked = rng.random(n) < 0.5
    matrix[:, 0] = marked
    kind = (matrix[:, 1] > 0).astype(np.int64)
    content = np.append(marked[1:], False).astype(np.float32)
    ones = np.ones(n, np.float32)
    return Lesson(matrix.astype(np.float16), content, ones, kind, ones, 3 * ones)


class TestFit:
    def test_what_stands_on_the_next_line_is_learned(self) -> None:
        network = fit_network([a_lesson(40, seed) for seed in range(40)], 2, SETTINGS, seed=0)
        other = a_lesson(300, 99)
        logits = network.logits(other.matrix.astype(np.float32))
        assert ((logits[:, 0] > 0) == other.content)[:-1].mean() > 0.98
        assert (logits[:, 1:].argmax(axis=1) == other.kind).mean() > 0.9

    def test_the_same_seed_gives_the_same_weights(self) -> None:
        lessons = [a_lesson(30, seed) for seed in range(6)]
        first, second, other = (fit_network(lessons, 2, SETTINGS, seed) for seed in (1, 1, 2))
        assert first.layers.tobytes() == second.layers.tobytes()
        assert first.layers.tobytes() != other.layers.tobytes()

    def test_a_line_that_weighs_nothing_teaches_nothing(self) -> None:
        lessons = [a_lesson(30, seed) for seed in range(6)]
        silent = lessons[0].content_weight.copy()
        silent[3] = 0
        changed = lessons[0].content.copy()
        changed[3] = 1 - changed[3]
        fitted = [
            fit_network(
                [replace(lessons[0], content=content, content_weight=silent), *lessons[1:]],
                2,
                SETTINGS,
                seed=0,
            )
            for content in (lessons[0].content, changed)
        ]
        assert fitted[0].direct.tobytes() == fitted[1].direct.tobytes()

    def test_a_document_longer_than_a_batch_is_taught_in_pieces(self) -> None:
        lesson = a_lesson(1000, 0)
        network = fit_network([lesson], 2, SETTINGS, seed=0)
        assert np.isfinite(network.logits(lesson.matrix.astype(np.float32))).all()

    def test_a_document_is_cropped_to_a_few_successive_lines(self) -> None:
        lesson = a_lesson(200, 0)
        for seed in range(20):
            part = training._cropped(lesson, np.random.default_rng(seed))
            n = len(part.content)
            assert 3 <= n < 50
            starts = [k for k in range(201 - n) if (lesson.matrix[k : k + n] == part.matrix).all()]
            assert len(starts) == 1
            np.testing.assert_array_equal(part.content, lesson.content[starts[0] : starts[0] + n])

    def test_a_document_of_few_lines_is_cropped_within_its_own(self) -> None:
        for seed in range(20):
            part = training._cropped(a_lesson(2, 0), np.random.default_rng(seed))
            assert len(part.content) == 2

    @pytest.mark.parametrize("overlap", [0.0, 0.7])
    def test_gradients_are_those_of_the_loss(self, overlap: float) -> None:
        network = replace(a_network(n_layers=2), direct=np.zeros((N_COLUMNS + 1, 3), np.float32))
        network = replace(network, outward=network.outward[:, :3])
        batch = training._joined([a_lesson(9, 0), a_lesson(7, 1)], 2)
        rng = np.random.default_rng(0)
        bare = replace(SETTINGS, dropout=0.0, overlap=overlap)
        gradients = training._gradients(network, batch, bare, rng)
        for weights, gradient in zip(training._weights(network), gradients, strict=True):
            place = np.unravel_index(int(np.abs(gradient).argmax()), gradient.shape)
            old = weights[place]
            losses = []
            for step in (-1e-2, 1e-2):
                weights[place] = old + step
                losses.append(a_loss(network, batch, overlap))
            weights[place] = old
            assert (losses[1] - losses[0]) / 2e-2 == pytest.approx(gradient[place], rel=0.05)

    def test_documents_of_a_batch_do_not_see_each_other(self) -> None:
        network = a_network()
        parts = [a_lesson(9, 0), a_lesson(7, 1)]
        gap = 2 ** (N_LAYERS - 1)
        joined = training._joined(parts, gap)
        rng = np.random.default_rng(0)
        bare = replace(SETTINGS, dropout=0.0, overlap=0.5)
        apart = [
            training._gradients(network, training._joined([part], gap), bare, rng) for part in parts
        ]
        both = training._gradients(network, joined, bare, rng)
        for together, one, other in zip(both, *apart, strict=True):
            np.testing.assert_allclose(together, one + other, rtol=1e-3, atol=1e-3)


def a_loss(network: Network, batch: training._Batch, overlap: float) -> float:
    """Return the loss, summed over the lines of a batch of documents."""
    total, lesson = 0.0, batch.lesson
    inside = batch.inside[:, 0] > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    for first, end in edges.reshape(-1, 2).tolist():
        logits = slowly(network, lesson.matrix[first:end].astype(np.float32))
        content = lesson.content[first:end]
        entropy = float((np.logaddexp(0, logits[:, 0]) - content * logits[:, 0]).sum())
        words = 3 / (1 + np.exp(-logits[:, 0]))
        f1 = (2 * words @ content + 1) / (words.sum() + 3 * content.sum() + 1)
        total += (1 - overlap) * entropy + overlap * (1 - f1) * (end - first)
        kinds = logits[:, 1:]
        right = kinds[np.arange(len(kinds)), lesson.kind[first:end]]
        total += float((np.logaddexp.reduce(kinds, axis=1) - right).sum())
    return total
