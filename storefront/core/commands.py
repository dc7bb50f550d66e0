"""The shop that a command works on: its own app, or the one mounted in the host whose `flask` was called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from storefront.core.errors import SetupError


def shop_app() -> Flask:
    """The app of this command. Raises SetupError when the settings are wrong."""
    mounted = _from_host()
    if mounted is not None:
        return mounted
    from storefront.app import create_app
    from storefront.core import settings
    from storefront.core.backup import finish_interrupted

    if finish_interrupted(settings.load().folder):
        click.echo("A restore that was interrupted is now finished.", err=True)
    return create_app()


def add_commands(app: Flask) -> None:
    """Put every verb under `flask regulars` of `app`."""
    # By name: the commands stand above the app that they work on.
    app.cli.add_command(import_module("storefront.cli").main, "regulars")


@contextmanager
def shop_context(*, current: bool = True) -> Iterator[Flask]:
    """An app context of that shop. With `current`, refuses a database that `regulars init` has to touch."""
    app = shop_app()
    with app.app_context():
        if current:
            from storefront.core import migrate

            migrate.require_current()
        yield app


def is_mounted() -> bool:
    """Whether this is `flask regulars ...` in a host that has the shop inside."""
    app = _from_host()
    return app is not None and "regulars_host" in app.extensions


def _from_host() -> Flask | None:
    context = click.get_current_context(silent=True)
    info = context.find_object(ScriptInfo) if context is not None else None
    if info is None:
        return None
    host = info.load_app()
    if "regulars_settings" in host.extensions:
        return host
    mounted = host.extensions.get("regulars")
    if mounted is None or mounted.shop is None:
        raise SetupError("no shop is mounted in this app; call Storefront().init_app(app) first")
    return mounted.shop


def print_json(value: Any) -> None:
    """One JSON object on stdout and nothing else."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
