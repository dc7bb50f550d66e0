"""Who works here: invitations, roles, leaving. Each change asks for the password again after a while."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.console.views.frame import blueprint, show
from storefront.core.console import comments_of, staff
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.permissions import PERMISSIONS, ROLES
from storefront.core.security import limiter
from storefront.customers.service import staff as service

STAFF_PAGE = "console.staff_list"


@blueprint.get("/console/staff")
@staff("staff.write")
def staff_list() -> tuple[str, int]:
    """Everybody with a role, what each role may, and who was asked to come."""
    return _list({}, {})


def _list(errors: dict[str, str], typed: dict[str, str]) -> tuple[str, int]:
    return show(
        "staff",
        _("Staff"),
        422 if errors else 200,
        members=service.list_staff(),
        invitations=service.list_invitations(),
        roles=ROLES,
        permissions=PERMISSIONS,
        errors=errors,
        typed=typed,
    )


@blueprint.post("/console/staff/invite")
@limiter.limit("30 per hour")
@staff("staff.write", fresh=True)
def invite_staff() -> Response | tuple[str, int]:
    """Ask somebody to work here."""
    typed = {name: request.form.get(name, "")[:320] for name in ("name", "email", "role")}
    try:
        token = service.invite_staff(**typed, locale=current_language().code)
    except Refusal as refusal:
        return _list({refusal.field or "": refusal.message}, typed)
    link = url_for("console.join", token=token, _external=True)
    flash(_("Invitation sent to %(email)s. In case it gets lost, this is the link:", email=typed["email"]))
    flash(link)
    return redirect(url_for(STAFF_PAGE), 303)


@blueprint.post("/console/staff/invitations/<key>/withdraw")
@staff("staff.write", fresh=True)
def withdraw_invitation(key: str) -> Response:
    """The link is worth nothing any more."""
    service.withdraw_invitation(key)
    flash(_("Invitation withdrawn."))
    return redirect(url_for(STAFF_PAGE), 303)


@blueprint.get("/console/staff/<key>")
@staff("staff.write")
def staff_member(key: str) -> tuple[str, int]:
    """One of them: the role, and how they leave."""
    return _member(key, {})


def _member(key: str, errors: dict[str, str]) -> tuple[str, int]:
    member = service.get_staff(key)
    return show(
        "staff_member",
        member.name,
        422 if errors else 200,
        member=member,
        roles=ROLES,
        errors=errors,
        mine=member.customer_id == current_user.customer_id,
        timeline=comments_of("staff", key),
    )


@blueprint.post("/console/staff/<key>/role")
@staff("staff.write", fresh=True)
def change_role(key: str) -> Response | tuple[str, int]:
    """Another role; with "customer" their work here ends."""
    role = request.form.get("role", "")
    try:
        service.change_role(key, role, by=current_user.customer_id)
    except Refusal as refusal:
        return _member(key, {refusal.field or "": refusal.message})
    flash(_("Saved. It counts from their next click."))
    gone = role == "customer"
    return redirect(url_for(STAFF_PAGE) if gone else url_for("console.staff_member", key=key), 303)


@blueprint.post("/console/staff/<key>/disable")
@staff("staff.write", fresh=True)
def disable_staff(key: str) -> Response | tuple[str, int]:
    """Shut somebody out, or let them in again."""
    disabled = request.form.get("disabled") == "1"
    try:
        service.disable_staff(key, disabled, by=current_user.customer_id)
    except Refusal as refusal:
        return _member(key, {refusal.field or "": refusal.message})
    flash(_("Shut out, and signed out everywhere.") if disabled else _("May sign in again."))
    return redirect(url_for("console.staff_member", key=key), 303)
