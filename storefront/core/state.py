"""Small facts of the whole shop that every process sees: versions and remembered values."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g

from storefront.core.database import Tx, db
from storefront.core.models import ShopState

# Keys whose version each request looks at: the navigation and cards of the catalogue, the set of plugins.
WATCHED = ("catalog", "plugins")


def read_state(key: str) -> Any:
    """The value remembered under `key`, or None."""
    return db.session.execute(sa.select(ShopState.value).where(ShopState.key == key)).scalar()


def write_state(tx: Tx, key: str, value: Any) -> None:
    """Remember a JSON value and raise its version."""
    row = tx.get(ShopState, key)
    if row is None:
        tx.add(ShopState(key=key, version=1, value=value))
    else:
        row.value = value
        row.version += 1


def raise_version(tx: Tx, key: str) -> None:
    """Tell every process that what it keeps under `key` is out of date."""
    changed = tx.execute(
        sa.update(ShopState).where(ShopState.key == key).values(version=ShopState.version + 1)
    )
    if changed.rowcount == 0:
        tx.add(ShopState(key=key, version=1))


def remember_versions(versions: dict[str, int]) -> None:
    """Keep the watched versions for this request: who loads the person has read them already."""
    g.regulars_versions = versions


def versions() -> dict[str, int]:
    """The watched versions, at most one query a request."""
    if "regulars_versions" not in g:
        query = sa.select(ShopState.key, ShopState.version).where(ShopState.key.in_(WATCHED))
        found = dict(db.session.execute(query).tuples().all())
        remember_versions({key: found.get(key, 0) for key in WATCHED})
    return g.regulars_versions
