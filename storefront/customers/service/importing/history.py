"""Customers that an order history names: made when the shop does not know them, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core.database import db
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CREATED, SKIPPED, Item, Outcome
from storefront.customers.models import Customer
from storefront.customers.rules import email_key
from storefront.customers.service.accounts import new_public_id

CUSTOMER = Customer.__table__
KNOWN = Outcome(SKIPPED, "already_there")


def find_customers(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Customer ids by what a file calls them: an e-mail address, or the id in the old shop."""
    wanted = sorted(set(names))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 400):
        part = wanted[start : start + 400]
        keys = {key: name for name in part if (key := email_key(name))}
        by_id = sa.select(CUSTOMER.c.external_id, CUSTOMER.c.id).where(CUSTOMER.c.external_id.in_(part))
        found.update({name: row_id for name, row_id in session.execute(by_id)})
        if keys:
            by_mail = sa.select(CUSTOMER.c.email_key, CUSTOMER.c.id).where(
                CUSTOMER.c.email_key.in_(list(keys))
            )
            found.update({keys[key]: row_id for key, row_id in session.execute(by_mail)})
    return found


def known_customers(names: Iterable[str]) -> dict[str, int]:
    """`find_customers` through the reading door."""
    return find_customers(db.session(), names)


class HistoryCustomers:
    """People by the id or the address under which a history knows them."""

    name = "history_customer"

    def prepare(self, items: Sequence[Item], batch: str) -> list[dict[str, Any]]:
        return [self._row(item) for item in items]

    def _row(self, item: Item) -> dict[str, Any]:
        who = item.payload["who"]
        mail = who if email_key(who) else None
        return {
            "public_id": new_public_id(),
            "email": mail,
            "email_key": email_key(mail) if mail else None,
            "external_id": None if mail else who,
            "country": item.payload["country"] or None,
            "role": "customer",
            "disabled": False,
            "joined_at": datetime.fromtimestamp(item.payload["joined"], UTC),
        }

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        return self._outcomes(items, find_customers(session, [item.key for item in items]))

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: list[dict[str, Any]]) -> list[Outcome]:
        known = find_customers(ledger.tx, [item.key for item in items])
        new = [row for item, row in zip(items, prepared, strict=True) if item.key not in known]
        for row, row_id in zip(new, ledger.ids(CUSTOMER, len(new)), strict=True):
            row["id"] = row_id
        ledger.insert(CUSTOMER, new)
        return self._outcomes(items, known)

    def _outcomes(self, items: Sequence[Item], known: dict[str, int]) -> list[Outcome]:
        return [KNOWN if item.key in known else Outcome(CREATED, objects={"customers": 1}) for item in items]


def names_of_customers(session: Session) -> dict[int, str]:
    """What a file calls each customer: the address, or else the id in the old shop."""
    query = sa.select(CUSTOMER.c.id, CUSTOMER.c.email, CUSTOMER.c.external_id)
    return {row_id: email or external_id or "" for row_id, email, external_id in session.execute(query)}
