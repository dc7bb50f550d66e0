"""Strips as markup."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from storefront.core.rendering import render_part
from storefront.personalization.rules import Strip


def render_strips(strips: Iterable[Strip]) -> dict[str, Markup]:
    """Markup by slot, strips in the given order."""
    slots: dict[str, Markup] = {}
    for strip in strips:
        html = render_part("catalog/_strip.html", strip_data=strip)
        slots[strip.slot] = slots.get(strip.slot, Markup("")) + html
    return slots
