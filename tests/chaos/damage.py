"""Guards taken out of the shop, for negative controls. Each lasts as long as its `with`, in this process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from storefront.core.database import db
from storefront.inventory import service as inventory
from storefront.inventory.errors import SoldOut
from storefront.inventory.models import Stock
from storefront.ordering import service as ordering
from storefront.ordering.service import placing, refunding
from storefront.pricing import service as pricing

Act = Callable[..., Any]
# Between reading and writing: others read meanwhile.
WINDOW_SECONDS = 0.05
_seen: ContextVar[dict[int, int]] = ContextVar("seen")


def damaged(damage: Callable[[], Any]) -> Callable[[Act], Act]:
    """An act that is done in a shop without a guard."""

    def mark(act: Act) -> Act:
        act.damage = damage  # type: ignore[attr-defined]
        return act

    return mark


@contextmanager
def swapped(*swaps: tuple[Any, str, Any]) -> Iterator[None]:
    """(where, name, what stands there instead)."""
    before = [getattr(where, name) for where, name, _instead in swaps]
    for where, name, instead in swaps:
        setattr(where, name, instead)
    try:
        yield
    finally:
        for (where, name, _instead), was in zip(swaps, before, strict=True):
            setattr(where, name, was)


@contextmanager
def stock_read_before() -> Iterator[None]:
    """Pieces are read before the command, and written as read less one: the row is never asked whether it fits."""
    place = placing._place

    def read_and_place(placement: Any, prepared: Any) -> Any:
        ids = [line.variant_id for line in placement.quote.lines]
        rows = db.session.execute(
            sa.select(Stock.variant_id, Stock.available).where(Stock.variant_id.in_(ids))
        )
        _seen.set({row.variant_id: row.available for row in rows})
        db.session.remove()
        time.sleep(WINDOW_SECONDS)
        return place(placement, prepared)

    def take(tx: Any, lines: Any, **_more: Any) -> None:
        for variant_id, quantity in lines:
            left = _seen.get()[variant_id] - quantity
            if left < 0:
                raise SoldOut(variant_id, 0)
            tx.execute(sa.update(Stock).where(Stock.variant_id == variant_id).values(available=left))

    with swapped((placing, "_place", read_and_place), (inventory, "take", take)):
        yield


@contextmanager
def forms_forgotten() -> Iterator[None]:
    """Which form made which order is not remembered, and an order leaves the cart as it was."""
    from storefront.checkout import service as checkout

    place_order = ordering.place_order

    def place_anew(placement: Any) -> Any:
        return place_order(replace(placement, checkout_token=secrets.token_urlsafe(16), cart_id=None))

    with swapped((checkout, "made_already", lambda *_any: None), (ordering, "place_order", place_anew)):
        yield


@contextmanager
def quotes_not_compared() -> Iterator[None]:
    """What is ordered is what is in the cart by now, whatever the shopper saw."""
    from storefront.checkout import service as checkout

    place = checkout.place

    def place_blindly(found: Any, seen: Any, **more: Any) -> Any:
        return place(found, replace(seen, digest=found.quote.digest, token=found.token), **more)

    with swapped((checkout, "place", place_blindly)):
        yield


@contextmanager
def claims_not_taken() -> Iterator[None]:
    """Codes are looked at and never counted."""
    with swapped((pricing, "spend_claims", lambda *_any: None)):
        yield


@contextmanager
def order_committed_alone() -> Iterator[None]:
    """An order's row is committed before its lines, its pieces and its payment."""
    insert = placing._insert_first

    def insert_and_commit(tx: Any, *more: Any) -> Any:
        order_id = insert(tx, *more)
        tx.commit()
        return order_id

    with swapped((placing, "_insert_first", insert_and_commit)):
        yield


@contextmanager
def silence_is_refusal() -> Iterator[None]:
    """A refund to which the bank said nothing is taken for refused."""
    answer = refunding.RefundAnswer

    def guess(state: str, *more: Any, **named: Any) -> Any:
        return answer("failed" if state == "unknown" else state, *more, **named)

    with swapped((refunding, "RefundAnswer", guess)):
        yield
