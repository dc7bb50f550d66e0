"""A checkout as one request finds it: the cart, what was typed, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from storefront.cart import service as carts
from storefront.cart.rules import holder_of
from storefront.checkout.errors import NothingToBuy, NotThisFar
from storefront.checkout.rules import Progress
from storefront.checkout.service.state import State, find_state
from storefront.core.database import db
from storefront.core.i18n import current_language
from storefront.customers.rules import email_key
from storefront.pricing.rules import Quote, QuoteRequest


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything that a step looks at. `cart` has a quote: there is something to buy."""

    ref: carts.CartRef
    cart: carts.CartView
    state: State

    @property
    def quote(self) -> Quote:
        assert self.cart.quote is not None
        return self.cart.quote

    @property
    def request(self) -> QuoteRequest:
        assert self.cart.request is not None
        return self.cart.request

    @property
    def holder(self) -> str:
        """Whose pieces are set aside."""
        return holder_of(self.ref.cart_id or 0)

    @property
    def token(self) -> str:
        """The one-time token of the order that comes of this."""
        return carts.order_token(self.cart.row)

    @property
    def progress(self) -> Progress:
        """Which steps are finished. A way that cannot be had any more has to be chosen anew."""
        contact = email_key(self.state.email) is not None
        settled = self.quote.shipping is not None or not self.quote.needs_delivery
        return Progress(contact, contact and self.state.shipping.complete and settled)

    @property
    def age_limit(self) -> int | None:
        """The highest age that anything in it asks for."""
        limits = [line.card.age_limit for line in self.cart.lines if line.counted and line.card.age_limit]
        return max(limits, default=None)


def visit(step: str | None = None) -> Visit:
    """The checkout of this request. Raises NothingToBuy, and NotThisFar when `step` comes too early."""
    ref, row = carts.cart_of_request(), carts.cart_row()
    if ref is None or row is None:
        raise NothingToBuy(_("Your cart is empty."))
    state = find_state(db.session, row.id, member_email())
    found = look_again(ref, row, state)
    if step is not None and not found.progress.may_enter(step):
        raise NotThisFar(found.progress.first_unfinished())
    return found


def look_again(ref: carts.CartRef, row: carts.CartRow, state: State, **facts: Any) -> Visit:
    """The same with other facts: another country, another way of delivery."""
    cart = carts.load_cart(ref, row, **{**state.quote_facts(), **facts})
    if cart is None or cart.quote is None or not cart.quote.lines:
        raise NothingToBuy(_("Nothing in your cart can be bought at the moment."))
    return Visit(ref, cart, state)


def member_email() -> str:
    """The address of whoever is signed in; a visitor types theirs."""
    return current_user.email if current_user.is_authenticated else ""


def language() -> str:
    """The language in which the order is spoken of from now on."""
    return current_language().code
