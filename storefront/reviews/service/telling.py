"""Telling those who wait that something is back: once each, in the order of asking, and no more people than
a few for each piece. The rest keep their places for the next time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core import clock, mail
from storefront.core.database import Tx, db, transaction
from storefront.core.events import publish
from storefront.core.i18n import languages_of
from storefront.ordering.service.buyers import buyers_since
from storefront.reviews.events import TurnOfOthers
from storefront.reviews.models import StockRequest
from storefront.reviews.rules import NEXT_WAVE_AFTER, REMEMBER_TOLD, TOLD, WAITING, people_to_tell
from storefront.reviews.service.tokens import REMOVE, link_token
from storefront.reviews.service.wishes import is_out

AT_ONCE = 200
EVERYBODY = 1_000_000
_REQUEST = StockRequest.__table__


def tell(tx: Tx, variant_id: int, most: int | None = None) -> int:
    """Write to the first in the queue of this variant, at most `most`; returns how many were written to.

    Nobody is written to while it cannot be bought: sold out again, or not on show. What one command cannot
    hold goes on in the next one.
    """
    people = min(_allowed(variant_id), EVERYBODY if most is None else most)
    wanted = min(people, AT_ONCE)
    claimed = _claim(tx, variant_id, wanted)
    wanting = _without_buyers(tx, variant_id, claimed)
    _write(tx, wanting)
    left = people - len(wanting)
    if left > 0 and len(claimed) == wanted:
        # A long queue, or places that people left who have bought it meanwhile.
        publish(tx, TurnOfOthers(variant_id, left))
    return len(wanting)


def _allowed(variant_id: int) -> int:
    """How many may be told now: nobody of what cannot be bought, everybody of what nobody counts."""
    card = catalog.load_variants([variant_id]).get(variant_id)
    if card is None or not card.on_show or is_out(card):
        return 0
    people = people_to_tell(None if card.backorder else card.available)
    return EVERYBODY if people is None else people


def _claim(tx: Tx, variant_id: int, count: int) -> list[Any]:
    """Mark the first `count` as told before anything is written to them: whatever happens then, nobody is
    told twice."""
    moment = clock.now()
    queue = (
        sa.select(_REQUEST.c.id)
        .where(
            _REQUEST.c.variant_id == variant_id,
            _REQUEST.c.state == WAITING,
            _REQUEST.c.expires_at > moment,
        )
        .order_by(_REQUEST.c.asked_at, _REQUEST.c.id)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    ids = tx.execute(queue).scalars().all()
    told = {"state": TOLD, "told_at": moment, "expires_at": moment + REMEMBER_TOLD}
    mark = sa.update(_REQUEST).where(_REQUEST.c.id.in_(ids), _REQUEST.c.state == WAITING).values(told)
    rows = tx.execute(mark.returning(*_REQUEST.c)).all()
    return sorted(rows, key=lambda row: (row.asked_at, row.id))


def _without_buyers(tx: Tx, variant_id: int, requests: Sequence[Any]) -> list[Any]:
    """Who bought it since they asked has no need of a mail: their request is over."""
    if not requests:
        return []
    bought = buyers_since(variant_id, min(row.asked_at for row in requests))
    done = [
        row.id
        for row in requests
        if any(
            buyer.at >= row.asked_at
            and (buyer.email_key == row.email_key or buyer.customer_id in {row.customer_id} - {None})
            for buyer in bought
        )
    ]
    tx.execute(sa.delete(_REQUEST).where(_REQUEST.c.id.in_(done)))
    return [row for row in requests if row.id not in done]


def _write(tx: Tx, requests: Sequence[Any]) -> None:
    cards: dict[str, VariantCard | None] = {}
    for row in requests:
        if row.locale not in cards:
            cards[row.locale] = catalog.load_variants([row.variant_id], row.locale).get(row.variant_id)
        card = cards[row.locale]
        if card is None:
            continue
        context = {
            "title": card.title,
            "options": card.options,
            "price": card.price.format(_format_of(row.locale)),
            "path": "p/" + card.url.partition("/p/")[2],
            "remove": link_token(REMOVE, row.public_id, row.round),
        }
        key = f"{row.public_id}:{row.round}"
        mail.send(tx, "back_in_stock", row.email, locale=row.locale, context=context, dedupe_key=key)


def _format_of(locale: str) -> str:
    languages = languages_of(current_app.extensions["regulars_settings"])
    return next((each.babel for each in languages if each.code == locale), languages[0].babel)


# --- those who are left -----------------------------------------------------------------------------------


def tell_next_waves() -> int:
    """While something stays on the shelf a day after the first were told, the next ones are.

    This is also for requests that were confirmed after the goods came in, and for goods that came back on
    show. Returns how many were written to.
    """
    latest = sa.func.max(sa.case((_REQUEST.c.state == TOLD, _REQUEST.c.told_at)))
    queues = (
        sa.select(_REQUEST.c.variant_id, latest.label("told_at"))
        .group_by(_REQUEST.c.variant_id)
        .having(sa.func.count(sa.case((_REQUEST.c.state == WAITING, 1))) > 0)
        .order_by(_REQUEST.c.variant_id)
    )
    due_before = clock.now() - NEXT_WAVE_AFTER
    told = 0
    for row in db.session.execute(queues).all():
        if row.told_at is None or row.told_at <= due_before:
            with transaction() as tx:
                told += tell(tx, row.variant_id)
    return told
