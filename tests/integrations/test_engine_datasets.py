"""The batched callable in Hugging Face datasets."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from engines import CLEANED, PAGE, TEXT
from fresh_python import run_python
from required import require

from boilerkit import Cleaner, ConfigError

datasets = require("datasets")
pa = require("pyarrow")

from boilerkit.integrations import arrow
from boilerkit.integrations.arrow import BatchCleaner


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    datasets.disable_progress_bars()


class TestMap:
    def test_cleans_texts(self, toy: Cleaner) -> None:
        dataset = datasets.Dataset.from_dict({"id": [1, 2], "text": [TEXT, "One"]})
        cleaned = dataset.with_format("arrow").map(BatchCleaner(cleaner=toy), batched=True)
        assert cleaned.with_format(None)[:] == {
            "id": [1, 2],
            "text": [CLEANED, "One"],
            "boilerkit_error": [None, None],
        }

    def test_extracts_pages_into_a_column_of_their_own(self, toy: Cleaner) -> None:
        dataset = datasets.Dataset.from_dict({"html": [PAGE.encode(), None]})
        clean = BatchCleaner("html", input="html", cleaner=toy)
        cleaned = dataset.with_format("arrow").map(clean, batched=True).with_format(None)
        assert cleaned["text"][:] == [CLEANED, None]
        assert cleaned["html"][:] == [PAGE.encode(), None]

    def test_a_failed_record_costs_no_other(self, toy: Cleaner) -> None:
        dataset = datasets.Dataset.from_dict({"text": [b"One", b"Two"]})
        clean = BatchCleaner(output="cleaned", cleaner=toy)
        cleaned = dataset.with_format("arrow").map(clean, batched=True).with_format(None)
        assert cleaned["cleaned"][:] == [None, None]
        assert all("TypeError" in error for error in cleaned["boilerkit_error"])
        assert cleaned["text"][:] == [b"One", b"Two"]

    @pytest.mark.parametrize("order", [(PAGE, None), (None, PAGE)])
    def test_batches_of_nulls_alone_do_not_decide_on_the_type(
        self, toy: Cleaner, order: tuple[str | None, str | None]
    ) -> None:
        features = datasets.Features(html=datasets.Value("string"))
        dataset = datasets.Dataset.from_dict({"html": list(order)}, features=features)
        clean = BatchCleaner("html", input="html", cleaner=toy)
        cleaned = dataset.with_format("arrow").map(clean, batched=True, batch_size=1)
        assert cleaned.features["text"] == datasets.Value("string")
        assert cleaned.features["boilerkit_error"] == datasets.Value("string")

    def test_runs_in_processes(self, toy_folder: Path) -> None:
        # in a Python of its own: a fork of this one may wait for ever for another engine's thread
        done = run_python(
            "import datasets\n"
            "from boilerkit import Cleaner\n"
            "from boilerkit.integrations.arrow import BatchCleaner\n"
            "datasets.disable_progress_bars()\n"
            f"clean = BatchCleaner(cleaner=Cleaner(model={str(toy_folder)!r}))\n"
            f"dataset = datasets.Dataset.from_dict({{'text': [{TEXT!r}] * 6}})\n"
            "cleaned = dataset.with_format('arrow').map(clean, batched=True, num_proc=2)\n"
            "print(cleaned.with_format(None)['text'][:])\n"
        )
        assert done.stdout == f"{[CLEANED] * 6}\n", done.stderr

    def test_another_process_finds_what_is_in_the_cache(
        self, toy_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fingerprints(seed: str) -> list[str]:
            monkeypatch.setenv("PYTHONHASHSEED", seed)
            done = run_python(
                "from boilerkit import Cleaner\n"
                "from boilerkit.integrations.arrow import BatchCleaner\n"
                "from datasets.fingerprint import Hasher\n"
                f"cleaner = Cleaner(model={str(toy_folder)!r})\n"
                "for column in ('text', 'page'):\n"
                "    print(Hasher.hash(BatchCleaner(column, cleaner=cleaner)))\n"
            )
            assert done.returncode == 0, done.stderr
            return done.stdout.split()

        found = fingerprints("1")
        assert found == fingerprints("2")
        assert len(set(found)) == 2

    def test_streams(self, toy: Cleaner) -> None:
        dataset = datasets.Dataset.from_dict({"text": [TEXT, "One"]}).to_iterable_dataset()
        cleaned = dataset.with_format("arrow").map(BatchCleaner(cleaner=toy), batched=True)
        assert [row["text"] for row in cleaned.with_format(None)] == [CLEANED, "One"]


class TestBatchCleaner:
    def test_leaves_every_other_column_as_it_was(self, toy: Cleaner) -> None:
        big = pa.array([2**53 + 1, None], pa.int64())
        batch = pa.table({"id": big, "text": [TEXT, None]})
        cleaned = BatchCleaner(cleaner=toy)(batch)
        assert cleaned.column("id").equals(batch.column("id"))
        assert cleaned.column_names == ["id", "text", "boilerkit_error"]

    def test_an_empty_batch_has_all_columns(self, toy: Cleaner) -> None:
        cleaned = BatchCleaner(cleaner=toy)(pa.table({"text": pa.array([], pa.string())}))
        assert cleaned.schema.types == [pa.string()] * 2

    def test_a_batch_that_is_no_table_is_refused_with_the_way_out(self, toy: Cleaner) -> None:
        dataset = datasets.Dataset.from_dict({"text": [TEXT]})
        with pytest.raises(TypeError, match=r"LazyBatch.*with_format\('arrow'\)"):
            dataset.map(BatchCleaner(cleaner=toy), batched=True)

    def test_refuses_names_that_cannot_be(self, toy: Cleaner) -> None:
        with pytest.raises(ConfigError, match=r"'page'.*text"):
            BatchCleaner("page", cleaner=toy)(pa.table({"text": [TEXT]}))
        with pytest.raises(ConfigError, match="'text'"):
            BatchCleaner(error="text", cleaner=toy)

    def test_the_example_runs(self) -> None:
        assert doctest.testmod(arrow).attempted == 3
        assert doctest.testmod(arrow).failed == 0
