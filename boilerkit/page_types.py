"""What type of page it is: an article, a forum thread, a product, a list of things.

A line of three words is a heading in an article and the product itself in a shop: the type is no
answer of its own but a set of columns for the lines' model.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from boilerkit.html_features import LineSizes
from boilerkit.page_lines import PageLines
from boilerkit.text_features import FloatArray, IntArray

__all__ = [
    "N_MEASURES",
    "N_META_BUCKETS",
    "PageClues",
    "page_clues",
    "type_scores",
]

N_META_BUCKETS = 512
_SCHEMA_TYPE = re.compile(r'"@type"\s*:\s*"(\w+)"')
_PRICE = re.compile(r"[$€£¥₹₽]\s?\d|\d\s?(?:€|zł|kr\b)")
_LONG_CHARS = 150
# Centre and spread of the measures over ordinary pages.
_CENTRE = np.array([5.0, 8.7, 3.6, 0.06, 0.4, 0.02], np.float32)
_SPREAD = np.array([1.0, 1.0, 0.7, 0.08, 0.3, 0.05], np.float32)
N_MEASURES = len(_CENTRE)
_MEASURE_WEIGHT = np.float32(1 / 3)


@dataclass(frozen=True, slots=True)
class PageClues:
    """What tells a page's type beside the names of its elements.

    ``meta``: distinct buckets (below N_META_BUCKETS) of what its meta data says; ``measures``:
    (N_MEASURES,) numbers about its lines.
    """

    meta: IntArray
    measures: FloatArray


def page_clues(page: PageLines, text: LineSizes) -> PageClues:
    """Return the clues of a page."""
    meta = {zlib.crc32(clue.encode("utf-8", "replace")) % N_META_BUCKETS for clue in _meta(page)}
    return PageClues(np.array(sorted(meta), np.int64), _measures(page, text))


def _meta(page: PageLines) -> Iterator[str]:
    yield "og:" + page.meta.get("og:type", "").lower()
    for word in page.meta.get("generator", "").lower().split()[:2]:
        yield "by:" + word
    for name in page.meta:
        yield "meta:" + name
    for kind, source in page.data_scripts:
        if "ld+json" in kind.lower():
            for name in _SCHEMA_TYPE.findall(source):
                yield "is:" + name


def _measures(page: PageLines, text: LineSizes) -> FloatArray:
    chars = text.n_chars.astype(np.float32)
    n = max(len(chars), 1)
    total = max(float(chars.sum()), 1.0)
    long = chars > _LONG_CHARS
    priced = sum(_PRICE.search(line) is not None for line in page.texts)
    values = [
        np.log1p(n),
        np.log1p(total),
        np.log1p(total / n),
        float(long.sum()) / n,
        float(chars[long].sum()) / total,
        priced / n,
    ]
    out: FloatArray = (np.array(values, np.float32) - _CENTRE) / _SPREAD * _MEASURE_WEIGHT
    return out


def type_scores(names: IntArray, clues: PageClues, weights: FloatArray) -> FloatArray:
    """Return (len(PAGE_TYPES),) probabilities.

    `names`: distinct indices of names on the page; `weights`: (n_names + N_META_BUCKETS +
    N_MEASURES + 1, len(PAGE_TYPES)), the last row the bias.
    """
    n_names = len(weights) - N_META_BUCKETS - N_MEASURES - 1
    buckets = np.concatenate([names, n_names + clues.meta])
    logits = weights[buckets].sum(axis=0) / np.float32(np.sqrt(max(len(buckets), 1)))
    logits += clues.measures @ weights[-1 - N_MEASURES : -1] + weights[-1]
    exp = np.exp(logits - logits.max())
    out: FloatArray = (exp / exp.sum()).astype(np.float32)
    return out
