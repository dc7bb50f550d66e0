"""One environment for all histories; `history` in the Alembic config says which one runs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from storefront.core.database import JOURNAL, JOURNAL_SCHEMA, UtcTime, db, write_engine

config = context.config
history = config.get_main_option("history", "shop")
bind = JOURNAL if history == "journal" else None
metadata = db.metadatas[bind]

# Made by hand in a migration, because they differ between the databases.
OUTSIDE_MODELS = ("search_document",)


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Plugins keep their own histories; full-text tables are not in the models."""
    if kind == "table" and name is not None:
        return not name.startswith(("plugin_", "sqlite_", *OUTSIDE_MODELS))
    return True


def include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    return include_name(name, kind, {})


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Our column types appear in migrations as the plain types that they are stored as."""
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    given = config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    with write_engine(bind).connect() as connection:
        _run(connection)


def _run(connection: sa.Connection) -> None:
    if bind == JOURNAL and connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {JOURNAL_SCHEMA}"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        include_object=include_object,
        render_item=render_item,
        render_as_batch=True,
        compare_type=True,
        version_table="alembic_version",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
