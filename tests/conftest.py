"""Fixtures of all tests; tests/README.md explains them."""

from __future__ import annotations

import gc
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from webtest import TestApp
from werkzeug.test import TestResponse

from storefront.app import create_app
from storefront.core.clock import Clock
from storefront.core.counting import counted_statements
from storefront.core.database import Tx, db, dispose, in_transaction, snapshot, transaction
from storefront.core.security import page_limiter
from storefront.core.versions import KEYS, raise_version
from tests import stores

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


# --- the shop under test ----------------------------------------------------------------------------------


# Folders in the order of what one of their files takes, the longest first.
LONGEST_FIRST = ("demo", "wheel", "browser", "services", "security", "pages")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first, so that at the end no worker waits for another."""
    places = {folder: place for place, folder in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage is a tenth of the time of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `both` runs on SQLite and PostgreSQL, one marked `postgresql` on that alone."""
    if "database" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("both"):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)
    elif metafunc.definition.get_closest_marker("postgresql"):
        metafunc.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Name of the database that this test runs on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def sqlite_template(shared_folder: Path) -> Path:
    return stores.sqlite_template(shared_folder)


@pytest.fixture(scope="session")
def postgres(shared_folder: Path) -> Iterator[stores.PostgresServer]:
    """One embedded PostgreSQL server, started when the first test asks for it."""
    server = stores.PostgresServer(shared_folder)
    yield server
    server.close()


class Shop:
    """The app that the tests of one worker share, and how to bring it back to the beginning."""

    def __init__(self, app: Flask, template: Path | None) -> None:
        self.app = app
        self.stray: list[object] = []
        self.refill = stores.Refill(app, template)
        app.teardown_appcontext(self._note_stray)
        app.test_client_class = Browser
        self.folder = Path(app.instance_path)
        self.kept = {path.name for path in self.folder.iterdir()} | {"jobs.db", "secret.key"}

    def _note_stray(self, _error: BaseException | None) -> None:
        """A change on `db.session` without a later query is silent: note it before the session goes."""
        if db.session.registry.has():
            self.stray += [*db.session.new, *db.session.dirty, *db.session.deleted]

    def begin(self) -> None:
        """Refill written tables, forget what processes remember, clear the instance folder, set the clock."""
        self.refill.run()
        self.stray.clear()
        self.app.extensions["regulars_clock"] = Clock()
        for forget in self.app.extensions.get("regulars_forget", ()):
            forget()
        with self.app.app_context():
            page_limiter.reset()
            with transaction() as opened:
                new_versions(opened)
        queue = self.app.extensions["regulars_jobs"].huey
        if queue.pending_count() or queue.scheduled_count():
            queue.flush()
        for path in self.folder.iterdir():
            if path.name not in self.kept and not path.name.endswith(("-wal", "-shm", "-journal", "-queue")):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(scope="session")
def shops(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Callable[[str], Shop]]:
    """The shared shop of each database, built when first asked for."""
    built: dict[str, Shop] = {}

    def get(kind: str) -> Shop:
        if kind not in built:
            folder = tmp_path_factory.mktemp(f"shop-{kind}")
            template, more = None, {}
            if kind == "sqlite":
                template = request.getfixturevalue("sqlite_template")
                stores.copy_databases(template, folder)
            else:
                more["database_url"] = request.getfixturevalue("postgres").database(f"shop_{worker_id}")
            built[kind] = Shop(create_app(stores.settings(folder, **more)), template)
            if kind == "postgresql":
                request.getfixturevalue("postgres").users.append(built[kind].app)
        return built[kind]

    yield get
    for shop in built.values():
        dispose(shop.app)


@pytest.fixture
def app(database: str, shops: Callable[[str], Shop]) -> Iterator[Flask]:
    """The shop, empty as after its migrations. No app context is open: use `app_context`, `tx`, `client`."""
    shop = shops(database)
    shop.begin()
    yield shop.app
    assert not shop.stray, f"db.session was changed; write inside `with transaction()`: {shop.stray}"


