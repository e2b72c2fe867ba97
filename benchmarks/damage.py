"""Model folders that went wrong: bytes flipped, settings and arrays changed, signed or not."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from boilerkit.model import config_checksum

__all__ = ["ModelFiles", "damage_model"]

Arrays = dict[str, npt.NDArray[Any]]
ArrayChange = Callable[[random.Random, npt.NDArray[Any]], npt.NDArray[Any]]

_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1, 3, 2**31, 10**30, 0.5, -0.0, 1e-300, 1e308, float("nan"), float("inf"),
    "", "x", "nan", [], [0], {}, {"x": 1}, [[]] * 3,
)  # fmt: skip
#: Numbers that arrays are spoilt with; those that a type has not are cast, as a bad writer would.
_NUMBERS: Final = (0, 1, -1, 127, -128, 32_767, 2**31 - 1, 1e30, -1e30, float("nan"), float("inf"))
_TYPES: Final = ("int8", "int16", "int32", "int64", "uint8", "float16", "float32", "float64", "U3")


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model folder, and its arrays once more as they are read."""

    config: bytes
    weights: bytes
    arrays: Mapping[str, npt.NDArray[Any]]

    @classmethod
    def read(cls, folder: Path) -> ModelFiles:
        """Read a folder that is whole."""
        weights = (folder / "weights.npz").read_bytes()
        with np.load(io.BytesIO(weights), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return cls((folder / "config.json").read_bytes(), weights, arrays)


def damage_model(rng: random.Random, model: ModelFiles, folder: Path) -> None:
    """Write a damaged model to `folder`, which exists."""
    damage = rng.choice((_damage_bytes, _damage_settings, _damage_settings, _damage_arrays))
    config, weights = damage(rng, model)
    (folder / "config.json").write_bytes(config)
    (folder / "weights.npz").write_bytes(weights)


def _damage_bytes(rng: random.Random, model: ModelFiles) -> tuple[bytes, bytes]:
    """Flip, cut off or put in bytes of one file; the weights' checksum is made to fit at times."""
    if rng.random() < 0.5:
        return _spoil(rng, model.config), model.weights
    weights = _spoil(rng, model.weights)
    return (_sign(model.config, weights) if rng.random() < 0.7 else model.config), weights


def _spoil(rng: random.Random, data: bytes) -> bytes:
    place = rng.randrange(len(data))
    kept = rng.choice((len(data), place))
    middle = bytes(rng.randrange(256) for _ in range(rng.choice((0, 1, 1, 4, 40))))
    return data[:place] + middle + data[place + len(middle) : kept]


def _damage_settings(rng: random.Random, model: ModelFiles) -> tuple[bytes, bytes]:
    """Change one value anywhere in the settings and sign them."""
    config = json.loads(model.config)
    node: Any = config
    while True:
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        inner = node[key]
        if not isinstance(inner, (dict, list)) or not inner or rng.random() < 0.2:
            break
        node = inner
    if rng.random() < 0.3:
        del node[key]
    else:
        node[key] = rng.choice(_VALUES)
    return _sign(json.dumps(config).encode(), model.weights), model.weights


def _damage_arrays(rng: random.Random, model: ModelFiles) -> tuple[bytes, bytes]:
    """Change one array in its values, shape or type, or leave it out, and sign the model."""
    arrays = dict(model.arrays)
    name = rng.choice(sorted(arrays))
    change = rng.choice((None, *_ARRAY_CHANGES))
    if change is None:
        del arrays[name]
    else:
        with np.errstate(all="ignore"):
            arrays[name] = change(rng, arrays[name])
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    weights = stream.getvalue()
    return _sign(model.config, weights), weights


def _put_numbers(rng: random.Random, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    changed: npt.NDArray[Any] = array.copy()
    for _ in range(rng.choice((1, 3, 100)) if array.size else 0):
        place = rng.randrange(array.size)
        changed.flat[place] = np.float64(rng.choice(_NUMBERS)).astype(array.dtype)
    return changed


def _swap_values(rng: random.Random, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Put the values into another order: those of trees then lead anywhere."""
    order = np.random.default_rng(rng.randrange(2**32)).permutation(array.size)
    return array.reshape(-1)[order].reshape(array.shape)


def _reshape(rng: random.Random, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    shapes = (array[:-1], array[:0], array[None], array.reshape(-1), np.repeat(array, 2, axis=0))
    return rng.choice(shapes)


def _retype(rng: random.Random, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array.astype(rng.choice(_TYPES))


_ARRAY_CHANGES: Final[tuple[ArrayChange, ...]] = (
    _put_numbers,
    _put_numbers,
    _swap_values,
    _reshape,
    _retype,
)


def _sign(config: bytes, weights: bytes) -> bytes:
    """Return the settings with the checksums of these files, as far as they are settings."""
    settings = json.loads(config)
    if isinstance(settings, dict):
        settings["weights_sha256"] = hashlib.sha256(weights).hexdigest()
        settings["config_sha256"] = config_checksum(settings)
    return json.dumps(settings).encode()
