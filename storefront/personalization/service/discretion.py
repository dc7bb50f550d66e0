"""The rule of discretion on the pages: the marks of the catalogue, and what the engine may answer with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask import current_app

from storefront.catalog import service as catalog
from storefront.core.slots import PageContext
from storefront.personalization.rules import StripRequest
from storefront.personalization.rules.discretion import Discretion

_MASKS = "regulars_discreet_masks"
MOST_MASKS = 64  # one for each set of marked categories that a page stands in
Place = frozenset[int]


def discretion() -> Discretion:
    """What is sensitive at this moment; no query while the shop stays as it is."""
    marks = catalog.sensitive_marks()
    return Discretion(marks.products, marks.categories)


def place_of(rule: Discretion, surface: str, context: PageContext) -> Place:
    """The marked categories at home in a row of `surface` on this page."""
    return rule.place_of(surface, context.product_id, context.category_id)


def discreet(
    rule: Discretion, requests: Iterable[StripRequest], context: PageContext
) -> tuple[list[StripRequest], PageContext]:
    """The rows of a page and what it knows, without anything that nothing may rest on there."""
    if not rule.products:
        return list(requests), context
    asked = (rule.asked(request, place_of(rule, request.surface, context)) for request in requests)
    viewed = rule.usable(context.more.get("viewed", ()), frozenset())
    context = replace(context, more={**context.more, "viewed": viewed})
    return [request for request in asked if request is not None], context


def allowed(rule: Discretion, engine: Any, place: Place) -> Any:
    """What the engine may answer with where `place` is at home, as it takes it; None is everything."""
    if not rule.products:
        return None
    masks = current_app.extensions.setdefault(_MASKS, {})
    key = place & frozenset().union(*rule.products.values())
    known = masks.get(key)
    if known is None or known[0] is not engine or known[1] is not rule.products:
        if len(masks) >= MOST_MASKS:
            masks.clear()
        mask = ~engine.mask(str(product) for product in rule.shut(place))
        masks[key] = known = (engine, rule.products, mask)
    return known[2]


def barred(rule: Discretion, place: Place, rejected: Iterable[int]) -> frozenset[int]:
    """What owners may not put into a row either: what the person said no to, and what is sensitive there."""
    return frozenset(rejected) | (rule.shut(place) if rule.products else frozenset())
