"""Bringing a shop back from an archive: everything is checked first, then all is changed, or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from flask import Flask

from storefront.core import migrate, postgres
from storefront.core import settings as shop_settings
from storefront.core.backup.archive import FILES, STORES, Manifest, unpack
from storefront.core.backup.making import BINDS, LEFT_OUT
from storefront.core.database import db, dispose, rebuilding
from storefront.core.errors import Refusal
from storefront.core.installing import database_files
from storefront.core.progress import Advance
from storefront.core.serving.processes import alone
from storefront.core.settings import FILE_NAME, Settings

SCRATCH = ".restore"
READY = "ready"
OUTSIDE = "outside.json"
# Where this instance keeps its data is its own business, not the archive's.
OWN_SETTINGS = ("instance", "database_url", "journal_url", "redis_url")


def restore(app: Flask, source: Path, *, overwrite: bool, advance: Advance) -> Manifest:
    """Replace the instance and its databases by what the archive holds, and upgrade them to this program.

    Needs an app context; the app must be built anew afterwards. Raises Refusal before anything is touched:
    for a damaged or foreign archive, a shop that is there already (unless `overwrite`), a newer version.
    """
    settings: Settings = app.extensions["regulars_settings"]
    if not source.is_file():
        raise Refusal(f"there is no file {source}")
    with alone(settings.folder):
        scratch = settings.folder / SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        try:
            advance("checking the archive", 0.0)
            manifest = unpack(source, scratch / "unpacked")
            _refuse_misfit(manifest, overwrite)
            advance("preparing", 0.5)
            _lay_out(settings, scratch)
            _replace(app, settings, manifest, scratch, advance)
        finally:
            if not (scratch / READY).exists():
                shutil.rmtree(scratch, ignore_errors=True)
        dispose(app)
        advance("upgrading", 0.95)
        migrate.upgrade_all()
        dispose(app)
        advance("done", 1.0)
    return manifest


def finish_interrupted(folder: Path) -> bool:
    """End a restore whose process died while files changed places. True when there was one."""
    if not (folder / SCRATCH / READY).exists():
        return False
    with alone(folder):
        _put_outside(folder / SCRATCH)
        _move_in(folder, folder / SCRATCH)
    return True


def _refuse_misfit(manifest: Manifest, overwrite: bool) -> None:
    for store, bind in BINDS.items():
        here, there = db.engines[bind].dialect.name, manifest.databases[store]
        if here != there:
            raise Refusal(
                f"the backup's {store} database is {there}, this shop's is {here}: a backup fits its own "
                "kind only (move between kinds with `regulars export all` and `regulars import`)"
            )
    for history, revision in manifest.revisions.items():
        if revision is not None and revision not in migrate.revisions(history):
            raise Refusal(
                f"the backup's {history} database stands at {revision}; install the newer program first"
            )
    filled = [history for history in migrate.HISTORIES if migrate.current(history) is not None]
    if filled and not overwrite:
        raise Refusal("there is a shop on this instance already; --yes replaces it by the backup")


# --- files ------------------------------------------------------------------------------------------------


def _lay_out(settings: Settings, scratch: Path) -> None:
    """Arrange what was unpacked as it will stand in the instance folder."""
    unpacked, new = scratch / "unpacked", scratch / "new"
    files = unpacked / FILES
    files.rename(new) if files.is_dir() else new.mkdir()
    kept = shop_settings.read_file(settings.folder / FILE_NAME)
    theirs = shop_settings.read_file(new / FILE_NAME)
    merged = {name: value for name, value in theirs.items() if name not in OWN_SETTINGS}
    merged |= {name: kept[name] for name in OWN_SETTINGS if name in kept}
    if merged or theirs:
        (new / FILE_NAME).unlink(missing_ok=True)
        shop_settings.write_file(new, merged)


def _replace(app: Flask, settings: Settings, manifest: Manifest, scratch: Path, advance: Advance) -> None:
    unpacked = scratch / "unpacked"
    sqlite = database_files(settings)
    # Before anything is opened below: connections in use would be left behind.
    dispose(app)
    app.extensions["regulars_jobs"].huey.storage.close()
    with ExitStack() as commits:
        for store in BINDS:
            if store not in sqlite:
                advance(f"store {store}", 0.6)
                commits.enter_context(_filled_schema(store, manifest, unpacked / STORES / store))
        _stage_databases(settings, sqlite, unpacked, scratch)
        (scratch / READY).touch()
    # From here on a process that dies is finished by the next command.
    _put_outside(scratch)
    advance("files", 0.9)
    _move_in(settings.folder, scratch)


def _put_outside(scratch: Path) -> None:
    """Replace the SQLite files that are kept elsewhere. Repeating it does the same again."""
    for name, place in json.loads((scratch / OUTSIDE).read_text(encoding="utf-8")).items():
        _put(scratch / name, Path(place))


def _put(copy: Path, target: Path) -> None:
    scratch = target.with_name(f".{target.name}.restoring")
    shutil.copy(copy, scratch)
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    scratch.replace(target)


def _stage_databases(settings: Settings, sqlite: dict[str, Path], unpacked: Path, scratch: Path) -> None:
    """Put the SQLite files among what moves in; of those kept elsewhere, write down copy and place."""
    outside = {}
    for store, path in sqlite.items():
        copy = unpacked / STORES / f"{store}.db"
        if not copy.exists():
            continue
        if path.resolve().parent == settings.folder:
            copy.rename(scratch / "new" / path.name)
        else:
            outside[copy.relative_to(scratch).as_posix()] = str(path.resolve())
    (scratch / OUTSIDE).write_text(json.dumps(outside), encoding="utf-8")


def _move_in(folder: Path, scratch: Path) -> None:
    """Exchange the instance's content for what is laid out. Repeating it goes on where it stopped."""
    new, old = scratch / "new", scratch / "old"
    arrived = scratch / "arrived"  # names that are in place already, in case we are repeating
    old.mkdir(exist_ok=True)
    done = set(arrived.read_text().splitlines()) if arrived.exists() else set()
    for path in sorted(folder.iterdir()):
        if path.name not in LEFT_OUT and path.name not in done and not (old / path.name).exists():
            path.rename(old / path.name)
    for path in sorted(new.iterdir()):
        with arrived.open("a") as names:
            names.write(f"{path.name}\n")
        path.rename(folder / path.name)
    (scratch / READY).unlink()
    shutil.rmtree(scratch)


