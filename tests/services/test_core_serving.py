"""`regulars serve` and `regulars worker` as processes: they come back, they stop, they leave nothing behind."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from storefront.core.settings import write_file
from tests import stores

pytestmark = pytest.mark.slow
PATIENCE = 60.0  # for a busy machine; what is promised is asserted apart


@pytest.mark.parametrize("server", ["gunicorn", "waitress"])
def test_it_serves_counts_over_processes_and_stops_without_a_trace(serve: Serve, server: str) -> None:
    served = serve("--server", server, "--workers", "2")
    assert served.get("/healthz") == (200, "ok\n")
    assert json.loads(served.get("/readyz")[1]) == {"ready": True, "failing": []}
    for _ in range(9):
        served.get("/healthz")
    found = re.search(r'seconds_count\{endpoint="ops.healthz".*\} ([\d.]+)', served.get("/metrics")[1])
    assert found, "numbers of all processes together"
    assert float(found[1]) >= 10
    family = served.family()
    assert len(family) >= (4 if server == "gunicorn" else 2)
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(PATIENCE) == 0
    assert alive(family) == []


def test_the_worker_is_back_within_five_seconds(serve: Serve) -> None:
    served = serve()
    worker = served.worker()
    worker.kill()
    killed = time.monotonic()
    again = eventually(lambda: served.worker(apart_from=worker.pid))
    assert time.monotonic() - killed < 5
    assert again.pid != worker.pid
    assert served.get("/healthz")[0] == 200


def test_a_web_server_that_is_killed_comes_back_and_nobody_is_refused(serve: Serve) -> None:
    served = serve()
    web = served.web()
    family = [web, *web.children(recursive=True)]
    web.kill()
    eventually(lambda: alive(family) == [])
    assert served.get("/healthz") == (200, "ok\n"), "the connection waited for the new one"
    assert served.web().pid != web.pid


def test_children_die_with_a_killed_supervisor(serve: Serve) -> None:
    served = serve()
    family = served.family()
    assert len(family) >= 3
    served.process.kill()
    served.process.wait(PATIENCE)
    eventually(lambda: alive(family) == [])


def test_what_waits_is_done_by_the_worker_and_survives_its_death(serve: Serve, instance: Path) -> None:
    write_mail(instance, "first")
    served = serve()
    eventually(lambda: mail_states(instance) == ["sent"])
    served.worker().kill()
    write_mail(instance, "second")
    eventually(lambda: mail_states(instance) == ["sent", "sent"])


def test_a_busy_database_costs_the_worker_a_turn_not_its_life(serve: Serve, instance: Path) -> None:
    served = serve()
    worker = served.worker()
    with closing(sqlite3.connect(instance / "shop.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(MAIL, ("<busy@test>", "busy"))
        connection.execute("COMMIT")
        connection.execute("BEGIN EXCLUSIVE")
        # Longer than the worker waits for a lock: it has to fail at least once.
        eventually(lambda: "worker_step_failed" in served.errors())
        connection.execute("ROLLBACK")
    eventually(lambda: mail_states(instance) == ["sent"])
    assert served.worker().pid == worker.pid


def test_a_port_that_is_taken_is_said_at_once(regulars: Regulars) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = regulars("serve", "--port", str(other.getsockname()[1]))
    assert ended.returncode == 1
    assert "--port" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_without_a_database_it_says_what_to_run(regulars: Regulars, tmp_path: Path) -> None:
    ended = regulars("serve", "--port", "0", instance=tmp_path / "fresh")
    assert ended.returncode == 1
    assert "regulars init" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_wrong_settings_are_named(regulars: Regulars) -> None:
    ended = regulars("serve", "--port", "0", REGULARS_CURRENCY="XXXX")
    assert ended.returncode == 1
    assert "REGULARS_CURRENCY" in ended.stderr


def test_a_worker_alone_stops_on_a_signal(regulars: Regulars, instance: Path) -> None:
    process = regulars.start("worker")
    write_mail(instance, "alone")
    eventually(lambda: mail_states(instance) == ["sent"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_a_demo_shop_links_to_where_it_is_served_now(serve: Serve, instance: Path) -> None:
    write_file(instance, {"mode": "demo", "base_url": "http://127.0.0.1:5999"})
    served = serve(REGULARS_BASE_URL=None, REGULARS_MODE=None)
    assert f"<loc>http://127.0.0.1:{served.port}/" in served.get("/sitemap.xml")[1]


def test_a_shop_without_an_address_of_its_own_links_to_where_it_is_served(serve: Serve) -> None:
    served = serve(REGULARS_BASE_URL=None)
    status, page = served.get("/")
    assert status == 200
    assert f"http://127.0.0.1:{served.port}/" in page


# --- processes --------------------------------------------------------------------------------------------

MAIL = """
INSERT INTO mail_message (message_id, template, dedupe_key, to_email, locale, context, state, attempts, next_at,
                          created_at)
