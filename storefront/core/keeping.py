"""How long the core keeps what is done with: events that everybody was told of, and mails that went out.

What failed for good (parked) stays until somebody has seen to it. Keys that keep a thing from happening twice
outlive what stood behind them. Everything goes in small commands, so that nobody waits for the write lock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from storefront.core import clock
from storefront.core.database import db, transaction
from storefront.core.models import MailMessage, Outbox, OutboxDelivery

TOLD_KEPT = timedelta(days=30)
CONTENT_KEPT = timedelta(days=30)
ADDRESS_KEPT = timedelta(days=180)
# As long as something could be published or written under the same key again.
KEYS_KEPT = timedelta(days=400)
AT_ONCE = 500


def forget_what_was_told() -> None:
    """Deliveries that are done go; events with nobody left to tell go too, or keep their key alone."""
    moment = clock.now()
    old = Outbox.created_at < moment - TOLD_KEPT
    told = sa.select(OutboxDelivery.id).join(Outbox, Outbox.id == OutboxDelivery.outbox_id)
    done = told.where(OutboxDelivery.state == "done", old)
    _for_each_few(done, lambda ids: sa.delete(OutboxDelivery).where(OutboxDelivery.id.in_(ids)))

    waited_for = sa.exists().where(OutboxDelivery.outbox_id == Outbox.id)
    over = sa.or_(Outbox.dedupe_key.is_(None), Outbox.created_at < moment - KEYS_KEPT)
    settled = sa.select(Outbox.id).where(old, ~waited_for)
    _for_each_few(settled.where(over), lambda ids: sa.delete(Outbox).where(Outbox.id.in_(ids)))
    full = settled.where(sa.cast(Outbox.payload, sa.Text) != "{}")
    _for_each_few(full, lambda ids: sa.update(Outbox).where(Outbox.id.in_(ids)).values(payload={}))


def forget_sent_mails() -> None:
    """Of mails that went out: first what they said goes, then to whom, in the end their key."""
    moment = clock.now()
    sent = sa.select(MailMessage.id).where(MailMessage.state == "sent")
    gone = sent.where(MailMessage.sent_at < moment - KEYS_KEPT)
    _for_each_few(gone, lambda ids: sa.delete(MailMessage).where(MailMessage.id.in_(ids)))
    said = sent.where(
        MailMessage.sent_at < moment - CONTENT_KEPT, sa.cast(MailMessage.context, sa.Text) != "{}"
    )
    _for_each_few(said, lambda ids: _mails(ids).values(context={}))
    known = sent.where(MailMessage.sent_at < moment - ADDRESS_KEPT, MailMessage.to_email != "")
    _for_each_few(known, lambda ids: _mails(ids).values(to_email=""))


def _mails(ids: list[int]) -> sa.Update:
    return sa.update(MailMessage).where(MailMessage.id.in_(ids))


def _for_each_few(query: sa.Select[int], change: Callable[[list[int]], sa.UpdateBase]) -> None:
    """Runs `change(ids)` on what the query finds until it finds nothing."""
    while ids := list(db.session.execute(query.limit(AT_ONCE)).scalars()):
        with transaction() as tx:
            tx.execute(change(ids))
