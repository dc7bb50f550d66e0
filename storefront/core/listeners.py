"""What must hold in the core's own tables."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from storefront.core.database import database_now
from storefront.core.health import Invariant
from storefront.core.models import MailMessage, OutboxDelivery, Tick
from storefront.core.privacy import PersonalData
from storefront.core.store import StoreSetting
from storefront.hookspecs import hookimpl

STUCK_AFTER = timedelta(hours=1)
TICK_LOST_AFTER = timedelta(days=1)
DEEDS = "Proof of who changed the shop; what customers told is kept out of it."
NOTES = "Notes of the staff are about the shop's work; those on a customer go with the customer's number."
NUMBERS = "Events carry numbers of rows, which lead nowhere once the rows are erased."


@hookimpl
def register_invariants() -> list[Invariant]:
    return [
        Invariant("outbox_moves", _stuck_deliveries),
        Invariant("outbox_not_parked", _parked_deliveries),
        Invariant("mail_moves", _stuck_mails),
        Invariant("mail_not_parked", _parked_mails),
        Invariant("ticks_end", _lost_ticks),
    ]


@hookimpl
def register_personal_data() -> list[PersonalData]:
    message = ("message_id", "template", "to_email", "locale", "context")
    deed = ("at", "action", "subject", "subject_key", "before", "after", "request_id")
    note = ("at", "subject", "subject_key", "body")
    changed = ("object", "key", "row_id", "before")
    return [
        PersonalData("mail_message", message, owner="to_email", on_erase="delete"),
        PersonalData("import_change", changed, owner="row_id", on_erase="delete"),
        PersonalData("outbox", ("payload",), owner="id", on_erase="keep", why=NUMBERS),
        PersonalData("audit_entry", ("actor_name",), owner="actor_id", on_erase="blank"),
        PersonalData("audit_entry", deed, owner="id", on_erase="keep", why=DEEDS),
        PersonalData("console_comment", ("author_name",), owner="author_id", on_erase="blank"),
        PersonalData("console_comment", note, owner="id", on_erase="keep", why=NOTES),
        PersonalData("saved_view", ("page", "name", "query", "shared"), owner="owner_id", on_erase="delete"),
        PersonalData("outbox_delivery", ("error",), owner="outbox_id", on_erase="keep", why=NUMBERS),
    ]


def _stuck_deliveries(session: Session) -> list[str]:
    late = _late(OutboxDelivery, "running")
    counted = sa.select(OutboxDelivery.listener, sa.func.count()).where(late)
    return [
        f"{rows} deliveries to {listener} wait for more than an hour; is `regulars worker` running?"
        for listener, rows in session.execute(counted.group_by(OutboxDelivery.listener))
    ]


def _stuck_mails(session: Session) -> list[str]:
    rows = session.execute(sa.select(sa.func.count()).where(_late(MailMessage, "sending"))).scalar_one()
    found = f"{rows} mails wait for more than an hour; is `regulars worker` running?"
    return [found] if rows else []


def _late(table: type[OutboxDelivery | MailMessage], taken: str) -> sa.ColumnElement[bool]:
    limit = database_now() - STUCK_AFTER
    return sa.or_(
        sa.and_(table.state == "new", table.next_at < limit),
        sa.and_(table.state == taken, table.lease_until < limit),
    )


def _parked_deliveries(session: Session) -> list[str]:
    parked = sa.select(OutboxDelivery.id, OutboxDelivery.listener, OutboxDelivery.error)
    return [
        f"delivery {row.id} to {row.listener} was given up after too many tries: {row.error}"
        for row in session.execute(parked.where(OutboxDelivery.state == "parked").limit(50))
    ]


def _parked_mails(session: Session) -> list[str]:
    parked = sa.select(MailMessage.id, MailMessage.template, MailMessage.error)
    return [
        f"mail {row.id} ({row.template}) was given up after too many tries: {row.error}"
        for row in session.execute(parked.where(MailMessage.state == "parked").limit(50))
    ]


def _lost_ticks(session: Session) -> list[str]:
    limit = database_now() - TICK_LOST_AFTER
    lost = sa.select(Tick.job, Tick.due_at).where(Tick.finished_at.is_(None), Tick.taken_at < limit)
    return [
        f"{row.job}, due {row.due_at:%Y-%m-%d %H:%M}, was started and never ended"
        for row in session.execute(lost.limit(50))
    ]


@hookimpl
def register_store_settings() -> list[StoreSetting]:
    """The business behind the shop, as invoices, mails and search engines name it."""
    return [
        StoreSetting("business_name", "text", "", "business", _l("Name of the business")),
        StoreSetting("business_address", "long_text", "", "business", _l("Address of the business")),
        StoreSetting("business_country", "country", "", "business", _l("Country of the business")),
        StoreSetting("business_tax_number", "text", "", "business", _l("VAT or tax number")),
        StoreSetting("contact_email", "email", "", "business", _l("E-mail address for customers")),
        StoreSetting("contact_phone", "phone", "", "business", _l("Telephone number for customers")),
        StoreSetting(
            "returns_days", "whole", 30, "returns", _l("Days in which goods may be sent back"), most=365
        ),
        StoreSetting("returns_free", "yes_no", False, "returns", _l("Sending goods back costs nothing")),
    ]
