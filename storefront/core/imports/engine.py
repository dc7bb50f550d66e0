"""One import run: look, stage, apply in short holds of the write lock, and say what became of each row."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext, ngettext

from storefront.core import clock
from storefront.core.database import db, transaction
from storefront.core.errors import NotFound, Refusal
from storefront.core.imports.applying import apply_batch, preview
from storefront.core.imports.problems import Problem
from storefront.core.imports.reading import Table, named, open_table
from storefront.core.imports.registry import Format, Importer, Options, importers_of, scratch_folder
from storefront.core.imports.rejects import write_rejects
from storefront.core.imports.staging import Staging
from storefront.core.models import ImportBatch

Progress = Callable[[str, int, "int | None"], None]
SHOWN = 20
NEW = "new-"
ABANDONED_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a run did, in input lines: read = created + changed + skipped + rejected."""

    read: int = 0
    created: int = 0
    changed: int = 0
    skipped: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    objects: Mapping[str, int] = field(default_factory=dict)
    batch: str | None = None
    format: str = ""
    dry_run: bool = False
    resumed: bool = False
    problems: tuple[str, ...] = ()
    longest_hold_ms: float = 0.0
    holds: int = 0

    def as_json(self) -> dict[str, Any]:
        """The object that `regulars import --json` prints."""
        return {
            "read": self.read,
            "created": self.created,
            "changed": self.changed,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "reasons": dict(self.reasons),
            "objects": dict(self.objects),
            "batch": self.batch,
            "format": self.format,
            "dry_run": self.dry_run,
            "resumed": self.resumed,
            "problems": list(self.problems),
            "longest_hold_ms": round(self.longest_hold_ms, 1),
            "holds": self.holds,
        }


class FileRefused(Refusal):
    """A file with damaged rows; nothing was changed. `report` has the counts and the first findings."""

    def __init__(self, report: ImportReport, bad: int) -> None:
        first = report.problems[0] if report.problems else ""
        message = ngettext(
            "Nothing was imported: %(num)d finding. %(first)s"
            " Mend the file, or take the good rows with --keep-good.",
            "Nothing was imported: %(num)d findings. %(first)s"
            " Mend the file, or take the good rows with --keep-good.",
            bad,
            first=first,
        )
        super().__init__(message)
        self.report = report