@pytest.fixture
def app_context(app: Flask) -> Iterator[None]:
    """An app context around the whole test, for tests that call services. Pages: use `client` instead."""
    with app.app_context():
        yield


@pytest.fixture
def make_shop(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Flask]]:
    """Build a shop of one's own: `make_shop(base_url="https://shop.test", languages="zh,en")`.

    It has its own instance folder and migrated SQLite databases, so other processes may write to them.
    """
    built: list[Flask] = []

    def make(**settings: Any) -> Flask:
        folder = Path(settings.pop("instance", None) or tmp_path_factory.mktemp("own-shop"))
        stores.copy_databases(sqlite_template, folder)
        shop = create_app(stores.settings(folder, **settings))
        shop.test_client_class = Browser
        built.append(shop)
        return shop

    yield make
    for shop in built:
        dispose(shop)


def new_versions(opened: Tx) -> None:
    """Make stale whatever any process remembers: rows of a test are written past the commands that would."""
    for key in KEYS:
        raise_version(opened, key)


# --- talking to it ----------------------------------------------------------------------------------------


class Browser(FlaskClient):
    """A test client that reads every answer to its end and closes it, as a real browser does.

    Each request runs in an empty context, so that an app context opened by the test is not shared with it.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs["buffered"] = True
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def webtest(app: Flask) -> TestApp:
    """WebTest: forms are found and filled as on the page. Not inside `app_context`."""
    return TestApp(app, extra_environ={"HTTP_HOST": "127.0.0.1:5000"})


@pytest.fixture
def tx(app: Flask) -> Callable[[], Any]:
    """`with tx() as t:` is one command in an app context of its own; it makes caches stale."""

    @contextmanager
    def command() -> Iterator[Tx]:
        with app.app_context(), transaction() as opened:
            yield opened
            new_versions(opened)

    return command


@pytest.fixture
def rows(app: Flask) -> Callable[..., list[Any]]:
    """`rows(select_or_sql, **parameters)`: what the database holds now, as a list of rows."""

    def read(statement: Any, bind: str | None = None, **parameters: Any) -> list[Any]:
        query = sa.text(statement) if isinstance(statement, str) else statement
        with app.app_context(), snapshot(bind) as session:
            return list(session.execute(query, parameters).all())

    return read


@pytest.fixture
def mailbox(app: Flask) -> Callable[[], list[Any]]:
    """`mailbox()`: the mails that were delivered, oldest first, as `email.message.EmailMessage`."""

    def read() -> list[Any]:
        folder = Path(app.instance_path) / "mail"
        files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    return read


# --- time, counting, isolation ----------------------------------------------------------------------------


@pytest.fixture
def clock(app: Flask) -> Clock:
    """The shop's clock, standing at 2026-03-02 12:00 UTC. `clock.shift(timedelta(days=1))` moves it."""
    standing: Clock = app.extensions["regulars_clock"]
    standing.move_to(NOON)
    return standing


@dataclass
class Queries:
    """Statements that were sent while they were counted."""

    statements: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n\n".join(self.statements)


@pytest.fixture
def count_queries(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`with count_queries() as queries:` then `len(queries)`; the journal's own writes count too.

    `count_queries(shop)` counts in a shop of one's own.
    """

    @contextmanager
    def counting(shop: Flask | None = None) -> Iterator[Queries]:
        with counted_statements(shop or request.getfixturevalue("app")) as statements:
            yield Queries(statements)

    return counting


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Nothing beyond this machine is reachable from a test, and nothing at all while a command is open.

    A command holds the one write lock of SQLite: whom it waits for, everybody waits for.
    """
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _local_only(getattr(socket.socket, name)))
    yield
    patch.undo()


def _local_only(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if in_transaction():
            raise RuntimeError(f"{address} was called while a command was open")
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in {"localhost", "::1"} and not str(host).startswith("127."):
            raise RuntimeError(f"a test wanted to reach {host}; tests use no network")
        return connect(self, address)

    return guarded
