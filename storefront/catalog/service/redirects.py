"""Old addresses that lead to new ones, for ever."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.catalog.service import tables as t
from storefront.core import clock
from storefront.core.database import Tx, db

LONGEST_PATH = 500
_BY_PATH = sa.select(t.redirect.c.new_path).where(t.redirect.c.old_path == sa.bindparam("path"))


def find_redirect(path: str) -> str | None:
    """Where `path` (without mount and language) moved to, if it did."""
    if len(path) > LONGEST_PATH or "\x00" in path:
        return None
    return db.session.execute(_BY_PATH, {"path": path}).scalar()


def add_redirect(tx: Tx, old_path: str, new_path: str) -> None:
    """Lead `old_path` to `new_path`. Chains are shortened; what is an address again leads nowhere."""
    if old_path == new_path:
        return
    moved = t.redirect
    tx.execute(sa.delete(moved).where(moved.c.old_path.in_([old_path, new_path])))
    tx.execute(sa.update(moved).where(moved.c.new_path == old_path).values(new_path=new_path))
    tx.execute(sa.insert(moved).values(old_path=old_path, new_path=new_path, created_at=clock.now()))
