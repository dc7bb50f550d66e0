"""Writing a mail down, inside the command that causes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import Tx
from storefront.core.models import MailMessage


def send(
    tx: Tx, template: str, to: str, *, locale: str, context: Mapping[str, Any], dedupe_key: str
) -> int | None:
    """Write one mail into this command; the worker delivers it after the commit.

    `template` names `emails/<template>.html` and `.txt`; `context` holds plain JSON values. Returns the row's
    id, or None when a mail of this template and `dedupe_key` was written before: then nothing happens.
    """
    moment = clock.now()
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(MailMessage)
    values = {
        "message_id": message_id(template, dedupe_key),
        "template": template,
        "dedupe_key": dedupe_key,
        "to_email": to,
        "locale": locale,
        "context": dict(context),
        "state": "new",
        "attempts": 0,
        "next_at": moment,
        "created_at": moment,
    }
    written = tx.execute(insert.values(**values).on_conflict_do_nothing().returning(MailMessage.id))
    return written.scalar_one_or_none()


def message_id(template: str, dedupe_key: str) -> str:
    """The Message-ID of the one mail of this template and key; says nothing about either to its reader."""
    settings = current_app.extensions["regulars_settings"]
    digest = hashlib.sha256(f"{template}\0{dedupe_key}".encode()).hexdigest()[:40]
    domain = settings.mail_from.rpartition("@")[2].strip("> ") or "localhost"
    return f"<{digest}@{domain}>"


def recipient_of(mail_id: int) -> sa.Select:
    """What delivery needs of one row, as a statement."""
    table = MailMessage.__table__
    wanted = ("id", "message_id", "template", "to_email", "locale", "context", "attempts", "created_at")
    return sa.select(*(table.c[name] for name in wanted)).where(table.c.id == mail_id)
