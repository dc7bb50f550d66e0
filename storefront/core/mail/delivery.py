"""Taking mails to the transport: lease, send, mark. At least once, always under the same Message-ID."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa
import structlog
from flask_mailman import EmailMultiAlternatives

from storefront.core.database import database_now, db, transaction
from storefront.core.mail.composing import compose
from storefront.core.mail.messages import recipient_of
from storefront.core.metrics import count
from storefront.core.models import MailMessage

# Longer than any one delivery: a server that hangs is given up after 20 seconds a step.
LEASE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=30)
MAX_ATTEMPTS = 8
log = structlog.get_logger(__name__)


def deliver_due(limit: int = 50) -> int:
    """Deliver the mails whose time has come and those a dead process left; returns how many went out."""
    moment = database_now()
    due = db.session.execute(
        sa.select(MailMessage.id).where(_free(moment)).order_by(MailMessage.next_at).limit(limit)
    ).scalars()
    return sum(deliver(mail_id) for mail_id in due.all())


def _free(moment: object) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(MailMessage.state == "new", MailMessage.next_at <= moment),
        sa.and_(MailMessage.state == "sending", MailMessage.lease_until < moment),
    )


def deliver(mail_id: int) -> bool:
    """Send one mail if it is due and free. True when it went out; a failure is recorded, never raised."""
    token = secrets.token_hex(16)
    if not _lease(mail_id, token):
        return False
    row = db.session.execute(recipient_of(mail_id)).one()
    try:
        _hand_over(compose(row))
    except Exception as error:
        log.warning("mail_failed", mail=mail_id, template=row.template, attempt=row.attempts, exc_info=True)
        _record_failure(mail_id, token, row.attempts, error)
        return False
    return _mark_sent(mail_id, token)


def _hand_over(message: EmailMultiAlternatives) -> None:
    connection = message.get_connection()
    connection.open()
    try:
        connection.send_messages([message])
    finally:
        with suppress(Exception):  # a server that stumbles over our goodbye has the mail all the same
            connection.close()


def _lease(mail_id: int, token: str) -> bool:
    moment = database_now()
    with transaction() as tx:
        taken = tx.execute(
            sa.update(MailMessage)
            .where(MailMessage.id == mail_id, _free(moment))
            .values(
                state="sending",
                token=token,
                lease_until=moment + LEASE,
                attempts=MailMessage.attempts + 1,
            )
        )
    return taken.rowcount == 1


def _mark_sent(mail_id: int, token: str) -> bool:
    with transaction() as tx:
        # A late worker whose lease was taken over finds another token here and changes nothing.
        done = tx.execute(
            sa.update(MailMessage)
            .where(MailMessage.id == mail_id, MailMessage.token == token)
            .values(state="sent", sent_at=database_now(), lease_until=None, token=None, error=None)
        )
    count("mails", outcome="sent")
    return done.rowcount == 1


def _record_failure(mail_id: int, token: str, attempts: int, error: Exception) -> None:
    """Come back later, twice as late each time (30 s to half an hour); then park it for the owner."""
    parked = attempts >= MAX_ATTEMPTS
    with transaction() as tx:
        tx.execute(
            sa.update(MailMessage)
            .where(MailMessage.id == mail_id, MailMessage.token == token)
            .values(
                state="parked" if parked else "new",
                next_at=database_now() + FIRST_PAUSE * 2 ** (attempts - 1),
                lease_until=None,
                token=None,
                error=f"{type(error).__name__}: {error}"[:2000],
            )
        )
    count("mails", outcome="parked" if parked else "failed")
