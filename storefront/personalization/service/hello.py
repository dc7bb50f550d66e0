"""The barest Flask, served as the shop is, with the words of its web server."""

from __future__ import annotations

import os
import sys

from flask import Flask

from storefront.core.serving.processes import die_with_parent


def bare_app() -> Flask:
    """One page that says hello."""
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "hello"

    return app


def main(arguments: list[str]) -> None:
    """Serve it with sync workers until told to stop."""
    from gunicorn.app.base import BaseApplication

    workers, listener, ready, parent = map(int, arguments[1:])
    die_with_parent(parent)

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings = {
                "bind": [f"fd://{listener}"],
                "workers": workers,
                "preload_app": True,
                "control_socket_disable": True,
                "loglevel": "warning",
                "when_ready": lambda _arbiter: os.write(ready, b"1"),
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return bare_app()

    Server().run()


if __name__ == "__main__":
    main(sys.argv[1:])
