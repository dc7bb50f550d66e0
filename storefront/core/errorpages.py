"""Turns named errors and HTTP errors into statuses and calm pages, once for the whole shop."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, SecurityError

from storefront.core.errors import ShopError
from storefront.core.i18n import current_language
from storefront.core.slots import PageContext, plan_page

LOST = {404, 410}  # whoever looked for a product may be shown others
log = structlog.get_logger(__name__)


def init_error_pages(app: Flask) -> None:
    """Register the handlers; with JSON problem bodies (RFC 9457) under /api."""
    app.register_error_handler(ShopError, _shop_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def title_of(status: int) -> str:
    """What happened, in a few words."""
    titles = {
        400: _("That request did not make sense"),
        403: _("This is not open to you"),
        404: _("There is nothing here"),
        405: _("This cannot be done that way"),
        410: _("This is no longer here"),
        413: _("That is too large"),
        414: _("That address is too long"),
        422: _("That did not work"),
        429: _("A little too fast"),
        503: _("Back in a moment"),
    }
    return titles.get(status, _("Something went wrong on our side"))


def error_answer(status: int, message: str = "") -> Response:
    """The page (or problem body) for `status`; `message` replaces the usual explanation."""
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": title_of(status), "status": status, "detail": message}
        response = make_response(body, status)
        response.mimetype = "application/problem+json"
        return response
    try:
        inside = g.get("regulars_console", False)  # whoever passed the gate of the console stays in its frame
        if status in LOST and not inside:
            plan_page("error", PageContext(language=current_language().code))
        html = render_template(
            "console/error.html" if inside else "errors/error.html",
            status=status,
            title=title_of(status),
            message=message,
            request_id=g.get("request_id", ""),
        )
    except Exception:  # the page itself failed: say it in plain text rather than not at all
        log.error("error_page_failed", request_id=g.get("request_id", ""), exc_info=True)
        return _plainly(status)
    return make_response(html, status)


def _plainly(status: int) -> Response:
    return Response(f"{title_of(status)} ({g.get('request_id', '')})\n", status, mimetype="text/plain")


def _shop_error(error: ShopError) -> Response:
    return error_answer(error.status, error.message)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    # A foreign host gets no page: its links would have nowhere to lead, and strangers could fill the log.
    response = _plainly(status) if isinstance(error, SecurityError) else error_answer(status)
    if error.response is None:
        for name, value in error.get_headers():
            if name.lower() in {"allow", "retry-after"}:
                response.headers[name] = value
    return response


def _bug(error: Exception) -> Response:
    log.error("request_failed", path=request.path, request_id=g.get("request_id", ""), exc_info=error)
    return error_answer(500)
