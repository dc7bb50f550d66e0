"""`regulars doctor`: is everything as it must be? Findings are breaches; warnings are advice."""

from __future__ import annotations

import platform
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask

from storefront.core import migrate, postgres
from storefront.core.database import JOURNAL, db, snapshot
from storefront.core.errors import SetupError
from storefront.core.health import Finding, Invariant
from storefront.core.installing import database_files, refuse_network_files
from storefront.core.plugins import collect
from storefront.core.settings import LOOPBACK, SECRET_NAME, Settings

BINDS = {"shop": None, "journal": JOURNAL}


@dataclass
class Report:
    """What the doctor saw."""

    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def note(self, check: str, details: list[str]) -> None:
        """Write down one check and what it found, if anything."""
        self.checked.append(check)
        self.findings += [Finding(check, detail) for detail in details]

    def as_json(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            "ok": not self.findings,
            "findings": [vars(finding) for finding in self.findings],
            "warnings": self.warnings,
            "checked": self.checked,
            "versions": self.versions,
        }


def examine(app: Flask) -> Report:
    """Check settings, stores and every registered invariant. Reads only; needs an app context."""
    settings: Settings = app.extensions["regulars_settings"]
    report = Report(versions=versions())
    report.note("settings", _settings_findings(settings))
    report.warnings += settings_warnings(settings)
    behind = _guarded(_behind)
    report.note("migrations", behind)
    for store, bind in BINDS.items():
        report.note(f"{store}_store", _guarded(lambda bind=bind: _store_findings(bind)))
    jobs = database_files(settings).get("jobs")
    if jobs is not None:
        report.note("jobs_store", _guarded(lambda: _file_findings(jobs)))
    if not behind:
        _check_invariants(report)
    return report


# --- settings and versions --------------------------------------------------------------------------------


def _settings_findings(settings: Settings) -> list[str]:
    found = []
    try:
        refuse_network_files(settings)
    except SetupError as error:
        found.append(error.message)
    key = settings.folder / SECRET_NAME
    if key.exists() and key.stat().st_mode & 0o077:
        found.append(f"{key} can be read by others; run `chmod 600 {key}`")
    return found


def settings_warnings(settings: Settings) -> list[str]:
    """What works but is probably not meant, a sentence each."""
    found = []
    if settings.production and urlsplit(settings.base_url).hostname in LOOPBACK:
        found.append("REGULARS_BASE_URL is a loopback address: links in mails lead nowhere for customers")
    if settings.production and settings.mail_url.startswith("file:"):
        found.append("REGULARS_MAIL_URL writes mails into files: no customer gets one")
    if sqlite_may_lose_writes(sqlite3.sqlite_version_info) and database_files(settings).get("shop"):
        found.append(
            f"SQLite {sqlite3.sqlite_version} has a fault in its write-ahead log that can lose a commit when "
            "a checkpoint meets a write; use 3.51.3 or newer (or 3.50.7, or 3.44.6), or PostgreSQL"
        )
    return found


def sqlite_may_lose_writes(number: tuple[int, ...]) -> bool:
    """Whether this SQLite is one of 3.7.0 to 3.51.2 without the repair of its write-ahead log."""
    if number[:2] == (3, 44):
        return number < (3, 44, 6)
    if number[:2] == (3, 50):
        return number < (3, 50, 7)
    return (3, 7, 0) <= number <= (3, 51, 2)


def versions() -> dict[str, str]:
    """What runs here, by name."""
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    found |= {name: version(name) for name in ("regulars", "flask", "sqlalchemy")}
    if db.engines[None].dialect.name == "postgresql":
        with suppress(sa.exc.DatabaseError), db.engines[None].connect() as connection:
            found["postgresql"] = connection.exec_driver_sql("SHOW server_version").scalar_one()
    return found


# --- stores -----------------------------------------------------------------------------------------------


def _behind() -> list[str]:
    return [
        f"the {history} database stands at {now or 'nothing'}, this program at {newest}; run `regulars init`"
        for history, (now, newest) in migrate.pending().items()
    ]


def _guarded(check: Any) -> list[str]:
    """A check that cannot even run has found something."""
    try:
        return check()
    except Exception as error:
        return [f"cannot be checked: {type(error).__name__}: {error}"]


def _store_findings(bind: str | None) -> list[str]:
    with db.engines[bind].connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET statement_timeout=0")
            return postgres.ailments(connection)
        return _sqlite_findings(connection.connection.dbapi_connection)


def _file_findings(path: Path) -> list[str]:
    connection = sqlite3.connect(path.as_uri() + "?mode=ro", uri=True)
    try:
        return _sqlite_findings(connection)
    finally:
        connection.close()


def _sqlite_findings(connection: Any) -> list[str]:
    broken = [row[0] for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
    for table, row, target, _key in connection.execute("PRAGMA foreign_key_check").fetchmany(20):
        broken.append(f"row {row} of {table} points at a row of {target} that is not there")
    return broken


# --- invariants -------------------------------------------------------------------------------------------


def _check_invariants(report: Report) -> None:
    invariants: list[Invariant] = collect("register_invariants")
    with snapshot() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SET LOCAL statement_timeout=0"))
        for invariant in invariants:
            report.note(invariant.name, _guarded(lambda invariant=invariant: list(invariant.find(session))))
