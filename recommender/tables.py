"""Parquet files and pyarrow tables: the only place that imports pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from recommender import columns
from recommender.cells import times
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


def table_of(**arrays: Any) -> Any:
    """Arrays of equal length as a pyarrow Table."""
    return _pyarrow().table(arrays)


def table_at(place: str) -> Any:
    """All rows that `write_rows` wrote into a folder, as a pyarrow Table."""
    _pyarrow()
    import pyarrow.dataset as dataset

    return dataset.dataset(place, partitioning="hive").to_table()


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


# --- writing ----------------------------------------------------------------------------------------------

_TEXT = (
    columns.CUSTOMER, columns.PRODUCT, columns.KIND, columns.ORDER, columns.SESSION, columns.CATEGORY,
)  # fmt: skip
DAY = "day"
_MOST_DAYS = 100_000  # folders that one set of files may have


def write_rows(chunks: Iterable[Mapping[str, Any]], place: str, *, by_day: bool = True) -> int:
    """Write chunks of columns as Parquet; returns how many rows. `by_day`: a folder per UTC day (`day=...`).

    `place` is a folder or an address (`s3://`, `hdfs://`, `gs://`); rows that it held are replaced. Raises
    BadInteractions when a cell or the place cannot be written, MissingExtra without pyarrow.
    """
    arrow = _pyarrow()
    schema, rows = _schema(arrow), 0
    try:
        write = _writer(place, arrow, by_day)
        # chunk by chunk: pyarrow asks an iterator from a thread of its own, where the caller has no session
        for number, chunk in enumerate(chunks):
            batch = _batch(chunk, rows, schema)
            rows += len(batch)
            write(batch, basename_template=f"part-{number}-{{i}}.parquet")
    except (arrow.ArrowException, OSError) as error:
        raise BadInteractions(f"{place} cannot be written: {error}") from None
    return rows


def _writer(place: str, arrow: Any, by_day: bool) -> Callable[..., None]:
    """Writes batches into a place that was emptied. Refuses a place that holds anything but days."""
    import pyarrow.dataset as dataset
    import pyarrow.fs as files

    local = "://" not in place
    system, path = (files.LocalFileSystem(), place) if local else files.FileSystem.from_uri(place)
    system.create_dir(path, recursive=True)
    held = [entry.base_name for entry in system.get_file_info(files.FileSelector(path))]
    foreign = sorted(name for name in held if not name.startswith((f"{DAY}=", "part-", ".", "_")))
    if foreign:
        raise BadInteractions(f"{place} holds {foreign[0]}: give an empty folder, or one of earlier rows")
    system.delete_dir_contents(path)
    days = dataset.partitioning(arrow.schema([(DAY, arrow.string())]), flavor="hive")
    return partial(
        dataset.write_dataset,
        base_dir=path,
        filesystem=system,
        format="parquet",
        partitioning=days if by_day else None,
        max_partitions=_MOST_DAYS,
        existing_data_behavior="overwrite_or_ignore",
    )


def _schema(arrow: Any) -> Any:
    kinds = dict.fromkeys(_TEXT, arrow.string())
    kinds |= dict.fromkeys((columns.QUANTITY, columns.PRICE), arrow.float64())
    kinds |= {columns.AT: arrow.timestamp("ms", "UTC")}
    words = {name: arrow.string() for name in columns.KNOWN if name not in kinds}
    return arrow.schema([*kinds.items(), *words.items(), (DAY, arrow.string())])


def _batch(chunk: Mapping[str, Any], before: int, schema: Any) -> Any:
    """One chunk as a batch; times may be whatever `Interactions.read` understands."""
    import pyarrow as arrow

    cells_of = dict(chunk)
    moments = times(cells_of[columns.AT], before + 1).astype("datetime64[s]")
    cells_of[columns.AT] = moments.astype("datetime64[ms]")
    cells_of[DAY] = np.datetime_as_string(moments, unit="D")
    count = len(moments)
    arrays = [arrow.array(cells_of.get(field.name, [None] * count), field.type) for field in schema]
    return arrow.RecordBatch.from_arrays(arrays, schema=schema)
