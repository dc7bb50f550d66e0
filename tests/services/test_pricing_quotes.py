"""Quotes from rows: the same through both doors, bounded in queries, exact in what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storefront.core.database import db, transaction
from storefront.core.store import store_values
from storefront.pricing import service
from storefront.pricing.errors import NotServed
from storefront.pricing.models import Coupon, Discount, ShippingMethod, ShippingZone, TaxRate
from storefront.pricing.rules import MOST_PIECES, QuoteRequest
from storefront.pricing.service.claims import open_counter
from tests import factories as make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


def request(*lines: tuple[int, int], **more: Any) -> QuoteRequest:
    return QuoteRequest(lines=lines, at=NOON, **{"country": "GB", **more})


def quote(*lines: tuple[int, int], **more: Any) -> Any:
    return service.quote(db.session(), request(*lines, **more))


@pytest.fixture
def shop(app_context) -> list[int]:
    """Three variants at 12.90 and rules that could count for them; returns the variants' ids."""
    with transaction() as tx:
        store_values(tx, {"business_country": "GB"})
        home = make.category(tx, "home")
        below = make.category(tx, "cups", parent=home)
        ids = [
            make.variant_of(tx, make.product(tx, category=below, variant={"weight_grams": 400})).id
            for _ in "abc"
        ]
        tx.add(TaxRate(country="GB", region="", tax_class="standard", rate_bp=2000, names={"en": "VAT"}))
        tx.add(TaxRate(country="DE", region="", tax_class="standard", rate_bp=1900, names={"en": "VAT"}))
        zone = ShippingZone(name="UK", countries=["GB"], regions=[], postcodes=[])
        tx.add(zone)
        tx.flush()
        more = {"zone_id": zone.id, "names": {"en": "Standard", "zh": "普通快递"}, "notes": {}}
        tx.add(ShippingMethod(key="standard", bands=[[1000, 390], [None, 690]], basis="weight", **more))
        rule = discount(percent_bp=1000, category_ids=[home.id], uses_limit=3, per_person_limit=1)
        tx.add(rule)
        tx.flush()
        coupon(tx, rule.id, "TENOFF", 3, 1)
    return ids


def discount(**more: Any) -> Discount:
    values = {"key": "d1", "kind": "percent", "names": {"en": "Ten off", "zh": "九折"}, "created_at": NOON}
    lists = {name: [] for name in ("product_ids", "category_ids", "audiences", "countries")}
    return Discount(**{**values, **lists, **more})


def coupon(tx: Any, discount_id: int, code: str, limit: int | None, per_person: int | None) -> None:
    row = Coupon(discount_id=discount_id, code=code, created_at=NOON)
    row.uses_limit, row.per_person_limit = limit, per_person
    tx.add(row)
    tx.flush()
    open_counter(tx, f"coupon:{row.id}", limit if limit is not None else 10**15)


@pytest.mark.both
def test_a_quote_is_made_of_the_rows_of_this_moment(shop):
    first, second, _third = shop
    answer = quote(
        (first, 2), (second, 1), shipping_method="standard", coupons=("ten off",), email_key="a@b.test"
    )
    assert [line.total_minor for line in answer.lines] == [2322, 1161]
    assert (answer.goods_minor, answer.discount_minor, answer.shipping_minor) == (3870, 387, 690)
    assert answer.total_minor == 3870 - 387 + 690 == answer.lines_minor + answer.shipping_total_minor
    assert [(one.code, one.amount_minor) for one in answer.discounts] == [("TENOFF", 387)]
    assert [claim.amount for claim in answer.claims] == [1, 1]
    assert answer.taxes[0].tax_minor == answer.tax_minor == 581 + 115
    assert (answer.shipping.earliest.isoformat(), answer.shipping.latest.isoformat()) == (
        "2026-03-03",
        "2026-03-06",
    )


