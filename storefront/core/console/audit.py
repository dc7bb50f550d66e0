"""The log of what staff did, and what they noted about things: written with the command itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context
from flask_babel import gettext as _
from flask_login import current_user

from storefront.core import clock
from storefront.core.database import Tx, db
from storefront.core.errors import Refusal
from storefront.core.models import AuditEntry, ConsoleComment

HIDDEN = "•••"
LONGEST_VALUE = 2000
LONGEST_COMMENT = 5000


def record_audit(
    tx: Tx,
    action: str,
    subject: str,
    subject_key: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    hidden: Collection[str] = (),
) -> bool:
    """Write down who did what, in the transaction that does it.

    `action` is `product.archive`, `subject` and `subject_key` name the thing as its address does. Of `before`
    and `after` only what differs is kept; with both given and nothing different, nothing is written and
    False comes back. Values of the fields in `hidden` (secrets, what a customer told) are not kept, only
    that they changed. Outside a request the shop itself is the one who did it.
    """
    old, new = _plain(before), _plain(after)
    if before is not None and after is not None:
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        if not changed:
            return False
        old, new = ({k: v for k, v in side.items() if k in changed} for side in (old, new))
    who = _who()
    tx.add(
        AuditEntry(
            at=clock.now(),
            actor_id=who[0],
            actor_name=", ".join(part for part in (who[1], who[2]) if part),
            action=action,
            subject=subject,
            subject_key=str(subject_key),
            before=_veiled(old, hidden),
            after=_veiled(new, hidden),
            request_id=g.get("request_id", "") if has_request_context() else "",
        )
    )
    return True


def _who() -> tuple[int | None, str, str]:
    """Number, name and e-mail of whoever is signed in: two people may share a first name."""
    if has_request_context() and current_user and current_user.is_authenticated:
        return current_user.customer_id, current_user.name, current_user.email
    return None, "", ""


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: _plain_value(value) for key, value in (values or {}).items()}


def _plain_value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    if isinstance(value, Mapping):
        return _plain(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def _veiled(values: dict[str, Any], hidden: Collection[str]) -> dict[str, Any] | None:
    shown = {key: HIDDEN if key in hidden and value else value for key, value in values.items()}
    return shown or None


# --- the timeline of a thing ------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to a thing. `kind` picks the mark: order, sent, cart, case, post, fact."""

    at: datetime
    title: str
    kind: str = "fact"
    detail: str = ""
    who: str = ""
    icon: str = "note"
    amount: str = ""


def add_comment(tx: Tx, subject: str, subject_key: str, body: str) -> int:
    """A note of whoever is signed in, for the staff only. Raises Refusal for an empty or endless one."""
    text = body.strip()
    if not text:
        raise Refusal(_("Please write something."), field="body")
    if len(text) > LONGEST_COMMENT:
        raise Refusal(_("At most %(count)s characters fit here.", count=LONGEST_COMMENT), field="body")
    who = _who()
    row = ConsoleComment(
        at=clock.now(),
        author_id=who[0],
        author_name=who[1],
        subject=subject,
        subject_key=subject_key,
        body=text,
    )
    tx.add(row)
    tx.flush()
    return row.id


def comments_of(subject: str, subject_key: str) -> list[TimelineEntry]:
    """What staff noted about a thing, newest first; one query."""
    query = (
        sa.select(ConsoleComment.at, ConsoleComment.author_name, ConsoleComment.body)
        .where(ConsoleComment.subject == subject, ConsoleComment.subject_key == subject_key)
        .order_by(ConsoleComment.id.desc())
        .limit(200)
    )
    return [
        TimelineEntry(row.at, row.body, kind="post", who=row.author_name or _("The shop itself"))
        for row in db.session.execute(query)
    ]
