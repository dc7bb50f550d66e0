"""No pages: what this feature does at the end of every request, and when a visitor signs in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, after_this_request, current_app, request
from flask_login import current_user, user_logged_in

from storefront.core.behaviour import Behaviour, noted
from storefront.core.i18n import current_language
from storefront.customers.service import (
    choice_of_request,
    consents_of_request,
    said_last,
    visitor_of_request,
)
from storefront.journal.rules import is_robot, refuses_tracking
from storefront.journal.service.recording import join_visits, record
from storefront.journal.service.viewed import COOKIE, forget_views, remember_view, viewer

blueprint = Blueprint("journal", __name__)


def init_app(app: Flask) -> None:
    """What a visitor did becomes the customer's when they sign in."""
    user_logged_in.connect(_join_visits, app)


def _join_visits(app: Flask, user: Any, **_more: Any) -> None:
    choice = choice_of_request()
    word = said_last(user.customer_id).get("statistics")
    if choice is None or choice.visitor is None or word is None or not word.given:
        return
    visitor = choice.visitor

    @after_this_request
    def later(response: Response) -> Response:
        def write() -> None:
            with app.app_context():
                join_visits(visitor, user.customer_id)

        response.call_on_close(write)
        return response


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


def _update_viewed(response: Response, behaviours: list[Behaviour]) -> None:
    if response.mimetype != "text/html":
        return  # pictures and scripts: who asks for them is not worth a query each
    owner = viewer()
    if owner is None:
        if COOKIE in request.cookies:
            forget_views(response)
        return
    for behaviour in behaviours:
        if behaviour.name == "view_item":
            remember_view(response, owner, behaviour.params["product_id"])


def _may_record() -> bool:
    """Before anything is written: no robots, nobody who did not agree or whose browser says no."""
    accepts_html = "text/html" in request.headers.get("Accept", "") or "*/*" in request.headers.get(
        "Accept", ""
    )
    if is_robot(request.user_agent.string, accepts_html=accepts_html):
        return False
    return not refuses_tracking(request.headers.items()) and "statistics" in consents_of_request()


def _person() -> dict[str, Any]:
    language = current_language().code
    if not current_user.is_authenticated:
        visitor = visitor_of_request()
        return {"customer_id": None, "visitor": visitor, "session": None, "language": language}
    session_key = getattr(current_user, "session_key", None)
    return {"customer_id": current_user.customer_id, "session": session_key, "language": language}
