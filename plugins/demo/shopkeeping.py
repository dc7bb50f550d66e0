"""How the demo shop sells: its name and address, taxes, ways of delivery, two codes and one discount."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from storefront.public import (
    DiscountValues,
    MethodValues,
    NotFound,
    ZoneValues,
    add_coupon,
    add_usual_rates,
    declare_need,
    read_state,
    save_discount,
    save_method,
    save_zone,
    store_values,
    transaction,
    write_state,
)

STATE = "demo-open"
# As the pages of the demo catalogue say it.
SHOPKEEPER: dict[str, Any] = {
    "business_name": "Regulars",
    "business_address": "14 Market Passage\nBristol BS1 4QA",
    "business_country": "GB",
    "business_tax_number": "GB 123 4567 89",
    "contact_email": "desk@regulars.example",
    "contact_phone": "020 7946 0181",
    "bank_holder": "Regulars of Market Passage Ltd",
    "bank_account": "12345678",
    "bank_code": "00-00-00",
    "bank_name": "Passage Bank",
    "cash_on_delivery": True,
    "cash_most": 15_000,
    "returns_days": 60,
    "returns_free": True,
    "prices_include_tax": True,
    "business_timezone": "Europe/London",
    "delivery_weekend": "sun",
    "delivery_holidays": "12-25 Christmas Day\n12-26 Boxing Day\n01-01 New Year's Day",
}
EU = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
NINE_IN_THE_EVENING = 21
# What the shopkeeper knows before anybody buys it: addresses of the demo catalogue.
NEEDS = (
    ("p/first-cup", "p/weaning-set"),
    ("p/vela-c2-kit", "p/memory-card-fast"),
    ("c/parts-storage", "c/soft-tools"),
)
CODES = ("WELCOME10", "SENDFREE")


def open_for_business() -> None:
    """Set what the shop needs to sell. Nothing to do for a shop that has it."""
    if read_state(STATE) is not None:
        return
    with transaction() as tx:
        store_values(tx, SHOPKEEPER)
        for preset in ("uk", "eu"):
            add_usual_rates(tx, preset)
        _deliver_at_home(tx)
        _deliver_abroad(tx)
        _reduce(tx)
        _declare(tx)
        write_state(tx, STATE, {"codes": list(CODES)})


def _deliver_at_home(tx: Any) -> None:
    zone = save_zone(tx, None, ZoneValues("United Kingdom", ["GB"]))
    save_method(
        tx,
        None,
        MethodValues(
            zone,
            {"en": "Standard delivery", "zh": "普通配送"},
            [(None, 290)],
            free_from_minor=3000,
            handling_max=0,
            min_days=2,
            max_days=2,
            cutoff_hour=NINE_IN_THE_EVENING,
        ),
    )
    save_method(
        tx,
        None,
        MethodValues(
            zone,
            {"en": "Express, next working day", "zh": "加急，下一个工作日"},
            [(2000, 590), (10_000, 890), (30_000, 1490)],
            basis="weight",
            handling_max=0,
            min_days=1,
            max_days=1,
            cutoff_hour=NINE_IN_THE_EVENING,
            position=1,
        ),
    )
    save_method(
        tx,
        None,
        MethodValues(
            zone,
            {"en": "Collect from the shop", "zh": "到店自取"},
            [(None, 0)],
            kind="pickup",
            notes={
                "en": "14 Market Passage, Bristol BS1 4QA. Nine to six, not on Sundays.",
                "zh": "布里斯托尔市集巷 14 号，邮编 BS1 4QA。九点到六点，周日休息。",
            },
            handling_max=0,
            min_days=1,
            max_days=1,
            cutoff_hour=16,
            position=2,
        ),
    )


def _deliver_abroad(tx: Any) -> None:
    union = save_zone(tx, None, ZoneValues("European Union", EU, position=1))
    save_method(
        tx,
        None,
        MethodValues(
            union,
            {"en": "Parcel to Europe", "zh": "欧洲包裹"},
            [(2000, 790), (10_000, 1490), (30_000, 2490)],
            basis="weight",
            min_days=4,
            max_days=7,
        ),
    )
    world = save_zone(tx, None, ZoneValues("Rest of the world", ["*"], position=2))
    save_method(
        tx,
        None,
        MethodValues(
            world,
            {"en": "Parcel to the world", "zh": "国际包裹"},
            [(2000, 1490), (10_000, 3490), (20_000, 5990)],
            basis="weight",
            min_days=8,
            max_days=15,
        ),
    )


def _declare(tx: Any) -> None:
    for of, needs in NEEDS:
        with suppress(NotFound):  # a shop built on somebody's own history has other things
            declare_need(tx, of, needs)


def _reduce(tx: Any) -> None:
    welcome, free = CODES
    key = save_discount(
        tx,
        None,
        DiscountValues(
            "percent",
            {"en": "10% off your first order", "zh": "首单九折"},
            percent_bp=1000,
            first_order=True,
            per_person_limit=1,
        ),
    )
    add_coupon(tx, key, welcome)
    key = save_discount(
        tx,
        None,
        DiscountValues(
            "free_shipping",
            {"en": "Free delivery", "zh": "免运费"},
            minimum_minor=1500,
            countries=["GB"],
            uses_limit=500,
        ),
    )
    add_coupon(tx, key, free)
    save_discount(
        tx,
        None,
        DiscountValues(
            "fixed",
            {"en": "£10 off from £120", "zh": "满 120 英镑减 10 英镑"},
            automatic=True,
            amount_minor=1000,
            minimum_minor=12_000,
        ),
    )
