"""`regulars init`, `doctor`, `backup`, `restore`, `routes`, `check-config`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from storefront.core.commands import print_json, shop_context
from storefront.core.errors import SetupError


@click.command(short_help="Create or upgrade the databases; say how to become the owner.")
def init() -> None:
    """Create or upgrade the databases; while nobody owns the shop, print a link to become its owner."""
    from storefront.core import installing
    from storefront.core.plugins import collect

    with shop_context(current=False) as app:
        for line in [*installing.install(app), *collect("event_installed")]:
            click.echo(line)


@click.command(short_help="Check data, settings and versions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def doctor(as_json: bool) -> None:
    """Check data, settings and versions; status 1 when something is wrong."""
    from storefront.core.doctor import examine

    with shop_context(current=False) as app:
        report = examine(app)
    if as_json:
        print_json(report.as_json())
    else:
        for warning in report.warnings:
            click.echo(f"warning: {warning}")
        for finding in report.findings:
            click.echo(f"FINDING {finding.invariant}: {finding.detail}")
        click.echo(f"{len(report.checked)} checks, {len(report.findings)} findings")
    sys.exit(1 if report.findings else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def backup(file: Path, as_json: bool) -> None:
    """Write the whole shop into FILE (.tar.gz) while it runs.

    The archive holds the key that signs the shop's cookies and its customers' data: keep it safe.
    """
    from storefront.core.backup import back_up
    from storefront.core.progress import progress_bar

    with shop_context() as app, progress_bar("Backup", quiet=as_json) as advance:
        manifest = back_up(app, file, advance)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "bytes": size, "files": len(manifest.files), "rows": manifest.rows})
    else:
        rows = sum(sum(tables.values()) for tables in manifest.rows.values())
        click.echo(f"{file}: {rows:,} rows, {len(manifest.files):,} files, {size / 1e6:,.1f} MB")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace the shop that is on this instance.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Bring the shop back from FILE, after checking all of it. The shop must not be running."""
    from storefront.core.backup import restore as bring_back
    from storefront.core.progress import progress_bar

    with shop_context(current=False) as app, progress_bar("Restore", quiet=as_json) as advance:
        manifest = bring_back(app, file, overwrite=yes, advance=advance)
    if as_json:
        print_json({"file": str(file), "made_at": manifest.made_at, "rows": manifest.rows})
    else:
        click.echo(f"Restored the shop as of {manifest.made_at}; `regulars doctor` checks it.")


@click.command(short_help="List every address of the shop with its class.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def routes(as_json: bool) -> None:
    """List every address of the shop with its class; status 1 when one has none."""
    from storefront.core.routes import classified_routes

    with shop_context(current=False) as app:
        table = classified_routes(app)
    if as_json:
        print_json(table.as_json())
    else:
        for route in table.routes:
            marks = "changes" if route.state_changing else "reads"
            click.echo(f"{route.method:6} {route.rule:48} {route.audience:9} {marks:8} {route.cacheable}")
        for line in table.missing:
            click.echo(f"MISSING {line}: no row in storefront/routes.toml")
        for line in table.extra:
            click.echo(f"EXTRA {line}: a row in storefront/routes.toml without a page")
    sys.exit(1 if table.missing or table.extra else 0)


@click.command("check-config")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--send-test-mail", metavar="ADDRESS", help="Also send a mail to ADDRESS.")
def check_config(as_json: bool, send_test_mail: str | None) -> None:
    """Print every setting, where it comes from, and what is wrong."""
    from storefront.core import checking

    try:
        context = shop_context(current=send_test_mail is not None)
        with context as app:
            settings = app.extensions["regulars_settings"]
            sent = checking.send_test_mail(app, send_test_mail) if send_test_mail else None
    except SetupError as error:
        if not as_json:
            raise
        print_json({"ok": False, "settings": {}, "problems": [error.message], "warnings": []})
        sys.exit(1)
    report = checking.as_json(settings)
    if as_json:
        print_json({**report, **({"test_mail": sent} if sent else {})})
        return
    for row in checking.rows(settings):
        click.echo(f"{row.name:22} {row.value!s:40} {row.source}")
    for warning in report["warnings"]:
        click.echo(f"warning: {warning}")
    if sent:
        click.echo(f"Test mail sent through {sent}")
