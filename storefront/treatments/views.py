"""No pages: what people saw is written after the answer; what a visitor saw goes along when they sign in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, after_this_request, current_app, g
from flask_login import user_logged_in

from storefront.journal.service import visit_of_request, visit_to_join
from storefront.treatments.service.exposing import exposed, join_exposures, write_exposures

blueprint = Blueprint("treatments", __name__)


def init_app(app: Flask) -> None:
    """Whoever signs in keeps the arm of their account from then on."""
    user_logged_in.connect(_join, app)


@blueprint.after_app_request
def keep_exposures(response: Response) -> Response:
    """Write the strips of a page that was shown to somebody who agreed to statistics."""
    exposures, view = exposed(), g.get("regulars_view")
    visit = visit_of_request() if exposures and view and response.status_code == 200 else None
    if visit is None or view is None:
        return response
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def write() -> None:
        with app.app_context():
            write_exposures(exposures, visit, view)

    response.call_on_close(write)
    return response


def _join(app: Flask, user: Any, **_more: Any) -> None:
    found = visit_to_join(user.customer_id)
    if found is None:
        return
    visitor, session = found

    @after_this_request
    def later(response: Response) -> Response:
        def write() -> None:
            with app.app_context():
                join_exposures(visitor, session, user.customer_id)

        response.call_on_close(write)
        return response
