"""Ten thousand random carts come to what an independent oracle makes of them, to the last unit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from storefront.pricing.rules import Adjustment, Claim, Quote, QuoteRequest, make_quote
from storefront.pricing.rules.facts import Band, Conditions, Discount, Facts, Item, Method, TaxRate, Zone
from tests.rules.price_oracle import total_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
COUNTRIES, REGIONS = ("GB", "DE", "US", "JP"), (None, "CA", "NY")
CLASSES = ("standard", "books", "food", "zero")
RATES = (0, 0, 250, 500, 700, 1000, 1900, 2000, 2550, 2700, 10000)
CURRENCIES = {"GBP": 9_999, "JPY": 99_999, "KWD": 999_999}
CODES = ("ONE", "TWO", "THREE")


@pytest.mark.parametrize("part", range(5))
def test_every_cart_comes_to_what_the_oracle_says(part):
    for number in range(part * 2000, (part + 1) * 2000):
        request, facts = random_cart(Random(number))
        quote = make_quote(request, facts)
        agree(quote, total_of(request, facts), f"cart {number}")
        consistent(quote, f"cart {number}")


def test_the_same_question_has_the_same_answer():
    request, facts = random_cart(Random(4711))
    assert make_quote(request, facts) == make_quote(request, facts)
    assert len(make_quote(request, facts).digest) == 64


def test_most_carts_have_something_to_them():
    """Random carts that are all empty would prove nothing."""
    quotes = [make_quote(*random_cart(Random(number))) for number in range(500)]
    shares = {
        "discounts": sum(bool(quote.discount_minor) for quote in quotes),
        "tax": sum(bool(quote.tax_minor) for quote in quotes),
        "shipping": sum(bool(quote.shipping_minor) for quote in quotes),
        "codes": sum(any(one.code for one in quote.discounts) for quote in quotes),
        "two rates": sum(len(quote.taxes) > 1 for quote in quotes),
        "extras": sum(bool(quote.adjustments_minor) for quote in quotes),
        "nothing to pay": sum(quote.total_minor == 0 for quote in quotes),
    }
    assert all(count >= 10 for count in shares.values()), shares


def agree(quote: Quote, oracle: dict[str, Any], name: str) -> None:
    """What is paid for each line, its tax, delivery and the whole are what the oracle says."""
    assert [line.total_minor for line in quote.lines] == oracle["line_totals"], name
    assert [line.tax_minor for line in quote.lines] == oracle["line_taxes"], name
    assert (quote.shipping_minor, quote.tax_minor) == (oracle["shipping"], oracle["tax"]), name
    assert quote.total_minor == oracle["total"], name


def consistent(quote: Quote, name: str) -> None:
    """Parts sum to wholes, and nothing is below zero."""
    assert quote.lines_minor + quote.adjustments_minor + quote.shipping_total_minor == quote.total_minor, name
    assert sum(line.tax_minor for line in quote.taxes) == quote.tax_minor, name
    goods_off = sum(one.amount_minor for one in quote.discounts if one.on == "goods")
    extras_off = -sum(min(one.amount_minor, 0) for one in quote.adjustments)
    assert goods_off + extras_off == quote.discount_minor <= quote.goods_minor, name
    for line in quote.lines:
        assert min(line.total_minor, line.tax_minor, line.discount_minor) >= 0, name
        assert line.discount_minor <= line.gross_minor == line.unit_minor * line.quantity, name
    assert min(quote.total_minor, quote.tax_minor, quote.shipping_minor) >= 0, name
    if quote.prices_include_tax:
        paid = quote.goods_minor - quote.discount_minor + quote.shipping_minor + quote.adjustments_minor
        assert paid == quote.total_minor, name
    assert sum(one.amount_minor for one in quote.discounts if one.code) >= 0
    assert len({one.code for one in quote.discounts if one.code}) <= 1, name


# --- random carts -----------------------------------------------------------------------------------------


def random_cart(lots: Random) -> tuple[QuoteRequest, Facts]:
    currency = lots.choice(sorted(CURRENCIES))
    most = CURRENCIES[currency]
    items = {number: random_item(lots, number, most) for number in range(1, lots.randint(2, 9))}
    lines = [
        (lots.choice([*items, 999]), random_count(lots)) for _ in range(lots.choice((0, 1, 1, 2, 3, 5, 8)))
    ]
    facts = Facts(
        currency=currency,
        prices_include_tax=lots.random() < 0.5,
        home="GB",
        items=items,
        local_time=NOON,
        rates=random_rates(lots),
        zones=random_zones(lots, most),
        discounts=tuple(random_discount(lots, number, most) for number in range(lots.choice((0, 1, 2, 4)))),
        first_order=lots.random() < 0.5,
    )
    request = QuoteRequest(
        lines=tuple(lines),
        at=NOON,
        country=lots.choice((*COUNTRIES, None)),
        region=lots.choice(REGIONS),
        shipping_method=lots.choice((None, "a", "b", "c", "gone")),
        coupons=tuple(lots.sample((*CODES, "NONE"), lots.randint(0, 3))),
        audiences=frozenset(lots.sample(("students", "friends"), lots.randint(0, 2))),
        adjustments=tuple(random_extra(lots, most) for _ in range(lots.choice((0, 0, 0, 1, 2)))),
    )
    return request, facts


def random_count(lots: Random) -> int:
    return lots.choice((1, 1, 1, 2, 3, 7, 12, 999))


def random_item(lots: Random, number: int, most: int) -> Item:
    price = lots.choice((0, 1, 2, 99, lots.randint(1, most), lots.randint(1, most), lots.randint(1, most)))
    shelves = frozenset(lots.sample(range(5), lots.randint(0, 3)))
    weight = lots.choice((0, 120, 4999))
    return Item(number, number // 2, f"S{number}", price, None, weight, lots.choice(CLASSES), shelves)


def random_rates(lots: Random) -> tuple[TaxRate, ...]:
    places = [(country, region or "") for country in COUNTRIES for region in REGIONS]
    chosen = lots.sample([(*place, kind) for place in places for kind in CLASSES], lots.randint(0, 30))
    return tuple(TaxRate(*place, lots.choice(RATES), lots.choice(("VAT", "GST"))) for place in chosen)


def random_zones(lots: Random, most: int) -> tuple[Zone, ...]:
    sets = lots.sample((("GB",), ("DE", "JP"), ("*",)), lots.randint(0, 3))
    return tuple(Zone(frozenset(names), methods=random_methods(lots, most)) for names in sets)


def random_methods(lots: Random, most: int) -> tuple[Method, ...]:
    found = []
    for key in lots.sample("abc", lots.randint(0, 3)):
        steps = sorted(lots.sample(range(1, most * 3), lots.randint(0, 2)))
        bands = [Band(step, lots.randint(0, most // 3)) for step in steps]
        if not bands or lots.random() < 0.8:
            bands.append(Band(None, lots.randint(0, most // 3)))
        lots.shuffle(bands)
        free = lots.choice((None, None, lots.randint(0, most * 2)))
        kind = lots.choice(("delivery", "delivery", "delivery", "pickup"))
        basis = lots.choice(("price", "weight"))
        found.append(Method(key, key.upper(), tuple(bands), basis, kind, free))
    return tuple(found)


def random_discount(lots: Random, number: int, most: int) -> Discount:
    kind = lots.choice(("percent", "fixed", "free_shipping", "buy_get"))
    day = timedelta(days=1)
    wants = Conditions(
        minimum_minor=lots.choice((None, None, lots.randint(0, most * 2))),
        product_ids=frozenset(lots.sample(range(5), lots.choice((0, 0, 2)))),
        category_ids=frozenset(lots.sample(range(5), lots.choice((0, 0, 0, 2)))),
        audiences=frozenset(lots.choice(((), (), ("students",)))),
        countries=frozenset(lots.choice(((), (), ("GB", "US")))),
        first_order=lots.random() < 0.1,
        starts_at=lots.choice((None, None, NOON - day, NOON, NOON + day)),
        ends_at=lots.choice((None, None, None, NOON - day, NOON, NOON + day)),
    )
    return Discount(
        key=f"d{number}",
        kind=kind,
        code=CODES[number % 3] if number < 3 and lots.random() < 0.6 else None,
        percent_bp=lots.choice((1, 333, 1000, 1500, 5000, 9999, 10000)),
        amount_minor=lots.choice((0, 1, lots.randint(1, most), most * 100)),
        buy=lots.randint(1, 3),
        get=lots.randint(1, 2),
        combinable=lots.random() < 0.7,
        conditions=wants,
        left=lots.choice((None, None, 0, 1)),
        left_for_person=lots.choice((None, None, None, 0, 1)),
        claims=(Claim(f"coupon:{number}", 1),),
    )


def random_extra(lots: Random, most: int) -> Adjustment:
    amount = lots.choice((0, 1, lots.randint(1, most), -1, -lots.randint(1, most), -most * 50))
    return Adjustment("extra", "Extra", amount, lots.choice((None, "standard", "books")))
