"""What all pages of the checkout share: limits, where who is not this far yet is led, the rendered step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from babel.dates import format_time
from flask import Blueprint, Flask, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from storefront.cart import service as carts
from storefront.catalog import service as catalog
from storefront.checkout import service
from storefront.checkout.errors import NothingToBuy, NotThisFar
from storefront.checkout.rules import STEPS
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.core.pages import private_page
from storefront.core.security import allow_form_targets, limit_key, limiter
from storefront.inventory.errors import SoldOut
from storefront.ordering import service as ordering
from storefront.ordering.rules.payments import Gateway
from storefront.pricing.service.terms import local_time

blueprint = Blueprint("checkout", __name__)
Answer = Response | str | tuple[str, int]


def _visitor() -> str:
    """Whose tries are counted together: those of a customer or of a visitor's cart, else of an address."""
    customer, cookie = carts.customer_id(), carts.guest_cookie()
    who = f"customer:{customer}" if customer else f"cart:{cookie[0]}" if cookie else get_remote_address()
    return limit_key(f"checkout:{who}")


def _counts(_response: Response) -> bool:
    """The same form sent again is no further try: it leads to the order that it made."""
    return not g.get("regulars_same_order", False)


def init_app(app: Flask) -> None:
    """What the templates of the checkout call."""
    app.jinja_env.globals.update(order_money=_order_money, format_clock=_format_clock)


def _order_money(order: ordering.OrderView, minor: int) -> Money:
    return Money(minor, order.currency)


def _format_clock(moment: datetime) -> str:
    """A time of day on the shop's own clock."""
    return format_time(local_time(moment), "short", locale=current_language().babel)


step_limit = limiter.limit("30 per minute", key_func=_visitor, methods=["POST"])
place_limit = limiter.limit("10 per minute", key_func=_visitor, methods=["POST"], deduct_when=_counts)


def guarded(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Who is not this far yet is led to where they are; who has nothing to buy, to the cart."""

    @wraps(view)
    def inner(*arguments: Any, **named: Any) -> Answer:
        try:
            return view(*arguments, **named)
        except NotThisFar as early:
            return redirect(url_for(f"checkout.{early.step}"), _see_other())
        except (NothingToBuy, SoldOut) as refusal:
            flash(_sold_out(refusal) if isinstance(refusal, SoldOut) else refusal.message)
            return redirect(url_for("cart.show"), _see_other())

    return inner


def _see_other() -> int:
    return 303 if request.method == "POST" else 302


def _sold_out(refusal: SoldOut) -> str:
    card = catalog.load_variants([refusal.variant_id]).get(refusal.variant_id)
    title = card.title if card else ""
    return _("%(title)s: somebody was faster. %(words)s", title=title, words=refusal.message)


def led_to(gateways: list[Gateway]) -> list[Gateway]:
    """The same ways to pay; the form of this page may lead to their pages."""
    allow_form_targets(ordering.origins_of(gateways))
    return gateways


def go(endpoint: str, **values: Any) -> Response:
    return redirect(url_for(endpoint, **values), _see_other())


def show(step: str, title: str, found: service.Visit, wrong: Refusal | None = None, **more: Any) -> Answer:
    errors = dict(getattr(wrong, "errors", None) or ({wrong.field or "": wrong.message} if wrong else {}))
    html = render_template(
        f"checkout/{step}.html",
        page=private_page(f"checkout-{step}", title),
        found=found,
        state=found.state,
        steps=STEPS,
        step=step,
        errors=errors,
        typed=request.form,
        **more,
    )
    return (html, wrong.status) if wrong else html
