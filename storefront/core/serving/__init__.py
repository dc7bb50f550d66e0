"""`regulars serve` and `regulars worker`."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--workers", type=click.IntRange(1, 256), help="Web processes. [default: setting `workers`]")
@click.option("--worker/--no-worker", default=True, help="Run the background worker beside them.")
@click.option(
    "--server",
    type=click.Choice(["auto", "gunicorn", "waitress"]),
    default="auto",
    show_default=True,
    help="auto: gunicorn on Linux, waitress elsewhere.",
)
def serve(host: str, port: int, workers: int | None, worker: bool, server: str) -> None:
    """Serve the shop, with the background worker beside it."""
    from storefront.core.commands import is_mounted
    from storefront.core.errors import SetupError
    from storefront.core.serving.supervisor import Plan, supervise

    if is_mounted():
        raise SetupError(
            "this shop lives inside another app: serve that app as ever, "
            "and run `flask regulars worker` beside it"
        )
    supervise(Plan(host=host, port=port, workers=workers, worker=worker, server=server))


@click.command()
@click.option("--parent", type=int, hidden=True, help="End with this process.")
def worker(parent: int | None) -> None:
    """Run background jobs and scheduled work until stopped."""
    from storefront.core.commands import shop_context
    from storefront.core.serving.working import Worker

    if parent is not None:
        from storefront.core.serving.processes import die_with_parent

        die_with_parent(parent)
    with shop_context() as app:
        pass
    Worker(app).run()
