"""Interaction files: CSV and CSV.gz here, Parquet by way of tables.py."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any

from recommender import columns
from recommender.errors import BadInteractions
from recommender.interactions import CHUNK

_PARQUET_ENDINGS = (".parquet", ".pq")
_LONGEST_LINE = 131_072  # our own: csv's limit belongs to the whole process, and others may have moved it


def chunks_of_file(path: str | PathLike[str]) -> Iterator[dict[str, Any]]:
    """Chunks of columns of a file. Raises BadInteractions for a file that cannot be read to its end."""
    name = Path(fspath(path))
    if not name.is_file():
        raise BadInteractions(f"there is no file {name}")
    if name.name.lower().endswith(_PARQUET_ENDINGS):
        from recommender.tables import chunks_of_parquet

        yield from chunks_of_parquet(name)
        return
    with _opened(name) as text:
        yield from _csv_chunks(text, name)


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    raw: Any = gzip.open(path, "rb") if packed else path.open("rb")  # noqa: SIM115  (closed by the caller)
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _csv_chunks(text: IO[str], path: Path) -> Iterator[dict[str, Any]]:
    reader = csv.reader(_bounded(text))
    done = 0
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header, path)
        yield {name: [] for name in header}
        while rows := list(islice(reader, CHUNK)):
            yield _columns_of(rows, header, done)
            done += len(rows)
    except UnicodeDecodeError as error:
        raise BadInteractions(f"not UTF-8 text ({error.reason})", row=reader.line_num or None) from None
    except (csv.Error, EOFError, zlib.error, OSError) as error:
        problem = f"{path.name} is damaged or cut off: {error}"
        raise BadInteractions(problem, row=max(reader.line_num - 1, 0) or None) from None


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) > _LONGEST_LINE:
            raise csv.Error(f"line longer than {_LONGEST_LINE} characters")
        yield line


def _check_header(header: list[str], path: Path) -> None:
    if not header:
        raise BadInteractions(f"{path.name} is empty")
    for name in columns.KNOWN:
        if header.count(name) > 1:
            raise BadInteractions("appears twice in the header", column=name)


def _columns_of(rows: list[list[str]], header: list[str], done: int) -> dict[str, Any]:
    width = len(header)
    if any(len(row) != width for row in rows):
        for place, row in enumerate(rows):
            if row and len(row) != width:
                raise BadInteractions(f"has {len(row)} cells, the header has {width}", row=done + place + 1)
        rows = [row for row in rows if row]
    taken = zip(*rows, strict=True) if rows else ([] for _ in header)
    return dict(zip(header, taken, strict=True))
