"""Making a backup while the shop runs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from storefront.core import clock, migrate, postgres
from storefront.core.backup.archive import FILES, STORES, Manifest, Writer
from storefront.core.database import JOURNAL, db, snapshot
from storefront.core.errors import Refusal
from storefront.core.installing import database_files
from storefront.core.progress import Advance
from storefront.core.settings import Settings

# The journal names products and customers, so the shop's store is copied after it.
ORDER = ("journal", "shop", "jobs")
BINDS = {"shop": None, "journal": JOURNAL}
# Of the instance folder: what running processes keep, what can be made again, what was sent already.
LEFT_OUT = {"run", "tmp", "cache", "mail", "backups", ".restore"}


def back_up(app: Flask, target: Path, advance: Advance) -> Manifest:
    """Write the whole shop into `target`; it appears there once it is complete. Needs an app context.

    Raises Refusal when `target` exists or its folder does not.
    """
    settings: Settings = app.extensions["regulars_settings"]
    target = target.absolute()
    if target.exists():
        raise Refusal(f"{target} exists already; name another file")
    if not target.parent.is_dir():
        raise Refusal(f"there is no folder {target.parent}")
    manifest = Manifest(
        program=version("regulars"),
        made_at=clock.now().isoformat(),
        databases={store: db.engines[bind].dialect.name for store, bind in BINDS.items()},
        revisions={history: migrate.current(history) for history in migrate.HISTORIES},
    )
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        partial = scratch / "partial"
        partial.touch(mode=0o600)
        _write(settings, partial, manifest, advance)
        partial.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def _write(settings: Settings, partial: Path, manifest: Manifest, advance: Advance) -> None:
    writer = Writer(partial, manifest)
    databases = database_files(settings)
    for number, store in enumerate(ORDER):
        advance(f"store {store}", number * 0.2)
        if store in databases:
            _add_sqlite(writer, store, databases[store], partial.parent)
        elif store in BINDS:
            _add_postgres(writer, store, partial.parent)
    advance("files", 0.6)
    for path in instance_files(settings.folder, set(databases.values()), partial.parent):
        name = path.relative_to(settings.folder).as_posix()
        try:
            writer.add(path, f"{FILES}/{name}")
        except FileNotFoundError:  # a picture or an old model was deleted while we were at it
            continue
    writer.close()
    advance("done", 1.0)


def instance_files(folder: Path, databases: set[Path], scratch: Path) -> Iterator[Path]:
    """Files of the instance that belong to the shop, in order; databases and scratch files do not."""
    apart = {f"{path}{ending}" for path in databases for ending in ("", "-wal", "-shm", "-journal", "-queue")}
    for root, folders, names in os.walk(folder):
        here = Path(root)
        if here == folder:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
        folders[:] = sorted(name for name in folders if here / name != scratch)
        for path in (here / name for name in sorted(names)):
            if path.is_file() and not path.is_symlink() and str(path) not in apart:
                yield path


def _add_sqlite(writer: Writer, store: str, path: Path, scratch: Path) -> None:
    copy = scratch / f"{store}.db"
    # SQLite's own copy: one moment of the database, whoever writes meanwhile.
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        writer.manifest.rows[store] = _row_counts(target)
    copy.chmod(0o600)
    writer.add(copy, f"{STORES}/{store}.db")
    copy.unlink()


def _row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for (name,) in names
    }


def _add_postgres(writer: Writer, store: str, scratch: Path) -> None:
    """Every table of the store's schema, read in one transaction that sees one moment."""
    rows = writer.manifest.rows.setdefault(store, {})
    with snapshot(BINDS[store]) as session:
        connection = session.connection()
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout=0"))
        for table in postgres.tables_in_order(connection, store):
            path = scratch / f"{table}.copy"
            rows[table] = _copy_out(connection, table, path)
            writer.add(path, f"{STORES}/{store}/{table}.copy")
            path.unlink()


def _copy_out(connection: sa.Connection, table: str, path: Path) -> int:
    columns = ", ".join(f'"{name}"' for name in postgres.stored_columns(connection, table))
    with postgres.driver(connection).cursor() as cursor, path.open("wb") as file:
        path.chmod(0o600)
        file.write(f"{columns}\n".encode())
        with cursor.copy(f'COPY (SELECT {columns} FROM "{table}") TO STDOUT') as copy:  # noqa: S608
            for block in copy:
                file.write(block)
        return cursor.rowcount
