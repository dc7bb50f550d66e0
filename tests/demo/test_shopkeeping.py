"""The demo shop sells as its own pages say: taxes, delivery, codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storefront.bundled.demo.shopkeeping import CODES, open_for_business
from storefront.core.database import db, transaction
from storefront.pricing import service
from storefront.pricing.rules import QuoteRequest
from tests import factories as make

MONDAY_EVENING = datetime(2026, 3, 2, 20, 59, tzinfo=UTC)


@pytest.fixture
def variant(app_context) -> int:
    open_for_business()
    with transaction() as tx:
        return make.variant_of(tx, make.product(tx, price=1000, variant={"weight_grams": 500})).id


def quote(variant: int, count: int, **more: Any) -> Any:
    request = QuoteRequest(lines=((variant, count),), at=MONDAY_EVENING, **{"country": "GB", **more})
    return service.quote(db.session(), request)


def test_delivery_costs_what_the_pages_say(variant):
    ways = {way.key: way for way in quote(variant, 1).shipping_choices}
    assert [way.price_minor for way in ways.values()] == [290, 590, 0]
    assert quote(variant, 3, shipping_method="standard-delivery").shipping_minor == 0
    assert ways["standard-delivery"].latest.isoformat() == "2026-03-04"
    assert [way.price_minor for way in quote(variant, 1, country="DE").shipping_choices] == [790]
    assert [way.price_minor for way in quote(variant, 1, country="CN").shipping_choices] == [1490]


def test_codes_and_the_discount_count(variant):
    welcome, free = CODES
    assert quote(variant, 1, coupons=(welcome,)).discount_minor == 100
    assert quote(variant, 2, coupons=(free,), shipping_method="standard-delivery").shipping_minor == 0
    assert quote(variant, 1, coupons=(free,)).coupon_problems[0].reason == "minimum"
    assert quote(variant, 12).discount_minor == 1000


def test_taxes_are_those_of_the_destination(variant):
    assert [quote(variant, 1, country=code).lines[0].tax_rate_bp for code in ("GB", "DE", "US")] == [
        2000,
        1900,
        0,
    ]


def test_opening_twice_is_opening_once(variant, rows):
    open_for_business()
    assert len(rows("SELECT id FROM shipping_method")) == 5
    assert len(rows("SELECT code FROM coupon")) == len(CODES)
