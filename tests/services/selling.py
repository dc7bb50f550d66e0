"""A shop that sells: where it delivers, quotes and orders for the tests of ordering, and what the doctor says."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storefront.core import clock
from storefront.core.database import Tx, db, snapshot, transaction
from storefront.core.models import MailMessage
from storefront.core.plugins import collect
from storefront.ordering import service
from storefront.ordering.models import Order, Payment
from storefront.ordering.rules.orders import Placement
from storefront.ordering.rules.payments import GatewayEvent
from storefront.ordering.service.gateways.fake import fake_party, send_webhooks
from storefront.ordering.service.gateways.fake_party import SIGNATURE
from storefront.pricing import service as pricing
from storefront.pricing.models import Coupon, Discount, ShippingMethod, ShippingZone, TaxRate
from storefront.pricing.rules import QuoteRequest
from storefront.pricing.service.claims import coupon_counter, open_counter
from tests import factories as make
from tests.conftest import new_versions

POST = 395
ADDRESS = {
    "name": "Ada Tester", "line1": "1 Test Street", "city": "Testford", "postcode": "TE1 1ST", "country": "GB",
}  # fmt: skip
BANK = {"bank_holder": "Shop Ltd", "bank_account": "GB00TEST00000000000000"}


def open_for_business(tx: Tx) -> None:
    """Delivery to one country for a flat price, and its tax."""
    zone = ShippingZone(name="Home", countries=["GB"], regions=[], postcodes=[])
    tx.add(zone)
    tx.add(TaxRate(country="GB", region="", tax_class="standard", rate_bp=2000, names={"en": "VAT"}))
    tx.flush()
    for key, price in (("post", POST), ("gift", 0)):
        way = ShippingMethod(key=key, zone_id=zone.id, names={"en": key.title()}, bands=[[None, price]])
        tx.add(way)
    tx.flush()


def quoted(lines: Iterable[tuple[int, int]], **more: Any) -> tuple[QuoteRequest, Any]:
    """A request for these (variant, pieces), and its quote now."""
    values = {"country": "GB", "shipping_method": "post", **more}
    request = QuoteRequest(lines=tuple(lines), at=clock.now(), **values)
    return request, pricing.quote(db.session, request)


def placement(
    lines: Iterable[tuple[int, int]],
    *,
    token: str = "",
    gateway: str = "fake",
    email: str = "ada@example.test",
    quote_facts: dict[str, Any] | None = None,
    **more: Any,
) -> Placement:
    """What the checkout hands to `place_order` for these (variant, pieces)."""
    request, quote = quoted(lines, **(quote_facts or {}))
    values: dict[str, Any] = {"locale": "en", "shipping_address": ADDRESS, **more}
    return Placement(
        checkout_token=token or secrets.token_urlsafe(16),
        quote=quote,
        request=request,
        email=email,
        gateway=gateway,
        **values,
    )


def place(lines: Iterable[tuple[int, int]], **more: Any) -> Any:
    """An order of these (variant, pieces), placed."""
    return service.place_order(placement(lines, **more))


def payment_of(order_id: int) -> Payment:
    """The payment that an order stands by, as it is now."""
    query = sa.select(Payment).where(Payment.order_id == order_id, Payment.owner == 1)
    return db.session.execute(query).scalar_one()


def order_row(order_id: int) -> Order:
    return db.session.execute(sa.select(Order).where(Order.id == order_id)).scalar_one()


def pay(order_id: int, outcome: str, *, webhooks: bool = True) -> Any:
    """The shopper pays at the fake bank with a card of this outcome and comes back; the step that is then due."""
    step = service.start_payment(order_id)
    assert step.kind == "go", step
    fake_party().pay(payment_of(order_id).idempotency_key, outcome)
    if webhooks:
        send_webhooks()
    return service.return_from_gateway(order_row(order_id).public_token)


def event(payment: Payment, kind: str, event_id: str = "", **more: Any) -> GatewayEvent:
    """What the fake gateway would tell of a payment."""
    values = {"amount_minor": payment.amount_minor, "currency": payment.currency, **more}
    return GatewayEvent(
        gateway=payment.gateway,
        event_id=event_id or f"{payment.idempotency_key}:{kind}",
        kind=kind,
        key=payment.idempotency_key,
        **values,
    )


def findings() -> list[str]:
    """Whatever the doctor finds wrong in the data now. Mails wait: no worker runs."""
    found = []
    with snapshot() as session:
        for invariant in collect("register_invariants"):
            if invariant.name == "mail_moves":
                continue
            found += [f"{invariant.name}: {detail}" for detail in invariant.find(session)]
    return found


def mails(template: str = "order_confirmation") -> list[MailMessage]:
    """Rows of mails of one template, oldest first."""
    query = sa.select(MailMessage).where(MailMessage.template == template).order_by(MailMessage.id)
    return list(db.session.execute(query).scalars())


@dataclass(frozen=True)
class Ready:
    """What a shop with two products has: variants, a customer, the products."""

    one: int
    two: int
    person: int
    lamp: int
    cord: int


def add_coupon(tx: Tx, code: str, percent_bp: int, limit: int) -> None:
    """A code that takes so much off, so many times."""
    discount = Discount(key=f"d-{code}", kind="percent", names={"en": code}, percent_bp=percent_bp)
    discount.created_at = clock.now()
    tx.add(discount)
    tx.flush()
    coupon = Coupon(discount_id=discount.id, code=code, uses_limit=limit, created_at=clock.now())
    tx.add(coupon)
    tx.flush()
    open_counter(tx, coupon_counter(coupon.id), limit)


def stock_up(tx: Tx) -> Ready:
    """A lamp (1290) and a cord (500), five pieces each, a customer, delivery, tax and two coupons."""
    open_for_business(tx)
    lamp = make.product(tx, title="Lamp", zh="台灯", price=1290, stock=5)
    cord = make.product(tx, title="Cord", price=500, stock=5)
    for code, percent, limit in (("ONCE", 1000, 1), ("FREE", 10000, 50)):
        add_coupon(tx, code, percent, limit)
    one, two = (make.variant_of(tx, product).id for product in (lamp, cord))
    person = make.customer(tx, "bob@example.test").id
    new_versions(tx)
    return Ready(one, two, person, lamp.id, cord.id)


def first_payment(order_id: int) -> Payment:
    """The first try to be paid for an order."""
    query = sa.select(Payment).where(Payment.order_id == order_id, Payment.attempt == 1)
    return db.session.execute(query).scalar_one()


def order_at_the_bank(lines: Iterable[tuple[int, int]], *, link: str, key: str, **more: Any) -> Any:
    """An order whose shopper stands at the bank, under a known link and key: for walks through all pages."""
    placed = place(lines, **more)
    with transaction() as tx:
        tx.execute(sa.update(Order).where(Order.id == placed.order_id).values(public_token=link))
        mine = Payment.order_id == placed.order_id
        tx.execute(sa.update(Payment).where(mine).values(idempotency_key=key))
    service.start_payment(placed.order_id)
    return placed


__all__ = ["SIGNATURE", "clock", "fake_party", "send_webhooks"]
