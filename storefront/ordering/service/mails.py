"""Mails about orders: each is one row, written in the command that causes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from storefront.core import mail
from storefront.core.database import Tx
from storefront.ordering.models import Order, OrderLine, Payment
from storefront.ordering.service.gateways import all_gateways
from storefront.ordering.service.terms import Terms


def send_order_mail(
    tx: Tx, order: Order, template: str, terms: Terms, *, key: str = "", **more: Any
) -> int | None:
    """Write one mail about an order; a second with the same template and `key` is not written."""
    if not order.email:
        return None
    context = {"order": order_context(tx, order, terms), **more}
    dedupe_key = f"{order.number}:{key}" if key else order.number
    return mail.send(
        tx,
        template,
        order.email,
        locale=order.locale or "en",
        context=context,
        dedupe_key=dedupe_key,
    )


def order_context(tx: Tx, order: Order, terms: Terms) -> dict[str, Any]:
    """What the templates of mails know of an order: plain values, amounts in minor units of its currency."""
    columns = ("id", "sku", "title", "quantity", "unit_price_minor", "discount_minor", "total_minor", "extra")
    query = sa.select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    lines = [{name: getattr(line, name) for name in columns} for line in tx.execute(query).scalars()]
    paid_by = sa.select(Payment).where(Payment.order_id == order.id, Payment.owner == 1)
    payment = tx.execute(paid_by).scalar_one()
    days = ("delivery_earliest", "delivery_latest", "placed_at", "expires_at")
    plain = (
        "number", "invoice_number", "public_token", "currency", "status", "payment_state", "lines_minor",
        "charges_minor", "discount_minor", "tax_minor", "total_minor", "shipping_name", "shipping_minor",
        "tax_included", "shipping_address", "billing_address", "note", "cancel_reason",
    )  # fmt: skip
    return {
        **{name: getattr(order, name) for name in plain},
        **{name: _day(getattr(order, name)) for name in days},
        "lines": lines,
        "extras": (order.pricing or {}).get("adjustments", []),
        "taxes": (order.pricing or {}).get("taxes", []),
        "payment": {"gateway": payment.gateway, "label": payment.label, "state": payment.state},
        "settles_later": settles_later(payment.gateway),
        "shipping_kind": (order.pricing or {}).get("shipping_kind", "delivery"),
        "shipping_note": (order.pricing or {}).get("shipping_note", ""),
        "bank": terms.bank if payment.gateway == "transfer" else None,
    }


def _day(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None


def settles_later(gateway: str) -> bool:
    """Whether orders paid this way count before the money is here."""
    known = all_gateways().get(gateway)
    return known is not None and known.settles_later
