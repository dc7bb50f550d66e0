"""The doors to the database: reading, writing, and long reads, on SQLite and on PostgreSQL.

`db.session` only reads. `transaction()` is the one way to write: it opens the write lock at once, commits
once, and sends the published events after the commit. `snapshot()` is a stable view for exports and reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import sqlalchemy as sa
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session

from storefront.core.turns import begin_in_turn

JOURNAL = "journal"
JOURNAL_SCHEMA = "regulars_journal"
BUSY_MS = 5000
JOURNAL_BUSY_MS = 50
# The largest number that a key can be; PostgreSQL fails when it is asked for a larger one.
LARGEST_KEY = 2**31 - 1
# An error goes into logs and the outbox: it names the statement, not the e-mail or hash that was in it.
QUIET: dict[str, Any] = {"hide_parameters": True}

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class WrongDoor(RuntimeError):
    """Something tried to write through `db.session`; writing goes through `transaction()`."""


class NestedTransaction(RuntimeError):
    """`transaction()` was opened inside another one; pass the outer `tx` on instead."""


class UtcTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC times on both databases. A naive time is refused when it is bound."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was given to the database; use clock.now()")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(
    metadata=sa.MetaData(naming_convention=NAMING),
    engine_options={"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, **QUIET},
    session_options={"expire_on_commit": False, "execution_options": {"populate_existing": True}},
)

_open: ContextVar[bool] = ContextVar("regulars_transaction_open", default=False)
AfterCommit = Callable[[list[int]], None]


class Tx(Session):
    """The session of one command. `published` holds the ids of outbox rows written in it."""

    @property
    def published(self) -> list[int]:
        return self.info.setdefault("published", [])

    if TYPE_CHECKING:
        # What changes rows answers with their number; SQLAlchemy's own signature does not say so.
        def execute(self, *arguments: Any, **more: Any) -> sa.CursorResult[Any]: ...


# --- set-up -----------------------------------------------------------------------------------------------


def init_database(app: Flask, url: str, journal_url: str) -> None:
    """Bind the app to its stores and attach what each connection needs."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_BINDS"] = {JOURNAL: journal_url}
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "connect", _read_connection)
            if engine.dialect.name == "sqlite":
                event.listen(engine, "after_cursor_execute", _remember_cursor)
                event.listen(engine, "checkin", _close_cursors)
        write = {
            None: _write_engine(url, BUSY_MS),
            JOURNAL: _journal_engine(journal_url),
        }
    app.extensions["regulars_write"] = write


def derived_journal_url(url: str, journal_path: str) -> str:
    """The journal's address: a file beside an SQLite shop, a schema of the same PostgreSQL database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite:///{journal_path}"
    return parsed.update_query_dict({"options": f"-csearch_path={JOURNAL_SCHEMA}"}).render_as_string(False)


def _write_engine(url: str, busy_ms: int) -> Engine:
    engine = sa.create_engine(url, **QUIET)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_writer(busy_ms, "FULL"))
        event.listen(engine, "begin", begin_in_turn(engine.url.database, busy_ms / 1000))
    else:
        event.listen(engine, "connect", _postgres_writer)
    return engine


def _journal_engine(url: str) -> Engine:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **QUIET)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_writer(JOURNAL_BUSY_MS, "NORMAL"))
    return engine


def _read_connection(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_MS}", "foreign_keys=ON", "query_only=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    else:
        # A SET, not connect_args["options"]: those would replace the search_path of the URL.
        cursor.execute("SET default_transaction_read_only=on")
        cursor.execute("SET statement_timeout='5s'")
        connection.commit()
    cursor.close()


def _remember_cursor(connection: sa.Connection, cursor: Any, *_rest: Any) -> None:
    connection.info.setdefault("cursors", WeakSet()).add(cursor)


def _close_cursors(_connection: Any, record: Any) -> None:
    """A result not read to its end would keep this connection in the past, and the log from shrinking.

    What an error left half read lives on in its traceback, so this cannot wait until nobody holds it.
    """
    for cursor in record.info.pop("cursors", ()):
        cursor.close()


def _sqlite_writer(busy_ms: int, synchronous: str) -> Callable[[Any, Any], None]:
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={busy_ms}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return connect


def _postgres_writer(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET lock_timeout='3s'")
    cursor.execute("SET idle_in_transaction_session_timeout='30s'")
    connection.commit()
    cursor.close()


@event.listens_for(db.session, "before_flush")
def _refuse_flush(session: Session, _context: Any, _instances: Any) -> None:
    if session.new or session.dirty or session.deleted:
        raise WrongDoor("db.session only reads; write inside `with transaction() as tx:`")


# --- the doors --------------------------------------------------------------------------------------------


def write_engine(bind: str | None = None) -> Engine:
    """The engine that writes the shop (None) or the journal (`JOURNAL`)."""
    return current_app.extensions["regulars_write"][bind]


def in_transaction() -> bool:
    """Whether a command is open in this context."""
    return _open.get()


@contextmanager
def transaction() -> Iterator[Tx]:
    """One business command: takes the write lock, commits once, then dispatches what it published.

    Raises NestedTransaction when a command is open already. An exception rolls everything back.
    """
    if _open.get():
        raise NestedTransaction("a command is open; hand its tx on instead of opening another")
    tx = Tx(bind=write_engine(), expire_on_commit=False)
    token = _open.set(True)
    try:
        tx.connection()  # takes the lock now, not at the first statement
        yield tx
        tx.commit()
    except BaseException:
        tx.rollback()
        raise
    finally:
        tx.close()
        # Before the listeners run, so that they may open their own command.
        _open.reset(token)
    db.session.expire_all()
    after_commit: AfterCommit | None = current_app.extensions.get("regulars_after_commit")
    if tx.published and after_commit is not None:
        after_commit(list(tx.published))


@contextmanager
def snapshot(bind: str | None = None) -> Iterator[Session]:
    """A read-only session that sees one moment from beginning to end: for exports, reports and streams."""
    if write_engine(bind).dialect.name == "sqlite":
        with db.engines[bind].connect() as connection:  # AUTOCOMMIT and query_only already
            connection.exec_driver_sql("BEGIN")
            try:
                with Session(bind=connection, expire_on_commit=False) as session:
                    yield session
            finally:
                connection.exec_driver_sql("ROLLBACK")
        return
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with (
        write_engine(bind).connect().execution_options(**options) as connection,
        Session(bind=connection, expire_on_commit=False) as session,
    ):
        yield session


@contextmanager
def rebuilding(bind: str | None = None) -> Iterator[sa.Connection]:
    """For `restore` alone: one transaction in which a store's tables are made and filled anew."""
    engine = write_engine(bind)
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    with engine.begin() as connection:
        yield connection


def after_bulk_load(connection: sa.Connection, *tables: sa.Table) -> None:
    """Move PostgreSQL's sequences past ids that were given explicitly. Nothing to do on SQLite."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        column = table.autoincrement_column
        if column is not None:
            top = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(sa.select(sa.func.setval(sequence, top, False)))


def database_now() -> datetime:
    """The database's time plus the test clock's offset: what leases compare."""
    from storefront.core import clock

    if clock.current().fixed is not None or write_engine().dialect.name == "sqlite":
        # One file, one machine: SQLite's time is this machine's. And a clock that stands, stands for all.
        return clock.now()
    moment = db.session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC) + clock.current().adjustment()


def dispose(app: Flask) -> None:
    """Close every pooled connection of the app's engines (after fork, after restore, in tests)."""
    with app.app_context():
        for engine in [*db.engines.values(), *app.extensions["regulars_write"].values()]:
            engine.dispose()
