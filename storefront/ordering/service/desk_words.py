"""What orders say to the staff: states as badges, what happened, what a problem with a payment means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.core.console import TimelineEntry as Entry
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.reading import OrderView, TimelineEntry
from storefront.ordering.service.words import amount_words

Badge = tuple[str, str]


def status_badge(status: str) -> Badge:
    """(words, look) of an order's own state."""
    return {
        rules.PENDING: (_("not placed yet"), "dash"),
        rules.CONFIRMED: (_("open"), "sky"),
        rules.COMPLETED: (_("done"), "green"),
        rules.CANCELLED: (_("cancelled"), "line"),
    }.get(status, (status, ""))


def payment_badge(state: str) -> Badge:
    """(words, look) of a payment."""
    return {
        payments.CREATED: (_("not begun"), "dash"),
        payments.PENDING: (_("waiting for money"), "dash"),
        payments.UNKNOWN: (_("being confirmed"), "gold"),
        payments.AUTHORIZED: (_("approved, not taken"), "gold"),
        payments.CAPTURED: (_("paid"), "green"),
        payments.PARTLY_REFUNDED: (_("partly given back"), "line"),
        payments.REFUNDED: (_("given back"), "line"),
        payments.FAILED: (_("failed"), "clay"),
        payments.CANCELLED: (_("let go"), "line"),
        "": (_("imported"), ""),
    }.get(state, (state, ""))


def fulfilment_badge(state: str) -> Badge:
    """(words, look) of what was sent."""
    return {
        rules.UNFULFILLED: (_("to send"), "dash"),
        rules.PARTIAL: (_("partly sent"), "gold"),
        rules.FULFILLED: (_("sent"), "green"),
        "": (_("imported"), ""),
    }.get(state, (state, ""))


def refund_badge(state: str) -> Badge:
    """(words, look) of a refund."""
    return {
        "created": (_("being asked for"), "dash"),
        "pending": (_("on its way"), "dash"),
        "unknown": (_("being confirmed"), "gold"),
        "succeeded": (_("given back"), "green"),
        "failed": (_("failed"), "clay"),
    }.get(state, (state, ""))


def return_badge(state: str) -> Badge:
    """(words, look) of goods that come back."""
    return {
        "requested": (_("asked for"), "gold"),
        "received": (_("received"), "green"),
        "refused": (_("refused"), "line"),
    }.get(state, (state, ""))


def who_words(who: str) -> str:
    """Who did it: a person of the staff by name, or one of those without."""
    known = {"shop": _("The shop itself"), "customer": _("Customer"), "gateway": _("Payment provider")}
    return str(known.get(who, who))


# --- what happened ----------------------------------------------------------------------------------------


def entries(order: OrderView) -> list[Entry]:
    """The whole timeline of an order, as the console prints it."""
    return [_entry(entry, order) for entry in order.timeline]


def _entry(entry: TimelineEntry, order: OrderView) -> Entry:
    data = entry.data
    title, kind, icon = _plain(entry.kind)
    amount = ""
    if data.get("amount_minor") is not None and entry.kind != "attention":
        amount = amount_words(data["amount_minor"], order.currency)
    return Entry(
        entry.at,
        _title(entry, title, order),
        kind=kind,
        detail=_detail(entry, order),
        who=who_words(entry.who),
        icon=icon,
        amount=amount,
    )


def _plain(kind: str) -> tuple[str, str, str]:
    known = {
        "placed": (_("Order placed"), "order", "orders"),
        "confirmed": (_("Order confirmed"), "order", "check"),
        "payment": (_("Payment"), "fact", "scale"),
        "marked_paid": (_("Marked as paid"), "order", "check"),
        "capture_asked": (_("Asked the provider for the money"), "fact", "scale"),
        "shipped": (_("Shipped"), "order", "truck"),
        "delivered": (_("Delivered"), "order", "check"),
        "cancelled": (_("Order cancelled"), "cart", "x"),
        "taken_out": (_("Pieces taken out"), "cart", "minus"),
        "address_corrected": (_("Delivery address corrected"), "fact", "note"),
        "refund_asked": (_("Refund asked for"), "fact", "back"),
        "refunded": (_("Money given back"), "fact", "back"),
        "refund_failed": (_("Refund failed"), "case", "case"),
        "return_requested": (_("Customer wants to send something back"), "case", "inbox"),
        "return_accepted": (_("Told the customer where to send it"), "sent", "mail"),
        "return_refused": (_("Refused to take it back"), "sent", "mail"),
        "returned": (_("Goods came back"), "order", "inbox"),
        "reminded": (_("Reminded of the transfer"), "sent", "mail"),
        "mail_again": (_("Mail sent again"), "sent", "mail"),
        "link_renewed": (_("The customer's link was replaced"), "fact", "key"),
        "attention": (_("Needs attention"), "case", "case"),
        "attention_resolved": (_("Looked at and settled"), "fact", "check"),
    }
    return known.get(kind, (kind.replace("_", " "), "fact", "note"))


def _title(entry: TimelineEntry, plain: str, order: OrderView) -> str:
    data = entry.data
    if entry.kind == "payment":
        words = payment_badge(str(data.get("state")))[0]
        return _("Payment %(attempt)s: %(state)s", attempt=data.get("attempt", ""), state=words)
    if entry.kind == "shipped":
        pieces = int(data.get("pieces") or 0)
        return ngettext("%(num)s piece sent", "%(num)s pieces sent", pieces)
    if entry.kind in {"attention", "attention_resolved"}:
        return f"{plain}: {problem(str(data.get('why')), data, order.currency).title}"
    return plain


