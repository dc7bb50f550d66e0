"""A quote as the rows of a bill, for the cart and every step of the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.cart.service.words import days_of
from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.pricing.rules import Quote, ShippingChoice


@dataclass(frozen=True, slots=True)
class BillRow:
    """One row: what, how much, and a smaller line below. `words` stand where there is no amount ("free")."""

    kind: str
    label: str
    amount: Money | None = None
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """All rows and the sum. `settled`: delivery is chosen, so that the sum is what will be paid."""

    rows: tuple[BillRow, ...]
    total: Money
    tax_words: str
    settled: bool


def bill_of(quote: Quote, expected: ShippingChoice | None = None, forecast: str = "") -> Bill:
    """The bill of a quote; while no way of delivery is chosen, `expected` counts, and `forecast` says so."""
    way = quote.shipping or expected
    total = quote.total_minor
    if quote.shipping is None and way is not None:
        total += way.price_minor + (0 if quote.prices_include_tax else way.tax_minor)
    rows = (*_goods(quote), _delivery(quote, way, forecast), *_taxes(quote))
    return Bill(rows, Money(total, quote.currency), _tax_words(quote), quote.shipping is not None)


def _goods(quote: Quote) -> Iterator[BillRow]:
    def money(minor: int) -> Money:
        return Money(minor, quote.currency)

    pieces = sum(line.quantity for line in quote.lines)
    yield BillRow("goods", ngettext("%(num)s thing", "%(num)s things", pieces), money(quote.goods_minor))
    for discount in quote.discounts:
        if discount.on == "goods":
            yield BillRow("discount", _named(discount.label, discount.code), money(-discount.amount_minor))
    for extra in quote.adjustments:
        if extra.amount_minor:
            yield BillRow("extra", extra.label, money(extra.amount_minor))


def _named(label: str, code: str | None) -> str:
    return label if not code or code in label else f"{label} ({code})"


def _delivery(quote: Quote, way: ShippingChoice | None, forecast: str) -> BillRow:
    if not quote.needs_delivery:
        return BillRow("delivery", _("Delivery"), words=_("nothing to send"))
    if way is None:
        words = _("with your address") if not quote.shipping_problem else _("not possible yet")
        return BillRow("delivery", _("Delivery"), words=words)
    label = _("Delivery, %(days)s", days=days_of(way))
    by = [_named(one.label, one.code) for one in quote.discounts if one.on == "shipping"]
    open_yet = [] if quote.shipping else [forecast or _("you choose at the checkout")]
    note = " · ".join([way.name, *open_yet, *by])
    if way.price_minor == 0:
        return BillRow("delivery", label, words=_("free"), note=note)
    return BillRow("delivery", label, Money(way.price_minor, quote.currency), note=note)


def _taxes(quote: Quote) -> Iterator[BillRow]:
    if quote.prices_include_tax:
        return
    for tax in quote.taxes:
        if tax.tax_minor:
            yield BillRow("tax", tax.name or _("Tax"), Money(tax.tax_minor, quote.currency))


def _tax_words(quote: Quote) -> str:
    if not quote.prices_include_tax or not quote.tax_minor:
        return ""
    amount = Money(quote.tax_minor, quote.currency).format(current_language().babel)
    return _("Tax of %(amount)s is in the price.", amount=amount)
