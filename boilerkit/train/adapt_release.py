"""The command that adapts a model: labels → cross-validation, model folder, card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from boilerkit.errors import ConfigError
from boilerkit.model import Model, load_model
from boilerkit.train.adapt import CrossValidation, adapt, cross_validate
from boilerkit.train.export import write_model
from boilerkit.train.fit import pack
from boilerkit.train.own_documents import OwnDocument, read_documents

__all__ = ["train_adapted"]

Report = Callable[[str], None]


def train_adapted(
    labels: Path, out: Path, *, base: str | Path, version: str, report: Report = lambda _: None
) -> tuple[dict[str, Any], CrossValidation]:
    """Adapt a model to a user's labels, write it to `out`; return its card and what it gains.

    labels: a labels file, or the folder that holds one. base: a packaged model or a model folder.

    Raises ConfigError for labels that cannot be used and where `out` is the base's own folder.
    """
    folder = _model_folder(base)
    if Path(str(folder)).resolve() == out.resolve():
        raise ConfigError(f"{out} is the base model: choose another folder")
    model = load_model(base)
    documents, mismatches = read_documents(labels)
    for message in mismatches:
        report(f"left out: {message}")
    with threadpool_limits(1):  # sums in another order have other last digits
        validation = cross_validate(model, documents, report)
        report("adapting to all documents")
        adapted = adapt(model, documents)
    card = {
        "name": out.resolve().name,
        "version": version,
        **_card(model, documents, validation),
    }
    _write(folder, out, adapted, card)
    return card, validation


def _model_folder(base: str | Path) -> Any:
    """Return the folder of a model, as load_model finds it."""
    if isinstance(base, Path) or "/" in base or "\\" in base:
        return Path(base)
    return resources.files("boilerkit").joinpath("data").joinpath(base)


def _write(folder: Any, out: Path, model: Model, card: dict[str, Any]) -> None:
    """Write the base's files with the parts that moved."""
    config = json.loads(folder.joinpath("config.json").read_text(encoding="utf-8"))
    with folder.joinpath("weights.npz").open("rb") as stream, np.load(stream) as archive:
        arrays: dict[str, npt.NDArray[Any]] = {name: archive[name] for name in archive.files}
    for name in ("word_kinds", "word_content", "text_kinds"):
        arrays[f"{name}_q"], arrays[f"{name}_scale"] = pack(getattr(model, name))
    for kind, head in model.heads.items():
        for name in ("feature", "threshold", "children", "value", "roots"):
            arrays[f"{kind}_second_{name}"] = getattr(head.forest, name)
        arrays[f"{kind}_direct"] = head.network.direct
        config["heads"][kind]["second"]["depth"] = head.forest.depth
    write_model(out, {**config, "name": card["name"], "version": card["version"]}, arrays, card)


def _card(
    base: Model, documents: Sequence[OwnDocument], validation: CrossValidation
) -> dict[str, Any]:
    gain = validation.gain
    return {
        "description": f"{base.name} {base.version}, adapted to labels of a user's own.",
        "date": datetime.now(timezone.utc).date().isoformat(),
        "base": f"{base.name} {base.version}",
        "documents": len(documents),
        "lines": sum(len(document.lines) for document in documents),
        "labels_sha256": _labels_hash(documents),
        "cross_validation": {
            name: {"base": before, "adapted": after}
            for name, (before, after) in validation.measures().items()
        },
        "gain in balanced accuracy": [gain.difference, gain.range.low, gain.range.high],
    }


def _labels_hash(documents: Sequence[OwnDocument]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        digest.update("\n".join([document.name, *document.texts]).encode("utf-8", "surrogatepass"))
        digest.update(document.lines.tobytes() + document.labels.tobytes())
    return digest.hexdigest()
