"""A pandas UDF and a ``mapInPandas`` helper for Spark.

The cleaner, model included, is broadcast: the driver's model is the one that runs, and each Python
worker loads it once. Workers need boilerkit installed, but no model folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from boilerkit.errors import ConfigError
from boilerkit.integrations.core import ERROR_FIELD, RecordCleaner, missing_engine
from boilerkit.pipeline import Cleaner

try:
    import pandas as pd
    import pyarrow  # noqa: F401  (Spark asks for it only when the first batch is on its way)
    from pyspark.sql.functions import pandas_udf
    from pyspark.sql.types import StringType, StructField, StructType
except ImportError as error:
    raise missing_engine(error, "spark") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark import Broadcast
    from pyspark.sql import Column, DataFrame, SparkSession

__all__ = ["clean_frame", "clean_udf"]


def clean_udf(
    spark: SparkSession, *, input: str = "text", cleaner: Cleaner | None = None
) -> Callable[..., Column]:
    """Return a pandas UDF: a column of records to a struct of the strings ``text`` and ``error``.

    spark: the session that the UDF is for.
    input: ``text``, or ``html`` for pages (string or binary).
    cleaner: a Cleaner, or None for the default one.

    A record that failed has an error and a null text; a null record has two nulls.
    """
    shared = _share(spark, input, cleaner)

    def clean_column(records: pd.Series) -> pd.DataFrame:
        return _clean_column(shared.value, records)

    udf: Callable[..., Column] = pandas_udf(clean_column, "text string, error string")
    return udf


def clean_frame(
    frame: DataFrame,
    column: str = "text",
    *,
    input: str = "text",
    output: str = "text",
    error: str = ERROR_FIELD,
    cleaner: Cleaner | None = None,
) -> DataFrame:
    """Return a frame with one column cleaned, by ``mapInPandas``.

    column, output: the columns to read and to write, which may be the same.
    error: the column for the reason of a record that failed; its text is null then.
    input, cleaner: as for :func:`clean_udf`.

    All columns pass through pandas, where integers beyond 2**53 in a column with nulls lose
    digits; :func:`clean_udf` hands over the one column alone. Raises ConfigError for names that
    cannot be.
    """
    if column not in frame.columns:
        raise ConfigError(f"no column {column!r} in the frame: choose from {frame.columns}")
    if error in (column, output):
        raise ConfigError(f"the error column {error!r} is taken: give it another name")
    shared = _share(frame.sparkSession, input, cleaner)

    def clean_batches(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            cleaned = _clean_column(shared.value, batch[column])
            yield batch.assign(**{output: cleaned["text"], error: cleaned["error"]})

    return frame.mapInPandas(clean_batches, _with_strings(frame.schema, output, error))


def _share(spark: SparkSession, input: str, cleaner: Cleaner | None) -> Broadcast[RecordCleaner]:
    return spark.sparkContext.broadcast(RecordCleaner(input, cleaner))


def _clean_column(clean: RecordCleaner, records: pd.Series) -> pd.DataFrame:
    cleaned = [clean(record) for record in records]
    values = {"text": [item.text for item in cleaned], "error": [item.error for item in cleaned]}
    return pd.DataFrame(values, index=records.index, dtype=object)


def _with_strings(schema: StructType, *names: str) -> StructType:
    fields = {field.name: field for field in schema.fields}
    fields |= {name: StructField(name, StringType()) for name in names}
    return StructType(list(fields.values()))
