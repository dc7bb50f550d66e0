"""What a quote is made of and answers with. Frozen; amounts are whole minor units of one currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from json import dumps

MOST_PIECES = 999


@dataclass(frozen=True, slots=True)
class Claim:
    """So much of a row of the core's counters: a use of a coupon, points, a gift balance."""

    counter: str
    amount: int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Something that costs more (gift wrap) or less (points) beside the goods.

    More than nothing is taxed as `tax_class` says (None: not at all). Less than nothing is taken off the
    goods, spread over their lines as a discount is, and never takes off more than they cost.
    """

    key: str
    label: str
    amount_minor: int
    tax_class: str | None = None
    claims: tuple[Claim, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What is asked for. `lines` are (variant id, pieces).

    While `country` is None the goods are priced as if they stayed in the shop's own country.
    Raises ValueError for pieces that are not a whole number from 1 to 999: hostile values end here.
    """

    lines: tuple[tuple[int, int], ...]
    at: datetime
    country: str | None = None
    region: str | None = None
    postcode: str | None = None
    shipping_method: str | None = None
    coupons: tuple[str, ...] = ()
    customer_id: int | None = None
    email_key: str | None = None
    audiences: frozenset[str] = frozenset()
    adjustments: tuple[Adjustment, ...] = ()

    def __post_init__(self) -> None:
        for _variant_id, quantity in self.lines:
            if type(quantity) is not int or not 0 < quantity <= MOST_PIECES:
                raise ValueError(f"{str(quantity)[:40]} pieces cannot be bought; 1 to {MOST_PIECES} can")


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One line. `total_minor` is paid for it: gross less discount, and tax where prices exclude it."""

    variant_id: int
    product_id: int
    sku: str
    quantity: int
    unit_minor: int
    compare_at_minor: int | None
    gross_minor: int
    discount_minor: int
    tax_rate_bp: int
    tax_minor: int
    total_minor: int
    weight_grams: int
    tax_class: str


@dataclass(frozen=True, slots=True)
class AppliedAdjustment:
    """An adjustment as it counts. A negative one is part of the lines' discounts; its own total is then 0."""

    key: str
    label: str
    amount_minor: int
    tax_rate_bp: int
    tax_minor: int
    total_minor: int
    source: str


@dataclass(frozen=True, slots=True)
class TaxLine:
    """All that is taxed at one rate: goods, delivery and extras. `base_minor` is without the tax."""

    name: str
    rate_bp: int
    base_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class ShippingChoice:
    """A way to get these goods there. The price is as shop prices are (with or without tax).

    `before_minor` is the price before a discount on delivery. `kind` is 'delivery' or 'pickup'.
    """

    key: str
    name: str
    price_minor: int
    tax_minor: int
    min_days: int
    max_days: int
    earliest: date
    latest: date
    free_from_minor: int | None
    kind: str = "delivery"
    before_minor: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """What a discount takes off: of the goods, or (`on` is 'shipping') of the price of delivery."""

    key: str
    code: str | None
    label: str
    amount_minor: int
    on: str = "goods"


@dataclass(frozen=True, slots=True)
class CouponProblem:
    """Why a code does not count now; `reason` is a keyword, `service.coupon_words` makes a sentence of it."""

    code: str
    reason: str
    minimum_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer: what everything costs, delivered to `country`, at this moment.

    total = lines + adjustments + shipping, each with its tax. `missing` are variants that are gone or not
    sold any more; `shipping_problem` says why nothing can be chosen ('' | 'country' | 'weight' | 'method').
    Nothing has to be chosen where `needs_delivery` is False.
    """

    currency: str
    prices_include_tax: bool
    country: str | None
    lines: tuple[QuoteLine, ...]
    discounts: tuple[AppliedDiscount, ...]
    adjustments: tuple[AppliedAdjustment, ...]
    shipping: ShippingChoice | None
    shipping_choices: tuple[ShippingChoice, ...]
    taxes: tuple[TaxLine, ...]
    goods_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    claims: tuple[Claim, ...]
    coupon_problems: tuple[CouponProblem, ...]
    missing: tuple[int, ...]
    shipping_problem: str = ""
    free_shipping_from_minor: int | None = None
    needs_delivery: bool = True

    @property
    def shipping_total_minor(self) -> int:
        """What is paid for delivery, with its tax."""
        added = 0 if self.prices_include_tax or self.shipping is None else self.shipping.tax_minor
        return self.shipping_minor + added

    @property
    def adjustments_minor(self) -> int:
        """What is paid for extras, with their tax."""
        return sum(extra.total_minor for extra in self.adjustments)

    @property
    def lines_minor(self) -> int:
        """What is paid for the goods, with their tax."""
        return sum(line.total_minor for line in self.lines)

    @property
    def digest(self) -> str:
        """A hash over everything that costs money, the same in every language."""
        way = self.shipping
        parts = [
            self.currency,
            self.prices_include_tax,
            self.country,
            [_money_of(line) for line in self.lines],
            [(one.key, one.code, one.amount_minor, one.on) for one in self.discounts],
            [(one.key, one.amount_minor, one.tax_rate_bp, one.tax_minor) for one in self.adjustments],
            (way.key, self.shipping_minor, way.tax_minor) if way else None,
            [(one.rate_bp, one.base_minor, one.tax_minor) for one in self.taxes],
            [self.goods_minor, self.discount_minor, self.shipping_minor, self.tax_minor, self.total_minor],
            [(claim.counter, claim.amount) for claim in self.claims],
            self.missing,
        ]
        return sha256(dumps(parts, separators=(",", ":")).encode()).hexdigest()


def _money_of(line: QuoteLine) -> list[int]:
    amounts = [line.gross_minor, line.discount_minor, line.tax_rate_bp, line.tax_minor, line.total_minor]
    return [line.variant_id, line.quantity, line.unit_minor, *amounts]
