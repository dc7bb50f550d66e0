"""A shop that can sell, and a shopper who buys in it over HTTP, form by form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.core.store import store_values
from storefront.pricing.models import ShippingMethod, ShippingZone, TaxRate
from tests.conftest import Browser

OWN = "http://127.0.0.1:5000"
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Analytical Row",
    "line2": "",
    "company": "",
    "city": "London",
    "postcode": "SW1A 1AA",
    "country": "GB",
    "phone": "",
}


def open_for_sale(tx: Any) -> None:
    """Two ways of delivery in the United Kingdom and one in Germany, tax in the prices, bank transfer and cash."""
    home = ShippingZone(name="UK", countries=["GB"], regions=[], postcodes=[])
    abroad = ShippingZone(name="DE", countries=["DE"], regions=[], postcodes=[], position=1)
    tx.add_all([home, abroad])
    tx.flush()
    days = {"handling_min": 0, "handling_max": 1, "min_days": 1, "max_days": 2}
    words = {"names": {"en": "Standard", "zh": "普通快递"}, "notes": {}}
    quick = {"names": {"en": "Next day", "zh": "次日达"}, "notes": {}}
    price = [[None, 390]]
    tx.add_all(
        [
            ShippingMethod(
                key="standard", zone_id=home.id, bands=price, free_from_minor=5000, **words, **days
            ),
            ShippingMethod(key="express", zone_id=home.id, bands=[[None, 790]], position=1, **quick, **days),
            ShippingMethod(key="europe", zone_id=abroad.id, bands=[[None, 1290]], **words, **days),
            TaxRate(country="GB", rate_bp=2000, names={"en": "VAT", "zh": "增值税"}),
            TaxRate(country="DE", rate_bp=1900, names={"en": "VAT", "zh": "增值税"}),
        ]
    )
    bank = {"bank_holder": "Regulars Ltd", "bank_account": "GB00TEST"}
    store_values(tx, {"business_country": "GB", **bank})
    tx.flush()


@dataclass
class Shopper:
    """Somebody with a browser. Every method posts the form of a page, with the token that page gave."""

    app: Flask
    prefix: str = ""
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = Browser(self.app)

    def get(self, path: str) -> TestResponse:
        return self.client.get(self.prefix + path, base_url=OWN)

    def token(self) -> str:
        page = self.get("/account/login").get_data(as_text=True)
        return _value(page, "csrf_token")

    def post(self, path: str, **data: Any) -> TestResponse:
        return self.client.post(self.prefix + path, data={"csrf_token": self.token(), **data}, base_url=OWN)

    def add(self, sku: str, quantity: Any = 1) -> TestResponse:
        return self.post("/cart/add", sku=sku, quantity=quantity)

    def sign_in(self, email: str, password: str) -> TestResponse:
        return self.post("/account/login", email=email, password=password)

    def cart(self) -> dict[str, int]:
        """Pieces by SKU, as the cart's page shows them."""
        page = self.get("/cart").get_data(as_text=True)
        body = page.split('id="saved"')[0]
        found = re.findall(
            r'data-sku="([^"]+)" data-stock="\w+" id="line-.*?name="quantity" value="(\d+)"', body, re.S
        )
        return {sku: int(quantity) for sku, quantity in found}

    def key_of(self, sku: str) -> str:
        page = self.get("/cart").get_data(as_text=True)
        part = page[page.index(f'data-sku="{sku}"') :]
        return re.search(r"/cart/lines/(\w+)/", part)[1]  # type: ignore[index]

    def contact(self, email: str = "ada@example.test", **more: Any) -> TestResponse:
        return self.post("/checkout/contact", email=email, **more)

    def shipping(self, **more: Any) -> TestResponse:
        return self.post("/checkout/shipping", **{**ADDRESS, "shipping_method": "standard", **more})

    def payment_form(self, **more: Any) -> dict[str, Any]:
        """The last form as its page gives it, paid by bank transfer."""
        page = self.get("/checkout/payment").get_data(as_text=True)
        data = {"csrf_token": _value(page, "csrf_token"), "seen": _value(page, "seen")}
        return {**data, "gateway": "transfer", "same": "yes", **more}

    def place(self, **form: Any) -> TestResponse:
        return self.client.post(self.prefix + "/checkout/payment", data=form, base_url=OWN)

    def to_payment(self, email: str = "ada@example.test") -> None:
        """Contact and delivery, done."""
        assert self.contact(email).status_code == 303
        answer = self.shipping()
        assert answer.status_code == 303, answer.get_data(as_text=True)

    def buy(self, **more: Any) -> TestResponse:
        """Everything from the cart to the order."""
        self.to_payment()
        return self.place(**self.payment_form(**more))


def _value(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]  # type: ignore[index]
