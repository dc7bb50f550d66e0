"""What orders tell the core, and what they listen to."""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app, render_template
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from storefront.core.console import ConsolePage, SearchSource, TodayFigure, TodoCard, may_now
from storefront.core.database import Tx
from storefront.core.events import listens
from storefront.core.health import Invariant
from storefront.core.imports.registry import Exporter, Importer
from storefront.core.privacy import PersonalData
from storefront.core.slots import PageContext
from storefront.core.store import StoreSetting
from storefront.customers.events import EmailConfirmed
from storefront.customers.service import AccountPage, PersonFact
from storefront.hookspecs import hookimpl
from storefront.ordering.rules.payments import Gateway
from storefront.ordering.service import (
    checks,
    desk,
    desk_customer,
    desk_today,
    desk_words,
    exporting,
    importing,
    join_guest_orders,
    own_orders,
    pending,
    terms,
)
from storefront.ordering.service.gateways.cash import CashOnDelivery
from storefront.ordering.service.gateways.fake import FakeGateway
from storefront.ordering.service.gateways.transfer import Transfer
from storefront.ordering.service.words import amount_words

LAW = "what was sold, when and for how much has to be kept for the books, without the buyer's name"
LINK = "the link to the order in mails that were sent"


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Orders and returns of a person: their lines, payments and parcels are reached through them."""
    sums = (
        "lines_minor", "charges_minor", "discount_minor", "tax_minor", "total_minor", "shipping_minor",
        "shipping_tax_minor", "tax_included", "pricing",
    )  # fmt: skip
    times = ("placed_at", "confirmed_at", "paid_at", "completed_at", "cancelled_at", "expires_at")
    facts = (
        "number", "invoice_number", "invoice_count", "payment_state", "fulfilment_state", "cancel_reason",
        "shipping_method", "shipping_name", "delivery_earliest", "delivery_latest", "locale",
    )  # fmt: skip
    person = (
        "email", "email_key", "phone", "shipping_address", "billing_address", "note", "country", "extra",
        "public_token", "checkout_token", "cart_id",
    )  # fmt: skip
    return [
        PersonalData("orders", person, owner="customer_id", on_erase="blank"),
        PersonalData("orders", (*facts, *times, *sums), "customer_id", on_erase="keep", why=LAW),
        PersonalData(
            "order_return",
            ("number", "returned_at", "total_minor", "order_id", "restocked"),
            "customer_id",
            on_erase="keep",
            why=LAW,
        ),
        PersonalData("order_return", ("reason",), "customer_id", on_erase="blank"),
        PersonalData(
            "owned_product",
            ("email_key", "product_id", "variant_id", "order_line_id", "quantity", "since", "until"),
            "customer_id",
            on_erase="delete",
        ),
    ]


@hookimpl
def register_person_facts() -> list[PersonFact]:
    """Whether an order of theirs waits for its payment: a cart asks for it only then."""
    return [PersonFact(pending.FACT, pending.waits_column)]


@hookimpl
def register_importers() -> list[Importer]:
    """Histories of orders."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """Orders and returns, written."""
    return exporting.exporters()


@hookimpl
def register_store_settings() -> list[StoreSetting]:
    """Invoice numbers, the bank account, days for transfers, cash on delivery."""
    return terms.settings()


@hookimpl
def register_account_pages() -> list[AccountPage]:
    """The orders of whoever is signed in."""
    return [AccountPage("orders", _l("Orders"), "ordering.own", 10, "shopping-bag")]


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """Orders, with the number of those to send; payments to look at, with how many there are."""
    work, read = "work", "orders.read"
    return [
        ConsolePage(
            "orders", _l("Orders"), "ordering_owner.orders", work, 10, read, "orders",
            count=lambda: desk.count_of(desk.to_ship()), shortcut="o",
        ),
        ConsolePage(
            "attention", _l("Payments to look at"), "ordering_owner.attention", work, 12, read, "case",
            count=desk.to_look_at, due=True,
        ),
    ]  # fmt: skip


@hookimpl
def register_todo_cards() -> list[TodoCard]:
    """Parcels, problems with payments, returns, money that is waited for."""
    return desk_today.todo_cards()


@hookimpl
def register_today_figures() -> list[TodayFigure]:
    """Sales and orders of today."""
    return desk_today.figures()


@hookimpl
def register_console_search() -> list[SearchSource]:
    """Orders by number, e-mail, name or SKU."""
    return [desk_today.search_source()]


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """The newest order for the account's first page; all of them, and what is owned, for the console."""
    if page == "account" and context.customer_id is not None:
        newest = own_orders.newest_order(context.customer_id)
        html = render_template("ordering/_newest.html", order=newest) if newest else ""
        return {"account_overview": Markup(html)}  # noqa: S704
    if page != "console-customer" or context.customer_id is None or not may_now("orders.read"):
        return None
    currency = current_app.extensions["regulars_settings"].currency
    buyer = desk_customer.buyer_sheet(context.customer_id)
    known = {
        "buyer": buyer,
        "amount": lambda minor: amount_words(minor, currency),
        "badge": desk_words.status_badge,
        "key": context.more.get("key"),
    }
    side = render_template("ordering/owner/_owned.html", **known) if buyer.owned else ""
    main = render_template("ordering/owner/_of_customer.html", **known)
    return {"console_customer_main": Markup(main), "console_customer_side": Markup(side)}  # noqa: S704


@hookimpl
def register_payment_gateways() -> list[Gateway]:
    """Bank transfer and cash on delivery; the fake gateway outside production."""
    known: list[Gateway] = [Transfer(), CashOnDelivery()]
    if current_app.extensions["regulars_settings"].production:
        return known
    return [FakeGateway(), *known]


@hookimpl
def register_invariants() -> list[Invariant]:
    """Sums, numbers, payments, refunds, mails and pieces of orders fit each other."""
    return [
        Invariant("orders add up to their totals", checks.sums),
        Invariant("refunds stay within what was paid", checks.refunds),
        Invariant("invoice numbers have no gaps", checks.numbers),
        Invariant("an order stands by one payment", checks.owners),
        Invariant("nothing is paid without an order", checks.paid_without_order),
        Invariant("a confirmed order has one confirmation mail", checks.mails),
        Invariant("no more is sent or given back than was ordered", checks.pieces),
        Invariant("no order waits for money beyond its time", checks.late),
        Invariant("only what was paid is owned", checks.owned),
    ]


@listens(EmailConfirmed)
def join_older_orders(event: EmailConfirmed, tx: Tx) -> None:
    """Orders placed as a guest become those of whoever proved to read that address."""
    join_guest_orders(tx, event.customer_id, event.email_key)