@pytest.mark.both
def test_a_command_gets_the_same_quote_as_a_page(shop):
    wanted = request((shop[0], 2), shipping_method="standard", coupons=("TENOFF",))
    seen = service.quote(db.session(), wanted)
    with transaction() as tx:
        assert service.quote(tx, wanted) == seen
        assert service.quote(tx, wanted).digest == seen.digest


def test_one_line_and_fifty_lines_take_five_queries_at_most(shop, tx, count_queries):
    with tx() as t:
        many = [make.variant_of(t, make.product(t)).id for _ in range(50)]
    for ids in (many[:1], many):
        quote((ids[0], 1))
        with count_queries() as queries:
            answer = quote(*((at, 1) for at in ids), coupons=("TENOFF",), email_key="a@b.test")
        assert len(answer.lines) == len(ids)
        assert len(queries) <= 5, str(queries)


@pytest.mark.parametrize(
    "hostile", [0, -1, 1.5, True, "2", None, float("nan"), 2**31, 2**63, MOST_PIECES + 1, "９"]
)
def test_hostile_quantities_never_reach_a_price(hostile):
    with pytest.raises(ValueError, match="pieces cannot be bought"):
        QuoteRequest(lines=((1, hostile),), at=NOON)


def test_what_is_gone_or_hidden_is_missing_and_costs_nothing(shop, tx):
    with tx() as t:
        hidden = make.variant_of(t, make.product(t, status="draft")).id
    answer = quote((shop[0], 1), (hidden, 2), (987654, 1))
    assert answer.missing == (hidden, 987654)
    assert answer.total_minor == 1290


def test_a_country_that_nobody_serves_is_refused_in_words(shop):
    answer = quote((shop[0], 1), country="NZ")
    assert (answer.shipping_problem, answer.shipping_choices) == ("country", ())
    with pytest.raises(NotServed, match="do not deliver"):
        service.check_delivery(answer)
    assert service.countries_served() == ("GB",)


def test_the_destination_decides_on_the_tax(shop, tx):
    rates = {place: quote((shop[0], 1), country=place).lines[0].tax_rate_bp for place in ("GB", "DE", "US")}
    assert rates == {"GB": 2000, "DE": 1900, "US": 0}


def test_a_person_uses_a_code_as_often_as_allowed(shop):
    wanted = {"coupons": ("TENOFF",), "email_key": "a@b.test"}
    with transaction() as tx:
        service.spend_claims(tx, quote((shop[0], 1), **wanted).claims, "order:1")
    assert quote((shop[0], 1), **wanted).coupon_problems[0].reason == "used_by_you"
    assert quote((shop[0], 1), coupons=("TENOFF",), email_key="c@b.test").discount_minor == 129
    with transaction() as tx:
        service.give_back_claims(
            tx, quote((shop[0], 1), coupons=("TENOFF",), email_key="a@b.test").claims, "order:1"
        )


def test_a_first_order_is_the_first(shop, tx):
    with tx() as t:
        t.add(discount(key="first", kind="fixed", amount_minor=500, first_order=True, automatic=True))
        person = make.customer(t)
        bought = make.product(t)
        t.flush()
    assert quote((shop[0], 1), customer_id=person.id).discount_minor == 500
    with tx() as t:
        make.order(t, (bought, 1), customer=person)
    assert quote((shop[0], 1), customer_id=person.id).discount_minor == 0
    with tx() as t:
        make.order(t, (bought, 1), email_key="guest@b.test")
    assert quote((shop[0], 1), email_key="guest@b.test").discount_minor == 0


def test_discounts_end(shop, tx, rows):
    with tx() as t:
        t.add(discount(key="sale", kind="fixed", amount_minor=100, automatic=True, ends_at=NOON))
        t.add(
            discount(
                key="soon", kind="fixed", amount_minor=200, automatic=True, starts_at=NOON + timedelta(1)
            )
        )
        t.add(discount(key="now", kind="fixed", amount_minor=400, automatic=True, starts_at=NOON))
        t.add(discount(key="off", kind="fixed", amount_minor=800, automatic=True, active=False))
    assert quote((shop[0], 1)).discount_minor == 400
