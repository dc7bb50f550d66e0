"""Which strips the shop's own pages carry, and the markup that goes into their slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from flask_babel import gettext as _
from markupsafe import Markup

from storefront.core.slots import HomeBlock, PageContext
from storefront.hookspecs import hookimpl
from storefront.personalization.rules import StripBlock, StripRequest
from storefront.personalization.service.render import render_strips
from storefront.personalization.service.strips import plan_strips


@hookimpl
def register_strips(page: str, context: PageContext) -> list[StripRequest]:
    """Strips of the product page and the cart, of searches without results, of the page that is not there."""
    if page == "product" and context.product_id is not None:
        return _product_strips(context)
    if page == "home":
        return _home_strips(context)
    if page == "cart" and context.product_ids:
        return _cart_strips(context)
    if page in {"search", "error", "cart"} and not context.product_ids:
        return [
            StripRequest(f"{page}_below", "popular", f"{page}-empty" if page == "cart" else "nothing-found")
        ]
    return []


def _cart_strips(context: PageContext) -> list[StripRequest]:
    """What finishes the basket; without orders to learn that from, what goes with the newest thing in it."""
    basket = StripRequest(
        "cart_below", "complete_basket", "cart-complete", context.product_ids, fallback=False
    )
    newest = context.product_ids[-1:]
    title, note = _("Goes well with what you have"), _("What buyers of it take with it, and keep.")
    beside = StripRequest("cart_below", "goes_with", "cart-goes-with", newest, fallback=False)
    return [basket, replace(beside, title=title, note=note)]


def _product_strips(context: PageContext) -> list[StripRequest]:
    assert context.product_id is not None
    this = (context.product_id,)
    goes_with = StripRequest("product_below", "goes_with", "product-goes-with", this, context.category_id)
    instead = StripRequest(
        "product_below", "instead_of", "product-instead-of", this, context.category_id, fallback=False
    )
    if context.more.get("stock") == "out":
        strips = [instead, goes_with]
    else:
        note = _("Chosen by much the same people, seldom together with it.")
        strips = [goes_with, replace(instead, title=_("Others to look at"), note=note)]
    viewed = tuple(product for product in context.more.get("viewed", ()) if product != context.product_id)
    if viewed:
        strips.append(
            StripRequest(
                "product_below", "because_you_viewed", "product-viewed", viewed, fallback=False, minimum=3
            )
        )
    return strips


def _home_strips(context: PageContext) -> list[StripRequest]:
    """Somebody known: chosen for them, due again, where they left off. Everybody: what is kept most."""
    popular = StripRequest("home_popular", "popular", "home-popular", size=4)
    if context.customer_id is None:
        return [replace(popular, size=8)]
    viewed = tuple(context.more.get("viewed", ()))
    strips = [StripRequest("home_for_you", "for_you", "home-for-you")]
    if viewed:
        strips.append(StripRequest("home_viewed", "because_you_viewed", "home-viewed", viewed, minimum=2))
    again = StripRequest("home_again", "buy_again", "home-buy-again", size=4, fallback=False)
    return [*strips, again, popular]


@hookimpl
def register_home_blocks(context: PageContext) -> list[HomeBlock]:
    """Each strip of the homepage is a block of its own."""
    places = {"home_for_you": 20, "home_viewed": 25, "home_again": 30, "home_popular": 40}
    return [HomeBlock("strip", place, partial(_strip_block, slot)) for slot, place in places.items()]


def _strip_block(slot: str, context: PageContext) -> StripBlock | None:
    strip = context.more.get("strips", {}).get(slot)
    return StripBlock(strip) if strip is not None else None


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """All strips of the page as markup, by slot. The homepage places its strips itself."""
    if page == "home":
        return None
    return render_strips(plan_strips(page, context))
