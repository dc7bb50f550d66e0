"""Pictures of an import: decoded before the write lock is taken, remembered by what the file calls them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from storefront.catalog.errors import BadPicture
from storefront.catalog.service import tables as t
from storefront.catalog.service.pictures import (
    MAX_BYTES,
    Prepared,
    file_of,
    prepare_picture,
    store_picture,
    write_files,
)
from storefront.core.database import db
from storefront.core.imports.ledger import Ledger

# Resizing and encoding leave the interpreter's lock alone.
AT_ONCE = 2


def is_remote(source: str) -> bool:
    """Whether a picture lies at an address; it is noted there and not fetched."""
    return source.startswith(("http://", "https://"))


def inside(folder: Path, source: str) -> Path | None:
    """The file that a name relative to `folder` means, or None when it is missing or lies elsewhere."""
    if "\0" in source:
        return None
    path = (folder / source).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    return path


def is_possible(folder: Path, source: str) -> bool:
    """Whether a picture can be taken, judged without decoding it."""
    if is_remote(source):
        return True
    path = inside(folder, source)
    return path is not None and path.stat().st_size <= MAX_BYTES


class PreparedPictures:
    """The pictures of one run. `bad` holds the names of those that cannot be read."""

    def __init__(self) -> None:
        self.bad: set[str] = set()
        self._ready: dict[str, Prepared] = {}

    def prepare(self, folder: Path, sources: Iterable[str]) -> None:
        """Decodes and encodes what is new and puts the files in place. No database, no lock."""
        new = [
            source
            for source in dict.fromkeys(sources)
            if source not in self._ready and source not in self.bad
        ]
        for source in new:
            if (known := _stored(folder, source)) is not None:
                self._ready[source] = known
        new = [source for source in new if source not in self._ready]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for source, prepared in zip(
                new, pool.map(lambda name: _prepared(folder, name), new), strict=True
            ):
                if prepared is None:
                    self.bad.add(source)
                    continue
                write_files(prepared)
                # Their widths are still needed, their bytes are on disk.
                light = tuple((width, b"") for width, _ in prepared.files)
                self._ready[source] = replace(prepared, files=light)

    def store(self, ledger: Ledger, source: str) -> int:
        """The id of a picture's row; made when there is none."""
        prepared = self._ready[source]
        if prepared.files:
            return store_picture(ledger.tx, prepared)
        known = ledger.tx.execute(
            sa.select(t.picture.c.id).where(t.picture.c.hash == prepared.digest)
        ).scalar()
        if known is not None:
            return known
        row_id = ledger.next_id(t.picture)
        row = {"id": row_id, "hash": prepared.digest, "width": 0, "height": 0, "widths": "", "cutout": False}
        ledger.insert(t.picture, [{**row, "source": source[:1000]}], remember=False)
        return row_id


def _stored(folder: Path, source: str) -> Prepared | None:
    """What was stored before from the same bytes."""
    path = None if is_remote(source) else inside(folder, source)
    if path is None:
        return None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    row = db.session.execute(sa.select(t.picture).where(t.picture.c.hash == digest)).first()
    widths = [int(width) for width in row.widths.split(",") if width] if row is not None else []
    if row is None or not widths or not all(file_of(digest, width).is_file() for width in widths):
        return None
    files = tuple((width, b"") for width in widths)
    return Prepared(digest, row.width, row.height, files, row.cutout, source)


def _prepared(folder: Path, source: str) -> Prepared | None:
    if is_remote(source):
        # Named by its address until it is fetched.
        return Prepared(hashlib.sha256(source.encode()).hexdigest(), 0, 0, (), False, source)
    path = inside(folder, source)
    if path is None:
        return None
    try:
        return prepare_picture(path.read_bytes(), source)
    except BadPicture:
        return None
