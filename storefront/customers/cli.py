"""`regulars privacy export` and `erase`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from storefront.core.commands import print_json, shop_context
from storefront.core.errors import SetupError


@click.group(short_help="Give out or erase all that is known of a person.")
def privacy() -> None:
    """Give out or erase all that is known of the person with an e-mail address, with or without account."""


@privacy.command("export", short_help="Write all that is known of a person into one archive.")
@click.argument("email")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def export_(email: str, file: Path | None, as_json: bool) -> None:
    """Write all that is known of EMAIL into FILE (a zip; named after the address when not given)."""
    from storefront.customers import service

    target = file or Path(re.sub(r"[^\w.-]+", "-", f"{email}-data.zip"))
    with shop_context():
        archive = service.collect_personal_data(service.find_subject(email))
        if not archive.rows:
            raise SetupError(f"nothing is known of {email}")
        target.touch(mode=0o600)
        target.write_bytes(service.write_archive(archive))
    counts = {name: len(rows) for tables in archive.data.values() for name, rows in tables.items()}
    if as_json:
        print_json({"file": str(target), "rows": archive.rows, "tables": counts})
    else:
        for name, number in counts.items():
            click.echo(f"{name:24} {number:6,}")
        click.echo(f"{target}: {archive.rows:,} rows")


@privacy.command(short_help="Erase all that is known of a person but what the law keeps.")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def erase(email: str, yes: bool, as_json: bool) -> None:
    """Erase all that is known of EMAIL, with a report of what was deleted, emptied and kept, and why.

    Asks first on a terminal, unless told --yes. There is no way back but a backup.
    """
    from storefront.customers import service

    if sys.stdin.isatty() and not (yes or as_json):
        click.confirm(f"Erase all that is known of {email}?", abort=True)
    with shop_context():
        done = service.erase(service.find_subject(email))
    if not done:
        raise SetupError(f"nothing is known of {email}")
    if as_json:
        rows = [{**vars(item), "columns": list(item.columns)} for item in done]
        print_json({"email": email, "done": rows})
        return
    words = {"delete": "deleted", "blank": "emptied", "keep": "kept"}
    for item in done:
        why = f": {item.why}" if item.why else ""
        click.echo(f"{words[item.action]:8} {item.rows:6,} {item.table} ({', '.join(item.columns)}){why}")
