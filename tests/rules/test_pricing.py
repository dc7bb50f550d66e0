"""Rules of prices, one by one: tables of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from storefront.pricing.rules import Adjustment, Claim, Quote, QuoteRequest, make_quote
from storefront.pricing.rules.amounts import half_up, spread, tax_of
from storefront.pricing.rules.calendar import WEEKENDS, Calendar, read_holidays
from storefront.pricing.rules.facts import Band, Conditions, Discount, Facts, Item, Method, TaxRate, Zone
from storefront.pricing.rules.places import Place, place_of
from storefront.pricing.rules.shipping import zone_of

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MUG = Item(1, 10, "MUG", 1200, weight_grams=400, category_ids=frozenset({5}))
BOOK = Item(2, 20, "BOOK", 800, weight_grams=600, tax_class="books")
PEN = Item(3, 30, "PEN", 300, weight_grams=20)
CARD = Item(4, 40, "CARD", 2500, posted=False)
RATES = (
    TaxRate("GB", "", "standard", 2000, "VAT"),
    TaxRate("GB", "", "books", 0, "VAT"),
    TaxRate("DE", "", "standard", 1900, "MwSt."),
    TaxRate("ES", "", "standard", 2100, "IVA"),
    TaxRate("ES", "", "books", 400, "IVA"),
    TaxRate("ES", "CN", "standard", 700, "IGIC"),
)
POST = Method("post", "Post", (Band(None, 400),), free_from_minor=5000, cutoff_hour=15)
FACTS = Facts(
    "GBP",
    True,
    "GB",
    {item.variant_id: item for item in (MUG, BOOK, PEN, CARD)},
    MONDAY,
    rates=RATES,
    zones=(Zone(frozenset({"GB", "DE"}), methods=(POST,)),),
)


def quote(*lines: tuple[int, int], discounts: Any = (), facts: Facts = FACTS, **more: Any) -> Quote:
    request = QuoteRequest(lines=lines, at=MONDAY, **{"country": "GB", **more})
    return make_quote(request, replace(facts, discounts=tuple(discounts)))


def off(**more: Any) -> Discount:
    return Discount(**{"key": "d", "kind": "percent", "percent_bp": 1000, **more})


# --- tax --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "rate", "within", "on_top"),
    [
        (1200, 2000, 200, 240),
        (1, 2000, 0, 0),
        (3, 2000, 1, 1),
        (0, 2000, 0, 0),
        (999, 0, 0, 0),
        (100, 550, 5, 6),
    ],
)
def test_tax_within_and_on_top(amount, rate, within, on_top):
    assert (tax_of(amount, rate, included=True), tax_of(amount, rate, included=False)) == (within, on_top)


def test_a_half_goes_up():
    assert [half_up(5, 10), half_up(4, 10), half_up(15, 10), half_up(25, 10)] == [1, 0, 2, 3]


def test_prices_that_include_tax_stay_the_same_everywhere():
    totals = {place: quote((1, 1), country=place).total_minor for place in ("GB", "DE", "ES", "US")}
    taxes = {place: quote((1, 1), country=place).tax_minor for place in totals}
    assert set(totals.values()) == {1200}
    assert taxes == {"GB": 200, "DE": 192, "ES": 208, "US": 0}


def test_prices_without_tax_get_that_of_the_destination():
    facts = replace(FACTS, prices_include_tax=False)
    answer = quote((1, 1), (2, 1), shipping_method="post", facts=facts)
    assert [(line.tax_minor, line.total_minor) for line in answer.lines] == [(240, 1440), (0, 800)]
    assert (answer.shipping_minor, answer.shipping.tax_minor, answer.shipping_total_minor) == (400, 48, 448)
    assert answer.total_minor == 1440 + 800 + 448


def test_delivery_is_taxed_as_the_goods_are():
    answer = quote((1, 1), (2, 1), shipping_method="post")
    assert [(one.rate_bp, one.base_minor, one.tax_minor) for one in answer.taxes] == [
        (2000, 1200, 240),
        (0, 960, 0),
    ]


@pytest.mark.parametrize(
    ("region", "tax_class", "rate"),
    [
        (None, "books", 400),
        ("CN", "books", 700),
        ("cn", "toys", 700),
        ("XX", "toys", 2100),
        ("ES-CN", "books", 700),
    ],
)
def test_a_region_comes_before_the_country_and_a_class_before_the_standard(region, tax_class, rate):
    facts = replace(FACTS, items={1: replace(MUG, tax_class=tax_class)})
    assert quote((1, 1), country="ES", region=region, facts=facts).lines[0].tax_rate_bp == rate


def test_rounding_once_spreads_over_lines_without_losing_a_unit():
    facts = replace(FACTS, items={n: Item(n, n, f"S{n}", 3) for n in range(1, 8)})
    answer = quote(*((n, 1) for n in range(1, 8)), facts=facts)
    assert answer.tax_minor == half_up(21 * 2000, 12000) == 4
    assert sorted(line.tax_minor for line in answer.lines) == [0, 0, 0, 1, 1, 1, 1]


# --- discounts --------------------------------------------------------------------------------------------


def test_a_percentage_is_rounded_once_and_spread():
    answer = quote((1, 1), (2, 1), (3, 1), discounts=[off(percent_bp=333)])
    assert answer.discount_minor == half_up(2300 * 333, 10000) == 77
    assert [line.discount_minor for line in answer.lines] == [40, 27, 10]


@pytest.mark.parametrize(("amount", "left"), [(0, 2000), (1, 1999), (1999, 1), (2000, 0), (999999, 0)])
def test_a_fixed_amount_never_takes_more_than_there_is(amount, left):
    answer = quote((1, 1), (2, 1), discounts=[off(kind="fixed", amount_minor=amount)])
    assert (answer.total_minor, min(line.total_minor for line in answer.lines) >= 0) == (left, True)


@pytest.mark.parametrize(
    ("mugs", "pens", "buy", "get", "percent", "taken"),
    [
        (3, 0, 2, 1, 10000, 1200),
        (2, 0, 2, 1, 10000, 0),
        (2, 1, 2, 1, 10000, 300),
        (6, 0, 2, 1, 10000, 2400),
        (4, 2, 2, 1, 10000, 600),
        (1, 1, 1, 1, 5000, 150),
        (999, 0, 1, 1, 10000, 499 * 1200),
    ],
)
def test_of_each_set_the_cheapest_are_free(mugs, pens, buy, get, percent, taken):
    lines = [(at, count) for at, count in ((1, mugs), (3, pens)) if count]
    rule = off(kind="buy_get", buy=buy, get=get, percent_bp=percent)
    assert quote(*lines, discounts=[rule]).discount_minor == taken


CASES = [
    ({}, {}, ""),
    ({"minimum_minor": 1200}, {}, ""),
    ({"minimum_minor": 1201}, {}, "minimum"),
    ({"product_ids": frozenset({10})}, {}, ""),
    ({"product_ids": frozenset({99})}, {}, "goods"),
    ({"category_ids": frozenset({5, 6})}, {}, ""),
    ({"category_ids": frozenset({6})}, {}, "goods"),
    ({"countries": frozenset({"GB"})}, {}, ""),
    ({"countries": frozenset({"DE"})}, {}, "country"),
    ({"countries": frozenset({"GB"})}, {"country": None}, ""),
    ({"audiences": frozenset({"students"})}, {}, "audience"),
    ({"audiences": frozenset({"students"})}, {"audiences": frozenset({"students", "x"})}, ""),
    ({"first_order": True}, {"facts": replace(FACTS, first_order=False)}, "first_order"),
    ({"starts_at": MONDAY}, {}, ""),
    ({"starts_at": MONDAY + timedelta(seconds=1)}, {}, "not_yet"),
    ({"ends_at": MONDAY + timedelta(seconds=1)}, {}, ""),
    ({"ends_at": MONDAY}, {}, "over"),
]


@pytest.mark.parametrize(("wants", "more", "reason"), CASES)
def test_when_a_code_counts(wants, more, reason):
    rule = off(code="TEN", conditions=Conditions(**wants))
    answer = quote((1, 1), discounts=[rule], coupons=("TEN",), **more)
    assert [one.reason for one in answer.coupon_problems] == ([reason] if reason else [])
    assert answer.discount_minor == (0 if reason else 120)


@pytest.mark.parametrize(
    ("left", "person", "reason"), [(1, 1, ""), (None, None, ""), (0, 1, "used_up"), (1, 0, "used_by_you")]
)
def test_limits_are_told_before_they_are_claimed(left, person, reason):
    rule = off(code="TEN", left=left, left_for_person=person, claims=(Claim("coupon:1", 1),))
    answer = quote((1, 1), discounts=[rule], coupons=("ten ",))
    assert [one.reason for one in answer.coupon_problems] == ([reason] if reason else [])
    assert answer.claims == (() if reason else (Claim("coupon:1", 1),))


def test_the_best_code_counts_and_the_others_say_why_not():
    small, large = off(key="s", code="SMALL"), off(key="l", code="LARGE", percent_bp=2000)
    answer = quote((1, 1), discounts=[small, large], coupons=("SMALL", "LARGE", "WHAT", "small"))
    assert [(one.code, one.amount_minor) for one in answer.discounts] == [("LARGE", 240)]
    assert [(one.code, one.reason) for one in answer.coupon_problems] == [
        ("WHAT", "unknown"),
        ("SMALL", "not_combined"),
    ]


def test_automatic_discounts_that_combine_count_beside_a_code_and_others_alone():
    together = off(key="a"), off(key="b", kind="fixed", amount_minor=100)
    code = off(key="c", code="FIVE", percent_bp=500)
    answer = quote((1, 1), discounts=[*together, code], coupons=("FIVE",))
    assert [one.key for one in answer.discounts] == ["a", "c", "b"]
    assert answer.total_minor == 1200 - 120 - 54 - 100
    alone = off(key="x", percent_bp=6000, combinable=False)
    answer = quote((1, 1), discounts=[*together, code, alone], coupons=("FIVE",))
    assert [one.key for one in answer.discounts] == ["x"]
    assert [one.reason for one in answer.coupon_problems] == ["better"]
    assert answer.claims == ()


def test_free_delivery_is_taken_off_the_way_that_was_chosen():
    rule = off(kind="free_shipping", code="SEND", claims=(Claim("coupon:7", 1),))
    answer = quote((1, 1), discounts=[rule], coupons=("SEND",), shipping_method="post")
    assert (answer.shipping_minor, answer.discount_minor, answer.total_minor) == (0, 0, 1200)
    assert [(one.amount_minor, one.on) for one in answer.discounts] == [(400, "shipping")]
    capped = replace(rule, amount_minor=150)
    answer = quote((1, 1), discounts=[capped], coupons=("SEND",), shipping_method="post")
    assert (answer.shipping_minor, answer.shipping.before_minor) == (250, 400)


def test_a_code_for_free_delivery_is_not_spent_where_delivery_is_free():
    rule = off(kind="free_shipping", code="SEND", claims=(Claim("coupon:7", 1),))
    answer = quote((1, 5), discounts=[rule], coupons=("SEND",), shipping_method="post")
    assert [one.reason for one in answer.coupon_problems] == ["no_effect"]
    assert answer.claims == ()


def test_extras_cost_and_reduce():
    wrap = Adjustment("wrap", "Gift wrap", 240, "standard", (Claim("b", 1),), "gift")
    points = Adjustment("points", "Points", -5000, None, (Claim("a", 50), Claim("b", 1)), "points")
    answer = quote((1, 1), (2, 1), adjustments=(wrap, points))
    assert [one.amount_minor for one in answer.adjustments] == [240, -2000]
    assert (answer.total_minor, answer.tax_minor, answer.discount_minor) == (240, 40, 2000)
    assert answer.claims == (Claim("a", 50), Claim("b", 2))


# --- delivery ---------------------------------------------------------------------------------------------


def test_the_most_exact_zone_decides_alone():
    world, uk = Zone(frozenset({"*"})), Zone(frozenset({"GB"}))
    islands = Zone(frozenset({"GB"}), postcodes=("KW15", "zE"))
    state = Zone(frozenset({"US"}), regions=frozenset({"US-HI"}))
    zones = (world, uk, islands, state)
    places = {
        Place("GB"): uk,
        Place("GB", "", "SW1A1AA"): uk,
        Place("GB", "", "KW151AA"): islands,
        place_of("gb", None, "ze1 0aa", "GB"): islands,
        place_of("us", "hi", None, "GB"): state,
        Place("US", "CA"): world,
        Place("FR"): world,
    }
    assert {place: zone_of(zones, place) for place in places} == places
    assert zone_of(zones[1:], Place("FR")) is None


@pytest.mark.parametrize(
    ("country", "lines", "problem"),
    [
        ("GB", [(1, 1)], ""),
        ("NZ", [(1, 1)], "country"),
        ("NZ", [(4, 1)], ""),
        ("GB", [(1, 10)], "weight"),
        ("NZ", [], ""),
    ],
)
def test_what_cannot_be_brought_says_why(country, lines, problem):
    heavy = Method("post", "Post", (Band(2000, 400),), basis="weight")
    facts = replace(FACTS, zones=(Zone(frozenset({"GB"}), methods=(heavy,)),))
    assert quote(*lines, country=country, facts=facts).shipping_problem == problem


def test_a_way_that_is_not_offered_any_more_is_not_charged():
    answer = quote((1, 1), shipping_method="gone")
    assert (answer.shipping, answer.shipping_problem, answer.total_minor) == (None, "method", 1200)


@pytest.mark.parametrize(("mugs", "price"), [(1, 400), (4, 400), (5, 0)])
def test_delivery_is_free_from_a_value_of_goods(mugs, price):
    assert quote((1, mugs), shipping_method="post").shipping_minor == price


def test_bands_go_by_weight_or_by_price():
    bands = (Band(None, 900), Band(500, 300), Band(1000, 500))
    for basis, wanted in (("weight", [300, 500, 900]), ("price", [900, 900, 900])):
        ways = (Method("post", "Post", bands, basis=basis),)
        facts = replace(FACTS, zones=(Zone(frozenset({"GB"}), methods=ways),))
        assert [
            quote((1, n), shipping_method="post", facts=facts).shipping_minor for n in (1, 2, 3)
        ] == wanted


@pytest.mark.parametrize(
    ("ordered", "handling", "transit", "arrives"),
    [
        ("2026-03-02T12:00", 0, 1, "2026-03-03"),
        ("2026-03-02T15:00", 0, 1, "2026-03-04"),
        ("2026-03-06T12:00", 1, 1, "2026-03-10"),
        ("2026-03-06T16:00", 0, 1, "2026-03-10"),
        ("2026-03-07T09:00", 0, 0, "2026-03-09"),
        ("2026-12-24T09:00", 0, 1, "2026-12-29"),
    ],
)
def test_working_days_from_the_hour_of_the_order(ordered, handling, transit, arrives):
    calendar = Calendar(WEEKENDS["sat_sun"], frozenset({date(2026, 12, 28)}), frozenset({(12, 25), (12, 26)}))
    way = replace(POST, handling_min=handling, handling_max=handling, min_days=transit, max_days=transit)
    facts = replace(
        FACTS,
        zones=(Zone(frozenset({"GB"}), methods=(way,)),),
        calendar=calendar,
        local_time=datetime.fromisoformat(ordered),
    )
    assert quote((1, 1), facts=facts).shipping_choices[0].latest == date.fromisoformat(arrives)


def test_a_calendar_without_a_working_day_ends():
    every_day = Calendar(frozenset(range(7)))
    assert every_day.after(date(2026, 3, 2), 3) > date(2026, 3, 2)


def test_holidays_are_read_from_lines():
    assert read_holidays(["2026-12-28 Boxing Day", "", "12-25"]) == (
        frozenset({date(2026, 12, 28)}),
        frozenset({(12, 25)}),
    )
    for wrong in ("25.12.", "2026-02-30", "1２-25", "soon"):
        with pytest.raises(ValueError, match=wrong[:4]):
            read_holidays([wrong])


# --- the whole --------------------------------------------------------------------------------------------


def test_the_digest_notices_money_and_nothing_else():
    first = quote((1, 1), shipping_method="post")
    renamed = replace(POST, name="普通快递")
    in_chinese = quote(
        (1, 1),
        shipping_method="post",
        facts=replace(FACTS, zones=(Zone(frozenset({"GB"}), methods=(renamed,)),)),
    )
    assert in_chinese.digest == first.digest
    dearer = replace(FACTS, items={1: replace(MUG, unit_minor=1201)})
    others = [quote((1, 2)), quote((1, 1)), quote((1, 1), facts=dearer), quote((1, 1), country="DE")]
    assert len({first.digest, *(one.digest for one in others)}) == 5


def test_splitting_keeps_the_sum():
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(7, [0, 0]) == [7, 0]
    assert spread(0, []) == []
