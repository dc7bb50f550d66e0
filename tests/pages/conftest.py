"""A filled and trained shop for tests that look at all of its pages; nobody may write to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from storefront.app import create_app
from storefront.catalog.service.indexing import reindex_all
from storefront.core.database import db, dispose, transaction
from storefront.core.routes import classified_routes
from storefront.customers.models import CustomerAddress
from storefront.customers.rules import Address
from storefront.customers.service import give_account, hash_password, keep_address, record_consent
from storefront.personalization.service.training import train_shop
from tests import factories, stores
from tests.browser import stock_room
from tests.conftest import Browser
from tests.pages.sold import sent_order
from tests.pages.staff import StaffBrowser
from tests.pages.walking import OWN as SITE
from tests.pages.walking import Visit, samples, walk
from tests.selling import Shopper, open_for_sale

READER, OWNER = "regular@example.test", "owner@example.test"
PASSWORD = "a-long-enough-password"
HASH = hash_password(PASSWORD)
# Links and numbers of two orders, one waiting and one sent, as the samples of the table of routes say.
ORDER_LINK = "0123456789abcdef0123456789abcdef"
SENT = {"link": "fedcba9876543210fedcba9876543210", "number": "R-7K3M9QXP"}
ADDRESS = "0123456789abcdef0123"  # as the samples of the table of routes say


@dataclass(frozen=True)
class Site:
    """The shop of these tests. `visitor()` is nobody, `regular()` a signed-in customer with an order history,
    `owner()` whoever owns it."""

    app: Flask

    def visitor(self) -> FlaskClient:
        return Browser(self.app)

    def regular(self) -> FlaskClient:
        return self._signed_in(READER)

    def owner(self) -> FlaskClient:
        return self._signed_in(OWNER)

    def _signed_in(self, email: str) -> FlaskClient:
        client = Browser(self.app)
        page = client.get("/account/login", base_url=SITE)
        token = page.get_data(as_text=True).split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"email": email, "password": PASSWORD, "csrf_token": token}
        answer = client.post("/account/login", data=form, base_url=SITE)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """Every state of a page, texts in both languages, and enough orders for strips with reasons."""
    folder = tmp_path_factory.mktemp("site")
    stores.copy_databases(sqlite_template, folder)
    app = create_app(
        stores.settings(
            folder,
            login_limit="1000 per minute",
            register_limit="1000 per minute",
            search_limit="1000 per minute",
        )
    )
    with app.app_context():
        with transaction() as tx:
            stock_room.fill(tx)
            open_for_sale(tx)
            _history(tx)
            reindex_all(tx)
        train_shop()
    _buying(app)
    _sent(app)
    yield Site(app)
    dispose(app)


def _history(tx: Any) -> None:
    """Sixty customers; who buys one of the first things buys its neighbour with it."""
    from storefront.catalog.models import Product

    things = tx.query(Product).filter(Product.slug.like("row-%")).order_by(Product.id).all()
    for number in range(60):
        person = factories.customer(tx)
        pair = number % 6 * 2
        lines = [(things[pair], 1), (things[pair + 1], 1), (things[12 + number % 9], 1)]
        factories.order(tx, *lines, customer=person, placed_at=factories.LONG_AGO + timedelta(days=number))
    give_account(tx, email=OWNER, password_hash=HASH, name="Own Er", role="owner")
    regular = give_account(tx, email=READER, password_hash=HASH, name="Reg Ular")
    for purpose in ("statistics", "personalization"):
        record_consent(tx, regular, purpose, given=True, source="tests")
    from storefront.customers.models import Customer

    keep_address(tx, regular, Address("Reg Ular", "1 Long Lane", "Oldtown", "GB", postcode="EC1A 1HQ"))
    tx.execute(sa.update(CustomerAddress).values(public_id=ADDRESS))
    factories.order(tx, (things[0], 1), customer=tx.get(Customer, regular))
    _wishes(tx, regular, things[:2])


def _buying(app: Flask) -> None:
    """The regular customer has bought, and the order's link is the sample of the table of routes; now they stand
    before the last step of buying again."""
    regular = Shopper(app)
    regular.sign_in(READER, PASSWORD)
    with app.app_context():
        first, second = _skus(("row-20", "row-21"))
    _to_payment(regular, first)
    assert regular.place(**regular.payment_form()).status_code == 303
    with app.app_context(), transaction() as tx:
        tx.execute(
            sa.text("UPDATE orders SET public_token = :link WHERE origin = 'shop'"), {"link": ORDER_LINK}
        )
    _to_payment(regular, second)


def _sent(app: Flask) -> None:
    """An earlier order of the same customer, paid and sent: with an invoice, a parcel, something to send back."""
    with app.app_context():
        variants = sa.text(
            "SELECT variant.id FROM variant JOIN product p ON p.id = product_id WHERE slug = 'row-22'"
        )
        who = sa.text("SELECT id FROM customer WHERE email = :email")
        variant = db.session.execute(variants).scalar_one()
        customer = db.session.execute(who, {"email": READER}).scalar_one()
    sent_order(app, customer, READER, [(variant, 2)], way="standard", **SENT)


def _skus(slugs: tuple[str, ...]) -> list[str]:
    query = sa.text(
        "SELECT sku FROM variant JOIN product ON product.id = variant.product_id WHERE slug = :slug"
    )
    return [db.session.execute(query, {"slug": slug}).scalar_one() for slug in slugs]


def _to_payment(shopper: Shopper, sku: str) -> None:
    shopper.add(sku)
    shopper.post("/checkout/contact")
    assert shopper.shipping(address=ADDRESS).headers.get("Location") == "/checkout/payment"


def _wishes(tx: Any, regular: int, things: list[Any]) -> None:
    """Two wishes of the regular customer, shared by a link that the table of routes names as its sample."""
    from storefront.reviews.models import Wish, WishShare

    then = factories.LONG_AGO
    for place, thing in enumerate(things):
        variant = factories.variant_of(tx, thing)
        wish = {"variant_id": variant.id, "price_minor": variant.price_minor + 100, "added_at": then}
        tx.add(Wish(customer_id=regular, position=place, note="note", **wish))
    tx.add(WishShare(customer_id=regular, token="shared-list", title="Rea", created_at=then))


@pytest.fixture(scope="session")
def visits(site: Site) -> list[Visit]:
    """Every page of both languages, as nobody and as a signed-in customer."""
    start = samples(site.app)
    pages = [
        "/zh" + path
        for path in start
        if not path.startswith(("/static", "/media", "/healthz", "/metrics", "/readyz"))
    ]
    return walk(site.visitor(), more=[*start, *pages]) + walk(site.regular(), more=[*start, *pages])


@pytest.fixture(scope="session")
def console_visits(site: Site) -> list[Visit]:
    """Every page of the console in both languages, as its owner; of lists one change of the address each."""

    def follow(path: str) -> bool:
        bare, _mark, query = path.removeprefix("/zh").partition("?")
        return bare.startswith("/console") and query.count("=") <= 1

    pages = [
        route.rule
        for route in classified_routes(site.app).routes
        if route.audience == "owner" and route.method == "GET" and "<" not in route.rule
    ]
    return walk(site.owner(), "/console", [*pages, *(f"/zh{page}" for page in pages)], follow)


@pytest.fixture
def console(app: Flask) -> Callable[[str], StaffBrowser]:
    """`console("owner")`: a browser in which somebody of that role is signed in."""
    return lambda role: StaffBrowser(app, role)


@pytest.fixture
def sign_in_to() -> Callable[[Flask, str], StaffBrowser]:
    """The same in a shop of one's own."""
    return StaffBrowser
