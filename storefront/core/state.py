"""Small facts of the whole shop that every process sees: versions and remembered values."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storefront.core.database import Tx, db
from storefront.core.models import ShopState


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
