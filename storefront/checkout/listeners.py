"""What the checkout adds to other pages, and what it looks at before an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from storefront.cart import service as carts
from storefront.checkout import service
from storefront.checkout.service import terms
from storefront.core.database import db
from storefront.core.errors import Refusal
from storefront.core.privacy import PersonalData
from storefront.core.slots import PageContext
from storefront.core.store import StoreSetting
from storefront.customers import service as customers
from storefront.hookspecs import hookimpl
from storefront.ordering.service import OrderView
from storefront.ordering.service.pending import FACT, pending_orders


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """What was typed goes with the cart that it belongs to."""
    about = ("email", "marketing", "shipping", "billing", "shipping_method", "gateway", "updated_at")
    return [PersonalData("checkout", about, owner="cart_id", on_erase="delete")]


@hookimpl
def register_store_settings() -> list[StoreSetting]:
    """The pages that are accepted with an order."""
    return terms.settings()


@hookimpl
def register_cart_followers() -> list[Any]:
    """Who signs in on the way keeps what they typed."""
    return [service.follow_cart]


@hookimpl
def adjust_cart_facts(cart_id: int) -> Mapping[str, Any]:
    """Who chose at the checkout how it comes sees that in the cart too."""
    return service.find_state(db.session, cart_id).quote_facts()


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """The way to the checkout from cart and product; on the cart also orders that wait for their payment.

    On an order its address, for an address book that is empty.
    """
    if page == "product":
        return {"product_buy": _part("buy_now")}
    if page == "order":
        return _of_order(context.more["order"])
    if page != "cart":
        return None
    waiting = pending_orders(context.more.get("cart_id"), carts.customer_id()) if _may_wait(context) else []
    top = _part("waiting", orders=waiting) if waiting else Markup("")
    return {"cart_top": top, "cart_go": _part("go"), "cart_bar": _part("bar")}


def _of_order(order: OrderView) -> Mapping[str, Markup] | None:
    address = service.address_to_keep(order) if order.public_token else None
    if address is None:
        return None
    return {"order_below": _part("keep", order=order, keep=customers.address_lines(address))}


def _may_wait(context: PageContext) -> bool:
    if current_user.is_authenticated:
        return bool(current_user.facts.get(FACT))
    return context.more.get("cart_id") is not None


def _part(name: str, **values: Any) -> Markup:
    return Markup(render_template(f"checkout/_{name}.html", **values))  # noqa: S704 - our own template


@hookimpl
def check_order(order: service.OrderCheck) -> None:
    """What only grown-ups may buy needs their word that they are."""
    if order.age_limit and not order.age_confirmed:
        words = _("Please confirm that you are %(age)s or older.", age=order.age_limit)
        raise Refusal(words, field="age")
