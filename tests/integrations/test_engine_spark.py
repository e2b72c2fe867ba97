"""The pandas UDF and the frame helper in a real Spark with two Python workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import CLEANED, PAGE, TEXT
from required import require

from boilerkit import Cleaner, ConfigError

require("pyspark")
pd = require("pandas")

from pyspark.sql import SparkSession

from boilerkit.integrations.spark import clean_frame, clean_udf

pytestmark = pytest.mark.cluster

N_WORKERS = 2


class Logged(Cleaner):
    """A cleaner that notes in a file the process it is loaded in."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_logged, (os.environ["LOADED"], super().__reduce__())


def _load_logged(path: str, state: tuple[Any, ...]) -> Cleaner:
    with open(path, "a", encoding="ascii") as stream:
        stream.write(f"{os.getpid()}\n")
    restore, arguments = state
    cleaner: Cleaner = restore(*arguments)
    return cleaner


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        folder = Path(__file__).parent
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{folder.parent}")  # workers know Logged
        session = (
            SparkSession.builder.master(f"local[{N_WORKERS}]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


class TestUdf:
    def test_cleans_texts(self, spark: SparkSession, toy: Cleaner) -> None:
        frame = spark.createDataFrame([(1, TEXT), (2, None)], "id long, text string")
        frame = frame.withColumn("cleaned", clean_udf(spark, cleaner=toy)("text"))
        rows = frame.orderBy("id").select("id", "text", "cleaned.text", "cleaned.error").collect()
        assert [tuple(row) for row in rows] == [(1, TEXT, CLEANED, None), (2, None, None, None)]

    def test_extracts_pages(self, spark: SparkSession, toy: Cleaner) -> None:
        frame = spark.createDataFrame([(bytearray(PAGE.encode()),)], "html binary")
        clean = clean_udf(spark, input="html", cleaner=toy)
        (row,) = frame.select(clean("html").alias("page")).collect()
        assert row.page.asDict() == {"text": CLEANED, "error": None}

    def test_leaves_large_integers_beside_nulls_alone(
        self, spark: SparkSession, toy: Cleaner
    ) -> None:
        frame = spark.createDataFrame([(2**53 + 1, TEXT), (None, TEXT)], "id long, text string")
        frame = frame.withColumn("cleaned", clean_udf(spark, cleaner=toy)("text"))
        assert {row.id for row in frame.collect()} == {2**53 + 1, None}

    def test_the_model_is_loaded_once_a_worker(
        self, spark: SparkSession, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LOADED", str(tmp_path / "loaded"))
        clean = clean_udf(spark, cleaner=Logged(model=toy_folder))
        frame = spark.createDataFrame([(TEXT,)] * 64, "text string").repartition(16)
        for _ in range(3):
            rows = frame.select(clean("text").text.alias("text")).collect()
            assert {row.text for row in rows} == {CLEANED}
        loaded = (tmp_path / "loaded").read_text(encoding="ascii").split()
        assert 1 <= len(loaded) == len(set(loaded)) <= N_WORKERS
        assert str(os.getpid()) not in loaded


class TestFrame:
    def test_cleans_one_column_and_keeps_the_others(
        self, spark: SparkSession, toy: Cleaner
    ) -> None:
        frame = spark.createDataFrame([(1, TEXT), (2, None), (3, "One")], "id int, text string")
        cleaned = clean_frame(frame.repartition(3), cleaner=toy)
        assert cleaned.columns == ["id", "text", "boilerkit_error"]
        rows = [tuple(row) for row in cleaned.orderBy("id").collect()]
        assert rows == [(1, CLEANED, None), (2, None, None), (3, "One", None)]

    def test_extracts_pages_into_a_column_of_their_own(
        self, spark: SparkSession, toy: Cleaner
    ) -> None:
        frame = spark.createDataFrame([(PAGE,)], "html string")
        (row,) = clean_frame(frame, "html", input="html", cleaner=toy).collect()
        assert row.asDict() == {"html": PAGE, "text": CLEANED, "boilerkit_error": None}

    def test_a_failed_record_costs_no_other(self, spark: SparkSession, toy: Cleaner) -> None:
        frame = spark.createDataFrame([(1.5, "a"), (None, "b")], "number double, name string")
        cleaned = clean_frame(frame, "number", output="cleaned", cleaner=toy)
        rows = {row.name: row for row in cleaned.collect()}
        assert rows["a"].cleaned is None
        assert rows["a"].boilerkit_error == "TypeError: text must be a str, not float"
        assert rows["b"].boilerkit_error is None

    def test_writes_parquet_that_reads_back(
        self, spark: SparkSession, toy: Cleaner, tmp_path: Path
    ) -> None:
        frame = spark.createDataFrame([(n, TEXT) for n in range(10)], "id int, text string")
        clean_frame(frame, cleaner=toy).write.parquet(str(tmp_path / "out"))
        found = pd.read_parquet(tmp_path / "out")
        assert list(found["text"]) == [CLEANED] * 10
        assert found["boilerkit_error"].isna().all()

    def test_refuses_names_that_cannot_be(self, spark: SparkSession, toy: Cleaner) -> None:
        frame = spark.createDataFrame([(TEXT,)], "text string")
        with pytest.raises(ConfigError, match=r"'page'.*text"):
            clean_frame(frame, "page", cleaner=toy)
        with pytest.raises(ConfigError, match="'text'"):
            clean_frame(frame, error="text", cleaner=toy)