VALUES (?, 'test_mail', ?, 'ada@example.org', 'en', '{}', 'new', 0, '2026-01-01 00:00:00', '2026-01-01 00:00:00')
"""


def write_mail(instance: Path, key: str) -> None:
    with closing(sqlite3.connect(instance / "shop.db", timeout=30)) as connection, connection:
        connection.execute(MAIL, (f"<{key}@test>", key))


def mail_states(instance: Path) -> list[str]:
    with closing(sqlite3.connect(instance / "shop.db", timeout=30)) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM mail_message ORDER BY id")]


def eventually(check: Callable[[], Any]) -> Any:
    """The first true answer of `check`; fails when there is none in PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        select_nothing(0.05)
    pytest.fail("it never came true")


def select_nothing(seconds: float) -> None:
    """Give other processes the processor for a moment."""
    import select

    select.select([], [], [], seconds)


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in family if process.is_running() and process.status() != "zombie"]


class Regulars:
    """Runs `regulars` as a process of its own on one instance."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        self.started: list[subprocess.Popen[str]] = []

    def environ(self, instance: Path | None = None, **more: str | None) -> dict[str, str]:
        own = {
            key: value for key, value in os.environ.items() if not key.startswith(("REGULARS_", "PROMETHEUS"))
        }
        own["REGULARS_INSTANCE"] = str(instance or self.instance)
        own["REGULARS_MODE"] = "test"
        return {key: value for key, value in {**own, **more}.items() if value is not None}

    def __call__(self, *words: str, instance: Path | None = None, **more: str | None) -> Any:
        command = [sys.executable, "-P", "-m", "storefront.cli", *words]
        environ = self.environ(instance, **more)
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)

    def start(self, *words: str, **more: str | None) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "storefront.cli", *words]
        errors = (self.instance / "stderr.log").open("w")
        process = subprocess.Popen(
            command, env=self.environ(**more), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        errors.close()
        self.started.append(process)
        return process


class Served:
    """One running `regulars serve`."""

    def __init__(self, process: subprocess.Popen[str], instance: Path) -> None:
        self.process, self.instance = process, instance
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"listening on .*:(\d+)\)", line)
        assert found, f"it never came up: {line!r} {self.errors()}"
        self.port = int(found[1])

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def errors(self) -> str:
        return (self.instance / "stderr.log").read_text()

    def family(self) -> list[psutil.Process]:
        self.worker()
        return psutil.Process(self.process.pid).children(recursive=True)

    def worker(self, apart_from: int = 0) -> psutil.Process:
        return eventually(lambda: self._child("storefront.cli", apart_from))

    def web(self) -> psutil.Process:
        return eventually(lambda: self._child("storefront.core.serving.web", 0))

    def _child(self, word: str, apart_from: int) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            try:
                if word in child.cmdline() and child.pid != apart_from:
                    return child
            except psutil.NoSuchProcess:
                continue
        return None


Serve = Callable[..., Served]


@pytest.fixture
def instance(tmp_path: Path, sqlite_template: Path) -> Path:
    stores.copy_databases(sqlite_template, tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def regulars(instance: Path) -> Iterator[Regulars]:
    runner = Regulars(instance)
    yield runner
    for process in runner.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def serve(regulars: Regulars, instance: Path) -> Serve:
    def start(*words: str, **more: str | None) -> Served:
        return Served(regulars.start("serve", "--port", "0", *words, **more), instance)

    return start
