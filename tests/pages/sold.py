"""A shop that sold something: real orders, placed and paid through the services, for tests of their pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from storefront.core.database import transaction
from storefront.core.store import store_settings, store_values
from storefront.customers.service import give_account, hash_password
from storefront.ordering import service
from storefront.ordering.models import Order
from storefront.ordering.service.reading import OrderView
from tests import factories
from tests.conftest import Browser
from tests.pages.walking import OWN
from tests.services import selling

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
BUSINESS = {
    "business_name": "Corner Goods Ltd",
    "business_address": "5 Market Row\nTestford TE1 2AB",
    "business_country": "GB",
    "business_tax_number": "GB 123 4567 89",
    "contact_email": "help@corner.example",
}


@dataclass
class Sold:
    """Places orders and moves them on, each in an app context of its own."""

    app: Flask
    things: dict[str, int]

    def place(self, **more: Any) -> OrderView:
        """A lamp and two cups unless `lines` (name, pieces) say else; not paid yet, by card."""
        lines = [(self.things[name], pieces) for name, pieces in more.pop("lines", [("lamp", 1), ("cup", 2)])]
        with self.app.app_context():
            return service.get_order(selling.place(lines, **more).order_id)

    def paid(self, **more: Any) -> OrderView:
        order = self.place(**more)
        with self.app.app_context():
            selling.pay(order.id, "approve")
        return self.now(order)

    def sent(self, **more: Any) -> OrderView:
        """Paid and sent whole."""
        order = self.paid(**more)
        self.do(
            service.ship,
            order.id,
            carrier="Swift Post",
            tracking="SP 42",
            tracking_url="https://swift.test/SP42",
        )
        return self.now(order)

    def do(self, act: Any, *values: Any, **more: Any) -> Any:
        with self.app.app_context():
            return act(*values, **more)

    def now(self, order: OrderView) -> OrderView:
        return self.do(service.get_order, order.id)

    def person(self, email: str, *, role: str = "customer", name: str = "Ann") -> int:
        with self.app.app_context(), transaction() as tx:
            return give_account(tx, email=email, password_hash=HASH, name=name, role=role)


def open_shop(app: Flask, tx: Any) -> Sold:
    """A shop with a lamp, a cup and a rug, delivery, tax, transfer and cash on delivery."""
    with app.app_context():
        store_settings()
    with tx() as t:
        selling.open_for_business(t)
        store_values(t, {**BUSINESS, **selling.BANK, "cash_on_delivery": True})
        things = {}
        for name, price in (("lamp", 4990), ("cup", 1250), ("rug", 12900)):
            row = factories.product(
                t,
                name,
                title=f"Fine {name}",
                zh=f"好{name}",
                price=price,
                sku=f"SKU-{name.upper()}",
                stock=20,
            )
            things[name] = factories.variant_of(t, row).id
    return Sold(app, things)


def sent_order(
    app: Flask,
    customer_id: int,
    email: str,
    lines: list[tuple[int, int]],
    *,
    link: str,
    number: str,
    way: str = "post",
) -> None:
    """An order of this customer that was paid and sent, under a known link and number: for walks."""
    with app.app_context():
        facts = {"shipping_method": way}
        placed = selling.place(lines, customer_id=customer_id, email=email, quote_facts=facts)
        selling.pay(placed.order_id, "approve")
        service.ship(placed.order_id, carrier="Swift Post", tracking="SP 42")
        with transaction() as tx:
            mine = Order.id == placed.order_id
            tx.execute(sa.update(Order).where(mine).values(public_token=link, number=number))


def sign_in(app: Flask, email: str) -> Browser:
    """A browser in which this person signed in."""
    client = Browser(app)
    answer = client.post(
        "/account/login",
        data={"email": email, "password": PASSWORD, "csrf_token": token_of(client)},
        base_url=OWN,
    )
    assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
    return client


def token_of(client: Browser, path: str = "/account/login") -> str:
    page = client.get(path, base_url=OWN).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
