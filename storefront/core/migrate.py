"""Bringing the databases to this version of the code, and telling whether they are."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storefront.core.database import JOURNAL, write_engine

HISTORIES = {"shop": "versions", "journal": "journal_versions"}


def alembic_config(history: str) -> Config:
    """The Alembic configuration of one history of the core."""
    folder = files("storefront._migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / HISTORIES[history]))
    config.set_main_option("path_separator", "os")
    config.set_main_option("history", history)
    return config


def upgrade_all() -> None:
    """Upgrade the shop's and the journal's database to the newest version. Safe to repeat."""
    for history in HISTORIES:
        command.upgrade(alembic_config(history), "head")


def pending() -> dict[str, tuple[str | None, str | None]]:
    """Histories whose database is not at the newest version: name -> (is, should be)."""
    behind = {}
    for history in HISTORIES:
        head = ScriptDirectory.from_config(alembic_config(history)).get_current_head()
        current = _current(JOURNAL if history == "journal" else None)
        if current != head:
            behind[history] = (current, head)
    return behind


def _current(bind: str | None) -> str | None:
    with write_engine(bind).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return MigrationContext.configure(connection).get_current_revision()
