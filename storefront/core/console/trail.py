"""What staff did to a thing, out of the log of changes, for the timeline of its page."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core.console.access import may_now
from storefront.core.console.audit import TimelineEntry
from storefront.core.database import db
from storefront.core.models import AuditEntry

SHOWN = 50
NAMED = 4


def changes_of(subject: str, subject_key: str) -> list[TimelineEntry]:
    """What was changed about a thing, by whom, newest first; nothing for those who may not read the log."""
    if not may_now("audit.read"):
        return []
    columns = (AuditEntry.at, AuditEntry.actor_name, AuditEntry.action, AuditEntry.before, AuditEntry.after)
    query = sa.select(*columns).where(AuditEntry.subject == subject, AuditEntry.subject_key == subject_key)
    return [
        TimelineEntry(
            row.at,
            verb_name(row.action),
            detail=_fields(row.before, row.after),
            who=row.actor_name or _("The shop itself"),
            icon="log",
        )
        for row in db.session.execute(query.order_by(AuditEntry.id.desc()).limit(SHOWN))
    ]


def _fields(before: dict | None, after: dict | None) -> str:
    names = list(dict.fromkeys([*(before or {}), *(after or {})]))
    told = ", ".join(name.replace("_", " ") for name in names[:NAMED])
    return f"{told} …" if len(names) > NAMED else told


def verb_name(action: str) -> str:
    """What was done: of `discount.create` the second half, in words where there are any.

    What is written about another thing than it was done to (a code of a discount) says so itself.
    """
    whole = {
        "coupon.create": _("code added"),
        "coupon.change": _("code changed"),
        "product.variant.add": _("variant added"),
        "product.variant.remove": _("variant removed"),
        "product.variant.move": _("variants put in order"),
        "product.option.add": _("option added"),
        "product.option.change": _("option changed"),
        "product.option.remove": _("option removed"),
        "product.picture.add": _("pictures added"),
        "product.release.change": _("version changed"),
        "product.release.remove": _("version removed"),
    }
    if action in whole:
        return whole[action]
    verb = action.rpartition(".")[2]
    known = {**_verbs_of_things(), **_verbs_of_people(), **_verbs_of_orders()}
    return known.get(verb, verb.replace("_", " "))


def _verbs_of_things() -> dict[str, str]:
    return {
        "create": _("created"),
        "duplicate": _("copied"),
        "add_usual": _("usual ones added"),
        "generate": _("codes made"),
        "move": _("moved"),
        "status": _("status changed"),
        "category": _("category changed"),
        "prices": _("prices changed"),
        "variants": _("variants changed"),
        "attributes": _("attributes changed"),
        "picture": _("picture changed"),
        "pictures": _("pictures changed"),
        "release": _("version published"),
        "rules": _("rules changed"),
        "apply": _("carried out"),
        "undo": _("taken back"),
        "change": _("changed"),
        "edit": _("changed"),
        "save": _("saved"),
        "remove": _("removed"),
        "delete": _("deleted"),
        "archive": _("archived"),
        "taken": _("taken away"),
        "export": _("taken away"),
        "retry": _("tried again"),
    }


def _verbs_of_people() -> dict[str, str]:
    return {
        "tags": _("tags changed"),
        "erase": _("erased"),
        "reset": _("password reset sent"),
        "sign_out": _("signed out everywhere"),
        "invite": _("invited"),
        "join": _("joined"),
        "role": _("role changed"),
        "disable": _("shut out"),
        "enable": _("let in again"),
        "first_owner": _("became the first owner"),
        "withdraw_invitation": _("invitation withdrawn"),
    }


def _verbs_of_orders() -> dict[str, str]:
    return {
        "shipped": _("sent off"),
        "delivered": _("marked as delivered"),
        "marked_paid": _("marked as paid"),
        "capture_asked": _("money asked for"),
        "refund_asked": _("refund asked for"),
        "refunded": _("refunded"),
        "cancelled": _("cancelled"),
        "taken_out": _("pieces taken out"),
        "address_corrected": _("address corrected"),
        "returned": _("return taken in"),
        "return_accepted": _("return accepted"),
        "return_refused": _("return refused"),
        "mail_again": _("mail sent again"),
        "link_renewed": _("link replaced"),
        "attention_resolved": _("looked at and settled"),
    }
