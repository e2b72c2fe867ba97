"""A model folder with weights written by hand, whose answers a test can read off the text.

A line is content unless it shouts: each ``!`` or ``?`` in it lowers its score a step, whatever its
neighbours (see SCORES). What kind of chrome it is stands in it as well: a ``@`` makes it a
donation, a ``€`` a subscription; else it is navigation. The folder has the format of
``docs/model-format.md`` and is written without boilerkit.train, so that it needs no scikit-learn.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boilerkit.features import KINDS
from boilerkit.labels import PAGE_TYPES, Label
from boilerkit.lexicon import LEXICON_ARRAYS
from boilerkit.model import COLUMNS, FORMAT_VERSION, config_checksum
from boilerkit.page_types import N_MEASURES, N_META_BUCKETS
from boilerkit.text_features import N_BUCKETS

# Score of a line with 0, 1, 2, and 3 or more exclamation or question marks.
SCORES = (0.95, 0.6, 0.3, 0.05)
# Two marks: kept by "careful" alone; one mark: dropped by "greedy" alone.
CUTS = {"careful": 0.2, "balanced": 0.5, "greedy": 0.7}
VOCABULARY = ["footer", "nav"]

Arrays = dict[str, npt.NDArray[Any]]


def toy_config() -> dict[str, Any]:
    """Return config.json without the checksum."""
    forest = {"bias": 0.0, "depth": 3}
    calibration = {
        "slope": 1.0,
        "intercept": 0.0,
        "cuts": dict(CUTS),
        "length": 0.0,
        "document": 0.0,
    }
    head = {"first": forest, "second": forest, **calibration}
    return {
        "format_version": FORMAT_VERSION,
        "name": "toy",
        "version": "1.0",
        "kinds": [kind.value for kind in KINDS],
        "columns": {kind: list(columns) for kind, columns in COLUMNS.items()},
        "heads": {"html": dict(head), "text": dict(head)},
        "vocabulary": VOCABULARY,
    }


def toy_arrays() -> Arrays:
    """Return the arrays of weights.npz; the lexicon knows no phrase."""
    arrays: Arrays = {name: np.zeros(0, kind) for name, kind in LEXICON_ARRAYS.items()}
    arrays["rarity"] = np.zeros(N_BUCKETS, np.uint8)
    for name, shape in (
        ("word_kinds", (N_BUCKETS + 1, len(KINDS))),
        ("word_content", (N_BUCKETS + 1, 1)),
        ("text_kinds", (N_BUCKETS + 1, len(KINDS))),
        ("name_content", (3 * len(VOCABULARY) + 1, 1)),
        ("page_types", (len(VOCABULARY) + N_META_BUCKETS + N_MEASURES + 1, len(PAGE_TYPES))),
    ):
        arrays[f"{name}_q"] = np.zeros(shape, np.int8)
        arrays[f"{name}_scale"] = np.ones(shape[1], np.float32)
    for kind, columns in COLUMNS.items():
        arrays |= {f"{kind}_{name}": array for name, array in _head_arrays(columns).items()}
    return arrays


def _head_arrays(columns: tuple[str, ...]) -> Arrays:
    """Return a tree over the number of marks, twice, and a network that tells kinds by ``@``, ``€``."""
    marks = columns.index("bang_count")
    odds = np.log(np.array(SCORES) / (1 - np.array(SCORES)))
    direct = np.zeros((len(columns) + 1, len(KINDS)), np.float32)
    direct[-1, KINDS.index(Label.NAVIGATION)] = 1
    direct[columns.index("at_count"), KINDS.index(Label.DONATION)] = 9
    direct[columns.index("currency_count"), KINDS.index(Label.SUBSCRIPTION)] = 9
    leaf = np.inf
    forest = {
        "feature": np.array([marks, 0, marks, 0, marks, 0, 0], np.int16),
        "threshold": np.array([0.5, leaf, 1.5, leaf, 2.5, leaf, leaf], np.float32),
        "children": np.array([1, 2, 1, 1, 3, 4, 3, 3, 5, 6, 5, 5, 6, 6], np.int32),
        "value": np.array([0, odds[0], 0, odds[1], 0, odds[2], odds[3]], np.float32),
        "roots": np.array([0], np.int32),
    }
    return {
        **{f"{nth}_{name}": array for nth in ("first", "second") for name, array in forest.items()},
        "mean": np.zeros(len(columns), np.float32),
        "scale": np.ones(len(columns), np.float32),
        "direct": direct,
        "inward": np.zeros((len(columns) + 1, 2), np.float32),
        "layers": np.zeros((1, 3 * 2 + 1, 2), np.float32),
        "outward": np.zeros((2, len(KINDS)), np.float32),
    }


def npz_bytes(arrays: Arrays, *, allow_pickle: bool = False) -> bytes:
    """Return an npz archive."""
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, allow_pickle=allow_pickle)
        members[f"{name}.npy"] = buffer.getvalue()
    return zip_bytes(members)


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """Return a zip archive of the given members."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, data in members.items():
            stream.writestr(name, data)
    return archive.getvalue()


def write_model(folder: Path, config: dict[str, Any], weights: bytes) -> Path:
    """Write a model folder whose checksums are right, whatever the weights are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.npz").write_bytes(weights)
    signed = {**config, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    signed["config_sha256"] = config_checksum(signed)
    (folder / "config.json").write_text(json.dumps(signed), encoding="utf-8")
    return folder


def write_toy_model(folder: Path) -> Path:
    """Write the toy model."""
    return write_model(folder, toy_config(), npz_bytes(toy_arrays()))
