"""Placing an order: one command, no hook and no network inside; a refusal leaves nothing behind.

The order's row comes first: its checkout token is unique, so the same form sent twice is the same order. Then
prices are derived again, and stock, claims and cart lines are taken, in the order in which everybody locks.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storefront.cart import service as cart
from storefront.catalog import service as catalog
from storefront.core.database import Tx, db, transaction
from storefront.core.events import publish
from storefront.customers import service as customers
from storefront.customers.rules import email_key
from storefront.inventory import service as inventory
from storefront.ordering.errors import KeyUsed, NoSuchGateway, QuoteChanged
from storefront.ordering.events import OrderPlaced
from storefront.ordering.models import Order, OrderLine
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.rules.orders import Placed, Placement
from storefront.ordering.rules.payments import Gateway
from storefront.ordering.service.confirming import confirm, note_paid
from storefront.ordering.service.gateways import facts_of_quote, gateway_of, shipping_kind
from storefront.ordering.service.links import new_token
from storefront.ordering.service.locking import patiently
from storefront.ordering.service.terms import CARD_EXPIRES, Terms, read_terms
from storefront.ordering.service.timeline import insert_of, note
from storefront.ordering.service.trying import new_payment
from storefront.pricing import service as pricing
from storefront.pricing.rules import Quote

_ORDER = Order.__table__


@dataclass(frozen=True, slots=True)
class _Prepared:
    """All that is looked up before the command opens."""

    terms: Terms
    gateway: Gateway | None
    label: str
    expires: timedelta | None
    words: dict[int, tuple[str, str]]


def place_order(placement: Placement) -> Placed:
    """Turn a frozen quote into an order. The same checkout token gives the same order, however often.

    Raises QuoteChanged, SoldOut, ClaimSpent, NoSuchGateway; KeyUsed when the token belongs to somebody else's
    cart. Whatever it raises, nothing is taken and nothing is written.
    """
    known = _find_placed(placement)
    if known is not None:
        return known
    prepared = _prepare(placement)
    return patiently(lambda: _place(placement, prepared))


def _place(placement: Placement, prepared: _Prepared) -> Placed:
    with transaction() as tx:
        order_id = _insert_first(tx, placement, prepared)
        if order_id is None:
            return _existing(tx.execute(_by_token(placement)).one(), placement)
        return _fill(tx, order_id, placement, prepared)


def _prepare(placement: Placement) -> _Prepared:
    terms = read_terms()
    quote = placement.quote
    gateway = None
    if quote.total_minor > 0:
        gateway = gateway_of(placement.gateway)
        if not gateway.available(facts_of_quote(quote)):
            raise NoSuchGateway
    cards = catalog.load_variants([line.variant_id for line in quote.lines], placement.locale)
    words = {at: (card.title, card.options) for at, card in cards.items()}
    expires = None
    if gateway is not None:
        expires = gateway.expires_after() if gateway.settles_later else CARD_EXPIRES
    return _Prepared(terms, gateway, str(gateway.label) if gateway else "", expires, words)


# --- the same form again ----------------------------------------------------------------------------------


def _by_token(placement: Placement) -> sa.Select[Any]:
    return sa.select(_ORDER).where(_ORDER.c.checkout_token == placement.checkout_token)


def _find_placed(placement: Placement) -> Placed | None:
    row = db.session.execute(_by_token(placement)).first()
    return _existing(row, placement) if row is not None else None


def _existing(row: sa.Row, placement: Placement) -> Placed:
    if row.cart_id != placement.cart_id or not _same_buyer(row, placement):
        raise KeyUsed
    waits = row.status == rules.PENDING and row.payment_state not in payments.SECURED
    return Placed(row.id, row.number, row.public_token, existing=True, needs_payment=waits)


def _same_buyer(row: sa.Row, placement: Placement) -> bool:
    """A guest's order may have become that of an account with their address meanwhile: their cart tells."""
    joined = placement.customer_id is None and placement.cart_id is not None
    return joined or row.customer_id == placement.customer_id


def _insert_first(tx: Tx, placement: Placement, prepared: _Prepared) -> int | None:
    """The new order's id; None when this token has made one. Who sends the same meanwhile waits here."""
    for _try in range(5):
        values = _values(placement, prepared)
        written = insert_of(tx)(_ORDER).values(**values).on_conflict_do_nothing().returning(_ORDER.c.id)
        order_id = tx.execute(written).scalar_one_or_none()
        if order_id is not None or tx.execute(_by_token(placement)).first() is not None:
            return order_id
    raise RuntimeError("five unguessable numbers in a row were taken")


