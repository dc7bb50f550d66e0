"""The web processes, as the supervisor starts them:
`python -m storefront.core.serving.web SERVER WORKERS LISTENER READY PARENT` (two file descriptors, one pid).
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from importlib import import_module
from typing import Any

from flask import Flask

from storefront.core import database, migrate
from storefront.core.doctor import settings_warnings, versions
from storefront.core.errors import ShopError
from storefront.core.installing import refuse_network_files
from storefront.core.serving.processes import die_with_parent, running
from storefront.core.settings import Settings

# What every worker would load by itself at its first page: loaded before the fork, they share the memory. By
# name: features stand above.
SHARED = ("recommender.publishing",)
REQUEST_SECONDS = 30
GRACE_SECONDS = 20
REQUEST_LINE = 8190


def main(arguments: list[str]) -> None:
    """Serve until told to stop; exits 1 with one clear line when the shop cannot start."""
    server, (workers, listener, ready, parent) = arguments[0], map(int, arguments[1:])
    die_with_parent(parent)
    try:
        app = prepared_app()
        sys.stderr.write(f"regulars: database: {database_line(app)}\n")
        for warning in start_warnings(app):
            sys.stderr.write(f"regulars: warning: {warning}\n")
        with running(app.extensions["regulars_settings"].folder):
            {"gunicorn": _gunicorn, "waitress": _waitress}[server](app, workers, listener, ready)
    except ShopError as error:
        sys.exit(f"regulars: {error.message}")


def prepared_app() -> Flask:
    """The shop, checked and with nothing open that a fork would share."""
    from storefront.core.commands import shop_app

    app = shop_app()
    refuse_network_files(app.extensions["regulars_settings"])
    with app.app_context():
        migrate.require_current()
    for name in SHARED:
        import_module(name)
    close_before_fork(app)
    return app


def database_line(app: Flask) -> str:
    """The database of this shop with its version, as it stands in the log of each start."""
    with app.app_context():
        found = versions()
    close_before_fork(app)
    return f"PostgreSQL {found['postgresql']}" if "postgresql" in found else f"SQLite {found['sqlite']}"


def start_warnings(app: Flask) -> list[str]:
    """What an operator should know at each start of a shop that is meant in earnest."""
    settings: Settings = app.extensions["regulars_settings"]
    return settings_warnings(settings) if settings.production else []


def close_before_fork(app: Flask) -> None:
    """Close every connection: two processes on one connection would mix up their answers."""
    database.dispose(app)
    app.extensions["regulars_jobs"].huey.storage.close()


def _announce(ready: int) -> None:
    os.write(ready, b"1")
    os.close(ready)


def _gunicorn(app: Flask, workers: int, listener: int, ready: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):
        def load_config(self) -> None:
            for name, value in gunicorn_settings(app, workers, listener, ready).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    Server().run()


def gunicorn_settings(app: Flask, workers: int, listener: int, ready: int) -> dict[str, Any]:
    """Sync workers behind a buffering proxy; the app is built once, in the parent of the workers."""
    parent = os.getpid()
    return {
        "bind": [f"fd://{listener}"],
        "workers": workers,
        "worker_class": "sync",
        "preload_app": True,
        "timeout": REQUEST_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "limit_request_line": REQUEST_LINE,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108 - heartbeats only
        "control_socket_disable": True,
        "loglevel": "warning",
        "proc_name": "regulars",
        "when_ready": lambda _arbiter: _when_ready(ready),
        "post_fork": lambda _arbiter, _worker: die_with_parent(parent),
        "post_worker_init": lambda _worker: _settle(app),
        "child_exit": lambda _arbiter, worker: _forget_process(worker.pid),
    }


def _when_ready(ready: int) -> None:
    # What the app is made of is never garbage: keep the collector from walking (and copying) it.
    gc.collect()
    gc.freeze()
    _announce(ready)


def _settle(app: Flask) -> None:
    with app.app_context():
        for engine in [*database.db.engines.values(), *app.extensions["regulars_write"].values()]:
            engine.dispose(close=False)
    gc.collect()
    gc.freeze()


def _forget_process(pid: int) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)


def _waitress(app: Flask, workers: int, listener: int, ready: int) -> None:
    import waitress

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = waitress.create_server(
        app,
        sockets=[socket.socket(fileno=listener)],
        threads=max(4, workers * 2),
        clear_untrusted_proxy_headers=False,
        ident=None,
    )
    gc.collect()
    gc.freeze()
    _announce(ready)
    server.run()


if __name__ == "__main__":
    main(sys.argv[1:])
