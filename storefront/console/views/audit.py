"""The log of changes: who, what, before and after."""

from __future__ import annotations

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from storefront.console.service import audit as service
from storefront.console.views.frame import blueprint, show
from storefront.core.console import (
    Column,
    Filter,
    IndexSpec,
    IndexState,
    View,
    csv_answer,
    like,
    load_index,
    rows_to_export,
    staff,
)
from storefront.core.models import AuditEntry

AUDIT = IndexSpec(
    key="audit",
    endpoint="console.audit",
    title=_l("Log of changes"),
    columns=(
        Column("action", _l("What"), sort=AuditEntry.action),
        Column("at", _l("When"), sort=AuditEntry.at, number=True, phone="top-r"),
        Column("who", _l("Who"), sort=AuditEntry.actor_name),
        Column("subject", _l("On what"), sort=AuditEntry.subject),
        Column("change", _l("Before and after"), phone="three"),
        Column("request", _l("Request"), shown=False, phone="less"),
    ),
    row_key=lambda row: str(row.id),
    row_key_column=AuditEntry.id,
    row_name=lambda row: f"{row.action} {row.subject_key}",
    filters=(
        Filter("who", _l("Who"), lambda v: AuditEntry.actor_name.in_(v), service.actors, many=True),
        Filter("subject", _l("On what"), lambda v: AuditEntry.subject.in_(v), service.subjects, many=True),
        Filter("since", _l("Since"), lambda v: AuditEntry.at >= service.day(v[0]), kind="date"),
    ),
    search=lambda words: sa.or_(
        like(AuditEntry.action, words),
        like(AuditEntry.subject_key, words),
        like(AuditEntry.actor_name, words),
    ),
    search_hint=_l("Action, person, number"),
    sort="-at",
    tie=AuditEntry.id,
    views=(View("staff", _l("Who works here"), {"subject": "staff"}),),
    export_endpoint="console.export_audit",
)


@blueprint.get("/console/audit")
@staff("audit.read")
def audit() -> tuple[str, int]:
    """Every change that staff made, newest first."""
    state = IndexState.read(AUDIT, request.args)
    return show("audit", _("Log of changes"), index=load_index(state, service.entries()))


@blueprint.post("/console/audit/export")
@staff("audit.read", fresh=True)
def export_audit() -> Response:
    """The same as a table to take away; taking it away stands in the log too."""
    state = IndexState.of_query(AUDIT, request.form.get("state", ""))
    rows = rows_to_export(state, service.entries())
    service.note_export("audit", len(rows), state.query)
    header = [_("When"), _("Who"), _("What"), _("On what"), _("Number"), _("Before"), _("After")]
    return csv_answer("audit", header, rows, service.cells)
