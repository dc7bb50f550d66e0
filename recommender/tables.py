"""Parquet files and pyarrow tables: the only place that imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recommender import columns
from recommender.errors import BadInteractions, MissingExtra

_ROWS = 131_072


def chunks_of_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Chunks of columns of a Parquet file. Raises MissingExtra when pyarrow is not installed."""
    arrow = _pyarrow()
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
        wanted = [name for name in file.schema_arrow.names if name in columns.KNOWN]
        _check_names(file.schema_arrow.names)
        yield _empty(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
            yield _columns_of(batch)
    except (arrow.ArrowException, OSError) as error:
        raise BadInteractions(f"{path.name} is no readable Parquet file: {error}") from None


def chunks_of_table(table: Any) -> Iterator[dict[str, Any]]:
    """Chunks of columns of a pyarrow Table or RecordBatch."""
    _pyarrow()
    names = table.schema.names
    _check_names(names)
    yield _empty(names)
    wanted = table.select([name for name in names if name in columns.KNOWN])
    batches = wanted.to_batches(max_chunksize=_ROWS) if hasattr(wanted, "to_batches") else [wanted]
    for batch in batches:
        yield _columns_of(batch)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise MissingExtra(
            "Parquet needs pyarrow: install the extra 'files' (pip install 'regulars[files]')"
        ) from None
    return pyarrow


def _check_names(names: list[str]) -> None:
    for name in columns.KNOWN:
        if names.count(name) > 1:
            raise BadInteractions("appears twice in the table", column=name)


def _empty(names: list[str]) -> dict[str, Any]:
    return {name: [] for name in names}


def _columns_of(batch: Any) -> dict[str, Any]:
    return {name: _cells(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _cells(column: Any) -> Any:
    """Python values; each distinct value of a text column is made once."""
    import pyarrow as arrow
    import pyarrow.compute as compute

    if arrow.types.is_timestamp(column.type) and not column.null_count:
        naive = compute.cast(column, arrow.timestamp("s"), safe=False)
        return naive.to_numpy(zero_copy_only=False)
    if arrow.types.is_string(column.type) or arrow.types.is_large_string(column.type):
        column = column.dictionary_encode()
    if arrow.types.is_dictionary(column.type) and not column.null_count:
        words = column.dictionary.to_pylist()
        return [words[place] for place in column.indices.to_pylist()]
    return column.to_pylist()
