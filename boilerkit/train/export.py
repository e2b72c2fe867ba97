"""Fitted parts → model folder: ``weights.npz``, ``config.json``, ``card.json``."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boilerkit.features import HTML_COLUMNS, KINDS, TEXT_MATRIX_COLUMNS
from boilerkit.model import FORMAT_VERSION, config_checksum
from boilerkit.train.fit import Bags, FittedHead, pack

__all__ = ["Calibration", "save_model"]

# A fixed time in the archive: the same arrays give the same bytes.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Calibration:
    """Platt scaling and the cut of each operating point, in calibrated probability."""

    slope: float
    intercept: float
    cuts: Mapping[str, float]


def save_model(
    folder: Path,
    *,
    name: str,
    version: str,
    bags: Bags,
    heads: Mapping[str, FittedHead],
    calibrations: Mapping[str, Calibration],
    card: Mapping[str, Any],
) -> None:
    """Write a model folder that ``boilerkit.model.load_model`` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = _npz_bytes(_arrays(bags, heads))
    config: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "name": name,
        "version": version,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "kinds": [kind.value for kind in KINDS],
        "columns": {"html": list(HTML_COLUMNS), "text": list(TEXT_MATRIX_COLUMNS)},
        "heads": {
            kind: {
                "bias": head.forest.bias,
                "depth": head.forest.depth,
                "slope": calibrations[kind].slope,
                "intercept": calibrations[kind].intercept,
                "cuts": dict(calibrations[kind].cuts),
            }
            for kind, head in heads.items()
        },
        "vocabulary": list(bags.vocabulary),
    }
    config["config_sha256"] = config_checksum(config)
    (folder / "weights.npz").write_bytes(weights)
    _write_json(folder / "config.json", config)
    _write_json(folder / "card.json", card)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _arrays(bags: Bags, heads: Mapping[str, FittedHead]) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, weights in (
        ("word_kinds", bags.word_kinds),
        ("word_content", bags.word_content),
        ("name_content", bags.name_content[:, None]),
    ):
        arrays[f"{name}_q"], arrays[f"{name}_scale"] = pack(weights)
    for kind, head in heads.items():
        forest = head.forest
        arrays |= {
            f"{kind}_feature": forest.feature.astype(np.int16),
            f"{kind}_threshold": forest.threshold,
            f"{kind}_children": forest.children.astype(np.int32),
            f"{kind}_value": forest.value,
            f"{kind}_roots": forest.roots.astype(np.int32),
            f"{kind}_mean": head.mean,
            f"{kind}_scale": head.scale,
            f"{kind}_kind_weights": head.kind_weights,
        }
    return arrays


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
