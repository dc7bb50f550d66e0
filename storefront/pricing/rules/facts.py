"""What a quote is made from: prices, tax rates, zones and ways of delivery, discounts, calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storefront.pricing.rules.calendar import Calendar
from storefront.pricing.rules.values import Claim

STANDARD, UNTAXED_CLASS = "standard", "none"
WORLD = "*"
PERCENT, FIXED, FREE_SHIPPING, BUY_GET = "percent", "fixed", "free_shipping", "buy_get"
DISCOUNT_KINDS = (PERCENT, FIXED, FREE_SHIPPING, BUY_GET)
BY_PRICE, BY_WEIGHT = "price", "weight"
DELIVERY, PICKUP = "delivery", "pickup"
WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """A variant as it is sold now. `category_ids` are its product's and all above.

    `posted`: somebody has to bring it; gift cards and files need no delivery.
    """

    variant_id: int
    product_id: int
    sku: str
    unit_minor: int
    compare_at_minor: int | None = None
    weight_grams: int = 0
    tax_class: str = STANDARD
    category_ids: frozenset[int] = frozenset()
    posted: bool = True


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The tax on one class of goods in a country, or in one region of it. 2000 basis points are 20 %."""

    country: str
    region: str
    tax_class: str
    rate_bp: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """The price up to and including a weight in grams or a value of goods; None: however much it is."""

    upto: int | None
    price_minor: int


@dataclass(frozen=True, slots=True)
class Method:
    """A way of delivery in one zone. Days are working days; from `cutoff_hour` on, the next day counts."""

    key: str
    name: str
    bands: tuple[Band, ...]
    basis: str = BY_PRICE
    kind: str = DELIVERY
    free_from_minor: int | None = None
    handling_min: int = 0
    handling_max: int = 1
    min_days: int = 1
    max_days: int = 3
    cutoff_hour: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where ways of delivery are good: countries ('*': all others), narrowed by regions and postcodes."""

    countries: frozenset[str]
    regions: frozenset[str] = frozenset()
    postcodes: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a discount counts. What is empty or None asks for nothing."""

    minimum_minor: int | None = None
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    audiences: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    first_order: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """A reduction: given to everybody who fulfils its conditions, or (with a `code`) to those who know it.

    `left` and `left_for_person` are uses that remain (None: no limit, or nobody known).
    `amount_minor` is the amount of FIXED, and the most that FREE_SHIPPING takes off (0: all of it).
    """

    key: str
    kind: str
    label: str = ""
    code: str | None = None
    percent_bp: int = 0
    amount_minor: int = 0
    buy: int = 0
    get: int = 0
    combinable: bool = True
    conditions: Conditions = field(default_factory=Conditions)
    left: int | None = None
    left_for_person: int | None = None
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a quote is derived from, read at one moment. `local_time` is the shop's own time.

    `first_claims` are what a buyer claims who has something off because it is their first order.
    """

    currency: str
    prices_include_tax: bool
    home: str
    items: Mapping[int, Item]
    local_time: datetime
    rates: tuple[TaxRate, ...] = ()
    zones: tuple[Zone, ...] = ()
    discounts: tuple[Discount, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    first_order: bool = True
    first_claims: tuple[Claim, ...] = ()
