"""A small convolution over a document's lines: each line judged together with those around it.

Residual layers of dilated convolutions (Yu & Koltun, 2016; He et al., 2016), the distance doubling
from layer to layer, so that a few of them see sixty lines; and a direct linear path beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boilerkit.context import shifted
from boilerkit.text_features import FloatArray

__all__ = ["Network", "gathered", "product", "spread"]

# Standardised columns beyond it say nothing more.
_LIMIT = 4.0
# Multiplications of one matrix product: so few that no BLAS starts threads, which costs more than
# the product, and makes workers on other cores wait.
_PRODUCT_SIZE = 1 << 18


@dataclass(frozen=True, slots=True)
class Network:
    """Weights of a network from n_columns columns to n_outputs logits.

    ``mean``, ``scale``: (n_columns,), what centres and scales the columns, which are then clipped
    to ±4; ``direct``: (n_columns + 1, n_outputs); ``inward``: (n_columns + 1, width); ``layers``:
    (n_layers, 3 * width + 1, width), each for the lines 2**layer before, itself and as far after;
    ``outward``: (width, n_outputs). The last row of all but the last is the bias.
    """

    mean: FloatArray
    scale: FloatArray
    direct: FloatArray
    inward: FloatArray
    layers: FloatArray
    outward: FloatArray

    @property
    def reach(self) -> int:
        """How many lines before and after it a line sees."""
        return (1 << len(self.layers)) - 1

    def logits(self, matrix: FloatArray) -> FloatArray:
        """Return (n, n_outputs) logits for the (n, n_columns) matrix of one document."""
        rows = self.standardise(matrix)
        out = product(rows, self.direct)
        out += product(self._states(rows)[-1], self.outward, biased=False)
        return out

    def standardise(self, matrix: FloatArray) -> FloatArray:
        """Return the columns centred, scaled and clipped."""
        rows: FloatArray = matrix - self.mean
        rows *= self.scale
        return np.clip(rows, -_LIMIT, _LIMIT, out=rows)

    def contributions(self, matrix: FloatArray, line: int, output: int) -> FloatArray:
        """Return (n, n_columns) what each cell adds to one logit of one line.

        A network of rectified units is linear around its input: the gradient times the standardised
        input adds up to the logit but for the biases, which all lines share in part (Shrikumar et
        al., 2017).
        """
        rows = self.standardise(matrix)
        states = self._states(rows)
        grad = np.zeros_like(states[-1])
        grad[line] = self.outward[:, output]
        for layer in range(len(self.layers) - 1, -1, -1):
            distance = 1 << layer
            active = states[layer + 1] > states[layer]  # where the unit let through
            grad = grad + gathered((grad * active) @ self.layers[layer][:-1].T, distance)
        out: FloatArray = ((grad * (states[0] > 0)) @ self.inward[:-1].T) * rows
        out[line] += rows[line] * self.direct[:-1, output]
        return out

    def _states(self, rows: FloatArray) -> list[FloatArray]:
        """Return the (n, width) states after the inward step and after each layer."""
        states = [np.maximum(product(rows, self.inward), 0)]
        for layer, weights in enumerate(self.layers):
            found = product(spread(states[-1], 1 << layer), weights)
            states.append(states[-1] + np.maximum(found, 0))
        return states


def product(rows: FloatArray, weights: FloatArray, *, biased: bool = True) -> FloatArray:
    """Return ``rows @ weights``, in steps; `biased` if the last row of the weights is the bias."""
    matrix = weights[:-1] if biased else weights
    out = np.empty((len(rows), weights.shape[1]), np.float32)
    step = max(_PRODUCT_SIZE // max(matrix.size, 1), 1)
    for first in range(0, len(rows), step):
        np.matmul(rows[first : first + step], matrix, out=out[first : first + step])
    if biased:
        out += weights[-1]
    return out


def spread(states: FloatArray, distance: int) -> FloatArray:
    """Return (n, 3 * width) the states of the line before, of itself and of the line after."""
    return np.concatenate([shifted(states, -distance), states, shifted(states, distance)], axis=1)


def gathered(grad: FloatArray, distance: int) -> FloatArray:
    """Return (n, width) the sums that :func:`spread` makes of each state, its transpose."""
    before, itself, after = np.split(grad, 3, axis=1)
    return shifted(before, distance) + itself + shifted(after, -distance)
