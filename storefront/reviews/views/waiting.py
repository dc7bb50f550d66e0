"""Asking to be told when something is back, and the pages behind the links of those mails."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core.errors import NotFound, Refusal
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.core.security import csrf, limit_key, limiter
from storefront.customers.rules import email_key
from storefront.reviews import service
from storefront.reviews.views.blueprint import blueprint, members_only

Answer = Response | str | tuple[str, int]


def _is_member() -> bool:
    return current_user.is_authenticated


def _is_visitor() -> bool:
    return not current_user.is_authenticated


def _address() -> str:
    return limit_key(f"stock-request:{email_key(request.form.get('email', '')) or '?'}")


def _member() -> str:
    return limit_key(f"stock-request:{current_user.customer_id if _is_member() else '?'}")


@blueprint.post("/back-in-stock")
@limiter.limit("20 per day", key_func=_address, exempt_when=_is_member)
@limiter.limit("5 per hour", exempt_when=_is_member)
@limiter.limit("60 per hour", key_func=_member, exempt_when=_is_visitor)
def ask() -> Answer:
    """Tell me when `sku` is back: members at once, visitors with an address that they confirm by mail."""
    card = _card(request.form.get("sku"))
    if not service.is_out(card):
        flash(_("Good news: it can be had right now."))
        return redirect(card.url, 303)
    locale = current_language().code
    asker = service.as_member(current_user.customer_id, locale) if _is_member() else None
    try:
        asker = asker or service.as_visitor(request.form.get("email", ""), locale)
    except Refusal as refusal:
        page = private_page("back-in-stock", _("Tell me when it is back"))
        typed = request.form.get("email", "")[:320]
        html = render_template("reviews/ask.html", page=page, card=card, wrong=refusal, typed=typed)
        return html, refusal.status
    service.ask(card, asker)
    flash(_asked_words(asker))
    return redirect(card.url, 303)


def _card(sku: str | None) -> VariantCard:
    card = catalog.find_variant(sku or "")
    if card is None or not card.on_show:
        raise NotFound()
    return card


def _asked_words(asker: service.Asker) -> str:
    """To visitors always the same: who else asked for what is nobody's business."""
    if asker.proven:
        return _("We write to you when it is back, once.")
    return _("A mail with a link is on its way, to confirm your address. After that we write once.")


# --- links of the mails -----------------------------------------------------------------------------------


@blueprint.route("/back-in-stock/confirm/<token>", methods=["GET", "POST"])
def confirm(token: str) -> Answer:
    """Looking changes nothing, since programs that read mails look at links too; the button confirms."""
    if request.method == "POST":
        service.confirm(token)
        return redirect(url_for("reviews.confirm", token=token), 303)
    linked = service.find_linked(service.CONFIRM, token)
    page = private_page("back-in-stock", _("Tell me when it is back"))
    return render_template("reviews/confirm.html", page=page, linked=linked)


@blueprint.route("/back-in-stock/remove/<token>", methods=["GET", "POST"])
@csrf.exempt
def remove_request(token: str) -> Answer:
    """Take a request back. A mail program does it by a bare POST (RFC 8058), a person by the button."""
    if request.method == "POST":
        if not service.remove_by_link(token):
            raise NotFound()
        if "List-Unsubscribe" in request.form:
            return Response(status=200)  # no redirect: mail programs do not follow it
        return redirect(url_for("reviews.remove_request", token=token), 303)
    linked = service.find_linked(service.REMOVE, token)
    page = private_page("back-in-stock", _("No more mails about this"))
    return render_template("reviews/remove.html", page=page, linked=linked)


@blueprint.post("/account/back-in-stock/remove")
@members_only
def remove_waiting() -> Answer:
    """Take one's own request back, by SKU."""
    card = catalog.find_variant(request.form.get("sku", ""))
    if card is not None:
        service.remove_mine(current_user.customer_id, card.variant_id)
    flash(_("You will not hear from us about that."))
    return redirect(url_for("reviews.account_wishlist"), 303)
