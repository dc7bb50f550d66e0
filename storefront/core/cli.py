"""`regulars init`, `doctor`, `backup`, `restore`, `routes`, `check-config`."""

from __future__ import annotations

import click

from storefront.core.commands import shop_context


@click.command()
def init() -> None:
    """Create or upgrade the databases of the shop."""
    from storefront.core import installing

    with shop_context(current=False) as app:
        for line in installing.install(app):
            click.echo(line)
