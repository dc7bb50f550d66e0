"""How the shop itself is: versions, checks, jobs, mails and events that were given up, its settings."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from storefront.console.service import system as service
from storefront.console.views.frame import blueprint, show
from storefront.core.console import (
    BulkAction,
    Column,
    Filter,
    IndexSpec,
    IndexState,
    Selection,
    View,
    like,
    load_index,
    staff,
)
from storefront.core.errors import Refusal
from storefront.core.models import MailMessage, OutboxDelivery

EVENTS = IndexSpec(
    key="events",
    endpoint="console.events",
    title=_l("Events"),
    columns=(
        Column("listener", _l("Who listens"), sort=OutboxDelivery.listener),
        Column("state", _l("Status"), sort=OutboxDelivery.state, phone="top-r"),
        Column("attempts", _l("Tries"), sort=OutboxDelivery.attempts, number=True, phone="span"),
        Column("next", _l("Next try"), sort=OutboxDelivery.next_at, number=True, phone="less"),
        Column("error", _l("What went wrong"), phone="three"),
    ),
    row_key=lambda row: str(row.id),
    row_key_column=OutboxDelivery.id,
    row_name=lambda row: f"{row.listener} {row.id}",
    filters=(
        Filter("state", _l("Status"), lambda v: OutboxDelivery.state.in_(v), service.states, many=True),
    ),
    search=lambda words: sa.or_(like(OutboxDelivery.listener, words), like(OutboxDelivery.error, words)),
    search_hint=_l("Listener, error"),
    sort="-next",
    views=(View("parked", _l("Given up"), {"state": "parked"}),),
    bulk=(
        BulkAction(
            "retry",
            _l("Try again"),
            "console.retry_events",
            "settings.write",
            _l("Only those that were given up are tried again."),
        ),
    ),
)
MAILS = IndexSpec(
    key="mails",
    endpoint="console.mails",
    title=_l("Mails"),
    columns=(
        Column("template", _l("Mail"), sort=MailMessage.template),
        Column("state", _l("Status"), sort=MailMessage.state, phone="top-r"),
        Column("to", _l("To"), sort=MailMessage.to_email),
        Column("made", _l("Written"), sort=MailMessage.created_at, number=True, phone="span"),
        Column("sent", _l("Sent"), sort=MailMessage.sent_at, number=True, phone="less"),
        Column("error", _l("What went wrong"), phone="three"),
    ),
    row_key=lambda row: str(row.id),
    row_key_column=MailMessage.id,
    row_name=lambda row: f"{row.template} {row.id}",
    filters=(Filter("state", _l("Status"), lambda v: MailMessage.state.in_(v), service.states, many=True),),
    search=lambda words: sa.or_(like(MailMessage.to_email, words), like(MailMessage.template, words)),
    search_hint=_l("Address, kind of mail"),
    sort="-made",
    views=(View("parked", _l("Given up"), {"state": "parked"}),),
    bulk=(
        BulkAction(
            "retry",
            _l("Try again"),
            "console.retry_mails",
            "settings.write",
            _l("Only those that were given up are sent again."),
        ),
    ),
)


@blueprint.get("/console/system")
@staff("settings.write")
def system() -> tuple[str, int]:
    """What runs and what is stuck; with `check=1` also what `regulars doctor` finds, which takes a while."""
    report = service.examine(current_app) if request.args.get("check") == "1" else None
    return show("system", _("System"), system=service.overview(current_app), report=report)


@blueprint.get("/console/system/events")
@staff("settings.write")
def events() -> tuple[str, int]:
    """What listeners did with the events of the shop."""
    state = IndexState.read(EVENTS, request.args)
    return show("events", _("Events"), index=load_index(state, service.deliveries()))


@blueprint.post("/console/system/events/retry")
@staff("settings.write")
def retry_events() -> Response:
    """Try events again that were given up."""
    return _retry(EVENTS, OutboxDelivery)


@blueprint.get("/console/system/mails")
@staff("settings.write")
def mails() -> tuple[str, int]:
    """The mails that the shop wrote for somebody's doing."""
    state = IndexState.read(MAILS, request.args)
    return show("mails", _("Mails"), index=load_index(state, service.messages()))


@blueprint.post("/console/system/mails/retry")
@staff("settings.write")
def retry_mails() -> Response:
    """Send mails again that were given up."""
    return _retry(MAILS, MailMessage)


def _retry(spec: IndexSpec, table: type[OutboxDelivery | MailMessage]) -> Response:
    try:
        chosen = Selection.read(spec, request.form)
    except Refusal as refusal:
        flash(refusal.message)
        return redirect(IndexState.of_query(spec, request.form.get("state", "")).url, 303)
    count = service.retry(table, chosen)
    flash(ngettext("%(num)s is tried again.", "%(num)s are tried again.", count))
    return redirect(chosen.back, 303)
