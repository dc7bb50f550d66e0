"""`regulars demo`: a whole shop, built from a catalogue and a history, ready to look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command(short_help="Build a demo shop, say where to look, and serve it.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=5000, show_default=True, help="Where to serve."
)
@click.option("--no-serve", is_flag=True, help="Build only.")
@click.option(
    "--customers",
    type=click.IntRange(50, 1_000_000),
    default=3000,
    show_default=True,
    help="People in the generated history.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the generated history.")
@click.option(
    "--orders",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Build on this real order history instead of the generated one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def demo(port: int, no_serve: bool, customers: int, seed: int, orders: Path | None, as_json: bool) -> None:
    """Build a demo shop (catalogue, history, trained engine), print where to look, and serve it."""
    from storefront.bundled.demo.building import build
    from storefront.public import serve_shop

    report = build(port=port, customers=customers, seed=seed, orders=orders, quiet=as_json)
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else _told(report))
    if not no_serve:
        serve_shop(port=port)


def _told(report: dict[str, Any]) -> str:
    """The report in words: what was built, where to look, who may sign in."""
    lines = ["", f"The demo shop stands in {report['instance']}."]
    if report.get("built"):
        facts = report["built"]
        lines.append(
            f"{facts['products']:,} products, {facts['customers']:,} customers, {facts['orders']:,} orders; "
            f"built in {facts['seconds']:.0f} s with at most {facts['peak_rss_mb']:.0f} MiB."
        )
    if report.get("import"):
        lines += ["", "What became of the order history:", *_counts(report["import"])]
    lines += [
        "",
        "Pages worth a visit:",
        *(f"  {page['url']:<56} {page['note']}" for page in report["pages"]),
    ]
    lines += ["", "Accounts (sign in at /account/login):"]
    for account in report["accounts"]:
        lines.append(f"  {account['email']:<32} {account['password']:<20} {account['note']}")
    return "\n".join(lines)


def _counts(counts: dict[str, Any]) -> list[str]:
    total = (
        f"  {counts['read']:,} lines read = {counts['created']:,} created + {counts['changed']:,} changed "
        f"+ {counts['skipped']:,} skipped + {counts['rejected']:,} rejected"
    )
    return [total, *(f"  {count:>9,}  {reason}" for reason, count in counts["reasons"].items())]
