"""The town: one shop full of people and their things for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storefront.app import create_app
from storefront.core.database import dispose
from storefront.core.security import limiter, page_limiter
from tests import stores
from tests.security import answers, building, town


@pytest.fixture(scope="module")
def unlimited() -> Iterator[None]:
    """Nobody is too fast: what is asked for here is more than any person does."""
    before = limiter.enabled, page_limiter.enabled
    limiter.enabled = page_limiter.enabled = False
    yield
    limiter.enabled, page_limiter.enabled = before


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, unlimited: None
) -> Iterator[town.Town]:
    """The town, on SQLite."""
    folder = tmp_path_factory.mktemp("town")
    stores.copy_databases(sqlite_template, folder)
    app = create_app(stores.settings(folder))
    answers.seen_nonces.clear()
    # Limits are switched on by the making of an app.
    limiter.enabled = page_limiter.enabled = False
    yield building.build(app)
    dispose(app)
