"""Setting up an instance: folder, key, databases. Safe to repeat; says what it did."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from storefront.core import migrate
from storefront.core.database import dispose
from storefront.core.errors import SetupError
from storefront.core.filesystems import network_file_system
from storefront.core.settings import Settings


def install(app: Flask) -> list[str]:
    """Create or upgrade every store; returns what was done, a line each.

    Raises SetupError for an SQLite file on a network file system and for a database newer than this program.
    """
    settings: Settings = app.extensions["regulars_settings"]
    refuse_network_files(settings)
    before = {history: migrate.current(history) for history in migrate.HISTORIES}
    _refuse_newer(before)
    migrate.upgrade_all()
    dispose(app)
    for path in database_files(settings).values():
        if path.exists():
            path.chmod(0o600)
    done = [f"Instance: {settings.folder}"]
    for history, old in before.items():
        done.append(f"{history.capitalize()} database: {_change(old, migrate.head(history))}")
    return done


def _change(old: str | None, new: str | None) -> str:
    if old is None:
        return f"created (version {new})"
    return f"already at version {new}" if old == new else f"upgraded from version {old} to {new}"


def _refuse_newer(before: dict[str, str | None]) -> None:
    for history, revision in before.items():
        if revision is not None and revision not in migrate.revisions(history):
            raise SetupError(
                f"the {history} database stands at version {revision}, which this program does not know: "
                "it was made by a newer one; install that, or restore an older backup"
            )


def database_files(settings: Settings) -> dict[str, Path]:
    """The SQLite files of the shop, by store; stores that live on a server are not among them."""
    found: dict[str, Path] = {}
    for store, url in (("shop", settings.shop_url), ("journal", settings.behaviour_url)):
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            found[store] = Path(parsed.database)
    if not settings.redis_url:
        found["jobs"] = settings.folder / "jobs.db"
    return found


def refuse_network_files(settings: Settings) -> None:
    """Raise SetupError when an SQLite file would lie where its locks are not kept."""
    for path in database_files(settings).values():
        kind = network_file_system(path.parent)
        if kind is not None:
            raise SetupError(
                f"{path} lies on a network file system ({kind}), where SQLite loses data; "
                "move the instance to a local disk or set REGULARS_DATABASE_URL to PostgreSQL"
            )
