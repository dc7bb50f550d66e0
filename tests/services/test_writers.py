"""R14: sixteen processes write the same row; and nobody is called while a command is open."""

from __future__ import annotations

import socket

import pytest

from storefront.app import create_app
from storefront.core.database import dispose, transaction
from tests import stores
from tests.chaos import writers

PROCESSES, TIMES = 16, 15
# Of a machine that has other things to do; `make chaos` asks for two.
SECONDS = 10.0


@pytest.fixture
def ground(database, request, tmp_path, sqlite_template):
    """Settings of two shops that other processes may write to, and apps for them."""
    found = {}
    for name in ("shop", "control"):
        stores.copy_databases(sqlite_template, tmp_path / name)
        more = {}
        if database == "postgresql":
            more["database_url"] = request.getfixturevalue("postgres").database(f"writers_{name}")
        settings = stores.settings(tmp_path / name, **more)
        found[name] = (settings, create_app(settings))
    yield found
    for _settings, app in found.values():
        dispose(app)


@pytest.mark.both
def test_nobody_is_told_that_the_database_is_busy(ground):
    (settings, shop), (damaged, control) = ground["shop"], ground["control"]
    result = writers.writes(shop, settings, writers=PROCESSES, times=TIMES, most_seconds=SECONDS)
    lost = writers.writes(control, damaged, writers=PROCESSES, times=TIMES, control=True)
    assert result.damage == []
    assert result.acts == len(result.seconds) == PROCESSES * TIMES
    assert lost.damage, "reading before the lock must lose steps, or the writers never met"


def test_nobody_is_called_while_a_command_is_open(app_context):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as caller:
        with pytest.raises(RuntimeError, match="while a command was open"), transaction():
            caller.connect(server.getsockname())
        caller.connect(server.getsockname())
