"""Fitted parts → model folder: ``weights.npz``, ``config.json``, ``card.json``."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boilerkit.features import KINDS
from boilerkit.model import COLUMNS, FORMAT_VERSION, Forest, config_checksum
from boilerkit.network import Network
from boilerkit.train.fit import Bags, FittedHead, pack

__all__ = ["Calibration", "network_arrays", "save_model", "write_model"]

# A fixed time in the archive: the same arrays give the same bytes.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Calibration:
    """Platt scaling and the cut of each operating point, in calibrated probability.

    ``cuts``, ``length`` and ``document``: see :class:`boilerkit.cuts.Cut`.
    """

    slope: float
    intercept: float
    cuts: Mapping[str, float]
    length: float = 0.0
    document: float = 0.0


def save_model(
    folder: Path,
    *,
    name: str,
    version: str,
    lexicon: Mapping[str, npt.NDArray[Any]],
    bags: Bags,
    heads: Mapping[str, FittedHead],
    calibrations: Mapping[str, Calibration],
    card: Mapping[str, Any],
) -> None:
    """Write a model folder that ``boilerkit.model.load_model`` reads."""
    config: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "name": name,
        "version": version,
        "kinds": [kind.value for kind in KINDS],
        "columns": {kind: list(names) for kind, names in COLUMNS.items()},
        "heads": {
            kind: {
                "first": {"bias": head.first.bias, "depth": head.first.depth},
                "second": {"bias": head.forest.bias, "depth": head.forest.depth},
                "slope": calibrations[kind].slope,
                "intercept": calibrations[kind].intercept,
                "cuts": dict(calibrations[kind].cuts),
                "length": calibrations[kind].length,
                "document": calibrations[kind].document,
            }
            for kind, head in heads.items()
        },
        "vocabulary": list(bags.vocabulary),
    }
    write_model(folder, config, _arrays(lexicon, bags, heads), card)


def write_model(
    folder: Path,
    config: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    card: Mapping[str, Any],
) -> None:
    """Write the three files of a model; both checksums are computed here."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = _npz_bytes(arrays)
    signed = {**config, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    signed["config_sha256"] = config_checksum(signed)
    (folder / "weights.npz").write_bytes(weights)
    _write_json(folder / "config.json", signed)
    _write_json(folder / "card.json", card)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _arrays(
    lexicon: Mapping[str, npt.NDArray[Any]], bags: Bags, heads: Mapping[str, FittedHead]
) -> dict[str, npt.NDArray[Any]]:
    arrays = dict(lexicon)
    for name, weights in (
        ("word_kinds", bags.word_kinds),
        ("word_content", bags.word_content),
        ("text_kinds", bags.text_kinds),
        ("name_content", bags.name_content[:, None]),
        ("page_types", bags.page_types),
    ):
        arrays[f"{name}_q"], arrays[f"{name}_scale"] = pack(weights)
    for kind, head in heads.items():
        arrays |= _forest_arrays(f"{kind}_first", head.first)
        arrays |= _forest_arrays(f"{kind}_second", head.forest)
        arrays |= {f"{kind}_{name}": array for name, array in network_arrays(head.network).items()}
    return arrays


def _forest_arrays(prefix: str, forest: Forest) -> dict[str, npt.NDArray[Any]]:
    return {
        f"{prefix}_feature": forest.feature,
        f"{prefix}_threshold": forest.threshold,
        f"{prefix}_children": forest.children,
        f"{prefix}_value": forest.value,
        f"{prefix}_roots": forest.roots,
    }


def network_arrays(network: Network) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a network by name, as the model's file holds them."""
    return {field.name: getattr(network, field.name) for field in fields(network)}


def _npz_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(
                member, np.ascontiguousarray(arrays[name]), allow_pickle=False
            )
            info = zipfile.ZipInfo(f"{name}.npy", _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()
