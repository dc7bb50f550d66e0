"""What the staff do with an order. Each answers with the order's page: done, or what was refused and why."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from storefront.core.console import may_now, staff
from storefront.core.errors import NotAllowed, NotFound, Refusal
from storefront.core.i18n import current_language
from storefront.core.money import Money, parse_money
from storefront.ordering import service
from storefront.ordering.errors import ChangedMeanwhile, NothingChosen, RefundTooLarge
from storefront.ordering.owner.detail import show
from storefront.ordering.owner.frame import Answer, blueprint, get, my_name
from storefront.ordering.service import answering
from storefront.ordering.service.desk_order import seen_mark
from storefront.ordering.service.links import renew_link
from storefront.ordering.service.looking import look_and_apply
from storefront.ordering.service.reading import OrderView
from storefront.ordering.service.refunding import refund_value

_PIECES = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_-]{16,60}\Z", re.ASCII)


def _do(number: str, form: str, act: Callable[[OrderView], str]) -> Answer:
    """Look whether the order is as the form showed it, act, and go back to its page."""
    found = get(number)
    try:
        if request.form.get("seen") != seen_mark(found):
            raise ChangedMeanwhile
        done = act(found)
    except NotFound:
        raise
    except Refusal as refusal:
        return show(get(number), refusal, form)
    flash(done)
    return redirect(url_for("ordering_owner.order", number=number), 303)


def _chosen(found: OrderView) -> list[tuple[int, int]]:
    """(line, pieces) of the form, without those of which nothing was chosen."""
    chosen = []
    for place, line in enumerate(found.lines):
        text = request.form.get(f"pieces-{place}", "").strip()
        if text and not _PIECES.match(text):
            raise Refusal(_("Please give how many pieces, in figures."), field=f"pieces-{place}")
        if int(text or 0):
            chosen.append((line.id, int(text)))
    return chosen


def _form_key() -> str:
    """The one-time token of the form: sent twice it does its work once."""
    key = request.form.get("form_key", "")
    if not _KEY.match(key):
        raise Refusal(_("This form is too old. Please look at the order again."))
    return key


def _money(field: str, currency: str, empty: int | None) -> int | None:
    text = request.form.get(field, "").strip().replace(",", ".")
    if not text:
        return empty
    try:
        amount = parse_money(text, currency).minor
    except ValueError:
        amount = -1
    if amount < 0:
        raise Refusal(_("Please give an amount such as 12.90."), field=field)
    return amount


def _text(field: str, longest: int) -> str:
    return request.form.get(field, "").replace("\0", "").strip()[:longest]


# --- parcels ----------------------------------------------------------------------------------------------


@blueprint.post("/console/orders/<number>/ship")
@staff("orders.write")
def ship(number: str) -> Answer:
    """The chosen pieces are on their way."""

    def act(found: OrderView) -> str:
        lines = _chosen(found)
        if not lines:
            raise NothingChosen
        url = _text("tracking_url", 500)
        if url and not url.startswith(("https://", "http://")):
            raise Refusal(_("The address begins with https://."), field="tracking_url")
        facts = {"carrier": _text("carrier", 80), "tracking": _text("tracking", 120), "tracking_url": url}
        service.ship(found.id, lines, form_key=_form_key(), who=my_name(), **facts)
        return _("The parcel is noted and the customer is told.")

    return _do(number, "ship", act)


@blueprint.post("/console/orders/<number>/delivered")
@staff("orders.write")
def mark_delivered(number: str) -> Answer:
    """What was sent has arrived, or was collected."""

    def act(found: OrderView) -> str:
        service.mark_delivered(found.id, who=my_name())
        if found.shipping_kind == "delivery":
            return _("Noted, and the customer is told.")
        return _("Noted.")

    return _do(number, "delivered", act)


@blueprint.post("/console/orders/<number>/address")
@staff("orders.write")
def correct_address(number: str) -> Answer:
    """It goes elsewhere, or another phone is called: as long as nothing was sent."""

    def act(found: OrderView) -> str:
        seen = request.form.get("seen", "")
        if service.correct_address(found.id, request.form, seen=seen, who=my_name()):
            return _("The address is corrected. Packing slip and labels say it from now on.")
        return _("Nothing was changed: it is the same address.")

    return _do(number, "address", act)


@blueprint.post("/console/orders/<number>/take-out")
@staff("orders.write")
def take_out(number: str) -> Answer:
    """Some pieces are not sent: they go back on the shelf. Of a paid order that needs the right to refund."""

    def act(found: OrderView) -> str:
        if found.payment and found.payment.captured_minor and not may_now("orders.refund"):
            raise NotAllowed
        facts = {"reason": _text("out_reason", 255), "seen": request.form.get("seen", ""), "who": my_name()}
        value = service.take_out(found.id, _chosen(found), key=_form_key(), **facts)
        amount = Money(value, found.currency).format(current_language().babel)
        return _("Taken out: %(amount)s less. The customer is told.", amount=amount)

    return _do(number, "take_out", act)


# --- money ------------------------------------------------------------------------------------------------


@blueprint.post("/console/orders/<number>/paid")
@staff("orders.write")
def mark_paid(number: str) -> Answer:
    """The money of a transfer, or of a delivery, is here."""

    def act(found: OrderView) -> str:
        amount = _money("amount", found.currency, None)
        outcome = service.mark_paid(found.id, my_name(), amount_minor=amount)
        if outcome == "attention":
            return _("Another amount than the order's: it is on the list of payments to look at.")
        return _("The order is paid.")

    return _do(number, "paid", act)


@blueprint.post("/console/orders/<number>/capture")
@staff("orders.write")
def capture(number: str) -> Answer:
    """Take the money that the bank approved."""

    def act(found: OrderView) -> str:
        state = service.capture_payment(found.id, my_name())
        if state == "captured":
            return _("The money is taken.")
        return _("The provider was asked and has not answered. It is asked again by itself.")

    return _do(number, "capture", act)


@blueprint.post("/console/orders/<number>/refund")
@staff("orders.refund")
def refund(number: str) -> Answer:
    """Give money back: for pieces, for the delivery, or any amount that is left."""

    def act(found: OrderView) -> str:
        lines = _chosen(found)
        goods = refund_value(found, lines)
        delivery = _money("shipping", found.currency, 0) or 0
        amount = _money("amount", found.currency, goods + delivery) or 0
        if not amount:
            raise NothingChosen
        if amount > service.refundable(found.id):
            raise RefundTooLarge(service.refundable(found.id))
        done = service.refund_order(
            found.id,
            amount,
            key=_form_key(),
            reason=_text("reason", 255),
            lines=lines,
            restock="restock" in request.form and bool(lines),
            who=my_name(),
        )
        return _refund_words(done.state)

    return _do(number, "refund", act)


def _refund_words(state: str) -> str:
    return {
        "succeeded": _("The money is given back, and the customer is told."),
        "pending": _("The refund is noted. The customer is told once the money went."),
        "failed": _("The provider refused the refund. It is on the list of payments to look at."),
    }.get(state, _("The provider was asked and has not answered. It is asked again by itself."))


@blueprint.post("/console/orders/<number>/refunds/<public_id>/done")
@staff("orders.refund")
def refund_done(number: str, public_id: str) -> Answer:
    """The money of a refund went back by hand."""

    def act(found: OrderView) -> str:
        if public_id not in {one.public_id for one in found.refunds}:
            raise NotFound
        service.mark_refunded(public_id, my_name())
        return _("The refund is done, and the customer is told.")

    return _do(number, "refund", act)


@blueprint.post("/console/orders/<number>/ask")
@staff("orders.write")
def ask_provider(number: str) -> Answer:
    """Ask the payment provider now how the payment stands."""

    def act(found: OrderView) -> str:
        if found.payment is None or look_and_apply(found.payment.id) is None:
            return _("The provider does not answer. It is asked again by itself.")
        return _("The provider was asked. The order shows what it said.")

    return _do(number, "ask", act)


# --- the end, and back ------------------------------------------------------------------------------------


@blueprint.post("/console/orders/<number>/cancel")
@staff("orders.write")
def cancel(number: str) -> Answer:
    """End the order; what was paid goes back, so it needs the right to give money back."""

    def act(found: OrderView) -> str:
        if found.payment and found.payment.captured_minor and not may_now("orders.refund"):
            raise NotAllowed
        service.cancel_order(found.id, reason="owner", who=my_name())
        return _("The order is cancelled, and the customer is told.")

    return _do(number, "cancel", act)


@blueprint.post("/console/orders/<number>/return")
@staff("orders.write")
def receive_return(number: str) -> Answer:
    """Goods came back, asked for or not."""

    def act(found: OrderView) -> str:
        lines = _chosen(found)
        if not lines:
            raise NothingChosen
        service.receive_return(
            found.id,
            lines,
            number=_text("return", 60) or None,
            restock="restock" in request.form,
            reason=_text("back_reason", 500),
            who=my_name(),
        )
        return _("The return is noted, and the customer is told. The money goes back with a refund.")

    return _do(number, "return", act)


@blueprint.post("/console/orders/<number>/returns/<back>/answer")
@staff("orders.write")
def answer_return(number: str, back: str) -> Answer:
    """Tell the customer where to send it, or why not."""

    def act(found: OrderView) -> str:
        words = _text("reason", 500)
        if request.form.get("answer") == "no":
            service.refuse_return(found.id, back, reason=words, who=my_name())
            return _("The customer is told that it cannot come back.")
        send_to = _text("send_to", 1000)
        answering.accept_return(found.id, back, send_to=send_to, reason=words, who=my_name())
        return _("The customer is told where to send it.")

    return _do(number, "answer", act)


# --- letters ----------------------------------------------------------------------------------------------


@blueprint.post("/console/orders/<number>/mails/<int:mail_id>/again")
@staff("orders.write")
def mail_again(number: str, mail_id: int) -> Answer:
    """Send a mail once more."""

    def act(found: OrderView) -> str:
        answering.send_again(found.id, mail_id, my_name())
        return _("The mail is on its way again.")

    return _do(number, "mail", act)


@blueprint.post("/console/orders/<number>/link")
@staff("orders.write")
def new_link(number: str) -> Answer:
    """A new link for the customer; the old one leads nowhere."""

    def act(found: OrderView) -> str:
        renew_link(found.id, my_name())
        return _("The link is replaced. Send a mail again so that the customer has the new one.")

    return _do(number, "link", act)
