"""Which strips the shop's own pages carry, and the markup that goes into their slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from storefront.core.console import ConsolePage
from storefront.core.imports.registry import Importer
from storefront.core.privacy import PersonalData
from storefront.core.slots import HomeBlock, PageContext
from storefront.customers.service import AccountPage, PersonFact
from storefront.hookspecs import hookimpl
from storefront.personalization.rules import StripBlock, StripRequest
from storefront.personalization.service import audiences, facts, importing, inspecting, noting, rejections
from storefront.personalization.service.render import render_strips
from storefront.personalization.service.strips import plan_strips


@hookimpl
def register_importers() -> list[Importer]:
    """Declared needs in catalogue files."""
    return importing.importers()


@hookimpl
def register_account_pages() -> list[AccountPage]:
    """What is concluded about whoever is signed in."""
    title = _l("What we conclude")
    return [
        AccountPage("about-me", title, "personalization.about_me", 65, "search"),
        AccountPage("not-for-me", _l("Not for me"), "personalization.rejected", 66, "x"),
    ]


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """What the owner declares about what goes together, and what is to be shown and what not."""
    endpoint, permission = "personalization_owner", "products.read"
    rules, look = _l("Merchandising rules"), "personalization_owner.inspector"
    return [
        ConsolePage("needs", _l("Declared needs"), f"{endpoint}.needs", "shop", 15, permission, "spark"),
        ConsolePage("merchandising", rules, f"{endpoint}.merchandising", "shop", 16, permission, "up"),
        ConsolePage("inspector", _l("Inspector"), look, "find_out", 510, "customers.write", "search"),
    ]


@hookimpl
def register_person_facts() -> list[PersonFact]:
    """What a member said is untrue rides in the query that loads them: no strip pays for it."""
    return [
        PersonFact(facts.PERSON_FACT, facts.untrue_column),
        PersonFact(rejections.FACT, rejections.rejected_column),
        PersonFact(audiences.FACT, audiences.ordered_column),
    ]


@hookimpl
def customer_audiences(customer_id: int | None) -> list[str]:
    """Who is signed in, and who has kept something of an order."""
    return audiences.own_audiences(customer_id)


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """What people said about what the shop concludes. The conclusions themselves are kept nowhere."""
    said = ("customer_id", "kind", "category_id", "said_at")
    not_shown = ("customer_id", "product_id", "rejected_at")
    return [
        PersonalData("fact_rejection", said, owner="customer_id", on_erase="delete"),
        PersonalData("product_rejection", not_shown, owner="customer_id", on_erase="delete"),
    ]


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
        note = _("What people take in its place, and what is closest to it.")
        strips = [goes_with, replace(instead, title=_("Others to look at"), note=note)]
    viewed = tuple(product for product in context.more.get("viewed", ()) if product != context.product_id)
    if viewed:
        strips.append(
            StripRequest(
                "product_below", "because_you_viewed", "product-viewed", viewed, fallback=False, minimum=3
            )
        )
    beyond = StripRequest(
        "product_below",
        "one_step_up",
        "product-step-up",
        this,
        context.category_id,
        fallback=False,
        minimum=2,
    )
    return [*strips, beyond]


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
    # The last to choose: where a conclusion is untrue, no other strip of the page changes.
    title, note = _("From other shelves"), _("What people who choose as you do take there.")
    beyond = StripRequest("home_step_up", "one_step_up", "home-step-up", fallback=False)
    beyond = replace(beyond, title=title, note=note)
    return [*strips, again, popular, beyond]


@hookimpl
def register_home_blocks(context: PageContext) -> list[HomeBlock]:
    """Each strip of the homepage is a block of its own."""
    places = {"home_for_you": 20, "home_viewed": 25, "home_step_up": 27, "home_again": 30, "home_popular": 40}
    return [HomeBlock("strip", place, partial(_strip_block, slot)) for slot, place in places.items()]


def _strip_block(slot: str, context: PageContext) -> StripBlock | None:
    strip = context.more.get("strips", {}).get(slot)
    return StripBlock(strip) if strip is not None else None


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """All strips of the page as markup, by slot. The homepage places its strips itself."""
    if page == "console-customer":
        return {"console_customer_side": inspecting.link_of(context)}
    strips = plan_strips(page, context) if page != "home" else []
    form = {"page_end": noting.form_of_page()} if strips or page == "home" else {}
    return {**render_strips(strips), **form}
