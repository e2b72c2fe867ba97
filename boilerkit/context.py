"""A line's neighbours as columns: shifts, windows and means over groups of lines.

All functions take and return columns over the lines of one document, (n,) or (n, k) float32.
"""

from __future__ import annotations

import numpy as np

from boilerkit.text_features import FloatArray, IntArray

__all__ = ["group_means", "shifted", "span_means", "window_means"]


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
    n = len(values)
    index = np.arange(n)
    return span_means(
        values, weights, np.maximum(index - radius, 0), np.minimum(index + radius + 1, n)
    )


def span_means(
    values: FloatArray, weights: FloatArray, first: IntArray, end: IntArray
) -> FloatArray:
    """Return the weighted means over spans of lines [first, end); 0 for an empty span."""
    wide = weights if values.ndim == 1 else weights[:, None]
    sums = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values * wide, axis=0, out=sums[1:])
    mass = np.zeros(len(values) + 1)
    np.cumsum(weights, out=mass[1:])
    total = np.maximum(mass[end] - mass[first], 1e-6)
    means = (sums[end] - sums[first]) / (total if values.ndim == 1 else total[:, None])
    return means.astype(np.float32)


def group_means(values: FloatArray, weights: FloatArray, group: IntArray) -> FloatArray:
    """Return for each line the weighted mean over all lines of its group."""
    mass = np.maximum(np.bincount(group, weights), 1e-6)
    return (np.bincount(group, values * weights) / mass)[group].astype(np.float32)
