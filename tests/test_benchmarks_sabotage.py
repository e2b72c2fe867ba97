"""The gate against the shipped model, spoilt in known ways: each way breaks floors, by name.

Without data: on the embedded corpus alone. The floors are those of ``benchmarks/pinned.json``.
"""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from toy_model import npz_bytes, write_model

from benchmarks import __main__ as command
from benchmarks import figures
from benchmarks.corpus import read_corpus
from boilerkit.backends import DEFAULT_MODEL
from boilerkit.bench_files import LabelledPage, LabelledText

Config = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]
Change = Callable[[Config, Arrays], None]

#: What the columns that look at a line's neighbours are called.
NEIGHBOUR = re.compile(r".+(_(win|near)\d+|[+-]\d|_(seen|ahead)(_lately|_soon)?)")

#: More than any column holds; an infinite threshold is allowed in a leaf alone.
BEYOND_ALL = np.finfo(np.float32).max


def write_changed(folder: Path, change: Change) -> Path:
    """Write the shipped model with a change, its checksums right."""
    shipped = resources.files("boilerkit").joinpath("data").joinpath(DEFAULT_MODEL)
    config = json.loads(shipped.joinpath("config.json").read_text(encoding="utf-8"))
    with np.load(io.BytesIO(shipped.joinpath("weights.npz").read_bytes())) as archive:
        arrays = dict(archive)
    change(config, arrays)
    return write_model(folder, config, npz_bytes(arrays))


def broken_floors(capsys: pytest.CaptureFixture[str], model: Path | None = None) -> set[str]:
    """Run the gate without data and return the names of the floors that it says are broken."""
    code = command.main(["gate", *([] if model is None else ["--model", str(model)])])
    lines = capsys.readouterr().out.splitlines()
    broken = {line[6:].rpartition(": ")[0] for line in lines if line.startswith("FAIL")}
    assert code == (1 if broken else 0)
    return broken


@pytest.fixture(autouse=True)
def without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOILERKIT_DATA", raising=False)


def test_writing_the_model_anew_breaks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = write_changed(tmp_path, lambda config, arrays: None)
    assert broken_floors(capsys, same) == set()


@pytest.mark.parametrize("head", ["html", "text"])
@pytest.mark.parametrize("step", [-0.2, 0.2])
def test_a_cut_moved_by_two_tenths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], head: str, step: float
) -> None:
    def move(config: Config, arrays: Arrays) -> None:
        cuts = config["heads"][head]["cuts"]
        for name, cut in cuts.items():
            cuts[name] = min(max(cut + step, 0.0), 1.0)

    scope = {"html": "corpus: pages", "text": "corpus: texts"}[head]
    figure = "content words kept" if step > 0 else "chrome lines found"
    broken = broken_floors(capsys, write_changed(tmp_path, move))
    assert f"{scope}, {figure}" in broken


def test_labels_of_the_corpus_shuffled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def shuffled(item: LabelledPage | LabelledText) -> LabelledPage | LabelledText:
        labels = list(item.labels)
        random.Random(item.name).shuffle(labels)
        return replace(item, labels=tuple(labels))

    items = [shuffled(item) for item in read_corpus()]
    monkeypatch.setattr(figures, "read_corpus", lambda: items)
    assert broken_floors(capsys) >= {figures.PAGES_F1, figures.TEXTS_F1}


def test_labels_of_the_model_shuffled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def rotate(config: Config, arrays: Arrays) -> None:
        for head in config["heads"]:
            for part in ("direct", "outward"):
                weights = arrays[f"{head}_{part}"]
                weights[:, 1:] = np.roll(weights[:, 1:], 1, axis=1)

    broken = broken_floors(capsys, write_changed(tmp_path, rotate))
    assert broken == {"corpus: pages, label macro-F1", "corpus: texts, label macro-F1"}


def test_neighbours_switched_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def switch_off(config: Config, arrays: Arrays) -> None:
        for head, columns in config["columns"].items():
            around = np.array([NEIGHBOUR.fullmatch(name) is not None for name in columns])
            assert around.sum() > len(columns) / 5, "columns have other names now"
            for nth in ("first", "second"):
                asks = around[arrays[f"{head}_{nth}_feature"]]
                # every tree goes on as if the column held 0
                threshold = arrays[f"{head}_{nth}_threshold"]
                threshold[asks] = np.where(threshold[asks] < 0, -BEYOND_ALL, BEYOND_ALL)
            # and the network neither heeds these columns nor looks at the lines before and after
            for part in ("direct", "inward"):
                arrays[f"{head}_{part}"][:-1][around] = 0
            layers = arrays[f"{head}_layers"]
            width = layers.shape[2]
            layers[:, :width] = layers[:, 2 * width : 3 * width] = 0

    broken = broken_floors(capsys, write_changed(tmp_path, switch_off))
    assert any(name.startswith("corpus: pages") for name in broken)
    assert any(name.startswith("corpus: texts") for name in broken)


def test_second_pass_switched_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the second pass reads what became of a line's neighbours."""

    def switch_off(config: Config, arrays: Arrays) -> None:
        for head in config["heads"]:
            config["heads"][head]["second"] = config["heads"][head]["first"]
            for name in [name for name in arrays if name.startswith(f"{head}_first_")]:
                arrays[name.replace("_first_", "_second_")] = arrays[name]

    broken = broken_floors(capsys, write_changed(tmp_path, switch_off))
    assert any(name.startswith("corpus:") for name in broken)
