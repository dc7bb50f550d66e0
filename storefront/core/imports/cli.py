"""`regulars import`, `regulars import undo`, `regulars export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from storefront.core.commands import print_json, shop_context
from storefront.core.progress import progress_bar

KINDS = ("catalog", "customers", "orders", "events")
SHARES = {"read": (0.0, 0.3), "orders": (0.3, 0.5), "apply": (0.5, 1.0)}


@click.group("import", short_help="Read products, customers, orders or behaviour from a file.")
def import_() -> None:
    """Import products, customers, orders or behaviour from a file; `import undo BATCH` takes it back."""


def _read_map(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for value in values:
        column, sign, field = value.rpartition("=")
        if not sign or not column:
            raise click.BadParameter(f"{value!r} is not COLUMN=FIELD")
        mapping[column] = field
    return mapping


def _add(kind: str) -> None:
    """The command for one kind; all take the same options."""

    @import_.command(
        kind, help=f"Import {kind} from FILE (CSV, CSV.gz; XLSX and Parquet with the extra 'files')."
    )
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option(
        "--format", default="auto", show_default=True, help="auto, regulars, shopify, woocommerce or lines."
    )
    @click.option(
        "--map", "mapping", multiple=True, callback=_read_map, help="COLUMN=FIELD, as often as needed."
    )
    @click.option("--encoding", default=None, help="Character encoding, when it is not found by itself.")
    @click.option("--dry-run", is_flag=True, help="Only say what would happen.")
    @click.option(
        "--errors", type=click.Path(path_type=Path, dir_okay=False), help="Write rejected rows here."
    )
    @click.option("--keep-good", is_flag=True, help="Take the good rows of a damaged file.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
    def command(file: Path, as_json: bool, **options: Any) -> None:
        _run(kind, file, as_json, options)


for _kind in KINDS:
    _add(_kind)


def _run(kind: str, file: Path, as_json: bool, options: dict[str, Any]) -> None:
    from storefront.core.imports.engine import FileRefused, import_file

    with shop_context(), progress_bar(f"Import {kind}", quiet=as_json) as advance:

        def progress(step: str, done: int, total: int | None) -> None:
            start, end = SHARES.get(step, (0.0, 1.0))
            advance(step, start + (end - start) * (done / total if total else 0.0))

        try:
            report = import_file(kind, file, progress=progress, **options)
        except FileRefused as refused:
            if as_json:
                print_json({**refused.report.as_json(), "refused": True})
            else:
                for line in refused.report.problems:
                    click.echo(line, err=True)
            raise
    print_json(report.as_json()) if as_json else _tell(report)


def _tell(report: Any) -> None:
    if report.dry_run:
        click.echo("Dry run, nothing was changed.")
    click.echo(
        f"{report.read} rows read: {report.created} created, {report.changed} changed, "
        f"{report.skipped} skipped, {report.rejected} rejected"
    )
    for name, count in report.objects.items():
        click.echo(f"  {count:>9,} {name.replace('_', ' ')}")
    for name, count in report.reasons.items():
        click.echo(f"  {count:>9,} {name.replace('_', ' ')}")
    for line in report.problems[:5]:
        click.echo(f"  {line}")
    if report.batch:
        click.echo(f"Batch {report.batch}; take it back with: regulars import undo {report.batch}")


@import_.command()
@click.argument("batch")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def undo(batch: str, as_json: bool) -> None:
    """Take back what the import BATCH created or changed; what others rely on by now stays and is listed."""
    from storefront.core.imports.undo import undo_batch

    with shop_context():
        report = undo_batch(batch)
    if as_json:
        print_json(report.as_json())
        return
    for verb, tables in (("removed", report.removed), ("restored", report.restored)):
        for table, count in tables.items():
            click.echo(f"{count:>9,} {table.replace('_', ' ')} {verb}")
    if not (report.removed or report.restored or report.refused):
        click.echo(f"Nothing is left of batch {batch}.")
    if report.refused:
        click.echo(f"{report.refused:>9,} kept:")
        for line in report.kept:
            click.echo(f"  {line}")


@click.command(short_help="Write the same things into a file that can be imported again.")
@click.argument("kind", type=click.Choice([*KINDS, "all"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format", default="auto", show_default=True, help="regulars, shopify, shopify-classic or woocommerce."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def export(kind: str, file: Path, format: str, as_json: bool) -> None:
    """Write products, customers, orders, behaviour, or all of them into FILE; importing it again loses
    nothing.
    """
    from storefront.core.imports.exporting import export_file

    with shop_context():
        report = export_file(kind, file, format=format)
    if as_json:
        print_json(report.as_json())
    else:
        for name, rows in report.rows.items():
            click.echo(f"{rows:>9,} rows of {name} in {report.path}")
