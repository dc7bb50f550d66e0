"""No pages: what this feature does at the end of every request."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, request
from flask_login import current_user

from storefront.core.behaviour import Behaviour, noted
from storefront.core.i18n import current_language
from storefront.journal.rules import is_robot, refuses_tracking
from storefront.journal.service.recording import record
from storefront.journal.service.viewed import COOKIE, forget_views, remember_view

blueprint = Blueprint("journal", __name__)


@blueprint.after_app_request
def keep_behaviour(response: Response) -> Response:
    """Remember the viewed product in the browser at once; write the journal after the answer went out."""
    behaviours = noted() if response.status_code < 400 and request.method in {"GET", "POST"} else []
    _update_viewed(response, behaviours)
    if behaviours and _may_record():
        app, person = current_app._get_current_object(), _person()  # type: ignore[attr-defined]

        def write() -> None:
            with app.app_context():
                record(behaviours, **person)

        response.call_on_close(write)
    return response


def _consents() -> frozenset[str]:
    return getattr(current_user, "consents", frozenset())


def _update_viewed(response: Response, behaviours: list[Behaviour]) -> None:
    if response.mimetype != "text/html":
        return  # pictures and scripts: who asks for them is not worth a query each
    if "personalization" not in _consents():
        if COOKIE in request.cookies:
            forget_views(response)
        return
    for behaviour in behaviours:
        if behaviour.name == "view_item":
            remember_view(response, current_user.public_id, behaviour.params["product_id"])


def _may_record() -> bool:
    """Before anything is written: no robots, nobody who did not agree or whose browser says no."""
    accepts_html = "text/html" in request.headers.get("Accept", "") or "*/*" in request.headers.get(
        "Accept", ""
    )
    robot = is_robot(request.user_agent.string, accepts_html=accepts_html)
    return not robot and not refuses_tracking(request.headers.items()) and "statistics" in _consents()


def _person() -> dict[str, Any]:
    return {
        "customer_id": current_user.customer_id,
        "session": getattr(current_user, "session_key", None),
        "language": current_language().code,
    }
