"""The gate before every page of the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from storefront.core import clock
from storefront.core.errors import NotFound
from storefront.core.permissions import is_staff, may

PROVED = "console_proved"
PROOF_LASTS = timedelta(minutes=15)


def staff(permission: str = "", *, fresh: bool = False) -> Callable[[Callable], Callable]:
    """Let only staff with this permission to a view; "" is everybody on the staff.

    Nobody signed in: to the sign-in and back. A customer: 404, as if there were nothing. Staff without the
    right: 403 in the frame of the console. In production an owner without second factor is led to set one
    up. With `fresh` the password is asked for again when it was given more than 15 minutes ago. Rights are
    read from the database on every request. Stands under the route: first `@blueprint.get`, then `@staff`.
    """
    may("owner", permission)  # a permission that does not exist fails at import

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(*arguments: Any, **values: Any) -> Any:
            answer = _gate(permission, fresh)
            return view(*arguments, **values) if answer is None else answer

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def may_now(permission: str) -> bool:
    """Whether whoever asks for this page has the permission: for templates and parts of pages."""
    return bool(current_user.is_authenticated) and may(current_user.role, permission)


def prove() -> None:
    """Note that whoever is signed in has just shown who they are."""
    session[PROVED] = int(clock.now().timestamp())


def is_fresh() -> bool:
    """Whether they did so within the last 15 minutes. Who is vouched for by the host has no password here."""
    if not getattr(current_user, "token", ""):
        return True
    given = session.get(PROVED)
    return isinstance(given, int) and clock.now().timestamp() - given < PROOF_LASTS.total_seconds()


def _gate(permission: str, fresh: bool) -> Any:
    if not current_user.is_authenticated:
        return redirect(url_for("customers.login", next=_here()), 303)
    if not is_staff(current_user.role):
        raise NotFound()
    if _lacks_second_factor():
        flash(_("The console of a live shop asks its owner for a second factor. Please set one up."))
        return redirect(f"{request.script_root}/account/security", 303)
    g.regulars_console = True  # from here on also errors are shown in the frame of the console
    if not may(current_user.role, permission):
        return render_template("console/not_allowed.html", permission=permission), 403
    if fresh and not is_fresh():
        return redirect(url_for("console.confirm", next=_here()), 303)
    return None


def _lacks_second_factor() -> bool:
    production = current_app.extensions["regulars_settings"].production
    needed = production and current_user.role == "owner"
    return needed and not getattr(current_user, "second_factor", False)


def _here() -> str:
    """Where to go on afterwards: this page; for what was sent, the page that the form was on."""
    if request.method in ("GET", "HEAD"):
        query = request.query_string.decode("utf-8", "replace")
        return request.script_root + request.path + (f"?{query}" if query else "")
    start = request.host_url.rstrip("/")
    came_from = request.referrer or ""
    inside = came_from.startswith(f"{start}{request.script_root}/console")
    return came_from.removeprefix(start) if inside else url_for("console.today")
