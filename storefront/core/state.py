"""Small facts that the whole shop remembers, as JSON values by key."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storefront.core.database import Tx, db
from storefront.core.models import ShopState


def read_state(key: str) -> Any:
    """The value remembered under `key`, or None."""
    return db.session.execute(sa.select(ShopState.value).where(ShopState.key == key)).scalar()


def write_state(tx: Tx, key: str, value: Any) -> None:
    """Remember a JSON value."""
    tx.merge(ShopState(key=key, value=value))
