"""Bringing the databases to this version of the code, and telling whether they are."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from storefront.core.database import JOURNAL, db
from storefront.core.errors import SetupError

# Made by hand in a migration, because they differ between the databases.
OUTSIDE_MODELS = ("search_document",)
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


def tables_of(history: str) -> frozenset[str]:
    """Every table that this code's migrations make in a history, plugins' aside."""
    made = set(db.metadatas[JOURNAL if history == "journal" else None].tables)
    return frozenset({*made, "alembic_version", *(() if history == "journal" else OUTSIDE_MODELS)})


@cache
def head(history: str) -> str | None:
    """The newest revision that this code knows of a history."""
    return ScriptDirectory.from_config(alembic_config(history)).get_current_head()


@cache
def revisions(history: str) -> frozenset[str]:
    """Every revision that this code knows of a history."""
    script = ScriptDirectory.from_config(alembic_config(history))
    return frozenset(step.revision for step in script.walk_revisions())


def current(history: str) -> str | None:
    """The revision that a database stands at; None when it was never set up.

    Raises SetupError when the database cannot be reached or is not one.
    """
    # Through the reading door: asking must not wait for whoever is writing.
    engine = db.engines[JOURNAL if history == "journal" else None]
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except sa.exc.DatabaseError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise SetupError(f"the {history} database cannot be used: {reason}") from error


def pending() -> dict[str, tuple[str | None, str | None]]:
    """Histories whose database is not at the newest version: name -> (is, should be)."""
    found = {history: (current(history), head(history)) for history in HISTORIES}
    return {history: (now, newest) for history, (now, newest) in found.items() if now != newest}


def require_current() -> None:
    """Raise SetupError, saying what to run, unless every database is at the version of this code."""
    for history, (now, _newest) in pending().items():
        state = "is not set up yet" if now is None else f"stands at version {now}, not at this program's"
        raise SetupError(f"the {history} database {state}; run `regulars init`")


def is_initialised() -> bool:
    """Whether there is a shop in the database at all, of whatever version."""
    return current("shop") is not None
