"""Invoices and credit notes: what most laws want on them, from the order as it was placed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from storefront.core.database import db
from storefront.core.errors import NotFound
from storefront.core.money import Money
from storefront.core.store import store_value
from storefront.customers import service as customers
from storefront.ordering.models import Payment, Refund
from storefront.ordering.rules import credits
from storefront.ordering.service.bills import OrderBill, TaxRow, bill_of_order, rate_words
from storefront.ordering.service.reading import LineView, OrderView
from storefront.ordering.service.refund_events import SUCCEEDED
from storefront.ordering.service.showing import lines_of_address
from storefront.ordering.service.words import label_of, tag_of_words


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as the owner wrote it down in the store's settings."""

    name: str
    lines: tuple[str, ...]
    tax_number: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line: `total` is what was paid for it, `unit` and `discount` as prices are in this shop."""

    line: LineView
    unit: Money
    discount: Money
    total: Money
    rate: str


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Money that went back, with its own number and the tax that is taken back with it."""

    number: str
    issued: datetime
    amount: Money
    taxes: tuple[TaxRow, ...]
    pieces: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice with its credit notes."""

    order: OrderView
    number: str
    issued: datetime
    seller: Seller
    billed_to: tuple[str, ...]
    sent_to: tuple[str, ...]
    lines: tuple[InvoiceLine, ...]
    bill: OrderBill
    paid_with: str
    lang: str | None
    paid_at: datetime | None
    credits: tuple[CreditNote, ...]


def invoice_of(order: OrderView) -> Invoice:
    """The invoice of an order that counts. Raises NotFound for one that has none (yet)."""
    if order.invoice_number is None or order.confirmed_at is None:
        raise NotFound
    sent_to = lines_of_address(order.shipping_address)
    billed_to = lines_of_address(order.billing_address) or sent_to
    return Invoice(
        order=order,
        number=order.invoice_number,
        issued=order.confirmed_at,
        seller=seller(),
        billed_to=billed_to,
        sent_to=sent_to if sent_to != billed_to else (),
        lines=tuple(_line(line, order.currency) for line in order.lines),
        bill=bill_of_order(order),
        paid_with=label_of(order),
        lang=tag_of_words(order.locale),
        paid_at=order.paid_at,
        credits=tuple(_credit_notes(order)),
    )


def seller() -> Seller:
    """Who sells: the business of the store's settings, else the shop's name."""
    address = [line.strip() for line in store_value("business_address").splitlines() if line.strip()]
    country = dict(customers.countries()).get(store_value("business_country"))
    return Seller(
        name=store_value("business_name") or current_app.extensions["regulars_settings"].shop_name,
        lines=(*address, *([country] if country else [])),
        tax_number=store_value("business_tax_number"),
        email=store_value("contact_email"),
        phone=store_value("contact_phone"),
    )


def _line(line: LineView, currency: str) -> InvoiceLine:
    return InvoiceLine(
        line=line,
        unit=Money(line.unit_minor, currency),
        discount=Money(line.discount_minor, currency),
        total=Money(line.total_minor, currency),
        rate=rate_words(line.tax_rate_bp),
    )


# --- credit notes -----------------------------------------------------------------------------------------


def _credit_notes(order: OrderView) -> Iterator[CreditNote]:
    """One for each refund that went through, numbered after the invoice in the order in which they did."""
    names = {tax["rate_bp"]: tax["name"] or _("Tax") for tax in order.pricing.get("taxes", [])}
    for place, refund in enumerate(_settled(order.id), start=1):
        pieces = [(int(line_id), int(count)) for line_id, count in refund.lines or []]
        yield CreditNote(
            number=f"{order.invoice_number}-{place}",
            issued=refund.settled_at or refund.created_at,
            amount=Money(refund.amount_minor, order.currency),
            taxes=_taxes_back(order, refund.amount_minor, pieces, names),
            pieces=tuple(_titles(order, pieces)),
        )


def _settled(order_id: int) -> list[Refund]:
    query = (
        sa.select(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.order_id == order_id, Refund.state == SUCCEEDED)
        .order_by(Refund.settled_at, Refund.id)
    )
    return list(db.session.execute(query).scalars())


def _titles(order: OrderView, pieces: list[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    titles = {line.id: line.title or line.sku for line in order.lines}
    for line_id, count in pieces:
        if line_id in titles:
            yield titles[line_id], count


def _taxes_back(
    order: OrderView, amount_minor: int, pieces: list[tuple[int, int]], names: dict[int, str]
) -> tuple[TaxRow, ...]:
    """The tax in a refund: of the lines it was for, what goes beyond them at the rates of the order."""
    of_lines = list(_parts_of(order, pieces))
    goods = min(sum(part.gross_minor for part in of_lines), amount_minor)
    shares: dict[int, list[int]] = {}
    for amount, parts in ((goods, of_lines), (amount_minor - goods, _parts_of_order(order))):
        for share in credits.split(amount, parts, names) if amount else ():
            sums = shares.setdefault(share.rate_bp, [0, 0])
            sums[0] += share.base_minor
            sums[1] += share.tax_minor
    return tuple(
        TaxRow(
            name=names.get(rate, _("Tax")),
            rate=rate_words(rate),
            base=Money(base, order.currency),
            tax=Money(tax, order.currency),
        )
        for rate, (base, tax) in sorted(shares.items(), reverse=True)
    )


def _parts_of(order: OrderView, pieces: list[tuple[int, int]]) -> Iterator[credits.Part]:
    known = {line.id: line for line in order.lines}
    for line_id, count in pieces:
        line = known.get(line_id)
        if line is not None:
            yield credits.Part(line.total_minor * count // line.quantity, line.tax_rate_bp)


def _parts_of_order(order: OrderView) -> list[credits.Part]:
    taxes = order.pricing.get("taxes", [])
    return [credits.Part(tax["base_minor"] + tax["tax_minor"], tax["rate_bp"]) for tax in taxes]
