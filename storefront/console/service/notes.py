"""Notes of the staff and saved views of lists."""

from __future__ import annotations

import re

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core.console import add_comment
from storefront.core.database import transaction
from storefront.core.errors import NotFound, Refusal
from storefront.core.models import SavedView

MOST_VIEWS = 30
_PAGE = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def write_comment(subject: str, key: str, body: str) -> int:
    """A note on a thing. Raises Refusal for an empty one."""
    with transaction() as tx:
        return add_comment(tx, subject, key, body)


def save_view(owner_id: int, *, page: str, name: str, query: str, shared: bool) -> int:
    """Keep a view of the index `page`. Raises Refusal without a name, and beyond thirty of one's own."""
    name = " ".join(name.split())
    if not name or len(name) > 60 or not _PAGE.fullmatch(page) or len(query) > 2000:
        raise Refusal(_("Give the view a name of at most 60 characters."), field="name")
    mine = sa.select(sa.func.count()).where(SavedView.owner_id == owner_id, SavedView.page == page)
    with transaction() as tx:
        if tx.execute(mine).scalar_one() >= MOST_VIEWS:
            raise Refusal(_("You have thirty views here already: delete one first."), field="name")
        row = SavedView(page=page, name=name, query=query, owner_id=owner_id, shared=shared)
        tx.add(row)
        tx.flush()
        return row.id


def delete_view(owner_id: int, view_id: int) -> None:
    """Remove a view of one's own. Raises NotFound for somebody else's, as for none."""
    with transaction() as tx:
        mine = sa.delete(SavedView).where(SavedView.id == view_id, SavedView.owner_id == owner_id)
        if tx.execute(mine).rowcount != 1:
            raise NotFound()
