"""Which strips the shop's own pages carry, and the markup that goes into their slots."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from storefront.core.slots import PageContext
from storefront.hookspecs import hookimpl
from storefront.personalization.rules import StripRequest
from storefront.personalization.service.render import render_strips
from storefront.personalization.service.strips import plan_strips


@hookimpl
def register_strips(page: str, context: PageContext) -> list[StripRequest]:
    """Strips of the product page, of searches without results and of the page that is not there."""
    if page == "product" and context.product_id is not None:
        return _product_strips(context)
    if page in {"search", "error"} and not context.product_ids:
        return [StripRequest(f"{page}_below", "popular", "nothing-found")]
    return []


def _product_strips(context: PageContext) -> list[StripRequest]:
    assert context.product_id is not None
    this = (context.product_id,)
    goes_with = StripRequest("product_below", "goes_with", "product-goes-with", this, context.category_id)
    instead = StripRequest(
        "product_below", "instead_of", "product-instead-of", this, context.category_id, fallback=False
    )
    sold_out = context.more.get("stock") == "out"
    strips = [instead, goes_with] if sold_out else [goes_with, instead]
    viewed = tuple(product for product in context.more.get("viewed", ()) if product != context.product_id)
    if viewed:
        strips.append(
            StripRequest(
                "product_below", "because_you_viewed", "product-viewed", viewed, fallback=False, minimum=3
            )
        )
    return strips


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """All strips of the page as markup, by slot. The homepage places its strips itself."""
    if page == "home":
        return None
    return render_strips(plan_strips(page, context))
