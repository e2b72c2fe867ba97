"""A line's neighbours as columns: shifts, windows and means over groups of lines.

All functions take and return columns over the lines of one document, (n,) or (n, k) float32.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boilerkit.text_features import FloatArray, IntArray

__all__ = [
    "ahead",
    "group_means",
    "seen",
    "shifted",
    "span_means",
    "window_means",
    "windows_means",
]


def shifted(values: FloatArray, step: int) -> FloatArray:
    """Return for each line the value of the line `step` after it; 0 beyond the ends."""
    out = np.zeros_like(values)
    if abs(step) < len(values):
        if step > 0:
            out[:-step] = values[step:]
        else:
            out[-step:] = values[:step]
    return out


def window_means(values: FloatArray, weights: FloatArray, radius: int) -> FloatArray:
    """Return the weighted mean over each line and up to `radius` lines on either side."""
    return windows_means(values, weights, (radius,))[0]


def windows_means(
    values: FloatArray, weights: FloatArray, radii: Sequence[int]
) -> list[FloatArray]:
    """Return the means of :func:`window_means` for each radius."""
    sums, mass = _prefix_sums(values, weights)
    index = np.arange(len(values))
    return [
        _means(
            sums, mass, np.maximum(index - radius, 0), np.minimum(index + radius + 1, len(index))
        )
        for radius in radii
    ]


def span_means(
    values: FloatArray, weights: FloatArray, first: IntArray, end: IntArray
) -> FloatArray:
    """Return the weighted means over spans of lines [first, end); 0 for an empty span."""
    return _means(*_prefix_sums(values, weights), first, end)


_Sums = npt.NDArray[np.float64]


def _prefix_sums(values: FloatArray, weights: FloatArray) -> tuple[_Sums, _Sums]:
    """Return (n + 1, …) sums of the weighted values and of the weights, (n + 1, 1) or (n + 1,)."""
    if values.ndim > 1:
        weights = weights[:, None]
    sums = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values * weights, axis=0, out=sums[1:])
    mass = np.zeros((len(weights) + 1, *weights.shape[1:]))
    np.cumsum(weights, axis=0, out=mass[1:])
    return sums, mass


def _means(sums: _Sums, mass: _Sums, first: IntArray, end: IntArray) -> FloatArray:
    means = sums.take(end, axis=0)
    means -= sums.take(first, axis=0)
    total = mass.take(end, axis=0)
    total -= mass.take(first, axis=0)
    means /= np.maximum(total, 1e-6)
    return means.astype(np.float32)


def seen(values: FloatArray, fading: float) -> FloatArray:
    """Return for each line the maximum over the lines before it, less `fading` a line between.

    The first line, which has none before it, has its own value.
    """
    if not len(values):
        return values
    lost = fading * np.arange(len(values), dtype=np.float64)[:, None]
    before = np.maximum.accumulate(values + lost, axis=0) - lost - fading
    return np.concatenate([values[:1], before[:-1]], dtype=np.float32, casting="same_kind")


def ahead(values: FloatArray, fading: float) -> FloatArray:
    """Return what :func:`seen` does, for the lines after each line."""
    return seen(values[::-1], fading)[::-1]


def group_means(values: FloatArray, weights: FloatArray, group: IntArray) -> FloatArray:
    """Return for each line the weighted mean over all lines of its group."""
    mass = np.maximum(np.bincount(group, weights), 1e-6)
    return (np.bincount(group, values * weights) / mass)[group].astype(np.float32)
