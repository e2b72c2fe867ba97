"""Parquet files → records, and results → Parquet files. The only file that imports pyarrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from boilerkit.errors import ConfigError
from boilerkit.inputs import Input
from boilerkit.readers import Columns, Page, Record, missing_package

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema, Table

__all__ = ["ParquetResults", "check_parquet", "read_parquet"]

_BATCH_ROWS: Final = 64
_GROUP_BYTES: Final = 2**25  # a row group of a result, uncompressed
_COMPRESSION: Final = "zstd"


def check_parquet(source: Input | None = None, columns: Columns | None = None) -> None:
    """Raise MissingDependencyError without pyarrow, ConfigError for an input without the column."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise missing_package(error, "Parquet", "parquet") from error
    if source is not None and columns is not None:
        schema = _schema(source)
        if schema is not None:
            try:
                columns.choose(schema.names)
            except ConfigError as error:
                raise ConfigError(f"{source.path}: {error}") from None


def _schema(source: Input) -> Schema | None:
    """Return a file's columns, None if it is damaged."""
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_schema(source.path)
    except (OSError, pyarrow.ArrowException):
        return None


# --- reading ------------------------------------------------------------------------------------


def read_parquet(source: Input, columns: Columns) -> Iterator[Record]:
    """Yield a record for each row, carrying the other columns as a row of an Arrow record batch.

    A record's id is its ``id`` if that is a string or a number, else file name and row, from 0 on.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(source.path)
    except (OSError, pyarrow.ArrowException) as error:
        yield Record(source.path.name, source.n_bytes, problem=f"no Parquet file: {error}")
        return
    with file:
        n_rows = max(file.metadata.num_rows, 1)
        name = columns.choose(file.schema_arrow.names)
        first = 0
        for group in range(file.num_row_groups):
            row = first
            first += file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group]):
                    places = [f"{source.path.name}:{row + n}" for n in range(batch.num_rows)]
                    row += batch.num_rows
                    position = source.n_bytes * row // n_rows
                    yield from _batch_records(batch, name, columns.kind_of(name), places, position)
            except (OSError, pyarrow.ArrowException) as error:
                problem = f"the rows from here to {first - 1} cannot be read: {error}"
                yield Record(f"{source.path.name}:{row}", source.n_bytes, problem=problem)


def _batch_records(
    batch: RecordBatch, name: str, kind: str, places: Sequence[str], position: int
) -> Iterator[Record]:
    ids, urls, pages = (_values(batch, column) for column in ("id", "url", name))
    others = batch.drop_columns([name])
    for row, (data, own_id, url) in enumerate(zip(pages, ids, urls, strict=True)):
        id = str(own_id) if isinstance(own_id, (str, int)) else places[row]
        if not isinstance(data, (str, bytes)):
            yield Record(id, position, problem=f"{name} is no string")
            continue
        page = Page(data, kind, url if isinstance(url, str) else None)
        yield Record(id, position, page, others.slice(row, 1))


def _values(batch: RecordBatch, name: str) -> Sequence[Any]:
    if name not in batch.schema.names:
        return [None] * batch.num_rows
    values: list[Any] = batch.column(name).to_pylist()
    return values


# --- writing ------------------------------------------------------------------------------------


class ParquetResults:
    """Writes the results of one input: rows of `columns.write` and what is carried over.

    From Parquet that is every other column, as it was; from WARC and pages the columns that their
    records have; from JSON lines ``id``, ``url`` and all other fields as JSON in ``metadata``.
    """

    ending = ".parquet"

    def __init__(self, source: Input, columns: Columns) -> None:
        self._kind = source.kind
        self._written = columns.write
        self._carried = _carried_schema(source, columns)

    def write_chunk(self, file: BinaryIO, rows: Sequence[tuple[Record, str]]) -> None:
        """Write some results as a Parquet file."""
        import pyarrow
        from pyarrow import parquet

        if self._kind == "parquet":
            carried = pyarrow.Table.from_batches(
                [_without(record.fields, self._written) for record, _ in rows], self._carried
            )
        else:
            fields = [_flat(record, self._kind) for record, _ in rows]
            carried = pyarrow.Table.from_pylist(fields, self._carried)
        texts = pyarrow.array([_clean(text) for _, text in rows], pyarrow.string())
        parquet.write_table(carried.append_column(self._written, texts), file)

    def join(self, file: BinaryIO, chunks: Sequence[Path]) -> None:
        """Write the result file from its chunks."""
        import pyarrow
        from pyarrow import parquet

        schema = self._carried.append(pyarrow.field(self._written, pyarrow.string()))
        with parquet.ParquetWriter(file, schema, compression=_COMPRESSION) as writer:
            for table in _groups(parquet.read_table(chunk, schema=schema) for chunk in chunks):
                writer.write_table(table, row_group_size=max(table.num_rows, 1))


def _groups(tables: Iterator[Table]) -> Iterator[Table]:
    """Join tables until they have the size of a row group."""
    import pyarrow

    group: list[Table] = []
    for table in tables:
        group.append(table)
        if sum(part.nbytes for part in group) >= _GROUP_BYTES:
            yield pyarrow.concat_tables(group)
            group = []
    if group:
        yield pyarrow.concat_tables(group)


def _carried_schema(source: Input, columns: Columns) -> Schema:
    import pyarrow

    string = pyarrow.string()
    if source.kind == "parquet":
        schema = _schema(source) or pyarrow.schema([])
        dropped = {columns.write} | ({columns.choose(schema.names)} if schema.names else set())
        kept = [field for field in schema if field.name not in dropped]
        return pyarrow.schema(kept, schema.metadata)
    types = {
        "pages": {"id": string},
        "jsonl": {"id": string, "url": string, "metadata": string},
        "warc": {"id": string, "url": string, "date": string, "status": pyarrow.int32()},
    }
    carried = types[source.kind].items()
    return pyarrow.schema([(name, type) for name, type in carried if name != columns.write])


def _without(row: RecordBatch, name: str) -> RecordBatch:
    return row.drop_columns([name]) if name in row.schema.names else row


def _flat(record: Record, kind: str) -> dict[str, Any]:
    if kind != "jsonl":
        fields: dict[str, Any] = record.fields
        return {name: _clean(value) for name, value in fields.items()}
    others = {name: value for name, value in record.fields.items() if name not in ("id", "url")}
    metadata = json.dumps(others) if others else None
    return {"id": _clean(record.id), "url": _clean(record.page.url), "metadata": metadata}


def _clean(value: Any) -> Any:
    """Replace lone surrogates, which Arrow's strings cannot hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
