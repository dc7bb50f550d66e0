"""Wish lists as pages show them: a member's rows, a visitor's cookie, a shared list behind its link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import g
from flask_login import current_user

from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core.database import db
from storefront.core.money import Money
from storefront.reviews.models import Wish
from storefront.reviews.rules import Kept, fallen_by, still_wanted
from storefront.reviews.service.kept import kept_wishes
from storefront.reviews.service.wishes import is_out, mine

_WISH = Wish.__table__
_VARIANT = sa.table("variant", sa.column("id", sa.Integer), sa.column("product_id", sa.Integer))
FACT = "wishes"


@dataclass(frozen=True, slots=True)
class WishLine:
    """One wish with what became of it since. `cheaper`: by how much its price fell; None when it did not.

    `stock` is in, out, or gone for what is not sold any more.
    """

    card: VariantCard
    stock: str
    added_at: datetime
    cheaper: Money | None = None
    is_back: bool = False
    wanted: int = 1
    given: int = 0
    note: str = ""

    @property
    def open(self) -> int:
        """Pieces that nobody has marked as bought."""
        return still_wanted(self.wanted, self.given)


# --- what is wished for, on every page --------------------------------------------------------------------


@dataclass(frozen=True)
class Wished:
    """What this browser's or this member's list holds, for hearts and the number in the header."""

    pairs: frozenset[tuple[int, int]] = frozenset()

    @cached_property
    def variants(self) -> frozenset[int]:
        return frozenset(variant_id for variant_id, _product_id in self.pairs)

    @cached_property
    def products(self) -> frozenset[int]:
        return frozenset(product_id for _variant_id, product_id in self.pairs)

    @property
    def count(self) -> int:
        return len(self.pairs)


def wished_fact(customer_id: sa.ColumnElement[int]) -> Any:
    """All wishes of a customer in one value, as '12:5,13:5' (variant:product): it rides with the person."""
    pair = sa.cast(_WISH.c.variant_id, sa.String) + ":" + sa.cast(_VARIANT.c.product_id, sa.String)
    return (
        sa.select(sa.func.aggregate_strings(pair, ","))
        .join_from(_WISH, _VARIANT, _VARIANT.c.id == _WISH.c.variant_id)
        .where(_WISH.c.customer_id == customer_id, _WISH.c.removed_at.is_(None))
        .scalar_subquery()
    )


def wished_now() -> Wished:
    """What is on the list of whoever asks for this page; no query."""
    if "regulars_wished" not in g:
        g.regulars_wished = _of_member() if current_user.is_authenticated else _of_visitor()
    return g.regulars_wished


def _of_member() -> Wished:
    text = current_user.facts.get(FACT) or ""
    found = (pair.partition(":") for pair in text.split(",") if pair)
    return Wished(frozenset((int(variant), int(product)) for variant, _colon, product in found))


def _of_visitor() -> Wished:
    return Wished(frozenset((wish.variant_id, wish.product_id) for wish in kept_wishes()))


# --- lists ------------------------------------------------------------------------------------------------


def list_of(customer_id: int) -> list[WishLine]:
    """A member's list in their order; two queries, one when it is empty."""
    rows = sa.select(_WISH).where(mine(customer_id)).order_by(_WISH.c.position, _WISH.c.id.desc())
    wishes = db.session.execute(rows).all()
    cards = catalog.load_variants([wish.variant_id for wish in wishes])
    return [_line(cards[wish.variant_id], wish) for wish in wishes if wish.variant_id in cards]


def _line(card: VariantCard, wish: Any) -> WishLine:
    more = {"wanted": wish.wanted, "given": wish.given, "note": wish.note}
    return WishLine(card, added_at=wish.added_at, **_since(card, wish.price_minor, wish.was_out), **more)


def _since(card: VariantCard, price_minor: int, was_out: bool) -> dict[str, Any]:
    stock = "gone" if not card.on_show else "out" if is_out(card) else "in"
    fallen = fallen_by(price_minor, card.price.minor)
    cheaper = Money(fallen, card.price.currency) if fallen and stock != "gone" else None
    return {"stock": stock, "cheaper": cheaper, "is_back": was_out and stock == "in"}


def visitors_list(kept: Sequence[Kept]) -> list[WishLine]:
    """What a visitor's browser keeps, newest first; one query, none when it keeps nothing."""
    cards = catalog.load_variants([wish.variant_id for wish in kept])
    return [_kept_line(cards[wish.variant_id], wish) for wish in kept if wish.variant_id in cards]


def _kept_line(card: VariantCard, wish: Kept) -> WishLine:
    added = datetime.fromtimestamp(wish.added, UTC)
    return WishLine(card, added_at=added, **_since(card, wish.price_minor, wish.was_out))


def shared_list(customer_id: int) -> list[WishLine]:
    """What readers of the link see: nothing that is not sold any more."""
    return [line for line in list_of(customer_id) if line.stock != "gone"]
