"""The batched callable in Ray Data, on a real local Ray."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import CLEANED, PAGE, TEXT
from required import require

from boilerkit import Cleaner

ray = require("ray")
require("ray.data")

from boilerkit.integrations.arrow import BatchCleaner

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Ray's own about this machine
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def rows(dataset: Any) -> list[dict[str, Any]]:
    return sorted(dataset.take_all(), key=lambda row: int(row["id"]))


def test_cleans_in_actors_that_load_the_model_once(toy: Cleaner) -> None:
    items = [{"id": number, "text": TEXT} for number in range(40)]
    cleaned = ray.data.from_items(items, override_num_blocks=8).map_batches(
        BatchCleaner,
        fn_constructor_kwargs={"cleaner": toy},
        batch_format="pyarrow",
        batch_size=5,
        compute=ray.data.ActorPoolStrategy(size=2),
    )
    assert rows(cleaned) == [
        {"id": number, "text": CLEANED, "boilerkit_error": None} for number in range(40)
    ]


def test_cleans_in_tasks(toy: Cleaner) -> None:
    dataset = ray.data.from_items([{"id": 1, "html": PAGE.encode()}, {"id": 2, "html": None}])
    clean = BatchCleaner("html", input="html", cleaner=toy)
    found = rows(dataset.map_batches(clean, batch_format="pyarrow"))
    assert [row["text"] for row in found] == [CLEANED, None]


def test_a_failed_record_costs_no_other(toy: Cleaner) -> None:
    items = [{"id": 1, "text": None}, {"id": 2, "text": b"One"}, {"id": 3, "text": b"Two"}]
    clean = BatchCleaner(output="cleaned", cleaner=toy)
    dataset = ray.data.from_items(items, override_num_blocks=3)
    found = rows(dataset.map_batches(clean, batch_format="pyarrow"))
    assert [row["boilerkit_error"] is None for row in found] == [True, False, False]
    assert [row["text"] for row in found] == [None, b"One", b"Two"]


def test_writes_parquet_that_reads_back(toy: Cleaner, tmp_path: Path) -> None:
    dataset = ray.data.from_items([{"id": n, "text": TEXT} for n in range(4)])
    clean = BatchCleaner(cleaner=toy)
    dataset.map_batches(clean, batch_format="pyarrow").write_parquet(str(tmp_path / "out"))
    found = rows(ray.data.read_parquet(str(tmp_path / "out")))
    assert [row["text"] for row in found] == [CLEANED] * 4
