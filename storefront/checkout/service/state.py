"""What was typed so far: read, and written in one statement, so that two tabs never break each other's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storefront.cart.service.carts import Reader
from storefront.checkout.models import Checkout
from storefront.core import clock
from storefront.core.database import Tx
from storefront.customers.rules import email_key
from storefront.customers.rules.addresses import Address

_CHECKOUT = Checkout.__table__


@dataclass(frozen=True, slots=True)
class Typed:
    """An address as it was typed; `complete` once it was checked."""

    values: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False

    @property
    def address(self) -> Address:
        return Address.from_json(self.values)


@dataclass(frozen=True, slots=True)
class State:
    """One checkout. `billing` None: the bill goes where the goods go."""

    cart_id: int
    email: str = ""
    marketing: bool = False
    shipping: Typed = Typed()
    billing: Typed | None = None
    shipping_method: str | None = None
    gateway: str = ""

    def quote_facts(self) -> dict[str, Any]:
        """What pricing may know by now."""
        typed = self.shipping.values
        known = {name: typed.get(name) or None for name in ("country", "region", "postcode")}
        country = {"country": known["country"]} if known["country"] else {}
        place = {**country, "region": known["region"], "postcode": known["postcode"]}
        return {**place, "shipping_method": self.shipping_method, "email_key": email_key(self.email)}


def find_state(session: Reader, cart_id: int, email: str = "") -> State:
    """The checkout of a cart, empty when nothing was typed yet; a member's own `email` counts first."""
    row = session.execute(sa.select(_CHECKOUT).where(_CHECKOUT.c.cart_id == cart_id)).mappings().first()
    if row is None:
        return State(cart_id, email=email)
    return State(
        cart_id=cart_id,
        email=email or row["email"],
        marketing=bool(row["marketing"]),
        shipping=_typed(row["shipping"]) or Typed(),
        billing=_typed(row["billing"]),
        shipping_method=row["shipping_method"],
        gateway=row["gateway"],
    )


def _typed(stored: Mapping[str, Any] | None) -> Typed | None:
    if not stored:
        return None
    return Typed(dict(stored.get("values") or {}), bool(stored.get("complete")))


def as_stored(typed: Typed | None) -> dict[str, Any] | None:
    """The form in which an address is kept."""
    return {"values": dict(typed.values), "complete": typed.complete} if typed else None


def keep(tx: Tx, cart_id: int, **values: Any) -> None:
    """Write these columns of a cart's checkout, made when there is none."""
    moment = clock.now()
    fresh = {"email": "", "marketing": False, "gateway": "", "created_at": moment}
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(_CHECKOUT)
    made = insert.values(cart_id=cart_id, **{**fresh, **values}, updated_at=moment)
    kept = {**values, "updated_at": moment}
    tx.execute(made.on_conflict_do_update(index_elements=["cart_id"], set_=kept))


def follow_cart(tx: Tx, source: int, target: int) -> None:
    """A visitor who signs in keeps what they typed.

    What the customer had typed elsewhere counts where the visitor has said nothing.
    """
    rows = {
        row["cart_id"]: row
        for row in tx.execute(
            sa.select(_CHECKOUT).where(_CHECKOUT.c.cart_id.in_([source, target])).with_for_update()
        ).mappings()
    }
    mine = rows.get(source)
    if mine is None:
        return
    theirs: Any = rows.get(target) or {}
    names = ("email", "shipping", "billing", "shipping_method", "gateway")
    joined = {name: mine[name] or theirs.get(name) or mine[name] for name in names}
    if not mine["shipping"] and theirs.get("shipping"):
        joined["shipping_method"] = theirs.get("shipping_method")
    tx.execute(sa.delete(_CHECKOUT).where(_CHECKOUT.c.cart_id == source))
    keep(tx, target, marketing=bool(mine["marketing"]), **joined)
