"""Planning a page: everybody is asked once for what they want to show, before the template runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import g
from jinja2 import pass_context
from markupsafe import Markup

from storefront.core.plugins import hooks


@dataclass(frozen=True)
class PageContext:
    """What those who fill slots may know of a page: frozen values, no rows.

    `product_ids` are the products that the page itself is about or shows; strips leave them out.
    """

    language: str
    product_id: int | None = None
    category_id: int | None = None
    query: str | None = None
    product_ids: tuple[int, ...] = ()
    customer_id: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HomeBlock:
    """A kind of homepage block, registered by the feature that owns its data.

    `load(context)` returns what `home/_block_<kind>.html` prints (an object with an attribute `kind`), or
    None when there is nothing to show. `position` orders the default homepage.
    """

    kind: str
    position: int
    load: Callable[[PageContext], Any]


def plan_page(page: str, context: PageContext) -> dict[str, Markup]:
    """Ask every `fill_slots` implementation once and keep the answers for `slot()` in this request."""
    planned: dict[str, Markup] = {}
    g.regulars_card_tools = []
    for part in reversed(hooks().fill_slots(page=page, context=context)):
        for name, markup in part.items():
            planned[name] = planned.get(name, Markup("")) + markup
    g.regulars_slots = planned
    return planned


def on_cards(draw: Callable[[Any], Markup]) -> None:
    """While a page is planned: have `draw(card)` add to each of its cards. The rest of a card is the same for
    everybody and remembered; what differs by person is added here."""
    g.setdefault("regulars_card_tools", []).append(draw)


def card_tools(card: Any) -> Markup:
    """Template global: what `on_cards` was asked to add to this card, which may be nothing."""
    return Markup("").join(draw(card) for draw in g.get("regulars_card_tools", ()))


@pass_context
def slot(_context: Any, name: str) -> Markup:
    """Template global: prints what was planned for this place, which may be nothing."""
    return g.get("regulars_slots", {}).get(name, Markup(""))