def _values(placement: Placement, prepared: _Prepared) -> dict[str, Any]:
    quote, now = placement.quote, prepared.terms.now
    return {
        "number": rules.public_number(
            secrets.choice(rules.NUMBER_LETTERS) for _ in range(rules.NUMBER_LENGTH)
        ),
        "public_token": new_token(),
        "checkout_token": placement.checkout_token,
        "origin": "shop",
        "status": rules.PENDING,
        "fulfilment_state": rules.UNFULFILLED,
        "placed_at": now,
        "expires_at": now + prepared.expires if prepared.expires else None,
        "customer_id": placement.customer_id,
        "cart_id": placement.cart_id,
        "email": placement.email,
        "email_key": email_key(placement.email),
        "phone": placement.phone or None,
        "locale": placement.locale,
        "note": placement.note or None,
        "shipping_address": dict(placement.shipping_address),
        "billing_address": dict(placement.billing_address) if placement.billing_address else None,
        **_amounts(quote),
        **_delivery(quote),
    }


def _amounts(quote: Quote) -> dict[str, Any]:
    return {
        "currency": quote.currency,
        "country": quote.country,
        "tax_included": quote.prices_include_tax,
        "lines_minor": quote.lines_minor,
        "charges_minor": quote.adjustments_minor + quote.shipping_total_minor,
        "discount_minor": quote.discount_minor,
        "tax_minor": quote.tax_minor,
        "total_minor": quote.total_minor,
        "pricing": {
            "shipping_kind": shipping_kind(quote),
            "shipping_note": quote.shipping.note if quote.shipping else "",
            "discounts": [asdict(item) for item in quote.discounts],
            "adjustments": [asdict(item) for item in quote.adjustments],
            "taxes": [asdict(item) for item in quote.taxes],
            "claims": [[claim.counter, claim.amount] for claim in quote.claims],
        },
    }


def _delivery(quote: Quote) -> dict[str, Any]:
    way = quote.shipping
    if way is None:
        return {}
    return {
        "shipping_method": way.key,
        "shipping_name": way.name,
        "shipping_minor": quote.shipping_minor,
        "shipping_tax_minor": way.tax_minor,
        "delivery_earliest": way.earliest,
        "delivery_latest": way.latest,
    }


# --- the rest of the command ------------------------------------------------------------------------------


def _fill(tx: Tx, order_id: int, placement: Placement, prepared: _Prepared) -> Placed:
    order = tx.execute(sa.select(Order).where(Order.id == order_id)).scalar_one()
    quote = _quoted_again(tx, placement, prepared.terms.now)
    pieces = [(line.variant_id, line.quantity) for line in quote.lines]
    inventory.take(tx, pieces, holder=placement.holder, reference=order.number)
    pricing.spend_claims(tx, quote.claims, order.number)
    if placement.cart_id is not None:
        cart.take_lines(tx, placement.cart_id, pieces)
    tx.add_all(_lines(order_id, quote, prepared))
    if placement.marketing and placement.customer_id is not None:
        customers.record_consent(tx, placement.customer_id, "marketing", given=True, source="checkout")
    note(tx, order_id, "placed", "customer", marketing=placement.marketing)
    publish(tx, OrderPlaced(order_id=order_id, customer_id=placement.customer_id))
    waits = _open_payment(tx, order, prepared)
    return Placed(order_id, order.number, order.public_token, existing=False, needs_payment=waits)


def _quoted_again(tx: Tx, placement: Placement, now: datetime) -> Quote:
    """The quote as it is now, which must cost what the shopper saw."""
    quote = pricing.quote(tx, replace(placement.request, at=now))
    if quote.digest != placement.quote.digest or quote.missing or not quote.lines:
        raise QuoteChanged(quote)
    return quote


def _lines(order_id: int, quote: Quote, prepared: _Prepared) -> list[OrderLine]:
    found = []
    for position, line in enumerate(quote.lines):
        title, options = prepared.words.get(line.variant_id, (line.sku, ""))
        row = OrderLine(order_id=order_id, position=position, kind="product", sku=line.sku, title=title[:255])
        row.variant_id, row.product_id = line.variant_id, line.product_id
        row.quantity, row.unit_price_minor = line.quantity, line.unit_minor
        row.discount_minor, row.total_minor = line.discount_minor, line.total_minor
        row.tax_rate_bp, row.tax_minor = line.tax_rate_bp, line.tax_minor
        row.extra = {"options": options} if options else None
        found.append(row)
    return found


def _open_payment(tx: Tx, order: Order, prepared: _Prepared) -> bool:
    """The first try to be paid; True when the shopper has to do something for it."""
    payment = new_payment(tx, order, prepared.gateway, prepared.label, 1, prepared.terms)
    if prepared.gateway is not None and not prepared.gateway.settles_later:
        return True
    confirm(tx, order, payment, prepared.terms)
    if prepared.gateway is None:
        note_paid(tx, order, payment, prepared.terms)
    return False
