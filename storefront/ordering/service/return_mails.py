"""Mails about goods that go back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from storefront.core.database import Tx
from storefront.ordering.models import Order, OrderReturn, ReturnLine
from storefront.ordering.service.mails import send_order_mail
from storefront.ordering.service.terms import Terms


def tell_of_return(tx: Tx, order: Order, row: OrderReturn, template: str, terms: Terms, **more: Any) -> None:
    """The mail about a return: what it is about, and what was said. Once per return and template."""
    query = sa.select(ReturnLine.title, ReturnLine.sku, ReturnLine.quantity)
    lines = tx.execute(query.where(ReturnLine.return_id == row.id).order_by(ReturnLine.position))
    pieces = [[line.title or line.sku, line.quantity] for line in lines]
    back = {"number": row.number, "pieces": pieces, "note": "", **more}
    send_order_mail(tx, order, template, terms, key=row.number, back=back)
