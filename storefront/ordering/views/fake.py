"""The fake provider's own pages, as a shopper sees them. Not there in production."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.errors import NotFound
from storefront.core.money import Money
from storefront.core.pages import private_page
from storefront.core.security import limiter
from storefront.ordering.rules import fake_cards
from storefront.ordering.service.gateways.fake import fake_party, send_webhooks
from storefront.ordering.views import blueprint

ANSWERS = {"approve": fake_cards.APPROVE, "refuse": fake_cards.DECLINE}


@blueprint.get("/payments/fake/pay/<key>")
def fake_bank(key: str) -> str | AnyResponse:
    """The form for the card, and what each test card does."""
    payment = _shown(key)
    if payment["state"] != "open":
        return redirect(payment["return_url"], 303)
    return _page(key, payment)


@blueprint.post("/payments/fake/pay/<key>")
@limiter.limit("60 per minute")
def fake_pay(key: str) -> AnyResponse | tuple[str, int]:
    """A card was given, or the shopper goes back. The number becomes an outcome here, and is gone."""
    payment = _shown(key)
    if "back" in request.form:
        fake_party().give_up(key)
        return _back(payment)
    outcome = fake_cards.outcome_of(request.form.get("card", ""))
    if outcome is None:
        return _page(key, payment, wrong=_("This is none of the test cards below.")), 422
    if outcome == fake_cards.CHALLENGE:
        return redirect(url_for("ordering.fake_challenge", key=key), 303)
    fake_party().pay(key, outcome)
    return _back(payment)


@blueprint.get("/payments/fake/pay/<key>/challenge")
def fake_challenge(key: str) -> str:
    """The bank asks whether it is really you."""
    return _page(key, _shown(key), challenge=True)


@blueprint.post("/payments/fake/pay/<key>/challenge")
@limiter.limit("60 per minute")
def fake_answer(key: str) -> AnyResponse:
    """It is you, or it is not."""
    payment = _shown(key)
    fake_party().pay(key, ANSWERS.get(request.form.get("answer", ""), fake_cards.DECLINE))
    return _back(payment)


def _shown(key: str) -> dict[str, Any]:
    payment = fake_party().shown(key)
    if payment is None:
        raise NotFound
    return payment


def _back(payment: dict[str, Any]) -> AnyResponse:
    """Send what the provider has to say, then the shopper."""
    send_webhooks()
    return redirect(payment["return_url"], 303)


def _page(key: str, payment: dict[str, Any], **more: Any) -> str:
    amount = Money(payment["amount"], payment["currency"])
    cards = [(fake_cards.spaced(number), outcome) for number, outcome in fake_cards.CARDS.items()]
    page = private_page("payment-fake", _("Test bank"))
    return render_template("ordering/fake_bank.html", page=page, key=key, amount=amount, cards=cards, **more)