def _detail(entry: TimelineEntry, order: OrderView) -> str:
    data = entry.data
    if entry.kind == "shipped":
        parcel = next((one for one in order.shipments if one.id == data.get("shipment")), None)
        return " ".join(part for part in (parcel.carrier, parcel.tracking) if part) if parcel else ""
    if entry.kind == "cancelled":
        return cancel_words(str(data.get("reason")))
    if entry.kind == "taken_out":
        return ", ".join(f"{count} × {title}" for title, count in data.get("pieces", []))
    if entry.kind == "address_corrected":
        return part_words(data.get("parts", []))
    if entry.kind == "returned":
        return _("back on the shelf") if data.get("restocked") else _("not put on the shelf")
    parts = [data.get("reason"), data.get("invoice"), data.get("number"), data.get("template")]
    return " · ".join(str(part) for part in parts if part)


def part_words(parts: list[str]) -> str:
    """Parts of an address by their everyday names."""
    names = {
        "name": _("Name"), "company": _("Company"), "line1": _("Street"), "line2": _("Street"),
        "city": _("City"), "district": _("District"), "region": _("Region"), "postcode": _("Postcode"),
        "phone": _("Phone"),
    }  # fmt: skip
    return ", ".join(dict.fromkeys(str(names.get(part, part)) for part in parts))


def cancel_words(reason: str) -> str:
    """Why an order is over."""
    return {
        "customer": _("by the customer"),
        "owner": _("by the shop"),
        "expired": _("not paid in time"),
        "unpaid": _("no transfer came in time"),
    }.get(reason, reason)


# --- what needs attention ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong about a payment, and what to do about it."""

    title: str
    what: str
    advice: str


def problem(kind: str, data: dict[str, Any], currency: str) -> Problem:
    """The explanation of one thing on the list; one that nobody wrote says its keyword."""
    told = _problems(_sums(data, currency)).get(kind)
    if told is None:
        return Problem(kind.replace("_", " "), "", _("Compare the order with the provider's own pages."))
    return Problem(*told)


def _sums(data: dict[str, Any], currency: str) -> dict[str, str]:
    got, expected = data.get("amount_minor"), data.get("expected_minor")
    return {
        "got": amount_words(got, currency) if got is not None else "?",
        "expected": amount_words(expected, currency) if expected is not None else "?",
        "currency": str(data.get("currency", "?")),
    }


def _problems(sums: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    return {**_of_amounts(sums), **_of_order(), **_of_messages()}


def _of_amounts(sums: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    return {
        "amount_differs": (
            _("Another amount than was asked for"),
            _("%(got)s came, %(expected)s was expected. Nothing was booked.", **sums),
            _("Ask the customer for the rest, or give the money back at the provider; then settle this."),
        ),
        "currency_differs": (
            _("Another currency than was asked for"),
            _("Money came in %(currency)s. Nothing was booked.", **sums),
            _("Give the money back at the provider, and ask the customer to pay in the shop's currency."),
        ),
        "paid_twice": (
            _("Paid twice"),
            _("%(got)s came for an order that was paid another way already.", **sums),
            _("Give the second payment back at the provider."),
        ),
        "refund_too_large": (
            _("More given back than was paid"),
            _("The provider says that %(got)s went back; less than that was left.", **sums),
            _("Compare the refunds below with the provider's pages."),
        ),
        "refund_failed": (
            _("A refund failed"),
            _("%(got)s did not go back to the customer.", **sums),
            _("Try the refund again, or give the money back another way and note it here."),
        ),
        "refund_after_failure": (
            _("A refund that had failed went through"),
            _("%(got)s went back after all.", **sums),
            _("If you gave the money back another way meanwhile, it went twice."),
        ),
    }


def _of_order() -> dict[str, tuple[str, str, str]]:
    return {
        "paid_after_cancel": (
            _("Paid after the order was cancelled"),
            _("The money came when the goods were on the shelf again."),
            _("Give the money back, or call the customer and place a new order."),
        ),
        "paid_after_failure": (
            _("Paid after it had failed"),
            _("A payment that was given up went through after all. The order counts as paid."),
            _("Nothing, if the provider shows the payment too."),
        ),
        "authorization_gone": (
            _("The approved payment is gone"),
            _("The bank let the payment go before the money was taken."),
            _("Do not send the goods. Ask the customer to pay again, or cancel the order."),
        ),
        "no_answer": (
            _("No answer from the provider for a day"),
            _("Nobody knows whether this was paid."),
            _("Look the payment up on the provider's pages, then ask the provider again from here."),
        ),
    }


def _of_messages() -> dict[str, tuple[str, str, str]]:
    return {
        "contradiction": (
            _("The provider contradicts itself"),
            _("What it says now does not fit what it said before. The payment stays as it was."),
            _("Compare the payment with the provider's pages."),
        ),
        "same_id_other_content": (
            _("The same message with other contents"),
            _("A message came again under its old number, saying something else. It was not applied."),
            _("Compare the payment with the provider's pages; somebody may be trying to cheat."),
        ),
        "unknown_payment": (
            _("A message about a payment that nobody knows"),
            _("For a day no order fitted it."),
            _("Look it up on the provider's pages: it may belong to another shop."),
        ),
        "too_early": (
            _("A message that came too early"),
            _("What it builds on never came."),
            _("Compare the payment with the provider's pages."),
        ),
    }
