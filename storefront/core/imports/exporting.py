"""Writing what the shop holds into files that can be imported again without loss."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext

from storefront.core.database import snapshot
from storefront.core.errors import Refusal
from storefront.core.imports.registry import Options, Sheet, export_kinds, exporter_of
from storefront.core.imports.writing import replacing, write_rows

ALL = "all"
# A fixed moment, so that equal content gives an equal archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: rows by kind, and how many files that cells name."""

    path: str
    rows: Mapping[str, int]
    files: int

    def as_json(self) -> dict[str, Any]:
        """The object that `regulars export --json` prints."""
        return {"file": self.path, "rows": dict(self.rows), "files": self.files}


def export_file(kind: str, path: str | os.PathLike[str], *, format: str = "auto") -> ExportReport:
    """Writes one kind as CSV (gzip when the name ends in .gz), or `all` kinds into one .zip.

    The file appears when it is complete. Raises Refusal for an unknown kind or format.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise Refusal(gettext("There is no folder %(path)s.", path=str(target.parent)))
    with snapshot() as session:
        if kind == ALL:
            return _export_all(target, session)
        sheet = _sheet(kind, format, session)
        with replacing(target) as stream:
            count = write_rows(stream, sheet.columns, sheet.rows)
        return ExportReport(str(target), {kind: count}, _copy_files(sheet, target.parent))


def _sheet(kind: str, format: str, session: Any) -> Sheet:
    formats = exporter_of(kind).formats
    chosen = next(iter(formats)) if format == "auto" else format
    if chosen not in formats:
        known = ", ".join(formats)
        raise Refusal(gettext("No format “%(format)s”. Formats: %(known)s.", format=format, known=known))
    shop = current_app.extensions["regulars_settings"]
    return formats[chosen](session, Options(shop.currency, tuple(shop.language_codes)))


def _copy_files(sheet: Sheet, folder: Path) -> int:
    """Puts files beside the table; one that is there already is left alone."""
    copied = 0
    for name, source in sorted(sheet.files.items()):
        target = (folder / name).resolve()
        if target.is_relative_to(folder.resolve()) and not target.exists() and source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            copied += 1
    return copied


def _export_all(target: Path, session: Any) -> ExportReport:
    rows: dict[str, int] = {}
    names: set[str] = set()
    with replacing(target) as stream, zipfile.ZipFile(stream, "w") as archive:
        for kind in export_kinds():
            sheet = _sheet(kind, "auto", session)
            with archive.open(_entry(f"{kind}.csv"), "w", force_zip64=True) as part:
                rows[kind] = write_rows(_Buffered(part), sheet.columns, sheet.rows)  # type: ignore[arg-type]
            for name, source in sorted(sheet.files.items()):
                if source.is_file() and name not in names and ".." not in Path(name).parts:
                    names.add(name)
                    archive.writestr(_entry(name), source.read_bytes())
    return ExportReport(str(target), rows, len(names))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


class _Buffered(io.BufferedWriter):
    """Many small writes to an archive's entry as few large ones."""

    def __init__(self, raw: Any) -> None:
        super().__init__(raw, 1 << 16)
