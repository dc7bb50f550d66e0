"""Reading the log of changes, and noting that something was taken away from the console."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core.console import record_audit
from storefront.core.database import db, transaction
from storefront.core.models import AuditEntry


def entries() -> sa.Select:
    """Every entry; order and filters are the page's."""
    return sa.select(
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.actor_name,
        AuditEntry.action,
        AuditEntry.subject,
        AuditEntry.subject_key,
        AuditEntry.before,
        AuditEntry.after,
        AuditEntry.request_id,
    )


def actors() -> list[tuple[str, str]]:
    """Who did anything so far, as choices of a filter."""
    return [(name, name) for name in _distinct(AuditEntry.actor_name)]


def subjects() -> list[tuple[str, str]]:
    """Kinds of things, as choices of a filter."""
    return list(_subjects().items())


def _distinct(column: Any) -> list[str]:
    found = db.session.execute(sa.select(column).distinct().order_by(column).limit(50)).scalars()
    return [value for value in found if value]


def subject_name(subject: str) -> str:
    """What a kind of thing is called."""
    return _subjects().get(subject, subject)


def _subjects() -> dict[str, str]:
    return {
        "order": _("Order"),
        "product": _("Product"),
        "variant": _("Variant"),
        "stock": _("Stock"),
        "customer": _("Customer"),
        "staff": _("Staff"),
        "settings": _("Settings"),
        "discount": _("Discount"),
        "coupon": _("Coupon"),
        "tax_rate": _("Tax rate"),
        "shipping_zone": _("Delivery zone"),
        "shipping_method": _("Delivery method"),
        "category": _("Category"),
        "page": _("Page"),
        "menu": _("Menu"),
        "redirect": _("Redirects"),
        "import": _("Imports"),
        "export": _("Export"),
        "outbox": _("Outbox"),
        "mail": _("Mail"),
        "need": _("Declared needs"),
        "merchandising": _("Merchandising rule"),
    }


def day(text: str) -> datetime:
    """Midnight (UTC) of a day that a filter names; the beginning of time for one that does not exist."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def changes(row: Any) -> list[tuple[str, str, str]]:
    """(field, before, after) of one entry, as they are printed; what was and is empty is left out."""
    old, new = row.before or {}, row.after or {}
    found = [(key, _text(old.get(key)), _text(new.get(key))) for key in dict.fromkeys([*old, *new])]
    return [change for change in found if change[1] or change[2]]


def _text(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return " · ".join(f"{key}: {_text(part)}" for key, part in value.items())
    if isinstance(value, list) and all(isinstance(part, str | int) for part in value):
        return ", ".join(str(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cells(row: Any) -> Sequence[Any]:
    """One entry as a line of a table."""
    return (
        row.at.isoformat(timespec="seconds"),
        row.actor_name,
        row.action,
        row.subject,
        row.subject_key,
        json.dumps(row.before, ensure_ascii=False) if row.before else "",
        json.dumps(row.after, ensure_ascii=False) if row.after else "",
    )


def note_export(what: str, rows: int, query: str) -> None:
    """Write down that somebody took a table away."""
    with transaction() as tx:
        record_audit(tx, "export.taken", "export", what, after={"rows": rows, "filter": query})