# --- PostgreSQL -------------------------------------------------------------------------------------------


@contextmanager
def _filled_schema(store: str, manifest: Manifest, folder: Path) -> Iterator[None]:
    """The store's schema made anew and filled, in a transaction that is committed at the end of the block."""
    with rebuilding(BINDS[store]) as connection:
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout=0"))
        _drop_all(connection, store)
        _create(connection, store, manifest.revisions[store])
        for table in postgres.tables_in_order(connection, store):
            if table != "alembic_version":
                _copy_in(connection, table, folder / f"{table}.copy")
        postgres.move_sequences(connection)
        yield


def _drop_all(connection: sa.Connection, store: str) -> None:
    for table in reversed(postgres.tables_in_order(connection, store)):
        connection.execute(sa.text(f'DROP TABLE "{table}" CASCADE'))


def _create(connection: sa.Connection, history: str, revision: str | None) -> None:
    config = migrate.alembic_config(history)
    config.attributes["connection"] = connection
    command.upgrade(config, revision or "base")
    for table in postgres.tables_in_order(connection, history):
        if table != "alembic_version":
            connection.execute(sa.text(f'TRUNCATE "{table}" CASCADE'))


def _copy_in(connection: sa.Connection, table: str, path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb") as file:
        columns = file.readline().decode().strip()
        with (
            postgres.driver(connection).cursor() as cursor,
            cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy,
        ):
            while block := file.read(1 << 20):
                copy.write(block)
