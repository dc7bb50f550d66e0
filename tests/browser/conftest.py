"""A served shop and a Chromium to look at it with. On CI a missing Chromium is a failure, never a skip."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from storefront.app import create_app
from storefront.core.database import dispose, transaction
from tests import stores
from tests.browser import stock_room

FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Served:
    """A shop that answers at `url`."""

    app: Flask
    url: str


@contextmanager
def serve(
    folder: Path, template: Path, fill: Callable[[Any], None] | None, *, host: str = "127.0.0.1"
) -> Iterator[Served]:
    """The shop on a free port of this machine, in a thread, filled by `fill` first."""
    stores.copy_databases(template, folder)
    server = make_server("127.0.0.1", 0, lambda *_: iter(()), threaded=True)
    url = f"http://{host}:{server.server_port}"
    app = create_app(stores.settings(folder, base_url=url))
    if fill:
        with app.app_context(), transaction() as tx:
            fill(tx)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(app, url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        dispose(app)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """A small shop that holds every state a page can be in."""
    with serve(tmp_path_factory.mktemp("served"), sqlite_template, stock_room.fill) as served:
        yield served


@pytest.fixture(scope="session")
def empty_shop(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """A shop on its first day: nothing on the shelves."""
    with serve(tmp_path_factory.mktemp("empty"), sqlite_template, None) as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        missing = "no Chromium on the PATH; on Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(url, width=1280, **context)`: a page in a browser window of its own, closed after the test."""
    contexts = []

    def open_(url: str = "", width: int = 1280, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 844 if width < 700 else 900},
            reduced_motion=options.pop("reduced_motion", "reduce"),
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        if url:
            page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
