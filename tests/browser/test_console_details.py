"""Lists and details of the console in a real browser: axe finds nothing, and nothing stands out at 320 px."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from storefront.catalog.models import Category, ContentPage, Product, Variant
from storefront.core.database import db, transaction
from storefront.core.store import store_values
from storefront.customers.models import Customer
from storefront.customers.service import give_account, hash_password
from storefront.ordering import service as ordering
from storefront.pricing import service as pricing
from storefront.pricing.models import Discount, ShippingMethod, ShippingZone, TaxRate
from storefront.pricing.service import DiscountValues
from tests import factories
from tests.browser.conftest import serve
from tests.browser.stock_room import hang_pictures
from tests.browser.test_accessible import findings
from tests.services import selling

EMAIL, PASSWORD = "keeper@staff.test", "a-long-enough-password"
HASH = hash_password(PASSWORD)
LISTS = (
    "orders", "products", "stock", "customers", "discounts", "shipping", "tax", "categories", "pages",
    "redirects", "misses", "attention", "imports", "system/mails", "system/events", "settings",
)  # fmt: skip
DETAILS = (
    "order to send", "order by transfer", "order sent", "product", "product new", "shelf", "customer",
    "customer erase", "discount", "discount new", "automatic discount", "try out", "zone", "zone new", "method",
    "method new", "tax rate", "tax rate new", "category", "category new", "page", "page new",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_no_list_has_findings(desk, name):
    desk.goto(f"{desk.base}/console/{name}")
    assert desk.locator("body[data-page^=console]").count() == 1
    assert findings(desk) == []


@pytest.mark.parametrize("name", DETAILS)
def test_no_detail_has_findings(desk, kept, name):
    """With every fold open: what is hidden at first is looked at too."""
    answer = desk.goto(desk.base + kept.paths[name])
    assert answer.status == 200
    desk.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    assert findings(desk) == []


@pytest.mark.parametrize("language", ["", "/zh"])
def test_nothing_stands_out_at_320_px(desk, kept, language):
    desk.set_viewport_size({"width": 320, "height": 844})
    for path in [f"/console/{name}" for name in LISTS] + [kept.paths[name] for name in DETAILS]:
        desk.goto(desk.base + language + path)
        assert desk.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


# --- a shop in which a little of everything has happened -----------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory, sqlite_template):
    with serve(tmp_path_factory.mktemp("desk"), sqlite_template, _fill) as served:
        yield Kept(served.url, _paths_of(served.app))


@dataclass(frozen=True)
class Kept:
    """Where the shop answers, and the addresses of its details by name."""

    url: str
    paths: dict[str, str]


def _paths_of(app):
    with app.app_context():
        return _paths(_happen())


def _fill(tx):
    give_account(tx, email=EMAIL, password_hash=HASH, name="Kay Keeper", role="owner")
    store_values(tx, selling.BANK)
    ready = selling.stock_up(tx)
    shelf = factories.category(tx, "lamps", title="Lamps")
    lamp = tx.get(Product, ready.lamp)
    lamp.category_id = shelf.id
    factories.option(tx, lamp, "colour", "green", "blue")
    hang_pictures(tx, lamp, 2)
    factories.page(tx, "delivery", title="Delivery", zh="配送")
    factories.menu_item(tx, "main", "pages/delivery", title="Delivery", zh="配送")


def _happen():
    """Orders in three states; returns the first row of each kind of thing."""
    known = {}
    for name, gateway in (
        ("order to send", "fake"),
        ("order sent", "fake"),
        ("order by transfer", "transfer"),
    ):
        lines = [(at, 1) for at in db.session.execute(sa.select(Variant.id)).scalars()]
        placed = selling.place(
            lines, gateway=gateway, customer_id=_first(Customer.id, Customer.role == "customer")
        )
        if gateway == "fake":
            selling.pay(placed.order_id, "approve")
        known[name] = placed.number
        if name == "order sent":
            ordering.ship(placed.order_id, carrier="Swift Post", tracking="SP 42")
            line = ordering.get_order(placed.order_id).lines[0].id
            ordering.request_return(placed.order_id, [(line, 1)], reason="too big")
    with transaction() as tx:
        known["auto"] = pricing.save_discount(
            tx,
            None,
            DiscountValues("fixed", {"en": "Welcome"}, automatic=True, amount_minor=100, person_limit=1),
        )
    return known


def _first(column, *where):
    return db.session.execute(sa.select(column).where(*where).order_by(column).limit(1)).scalar_one()


def _paths(known):
    person = _first(Customer.public_id, Customer.role == "customer")
    coded = _first(Discount.key, Discount.automatic.is_(False))
    zone, rate = _first(ShippingZone.id), _first(TaxRate.id)
    product, page, shelf = _first(Product.id), _first(ContentPage.id), _first(Category.id)
    found = {name: f"orders/{known[name]}" for name in known if name != "auto"} | {
        "product": f"products/{product}", "product new": "products/new", "shelf": f"stock/{_first(Variant.id)}",
        "customer": f"customers/{person}", "customer erase": f"customers/{person}/erase",
        "discount": f"discounts/{coded}", "discount new": "discounts/new",
        "automatic discount": f"discounts/{known['auto']}", "try out": "discounts/try",
        "zone": f"shipping/zones/{zone}", "zone new": "shipping/zones/new",
        "method": f"shipping/methods/{_first(ShippingMethod.key)}", "method new": f"shipping/zones/{zone}/new",
        "tax rate": f"tax/{rate}", "tax rate new": "tax/new",
        "category": f"categories/{shelf}", "category new": "categories/new",
        "page": f"pages/{page}", "page new": "pages/new",
    }  # fmt: skip
    return {name: f"/console/{path}" for name, path in found.items()}


@pytest.fixture
def desk(kept, open_page):
    """A page of a browser in which the owner is signed in."""
    page = open_page(kept.url + "/account/login", bypass_csp=True)
    page.base = kept.url
    page.fill("main [name=email]", EMAIL)
    page.fill("main [name=password]", PASSWORD)
    page.press("main [name=password]", "Enter")
    page.wait_for_url(lambda url: "/account/login" not in url)
    return page
