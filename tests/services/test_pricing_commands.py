"""What an owner does with taxes, delivery, discounts and codes: checked, written down, and counted at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storefront.core.database import db, snapshot, transaction
from storefront.core.errors import NotFound
from storefront.core.store import store_values
from storefront.pricing import service
from storefront.pricing.errors import BadPrice
from storefront.pricing.rules import QuoteRequest
from storefront.pricing.service import DiscountValues, MethodValues, TaxValues, ZoneValues, checks
from tests import factories as make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAMES = {"en": "Ten off", "zh": "九折"}


@pytest.fixture
def variant(app_context) -> int:
    with transaction() as tx:
        store_values(tx, {"business_country": "GB"})
        return make.variant_of(tx, make.product(tx)).id


def quote(variant: int, count: int = 1, **more: Any) -> Any:
    request = QuoteRequest(lines=((variant, count),), at=NOON, **{"country": "GB", **more})
    return service.quote(db.session(), request)


def do(command: Any, *values: Any, **more: Any) -> Any:
    with transaction() as tx:
        return command(tx, *values, **more)


def percent(**more: Any) -> DiscountValues:
    return DiscountValues(**{"kind": "percent", "names": NAMES, "percent_bp": 1000, **more})


# --- tax --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_rate_counts_from_the_next_quote_on(variant):
    rate = do(service.save_tax_rate, None, TaxValues("gb", 2000, names={"en": "VAT"}))
    assert quote(variant).lines[0].tax_rate_bp == 2000
    do(service.save_tax_rate, rate, TaxValues("GB", 2500))
    assert quote(variant).lines[0].tax_rate_bp == 2500
    do(service.remove_tax_rate, rate)
    assert quote(variant).tax_minor == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (TaxValues("XX", 2000), "country"),
        (TaxValues("GB", 10001), "rate"),
        (TaxValues("GB", -1), "rate"),
        (TaxValues("GB", 2000, tax_class="a b"), "tax_class"),
        (TaxValues("GB", 500), "tax_class"),
    ],
)
def test_rates_that_cannot_be_are_refused(variant, values, field):
    do(service.save_tax_rate, None, TaxValues("GB", 2000))
    with pytest.raises(BadPrice) as refused:
        do(service.save_tax_rate, None, values)
    assert refused.value.field == field


def test_usual_rates_leave_what_is_there(variant, rows):
    do(service.save_tax_rate, None, TaxValues("DE", 1600))
    added = do(service.add_usual_rates, "eu")
    assert len(rows("SELECT id FROM tax_rate")) == added + 1 > 50
    assert quote(variant, country="DE").lines[0].tax_rate_bp == 1600
    assert do(service.add_usual_rates, "eu") == 0


# --- delivery ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_way_of_delivery_counts_at_once_and_is_offered_on_product_pages(variant):
    zone = do(service.save_zone, None, ZoneValues("Home", ["gb"]))
    key = do(
        service.save_method, None, MethodValues(zone, {"en": "Post"}, [(None, 400)], free_from_minor=2000)
    )
    assert quote(variant, shipping_method=key).shipping_minor == 400
    assert [(one.name, one.price_minor, one.free_from_minor) for one in service.delivery_offers()] == [
        ("Post", 400, 2000)
    ]
    do(service.save_method, key, MethodValues(zone, {"en": "Post"}, [(None, 500)]))
    assert (
        service.delivery_offers()[0].price_minor == quote(variant, shipping_method=key).shipping_minor == 500
    )
    do(service.set_method_active, key, active=False)
    assert service.delivery_offers() == []
    assert quote(variant).shipping_problem == "country"
    copy = do(service.duplicate_method, key)
    assert (copy, service.countries_served()) == ("post-2", ())
    do(service.set_method_active, copy, active=True)
    assert service.countries_served() == ("GB",)
    do(service.remove_zone, zone)
    assert service.countries_served() == ()


def test_product_pages_promise_the_days_that_quotes_promise(variant, clock):
    do(store_values, {"delivery_weekend": "sun", "delivery_holidays": "03-03 Day of the mug"})
    zone = do(service.save_zone, None, ZoneValues("Home", ["GB"]))
    do(service.save_method, None, MethodValues(zone, {"en": "Post"}, [(None, 400)], cutoff_hour=12))
    (offer,), (choice,) = service.delivery_offers(), quote(variant).shipping_choices
    assert (offer.earliest, offer.latest) == (choice.earliest, choice.latest)
    assert offer.earliest.isoformat() == "2026-03-05"


def test_the_rest_of_the_world_is_what_no_zone_names(variant):
    nowhere = do(service.save_zone, None, ZoneValues("Not there", ["US"]))
    world = do(service.save_zone, None, ZoneValues("World", ["*"]))
    do(service.save_method, None, MethodValues(world, {"en": "Post"}, [(None, 400)]))
    served = service.countries_served()
    assert "US" not in served
    assert {"GB", "CN", "NZ"} <= set(served)
    assert nowhere != world


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"names": {"en": " "}}, "names"),
        ({"bands": []}, "bands"),
        ({"bands": [(None, 1), (None, 2)]}, "bands"),
        ({"bands": [(100, -1)]}, "bands"),
        ({"bands": [(0, 1)]}, "bands"),
        ({"min_days": 5, "max_days": 4}, "max_days"),
        ({"handling_min": -1}, "handling_max"),
        ({"free_from_minor": -1}, "free_from"),
        ({"cutoff_hour": 24}, "cutoff_hour"),
        ({"basis": "colour"}, "basis"),
    ],
)
def test_ways_that_cannot_be_are_refused(variant, changes, field):
    zone = do(service.save_zone, None, ZoneValues("Home", ["GB"]))
    with pytest.raises(BadPrice) as refused:
        do(
            service.save_method,
            None,
            MethodValues(**{"zone_id": zone, "names": NAMES, "bands": [(None, 1)], **changes}),
        )
    assert refused.value.field == field


# --- discounts --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_code_counts_until_it_is_stopped(variant):
    key = do(service.save_discount, None, percent())
    coupon = do(service.add_coupon, key, " save ten ")
    assert quote(variant, coupons=("SaveTen",)).discount_minor == 129
    do(service.set_coupon_active, key, coupon, active=False)
    assert quote(variant, coupons=("SAVETEN",)).coupon_problems[0].reason == "unknown"
    do(service.set_coupon_active, key, coupon, active=True)
    do(service.set_discount_active, key, active=False)
    assert quote(variant, coupons=("SAVETEN",)).discount_minor == 0


@pytest.mark.both
def test_limits_are_changed_but_never_below_what_was_used(variant):
    key = do(service.save_discount, None, percent(uses_limit=2, per_person_limit=1))
    coupon = do(service.add_coupon, key, "TWICE")
    for number, person in enumerate(("a@b.test", "c@b.test")):
        answer = quote(variant, coupons=("TWICE",), email_key=person)
        do(service.spend_claims, answer.claims, f"order:{number}")
    assert quote(variant, coupons=("TWICE",), email_key="d@b.test").coupon_problems[0].reason == "used_up"
    with pytest.raises(BadPrice, match="2 times") as refused:
        do(service.set_limits, key, coupon, uses=1, per_person=1)
    assert refused.value.field == "uses_limit"
    do(service.set_limits, key, coupon, uses=3, per_person=2)
    assert quote(variant, coupons=("TWICE",), email_key="a@b.test").discount_minor == 129
    do(service.set_limits, key, coupon, uses=None, per_person=None)
    with snapshot() as session:
        assert checks.unexplained(session) == checks.beyond_limits(session) == []
    with pytest.raises(BadPrice, match="used"):
        do(service.remove_discount, key)


def test_codes_are_made_by_the_thousand_and_nobody_guesses_them(variant, rows):
    key = do(service.save_discount, None, percent(uses_limit=1))
    codes = do(service.generate_codes, key, 1000, "may-")
    assert len(set(codes)) == len(codes) == 1000
    assert all(code.startswith("MAY-") and len(code) == 14 for code in codes)
    counters = rows("SELECT remaining FROM counter WHERE name LIKE 'coupon:%'")
    assert [row.remaining for row in counters] == [1] * 1000
    assert quote(variant, coupons=(codes[7].lower(),)).discount_minor == 129
    do(service.remove_discount, key)
    assert rows("SELECT name FROM counter") == rows("SELECT code FROM coupon") == []


@pytest.mark.parametrize("code", ["", "A", "AB", "Ä1234", "A" * 41, "<b>", "%%%"])
def test_codes_that_cannot_be_are_refused(variant, code):
    key = do(service.save_discount, None, percent())
    with pytest.raises(BadPrice):
        do(service.add_coupon, key, code)


def test_a_code_stands_for_one_discount(variant):
    first, second = do(service.save_discount, None, percent()), do(service.save_discount, None, percent())
    do(service.add_coupon, first, "SAME")
    with pytest.raises(BadPrice, match="already"):
        do(service.add_coupon, second, "same")
    with pytest.raises(NotFound):
        do(service.set_coupon_active, second, 1, active=False)


def test_a_copy_has_no_codes_and_is_stopped(variant, rows):
    key = do(service.save_discount, None, percent(category_ids=[3], ends_at=NOON))
    do(service.add_coupon, key, "SAME")
    copy = do(service.duplicate_discount, key)
    found = {row.key: row for row in rows("SELECT * FROM discount")}
    assert (bool(found[copy].active), found[copy].category_ids) == (False, found[key].category_ids)
    assert len(rows("SELECT id FROM coupon")) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"names": {}}, "names"),
        ({"kind": "gift"}, "kind"),
        ({"percent_bp": 0}, "percent"),
        ({"percent_bp": 10001}, "percent"),
        ({"kind": "fixed"}, "amount"),
        ({"kind": "buy_get", "buy": 0, "get": 1}, "buy"),
        ({"minimum_minor": -1}, "minimum"),
        ({"starts_at": NOON, "ends_at": NOON}, "ends_at"),
        ({"starts_at": NOON, "ends_at": NOON - timedelta(1)}, "ends_at"),
        ({"countries": ["ZZ"]}, "countries"),
        ({"uses_limit": 0}, "uses_limit"),
        ({"per_person_limit": -1}, "per_person_limit"),
    ],
)
def test_discounts_that_cannot_be_are_refused(variant, changes, field):
    with pytest.raises(BadPrice) as refused:
        do(service.save_discount, None, percent(**changes))
    assert refused.value.field == field


def test_everything_an_owner_does_is_written_down(variant, rows):
    key = do(service.save_discount, None, percent())
    do(service.save_discount, key, percent(percent_bp=1500))
    do(service.add_coupon, key, "SAVE")
    do(service.save_tax_rate, None, TaxValues("GB", 2000))
    do(service.save_zone, None, ZoneValues("Home", ["GB"]))
    actions = [row.action for row in rows("SELECT action FROM audit_entry ORDER BY id")]
    assert actions == [
        "discount.create", "discount.change", "coupon.create", "tax_rate.create", "shipping_zone.create",
    ]  # fmt: skip