def import_file(
    kind: str,
    path: str | os.PathLike[str],
    *,
    format: str = "auto",
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    errors: str | os.PathLike[str] | None = None,
    keep_good: bool = False,
    encoding: str | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> ImportReport:
    """Imports a file into the shop of the current app context and reports on every row.

    Raises FileRefused (nothing changed) for a damaged file unless `keep_good`, Refusal for a file that
    cannot be read at all. A run that was killed is taken up where it stopped when the same file comes again.
    """
    source = _existing(path)
    importers = importers_of(kind)
    options = _options(mapping, more)
    mark = _mark(source, kind, format, options, keep_good)
    batch_id = None if dry_run else _unfinished(mark)
    staging = _staged(source, importers, format, options, encoding, progress, batch_id)
    try:
        if errors is not None:
            write_rejects(staging, open_table(source, encoding=encoding), Path(errors))
        _refuse_damaged(staging, keep_good, dry_run)
        if dry_run:
            return _report(staging, preview(staging, importers), dry_run=True)
        opened = batch_id or _open_batch(staging, kind, source, mark)
    except BaseException:
        staging.remove()
        raise
    finally:
        if dry_run:
            staging.remove()
    # From here on the staging file stays until the last row is in: a killed run goes on from it.
    applied = apply_batch(staging, importers, opened, progress)
    report = _report(
        staging, applied.counts, applied.batch, resumed=batch_id is not None, holds=applied.holds
    )
    staging.remove()
    return report


# --- the steps ----------------------------------------------------------------------------------------------


def _existing(path: str | os.PathLike[str]) -> Path:
    source = Path(path)
    if not source.is_file():
        raise NotFound(gettext("There is no file %(path)s.", path=str(path)))
    return source


def _options(mapping: Mapping[str, str] | None, more: Mapping[str, Any]) -> Options:
    shop = current_app.extensions["regulars_settings"]
    return Options(shop.currency, tuple(shop.language_codes), dict(mapping or {}), dict(more))


def _mark(source: Path, kind: str, format: str, options: Options, keep_good: bool) -> str:
    """A hash of the file and of everything that changes how it is read."""
    digest = hashlib.sha256(repr((kind, format, sorted(options.mapping.items()), keep_good)).encode())
    with source.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _unfinished(mark: str) -> int | None:
    query = sa.select(ImportBatch.id).where(ImportBatch.sha256 == mark, ImportBatch.state == "applying")
    return db.session.execute(query).scalar()


def _public_id(batch_id: int | None) -> str | None:
    query = sa.select(ImportBatch.public_id).where(ImportBatch.id == batch_id)
    return db.session.execute(query).scalar() if batch_id is not None else None


def _staged(
    source: Path,
    importers: list[Importer],
    format: str,
    options: Options,
    encoding: str | None,
    progress: Progress | None,
    batch_id: int | None,
) -> Staging:
    """The staging file of an unfinished run, or a new one. Staging the same file gives the same items."""
    known = _public_id(batch_id)
    folder = scratch_folder()
    _clear_away(folder)
    if known and (found := _found_again(folder / f"{known}.db", progress)) is not None:
        return found
    path = folder / (f"{known}.db" if known else f"{NEW}{secrets.token_hex(8)}.db")
    staging = Staging(path, progress)
    try:
        table = open_table(source, encoding=encoding)
        chosen = _choose(table, importers, format)
        for problem in table.problems:
            staging.refuse(problem) if problem.fatal else staging.warn(problem)
        if table.columns:
            chosen.stage(table, staging, options)
        staging.put_meta("format", chosen.name)
        staging.put_meta("columns", table.columns)
        staging.finish()
    except BaseException:
        staging.remove()
        raise
    return staging


def _found_again(path: Path, progress: Progress | None) -> Staging | None:
    """The staging file of a killed run; None when it is gone or damaged, so that it is made again."""
    if not path.exists():
        return None
    try:
        staging = Staging(path, progress)
    except sqlite3.DatabaseError:
        path.unlink()
        return None
    if staging.is_sound():
        return staging
    staging.remove()
    return None


def _clear_away(folder: Path) -> None:
    """Removes staging files that never became a batch: their process was killed while it read."""
    for path in folder.glob(f"{NEW}*"):
        if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
            path.unlink(missing_ok=True)


def _choose(table: Table, importers: list[Importer], wanted: str) -> Format:
    formats = [format for importer in importers for format in importer.formats]
    if wanted != "auto":
        for format in formats:
            if format.name == wanted:
                return format
    else:
        for format in formats:
            if not table.columns or format.recognise(table.columns):
                return format
    data = {"formats": ", ".join(format.name for format in formats), "found": ", ".join(table.columns)[:400]}
    raise Refusal(Problem(0, "", "format_unknown", data).message)


def _refuse_damaged(staging: Staging, keep_good: bool, dry_run: bool) -> None:
    counts = staging.meta("counts")
    whole = [problem for problem in staging.problems(SHOWN) if problem.fatal and problem.line <= 1]
    unusable = counts["read"] == 0 or (whole and counts["read"] == counts["rejected"])
    if counts["fatal"] and (not keep_good or unusable):
        left = counts["read"] - counts["rejected"] - counts["skipped"]
        refused = {
            "created": 0,
            "changed": 0,
            "skipped": left,
            "rejected": 0,
            "reasons": {"not_applied": left} if left else {},
            "objects": {},
        }
        raise FileRefused(_report(staging, refused, dry_run=dry_run), counts["fatal"])


def _open_batch(staging: Staging, kind: str, source: Path, mark: str) -> int:
    public_id = staging.path.stem.removeprefix(NEW)
    staging.move(staging.path.with_name(f"{public_id}.db"))
    with transaction() as tx:
        row = ImportBatch(
            public_id=public_id,
            kind=kind,
            format=staging.meta("format"),
            filename=source.name[:255],
            sha256=mark,
            state="applying",
            applied_seq=0,
            created_at=clock.now(),
        )
        tx.add(row)
        tx.flush()
        return row.id


def _report(
    staging: Staging,
    applied: Mapping[str, Any],
    batch: str | None = None,
    *,
    dry_run: bool = False,
    resumed: bool = False,
    holds: list[float] | None = None,
) -> ImportReport:
    staged = staging.meta("counts")
    columns = tuple(staging.meta("columns") or ())
    reasons = Counter(staged["reasons"])
    reasons.update(applied["reasons"])
    return ImportReport(
        read=staged["read"],
        created=applied["created"],
        changed=applied["changed"],
        skipped=staged["skipped"] + applied["skipped"],
        rejected=staged["rejected"] + applied["rejected"],
        reasons=dict(sorted(reasons.items())),
        objects=dict(sorted(applied["objects"].items())),
        batch=batch,
        format=staging.meta("format"),
        dry_run=dry_run,
        resumed=resumed,
        problems=tuple(named(problem, columns).message for problem in staging.problems(SHOWN)),
        longest_hold_ms=max(holds, default=0.0) * 1000 if holds else 0.0,
        holds=len(holds or ()),
    )
