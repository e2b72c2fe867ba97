"""What can be knocked out of a model: families of its columns, the second pass, network and cuts.

A column that is knocked out holds, in every line, its mean over the training lines: each tree goes
on as if the line were average there, and so does the network.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from boilerkit.features import KINDS
from boilerkit.html_features import STRUCTURE_COLUMNS
from boilerkit.labels import PAGE_TYPES
from boilerkit.text_features import TEXT_COLUMNS
from boilerkit.train.export import write_model

__all__ = ["KNOCKOUTS", "Knockout", "family_of", "is_around", "knock_out"]

Arrays = dict[str, npt.NDArray[Any]]

#: How a column ends that tells of other lines than its own.
_AROUND: Final = re.compile(
    r"_(win|near)\d+$|[+-]\d$|_box\d$|_signature$|_page$|_max$|_fifth$"
    r"|_(seen|seen_lately|ahead|ahead_soon)$"
)

_PLACE: Final = frozenset(
    "position word_position lines_before lines_after log_lines lines_on_page words_on_page"
    " after_h1".split()
)
_HIDDEN: Final = frozenset(("hidden", "noscript", "data"))
_FAMILIES: Final[Mapping[str, frozenset[str]]] = {
    "measures of the line": frozenset(TEXT_COLUMNS),
    "hashed words": frozenset(
        (*(f"is_{kind}" for kind in KINDS), "word_odds", "odds", "page_odds", "word_score")
    ),
    "sentences of the line": frozenset(
        (*(f"most_{kind}" for kind in KINDS), "least_odds", "first_odds", "last_odds", "segments")
    ),
    "phrases of the word lists": frozenset(
        (
            *(f"{way}_{kind}" for way in ("sign", "whole") for kind in KINDS),
            *("signs", "appeal_signs", "sign_rate", "whole_line"),
        )
    ),
    "topic": frozenset(
        (
            *(f"topic_{kind}" for kind in KINDS),
            *("shared_share", "on_topic_share", "on_topic_rare", "on_topic_rare_share"),
            *("mean_rarity", "rare_words"),
        )
    ),
    "place in the document": _PLACE,
    "markup and containers": frozenset(STRUCTURE_COLUMNS) - _PLACE - _HIDDEN,
    "class names and ids": frozenset(("name_score",)),
    "type of the page": frozenset(f"page_{name}" for name in PAGE_TYPES),
    "marks of hidden lines": _HIDDEN,
    "what the first pass said": frozenset(("first_pass", "content_before", "content_words")),
}


def family_of(column: str) -> str:
    """Return the family of a feature column; raises KeyError for a column of none."""
    base = _AROUND.sub("", column)
    for family, names in _FAMILIES.items():
        if column in names or base in names:
            return family
    raise KeyError(column)


def is_around(column: str) -> bool:
    """Return whether a column tells of a line's neighbours, containers or page."""
    return _AROUND.search(column) is not None


@dataclass(frozen=True)
class Knockout:
    """One row: the columns that are held at their mean, or the stage that is left out.

    ``cost`` names the functions and methods that a page would be spared, by the module of
    boilerkit that calls them; ``far_sight``: whether the network sees other lines than the one that
    it judges; ``network``: whether it sees anything. ``own_cuts``: whether documents and lines of
    different lengths have cuts of their own.
    """

    title: str
    columns: Callable[[str], bool] = lambda column: False
    cost: tuple[str, ...] = ()
    second_pass: bool = True
    far_sight: bool = True
    network: bool = True
    hidden_lines: bool = True
    own_cuts: bool = True


_COSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "measures of the line": ("blocks.measure_lines",),
    "hashed words": ("model.word_scores",),
    "phrases of the word lists": ("blocks.find_phrases", "blocks.lexicon_columns"),
    "markup and containers": ("model.read_structure", "model.structure_columns"),
    "class names and ids": ("model.read_names", "model.box_names_sums"),
    "type of the page": ("model.page_clues", "model.type_scores"),
}
_MATRIX: Final = ("model.PageRows.__init__", "model.PageRows.matrix")
_CONTEXT: Final = "model.PageRows.context"

KNOCKOUTS: Final = (
    *(
        Knockout(
            family,
            lambda column, own=family: family_of(column) == own,  # type: ignore[misc]
            _COSTS.get(family, ()),
        )
        for family in _FAMILIES
    ),
    Knockout(
        "neighbours, windows, means of containers",
        is_around,
        (*_MATRIX, _CONTEXT),
        far_sight=False,
    ),
    Knockout("the second pass", cost=(_CONTEXT, "model.Head.score"), second_pass=False),
    Knockout("the network", cost=("model.Network.logits",), network=False),
    Knockout("lines from <noscript> and data", hidden_lines=False),
    Knockout("cuts by document and length", own_cuts=False),
)


# --- knocking out ------------------------------------------------------------------------------


def knock_out(model: Path, folder: Path, row: Knockout) -> None:
    """Write a model folder without what the row names."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    with np.load(io.BytesIO((model / "weights.npz").read_bytes())) as archive:
        arrays: Arrays = dict(archive)
    for head, columns in config["columns"].items():
        out = np.array([row.columns(name) for name in columns])
        _hold_at_mean(arrays, head, out)
        if not row.far_sight:
            _narrow(arrays[f"{head}_layers"])
        if not row.network:
            arrays[f"{head}_direct"][:-1] = 0  # the bias alone stays
            arrays[f"{head}_outward"][:] = 0
        if not row.second_pass:
            for part in ("feature", "threshold", "children", "value", "roots"):
                arrays[f"{head}_second_{part}"] = arrays[f"{head}_first_{part}"]
            config["heads"][head]["second"] = config["heads"][head]["first"]
        if not row.own_cuts:
            config["heads"][head] |= {"document": 0.0, "length": 0.0}
    write_model(folder, config, arrays, {})


# No column is as large; only a leaf's threshold may be infinite.
_BEYOND_ALL: Final = np.finfo(np.float32).max


def _hold_at_mean(arrays: Arrays, head: str, out: npt.NDArray[np.bool_]) -> None:
    """Let every tree, and the network, go on as if the columns held their mean."""
    means = arrays[f"{head}_mean"]
    for nth in ("first", "second"):
        feature, threshold = arrays[f"{head}_{nth}_feature"], arrays[f"{head}_{nth}_threshold"]
        fixed = np.where(means[feature] > threshold, -_BEYOND_ALL, _BEYOND_ALL)
        arrays[f"{head}_{nth}_threshold"] = np.where(out[feature], fixed, threshold).astype("f4")
    for part in ("direct", "inward"):
        arrays[f"{head}_{part}"][:-1][out] = 0


def _narrow(layers: npt.NDArray[Any]) -> None:
    """Let the network judge every line as if it stood alone."""
    width = layers.shape[2]
    layers[:, :width] = layers[:, 2 * width : 3 * width] = 0
