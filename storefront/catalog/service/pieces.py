"""Cards and their rendered parts, remembered per process: words and pictures are the same for all.

A part never holds a nonce, a token or anything of a person; reasons are joined on by the page.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, TypeVar

from flask import current_app
from markupsafe import Markup

from storefront.catalog.rules.values import Card
from storefront.core.i18n import current_language

REMEMBERED = 8_000
T = TypeVar("T")


class Pieces:
    """The least recently used parts go first. Not shared between processes, so no lock but the GIL's."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self.most = most
        self.known: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        piece = self.known.get(key)
        if piece is not None:
            with suppress(KeyError):  # another thread took it out in between
                self.known.move_to_end(key)
        return piece

    def put(self, key: Hashable, piece: Any) -> None:
        self.known[key] = piece
        while len(self.known) > self.most:
            self.known.popitem(last=False)


def init_pieces(app: Any) -> None:
    """Give this app an empty memory, and templates the global `card_part`."""

    def forget() -> None:
        app.extensions["regulars_pieces"] = Pieces()

    forget()
    app.extensions.setdefault("regulars_forget", []).append(forget)
    app.jinja_env.globals["card_part"] = card_part


def remembered(kind: str, key: Hashable, make: Callable[[], T]) -> T:
    """What `make` says, asked once a process for each `key`, which holds everything that it depends on."""
    memory: Pieces = current_app.extensions["regulars_pieces"]
    piece: T | None = memory.get((kind, key))
    if piece is None:
        piece = make()
        memory.put((kind, key), piece)
    return piece


def card_part(part: str, card: Card, *how: Hashable) -> Markup:
    """The macro `part` of `catalog/_card.html` for this card, rendered once per version and language.

    `how` are further plain arguments of the macro (heading level, sizes, eager).
    """

    def make() -> Markup:
        template = current_app.jinja_env.get_template("catalog/_card.html")
        return Markup(getattr(template.module, part)(card, *how))  # noqa: S704  the macro escapes

    return remembered(part, (how, current_language().code, _identity(card)), make)


def _identity(card: Card) -> Hashable:
    """What a card shows. The version covers price, text and pictures; stock and badges move without it.

    Title and address are in it too, so that a restored database never shows the card of the other; and the
    hue, which is the category's.
    """
    price = card.price.minor, card.price.currency, card.compare_at and card.compare_at.minor
    shown = card.url, card.title, card.hue, price, card.stock, card.left, card.badges
    return card.product_id, card.version, *shown
