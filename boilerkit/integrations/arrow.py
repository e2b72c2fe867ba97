"""Batches of Arrow records, as Ray Data and Hugging Face datasets hand them out.

>>> import pyarrow
>>> batch = pyarrow.table({"text": ["Skip to content\\nLog in", None]})
>>> BatchCleaner()(batch).column("text").to_pylist()
['', None]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from boilerkit.errors import ConfigError
from boilerkit.integrations.core import ERROR_FIELD, RecordCleaner, missing_engine
from boilerkit.pipeline import Cleaner

try:
    import pyarrow as pa
except ImportError as error:
    raise missing_engine(error, "datasets") from error

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BatchCleaner"]


class BatchCleaner:
    """Cleans one column of a ``pyarrow.Table``: for ``map_batches`` and ``map(batched=True)``.

    column: the column to read: str, or for pages also binary.
    input: ``text``, or ``html`` for pages.
    output: the column to write, which may be `column` itself.
    error: the column for the reason of a record that failed; its text is null then.
    cleaner: a Cleaner, or None for the default one.

    The two columns written are strings, whatever a batch holds, and no other column changes.
    Raises ConfigError for names that cannot be.
    """

    def __init__(
        self,
        column: str = "text",
        *,
        input: str = "text",
        output: str = "text",
        error: str = ERROR_FIELD,
        cleaner: Cleaner | None = None,
    ) -> None:
        if error in (column, output):
            raise ConfigError(f"the error column {error!r} is taken: give it another name")
        self.column = column
        self.output = output
        self.error = error
        self._clean = RecordCleaner(input, cleaner)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Return the batch with its two columns; raises TypeError for what is no table."""
        if not isinstance(batch, pa.Table):
            raise TypeError(
                f"a batch must be a pyarrow.Table, not {type(batch).__name__}: ask for it with "
                "map_batches(…, batch_format='pyarrow') or dataset.with_format('arrow').map(…)"
            )
        if self.column not in batch.column_names:
            known = ", ".join(batch.column_names)
            raise ConfigError(f"no column {self.column!r} in the batch: choose from {known}")
        cleaned = [self._clean(record) for record in batch.column(self.column).to_pylist()]
        batch = _with_column(batch, self.output, (item.text for item in cleaned))
        return _with_column(batch, self.error, (item.error for item in cleaned))


def _with_column(table: pa.Table, name: str, values: Iterable[str | None]) -> pa.Table:
    """Set a column; its type is given, because a batch of nulls alone would have none."""
    array = pa.array(list(values), pa.string())
    place = table.schema.get_field_index(name)
    return table.append_column(name, array) if place < 0 else table.set_column(place, name, array)
