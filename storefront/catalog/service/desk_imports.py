"""Imports from the console: a file waits in a folder of its own, is looked at and applied by jobs.

The folder holds the file and `status.json`, which the jobs write and pages read; nothing is in the shop
before somebody has seen what would happen.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import db, transaction
from storefront.core.errors import NotFound, Refusal
from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.reading import open_table
from storefront.core.imports.registry import scratch_folder
from storefront.core.imports.undo import undo_batch
from storefront.core.jobs import enqueue
from storefront.core.models import ImportBatch
from storefront.core.plugins import collect

CHECK_JOB, APPLY_JOB, UNDO_JOB = "catalog.import_check", "catalog.import_apply", "catalog.import_undo"
WAITING, BUSY = "waiting", ("checking", "applying")
KEPT_SECONDS = 7 * 86_400
SHARES = {"read": (0, 30), "orders": (30, 50), "apply": (50, 100)}
SAMPLE_ROWS = 3
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,40}\Z")
_UNSAFE = re.compile(r"[^\w.\- ]+")


def kinds() -> list[str]:
    """Everything that can be imported, in the order of the features."""
    return list(dict.fromkeys(importer.kind for importer in collect("register_importers")))


def keep_upload(stream: IO[bytes], name: str, kind: str, locale: str) -> str:
    """Store what was sent in a folder that nobody guesses; returns its name. Raises Refusal."""
    if kind not in kinds():
        raise Refusal(_("Please choose one of these."), field="kind")
    _clear_away()
    token = secrets.token_urlsafe(24)
    folder = _uploads() / token
    folder.mkdir(mode=0o700)
    shown = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).strip(". ")[:100] or "file.csv"
    with (folder / shown).open("wb") as target:
        shutil.copyfileobj(stream, target, 1 << 20)
    _write(token, {"state": WAITING, "kind": kind, "name": shown, "locale": locale, "mapping": {}})
    return token


def read_status(token: str) -> dict[str, Any]:
    """How far an upload is. Raises NotFound."""
    path = _folder(token) / "status.json"
    if not path.is_file():
        raise NotFound()
    return json.loads(path.read_text("utf-8"))


def first_rows(token: str) -> tuple[Sequence[str], list[list[str]]]:
    """The header and the first rows of the file; nothing for one that cannot be read."""
    status = read_status(token)
    try:
        table = open_table(_folder(token) / status["name"])
        # Problems in these rows are told by the check.
        rows = islice(table.rows(lambda _problem: None), SAMPLE_ROWS)
        found = [[str(cell)[:80] for cell in cells] for _line, cells in rows]
    except (Refusal, OSError, ValueError):
        return (), []
    return table.columns, found


def begin_check(token: str, mapping: Mapping[str, str], *, keep_good: bool) -> None:
    """Have the worker look at the whole file and count what would happen. Raises Refusal while it is busy."""
    status = _idle(token)
    new = {
        "state": "checking",
        "mapping": dict(mapping),
        "keep_good": keep_good,
        "percent": 0,
        "report": None,
    }
    _write(token, {**status, **new})
    enqueue(CHECK_JOB, token=token)


def begin_apply(token: str) -> None:
    """Have the worker write it into the shop. Raises Refusal for a file that was not looked at."""
    status = _idle(token)
    if status["state"] not in ("checked", "failed") or not status.get("report"):
        raise Refusal(_("Look at the file first."))
    _write(token, {**status, "state": "applying", "percent": 0, "error": ""})
    with transaction() as tx:
        record_audit(tx, "import.apply", "import", status["name"], None, {"kind": status["kind"]})
    enqueue(APPLY_JOB, token=token)


def begin_undo(batch: str) -> None:
    """Have the worker take a batch back. Raises NotFound, Refusal for one that is not finished."""
    query = sa.select(ImportBatch.state, ImportBatch.filename).where(ImportBatch.public_id == batch)
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound()
    if row.state == "applying":
        raise Refusal(_("This import is not finished; run it again first, then undo it."))
    with transaction() as tx:
        record_audit(tx, "import.undo", "import", row.filename, None, {"batch": batch})
    enqueue(UNDO_JOB, batch=batch)


def forget_upload(token: str) -> None:
    """Throw an upload away. Raises Refusal while it is being worked on."""
    _idle(token)
    shutil.rmtree(_folder(token), ignore_errors=True)


def rejects_of(token: str) -> Path | None:
    """The rows that cannot be taken, as a file; None when there are none."""
    path = _folder(token) / "rejects.csv"
    return path if path.is_file() else None


def batches() -> Sequence[Any]:
    """What was imported, newest first."""
    query = sa.select(ImportBatch).order_by(ImportBatch.id.desc()).limit(50)
    return db.session.execute(query).scalars().all()


# --- for the worker ---------------------------------------------------------------------------------------


def check_upload(token: str) -> None:
    """Count what an import would do, and write the rows that it cannot take into a file."""
    _run(token, dry_run=True, after="checked")


def apply_upload(token: str) -> None:
    """Import the file; a run that was cut off goes on where it stopped."""
    _run(token, dry_run=False, after="done")


def undo_import(batch: str) -> None:
    """Take a batch back."""
    undo_batch(batch)


def _run(token: str, *, dry_run: bool, after: str) -> None:
    status = read_status(token)
    folder, last = _folder(token), [0.0]
    options: dict[str, Any] = {"mapping": status["mapping"], "keep_good": status.get("keep_good", False)}
    if dry_run:
        options["errors"] = folder / "rejects.csv"

    def progress(step: str, done: int, total: int | None) -> None:
        if time.monotonic() - last[0] > 1:
            last[0] = time.monotonic()
            start, end = SHARES.get(step, (0, 100))
            _write(token, {**status, "percent": start + (end - start) * done // (total or max(done, 1))})

    with force_locale(status["locale"]):
        try:
            path = folder / status["name"]
            report = import_file(status["kind"], path, dry_run=dry_run, progress=progress, **options)
        except FileRefused as refused:
            _write(token, {**status, "state": "refused", "report": refused.report.as_json()})
        except Refusal as error:
            _write(token, {**status, "state": "refused", "report": None, "error": error.message})
        except Exception:
            _write(token, {**status, "state": "failed", "error": _("Something went wrong on our side.")})
            raise
        else:
            _write(token, {**status, "state": after, "percent": 100, "report": report.as_json()})


# --- files ------------------------------------------------------------------------------------------------


def _uploads() -> Path:
    folder = scratch_folder() / "uploads"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _folder(token: str) -> Path:
    if not _TOKEN.match(token):
        raise NotFound()
    return _uploads() / token


def _idle(token: str) -> dict[str, Any]:
    status = read_status(token)
    if status["state"] in BUSY:
        raise Refusal(_("This file is being worked on."))
    return status


def _write(token: str, status: dict[str, Any]) -> None:
    """Replace the status at once, so that no page reads half of it."""
    folder = _folder(token)
    if folder.is_dir():
        draft = folder / f"status.{secrets.token_hex(4)}"
        draft.write_text(json.dumps(status, ensure_ascii=False), "utf-8")
        os.replace(draft, folder / "status.json")


def _clear_away() -> None:
    """Remove uploads that nobody came back to for a week."""
    over = clock.now().timestamp() - KEPT_SECONDS
    for folder in _uploads().iterdir():
        if folder.stat().st_mtime < over:
            shutil.rmtree(folder, ignore_errors=True)
