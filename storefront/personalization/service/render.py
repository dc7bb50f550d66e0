"""Strips as markup."""

from __future__ import annotations

from collections.abc import Iterable

from flask import render_template
from markupsafe import Markup

from storefront.personalization.rules import Strip


def render_strips(strips: Iterable[Strip]) -> dict[str, Markup]:
    """Markup by slot, strips in the given order."""
    slots: dict[str, Markup] = {}
    for strip in strips:
        html = Markup(render_template("catalog/_strip.html", strip_data=strip))  # noqa: S704 - our own template
        slots[strip.slot] = slots.get(strip.slot, Markup("")) + html
    return slots
