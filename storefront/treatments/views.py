"""No pages: what people saw is written after the answer; what a visitor saw goes along when they sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, after_this_request, current_app, g
from flask_login import user_logged_in

from storefront.journal.service import robot_session_of_request, visit_of_request, visit_to_join
from storefront.treatments.service.exposing import exposed, forget_session, join_exposures, write_exposures

blueprint = Blueprint("treatments", __name__)


def init_app(app: Flask) -> None:
    """Whoever signs in keeps the arm of their account from then on."""
    user_logged_in.connect(_join, app)


@blueprint.after_app_request
def keep_exposures(response: Response) -> Response:
    """Write the strips of a page that was shown to somebody who agreed to statistics."""
    exposures, view = exposed(), g.get("regulars_view")
    if not exposures or not view or response.status_code != 200:
        return response
    visit, robot = visit_of_request(), robot_session_of_request()
    if visit is not None:
        _later(response, lambda: write_exposures(exposures, visit, view))
    elif robot is not None:
        _later(response, lambda: forget_session(robot))
    return response


def _later(response: Response, write: Callable[[], Any]) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def closed() -> None:
        with app.app_context():
            write()

    response.call_on_close(closed)


def _join(_app: Flask, user: Any, **_more: Any) -> None:
    found = visit_to_join(user.customer_id)
    if found is None:
        return
    visitor, session = found

    @after_this_request
    def later(response: Response) -> Response:
        _later(response, lambda: join_exposures(visitor, session, user.customer_id))
        return response
