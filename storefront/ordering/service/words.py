"""What orders say to their buyers: where they stand, what happened, when things come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_interval, format_skeleton
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.core.i18n import current_language, first_language, format_day
from storefront.core.money import Money
from storefront.ordering.rules import orders as rules
from storefront.ordering.rules import payments
from storefront.ordering.service.gateways import all_gateways
from storefront.ordering.service.reading import OrderView, TimelineEntry

BY_TRANSFER = "transfer"
PICKUP, NO_PARCEL = "pickup", "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stands: a keyword for its look (good, wait, bad, over), a headline, and a sentence."""

    tone: str
    headline: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened, in words."""

    at: datetime
    kind: str
    text: str
    more: str = ""


def days_between(first: date | None, last: date | None) -> str:
    """One day, or the first and the last; empty when nothing was promised."""
    if first is None or last is None:
        return ""
    language = current_language().babel
    if first == last:
        return str(format_skeleton("MMMEd", first, locale=language))
    return str(format_interval(first, last, "MMMEd", locale=language))


def short_standing(
    status: str,
    payment_state: str,
    fulfilment_state: str,
    gateway: str | None = None,
    *,
    kind: str | None = None,
    arrived: bool = False,
) -> tuple[str, str]:
    """(look, a few words) for a list of orders. `kind` is delivery, pickup, or none."""
    if status == rules.CANCELLED:
        return "over", _("Cancelled")
    if status == rules.PENDING:
        if payment_state in payments.UNSETTLED:
            return "wait", _("Payment is being confirmed")
        return "bad", _("Not paid yet")
    if payment_state == payments.REFUNDED:
        return "over", _("Money given back")
    if fulfilment_state in {rules.FULFILLED, rules.PARTIAL}:
        return "good", _short_sent(fulfilment_state, kind, arrived)
    if status == rules.CONFIRMED and payment_state == payments.PENDING and gateway == BY_TRANSFER:
        return "wait", _("Waiting for your transfer")
    if status == rules.CONFIRMED:
        return "wait", _("Being made ready")
    return "good", _("Done")


def _short_sent(fulfilment_state: str, kind: str | None, arrived: bool) -> str:
    if kind == PICKUP:
        ready = (
            _("Part of it can be collected") if fulfilment_state == rules.PARTIAL else _("Can be collected")
        )
        return _("Collected") if arrived else ready
    if fulfilment_state == rules.PARTIAL:
        return _("Part of it is sent")
    if kind == NO_PARCEL:
        return _("Done")
    return _("Delivered") if arrived else _("On its way")


def standing(order: OrderView, today: date) -> Standing:
    """Where the order stands, for its buyer."""
    if order.origin != "shop":
        over = order.status == rules.CANCELLED
        words = _("This order was cancelled") if over else _("This order is done")
        return Standing("over" if over else "good", words)
    if order.status == rules.CANCELLED:
        return _cancelled(order)
    if order.status == rules.PENDING:
        return _unpaid(order)
    if order.payment_state == payments.REFUNDED:
        return Standing("over", _("We gave your money back"))
    if order.fulfilment_state == rules.UNFULFILLED:
        return _getting_ready(order)
    return _sent(order, today)


def _cancelled(order: OrderView) -> Standing:
    reasons = {
        "customer": _("You cancelled it."),
        "owner": _("We had to cancel it."),
        "expired": _("It was not paid in time."),
        "unpaid": _("No payment arrived in time."),
    }
    detail = reasons.get(order.cancel_reason or "", "")
    payment = order.payment
    if payment and payment.refunding_minor:
        detail += " " + _("Your money is on its way back, the way it came.")
    elif payment and payment.refunded_minor:
        detail += " " + _("Your money went back the way it came.")
    elif not payment or not payment.captured_minor:
        detail += " " + _("Nothing has to be paid for it.")
    return Standing("over", _("This order was cancelled"), detail.strip())


def _unpaid(order: OrderView) -> Standing:
    if order.payment_state == payments.UNKNOWN:
        return Standing(
            "wait",
            _("Your payment is being confirmed"),
            _("Please do not pay again. We write to you as soon as we know."),
        )
    if order.payment_state == payments.PENDING:
        return Standing(
            "wait",
            _("Your payment is being confirmed"),
            _("Have you paid? Then there is nothing to do. If you were interrupted, you can go on paying."),
        )
    kept = _("Your things are put aside for you meanwhile.") if order.expires_at else ""
    if order.payment_state in payments.DEAD:
        headline = _("The payment did not go through")
        return Standing("bad", headline, " ".join((_("Nothing was charged; you can try again."), kept)))
    return Standing("bad", _("This order is not paid yet"), kept)


def _getting_ready(order: OrderView) -> Standing:
    payment = order.payment
    if order.payment_state == payments.PENDING and payment and payment.gateway == BY_TRANSFER:
        detail = _("We send your things as soon as the money is here.")
        return Standing("wait", _("We look out for your transfer"), detail)
    if order.payment_state == payments.PENDING:
        return Standing(
            "good",
            _("We are getting it ready"),
            _("You pay when it is brought: %(label)s.", label=label_of(order)),
        )
    return Standing("good", _("We are getting it ready"))


def _sent(order: OrderView, today: date) -> Standing:
    if order.shipping_kind == PICKUP:
        return _to_collect(order)
    if order.shipping_kind == NO_PARCEL and order.fulfilment_state == rules.FULFILLED:
        return Standing("good", _("This order is done"))
    if order.arrived_at:
        return Standing("good", _("It has arrived"), _("On %(day)s.", day=day_words(order.arrived_at)))
    if order.fulfilment_state == rules.PARTIAL:
        detail = _("The rest follows. You hear from us when it leaves.")
        return Standing("good", _("Part of it is on its way"), detail)
    if order.delivery_latest and order.delivery_latest < today:
        detail = _("It should have arrived. If it has not, please write to us.")
        return Standing("good", _("All of it was sent"), detail)
    return Standing("good", _("It is on its way"))


def _to_collect(order: OrderView) -> Standing:
    if order.arrived_at:
        return Standing("good", _("You have collected it"), _("On %(day)s.", day=day_words(order.arrived_at)))
    if order.fulfilment_state == rules.PARTIAL:
        return Standing("good", _("Part of it can be collected"), _("The rest follows."))
    return Standing("good", _("It can be collected"), str(order.pricing.get("shipping_note") or ""))


def label_of(order: OrderView) -> str:
    """How the order is paid, in the language of the page; a gateway that is gone as it was called then."""
    if order.payment is None:
        return ""
    gateway = all_gateways().get(order.payment.gateway)
    return str(gateway.label) if gateway else order.payment.label


# --- the story of an order --------------------------------------------------------------------------------


def story(order: OrderView) -> list[Happened]:
    """What happened, in words for the buyer, the newest first; what only the shop cares about is left out."""
    return list(_told(order))[::-1]


def _told(order: OrderView) -> Iterator[Happened]:
    for entry in order.timeline:
        words = _words(entry, order)
        if words is not None:
            yield Happened(entry.at, entry.kind, *words)


def _words(entry: TimelineEntry, order: OrderView) -> tuple[str, str] | None:
    data = entry.data
    plain = {
        "placed": _("You placed the order"),
        "confirmed": _("We confirmed the order"),
        "return_requested": _("You asked to send something back"),
        "returned": _("What you sent back is here"),
        "reminded": _("We reminded you of the payment"),
        "address_corrected": _("We corrected the delivery address"),
    }
    if entry.kind in plain:
        return plain[entry.kind], ""
    if entry.kind == "taken_out":
        pieces = ", ".join(f"{count} × {title}" for title, count in data.get("pieces", []))
        return _("We took something out of the order"), pieces
    if entry.kind == "return_refused":
        return _("We cannot take it back"), str(data.get("reason") or "")
    if entry.kind == "payment":
        words = _payment_words(str(data.get("state")))
        return (words, "") if words else None
    if entry.kind in {"shipped", "delivered"}:
        return _moved(entry, order)
    if entry.kind == "refunded":
        amount = amount_words(data.get("amount_minor"), order.currency)
        return _("We gave %(amount)s back", amount=amount), ""
    return (_("The order was cancelled"), "") if entry.kind == "cancelled" else None


def _payment_words(state: str) -> str:
    return {
        payments.AUTHORIZED: _("Your payment was approved"),
        payments.CAPTURED: _("Your payment arrived"),
        payments.FAILED: _("A payment did not go through"),
        payments.UNKNOWN: _("We are asking the bank about your payment"),
    }.get(state, "")


def _moved(entry: TimelineEntry, order: OrderView) -> tuple[str, str]:
    """A parcel left, or arrived; what is collected was put ready."""
    data, collected = entry.data, order.shipping_kind == PICKUP
    if entry.kind == "delivered":
        if entry.who == "customer":
            return (_("You collected it") if collected else _("You said that it arrived")), ""
        return (_("It was collected") if collected else _("It was delivered")), ""
    parcel = next((one for one in order.shipments if one.id == data.get("shipment")), None)
    pieces = int(data.get("pieces") or 0)
    if collected:
        text = ngettext("%(num)s thing was put ready", "%(num)s things were put ready", pieces)
    else:
        text = ngettext("%(num)s thing was sent", "%(num)s things were sent", pieces)
    return text, " ".join(part for part in (parcel.carrier, parcel.tracking) if part) if parcel else ""


def amount_words(minor: Any, currency: str) -> str:
    """An amount in the language of the page."""
    return Money(int(minor or 0), currency).format(current_language().babel)


def tag_of_words(locale: str | None) -> str | None:
    """The language tag of words that were kept with an order, where it is not that of the page."""
    known = {language.code: language.tag for language in current_app.extensions["regulars_languages"]}
    kept = known.get(locale or first_language().code, current_language().tag)
    return None if kept == current_language().tag else kept


def day_words(moment: datetime | date | None) -> str:
    """A day in the language of the page, or nothing."""
    return format_day(moment) if moment else ""
