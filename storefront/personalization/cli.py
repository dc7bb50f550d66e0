"""`regulars train` and `regulars recommend`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click
from flask import Flask

from storefront.core.errors import NotFound, Refusal


@click.command(short_help="Train the engine on the shop's history and publish it.")
@click.option(
    "--engine", type=click.Choice(["local"]), default="local", show_default=True, help="Where to train."
)
@click.option(
    "--force", is_flag=True, help="Publish even when the result looks much worse than what is in use."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def train(engine: str, force: bool, as_json: bool) -> None:
    """Train the recommendation engine on the shop's history and publish it."""
    from storefront.core.commands import shop_context
    from storefront.core.progress import progress_bar
    from storefront.personalization.service.training import train_shop

    with shop_context(), progress_bar("Training", quiet=as_json) as advance:
        report = train_shop(advance, force=force)
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    click.echo(
        f"Trained on {report.rows:,} rows of {report.customers:,} customers and {report.products:,} products "
        f"in {report.seconds:.1f} s ({report.peak_rss_mb:.0f} MiB). Published {report.version}."
    )


@click.command()
@click.argument("surface")
@click.option("--customer", metavar="EMAIL", help="The customer who is looking.")
@click.option(
    "--product", "products", metavar="SKU", multiple=True, help="The product(s) that the list is about."
)
@click.option("--session", "session", metavar="SKU,SKU", default="", help="What was looked at, newest last.")
@click.option("-n", "count", type=click.IntRange(1, 100), default=10, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def recommend(
    surface: str, customer: str | None, products: tuple[str, ...], session: str, count: int, as_json: bool
) -> None:
    """Show what the shop would recommend on SURFACE, and why."""
    from storefront.core.commands import shop_context
    from storefront.personalization.service.answer import answer

    looked_at = tuple(sku.strip() for sku in session.split(",") if sku.strip())
    with shop_context() as app, app.test_request_context(base_url=_base_url(app)):
        try:
            items = answer(surface, customer=customer, skus=products, session=looked_at, n=count)
        except NotFound as error:
            raise Refusal(error.message) from error
    if as_json:
        click.echo(json.dumps({"surface": surface, "items": items}, ensure_ascii=False))
        return
    _print_list(items)


def _base_url(app: Flask) -> str:
    return app.extensions["regulars_settings"].base_url


def _print_list(items: list[dict[str, Any]]) -> None:
    if not items:
        click.echo("Nothing to show.")
    for place, item in enumerate(items, 1):
        click.echo(f"{place:>3}. {item['sku']:<24} {item['title']}")
        click.echo(f"     {item['reason']}  [{item['source']}, {item['score']:.4g}]")
