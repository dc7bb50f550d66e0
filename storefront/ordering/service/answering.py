"""Answers to buyers who want to send something back, and mails that are sent once more."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from storefront.core import mail
from storefront.core.database import transaction
from storefront.core.errors import NotFound
from storefront.core.models import MailMessage
from storefront.core.store import store_value
from storefront.ordering.service.locking import lock_order
from storefront.ordering.service.return_mails import tell_of_return
from storefront.ordering.service.returning import open_request
from storefront.ordering.service.terms import read_terms
from storefront.ordering.service.timeline import note

LONGEST = 1000
# Mails that only say what is so, whenever they are read.
REPEATED = (
    "order_confirmation",
    "order_paid",
    "order_shipped",
    "order_delivered",
    "order_changed",
    "order_refunded",
    "payment_reminder",
)


def accept_return(
    order_id: int, number: str, *, send_to: str = "", reason: str = "", who: str = "shop"
) -> None:
    """Tell the buyer where to send it; the request stays open until the goods are here. Raises NotFound."""
    terms = read_terms()
    address = send_to or store_value("business_address")
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    with transaction() as tx:
        order = lock_order(tx, order_id)
        row = open_request(tx, order, number)
        note(tx, order.id, "return_accepted", who, number=number, reason=reason[:LONGEST])
        words = {"send_to": lines, "note": reason[:LONGEST]}
        tell_of_return(tx, order, row, "order_return_accepted", terms, **words)


def send_again(order_id: int, mail_id: int, who: str) -> str:
    """Send a mail about an order once more, as it was; returns its template. Raises NotFound.

    It is a message of its own, so that mail programs show it: whoever asks for it did not find the first.
    """
    with transaction() as tx:
        order = lock_order(tx, order_id)
        about = MailMessage.dedupe_key.startswith(order.number, autoescape=True)
        query = sa.select(MailMessage).where(MailMessage.id == mail_id, about)
        row = tx.execute(query).scalar_one_or_none()
        if row is None or row.template not in REPEATED:
            raise NotFound
        key = f"{row.dedupe_key}:again:{secrets.token_hex(6)}"
        context = {**row.context, "order": {**row.context["order"], "public_token": order.public_token}}
        to = order.email or row.to_email
        mail.send(tx, row.template, to, locale=row.locale, context=context, dedupe_key=key)
        note(tx, order.id, "mail_again", who, template=row.template)
        return str(row.template)
