"""The sums of an order as rows of a bill: on its page, its invoice and in its mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.ordering.service.reading import OrderView
from storefront.ordering.service.words import days_between


@dataclass(frozen=True, slots=True)
class OrderBillRow:
    """One row: what, how much, and a smaller line below. `words` stand where there is no amount ("free")."""

    kind: str
    label: str
    amount: Money | None = None
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """All that is taxed at one rate; `base` is without the tax."""

    name: str
    rate: str
    base: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class OrderBill:
    """All rows, the sum, and the taxes in it."""

    rows: tuple[OrderBillRow, ...]
    total: Money
    taxes: tuple[TaxRow, ...]
    tax_words: str


def bill_of_order(order: OrderView) -> OrderBill:
    """The bill of an order; its rows add up to its total."""
    rows = _shop_rows(order) if order.origin == "shop" else _history_rows(order)
    return OrderBill(tuple(rows), order.total, taxes_of(order), _tax_words(order))


def _shop_rows(order: OrderView) -> Iterator[OrderBillRow]:
    def money(minor: int) -> Money:
        return Money(minor, order.currency)

    pieces, gross = _pieces(order)
    yield OrderBillRow("goods", ngettext("%(num)s thing", "%(num)s things", pieces), money(gross))
    for discount in order.pricing.get("discounts", []):
        if discount.get("on") == "goods":
            yield OrderBillRow("discount", _named(discount), money(-discount["amount_minor"]))
    for extra in _extras(order):
        yield OrderBillRow("extra", extra["label"], money(extra["amount_minor"]))
    if order.shipping_name:
        yield _delivery(order)
    if not order.tax_included:
        for tax in taxes_of(order):
            yield OrderBillRow("tax", f"{tax.name} {tax.rate}", tax.tax)


def _pieces(order: OrderView) -> tuple[int, int]:
    """How many things, and what they cost before anything is taken off."""
    goods = [line for line in order.lines if line.kind == "product"]
    return sum(line.quantity for line in goods), sum(line.unit_minor * line.quantity for line in goods)


def _extras(order: OrderView) -> list[dict]:
    return [extra for extra in order.pricing.get("adjustments", []) if extra["amount_minor"]]


def _named(discount: dict) -> str:
    label, code = discount["label"], discount.get("code")
    return f"{label} ({code})" if code and code not in label else str(label)


def _delivery(order: OrderView) -> OrderBillRow:
    by = [_named(one) for one in order.pricing.get("discounts", []) if one.get("on") == "shipping"]
    note = ", ".join([order.shipping_name or "", *by])
    days = days_between(order.delivery_earliest, order.delivery_latest)
    label = _("Delivery, %(days)s", days=days) if days else _("Delivery")
    if not order.shipping_minor:
        return OrderBillRow("delivery", label, words=_("free"), note=note)
    return OrderBillRow("delivery", label, Money(order.shipping_minor, order.currency), note=note)


def _history_rows(order: OrderView) -> Iterator[OrderBillRow]:
    """Imported orders know their sums only; what does not add up is said as it was delivered."""
    yield OrderBillRow("goods", _("Goods"), Money(order.lines_minor, order.currency))
    if order.charges_minor:
        yield OrderBillRow("extra", _("Delivery and extras"), Money(order.charges_minor, order.currency))


def taxes_of(order: OrderView) -> tuple[TaxRow, ...]:
    """Tax by rate, as the quote had it."""
    return tuple(
        TaxRow(
            name=tax["name"] or _("Tax"),
            rate=rate_words(tax["rate_bp"]),
            base=Money(tax["base_minor"], order.currency),
            tax=Money(tax["tax_minor"], order.currency),
        )
        for tax in order.pricing.get("taxes", [])
    )


def rate_words(rate_bp: int) -> str:
    """`20 %`, `5.5 %`."""
    whole, part = divmod(rate_bp, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + "\u00a0%"


def _tax_words(order: OrderView) -> str:
    if not order.tax_included or not order.tax_minor:
        return ""
    amount = Money(order.tax_minor, order.currency).format(current_language().babel)
    return _("Tax of %(amount)s is in the price.", amount=amount)
