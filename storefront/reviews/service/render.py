"""Markup of wishes on pages that belong to others: hearts, the link in the header, the form of a sold-out
variant. Nothing here asks the database but for a member who looks at something that is sold out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app, request, url_for
from flask_login import current_user
from markupsafe import Markup

from storefront.catalog import service as catalog
from storefront.core.i18n import current_language
from storefront.core.rendering import render_part
from storefront.core.slots import PageContext, on_cards
from storefront.reviews.service.asking import state_for
from storefront.reviews.service.lists import wished_now


def fill(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """Hearts on all cards of this page; on a product's own, the heart with words and the waiting form."""
    wished = wished_now().products
    on_cards(lambda card: _heart_of_card(card, card.product_id in wished))
    variant = context.more.get("variant")
    if page != "product" or variant is None or context.product_id is None:
        return None
    title = context.more.get("titles", {}).get(context.product_id, "")
    heart = _macro("button")(variant.sku, title, variant.id in wished_now().variants)
    return {"product_after_buy": heart + _waiting(variant)}


def _waiting(variant: Any) -> Markup:
    if variant.stock != "out":
        return Markup("")
    member = current_user.is_authenticated
    state = state_for(current_user.customer_id, variant.id) if member else None
    return render_part("reviews/_waiting.html", sku=variant.sku, state=state, member=member)


def _heart_of_card(card: Any, on: bool) -> Markup:
    key = (card.sku, card.title, on, current_language().code)
    return catalog.remembered("heart", key, lambda: _macro("heart")(card.sku, card.title, on))


def _macro(name: str) -> Any:
    return getattr(current_app.jinja_env.get_template("reviews/_heart.html").module, name)


def wish_tool() -> Markup:
    """The link to the list in the header, with how much is on it."""
    return render_part("reviews/_tool.html", url=_own_list(), count=wished_now().count)


def wish_link() -> Markup:
    """The same in the menu of phones, in words."""
    return render_part("reviews/_link.html", url=_own_list(), count=wished_now().count)


def _own_list() -> str:
    return url_for("reviews.account_wishlist" if current_user.is_authenticated else "reviews.wishlist")


def wish_form() -> Markup:
    """The one form of a page that all its hearts belong to."""
    query = request.query_string.decode("utf-8", "replace")
    here = request.script_root + request.path + (f"?{query}" if query else "")
    back = here if request.method == "GET" else url_for("reviews.wishlist")
    return render_part("reviews/_form.html", back=back)
