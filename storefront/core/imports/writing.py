"""Writing tables: CSV, plain or gzip, always the same bytes for the same rows, formulas made harmless."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from storefront.core.imports.formulas import defuse


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when it is complete; gzip when the name ends in .gz."""
    draft = path.with_name(path.name + ".part")
    try:
        with draft.open("wb") as raw:
            if path.suffix == ".gz":
                # No time and no name inside, so equal rows give equal bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                    yield packed  # type: ignore[misc]
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Writes a CSV file (UTF-8, comma, LF) and returns how many rows it holds."""
    with replacing(path) as stream:
        return write_rows(stream, columns, rows)


def write_rows(stream: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Writes header and rows to an open binary stream; every cell is defused."""
    text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([defuse(column) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([defuse(cell) for cell in row])
        count += 1
    text.flush()
    text.detach()
    return count


def plain_decimal(minor: int, digits: int) -> str:
    """An amount in minor units as decimal text: 1290 with 2 digits gives 12.90."""
    sign = "-" if minor < 0 else ""
    if not digits:
        return f"{sign}{abs(minor)}"
    whole, part = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}"
