"""What operators ask: is it alive, is it ready, how is it doing.

The three answers come before anything else that a request does (sign-in, session, limits), so that a database
in trouble cannot keep `/healthz` from saying that the process lives.
"""

from __future__ import annotations

import hmac
import ipaddress
import tempfile
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Blueprint, Flask, Response, current_app, jsonify, request

from storefront.core import migrate
from storefront.core.database import JOURNAL, db
from storefront.core.metrics import exposition, init_metrics
from storefront.core.settings import Settings

blueprint = Blueprint("ops", __name__)
log = structlog.get_logger(__name__)
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def init_ops(app: Flask, settings: Settings) -> None:
    """Register /healthz, /readyz and /metrics, and start counting."""
    init_metrics(app)
    app.register_blueprint(blueprint)
    app.before_request_funcs.setdefault(None, []).insert(0, _answer_first)


def _answer_first() -> Response | None:
    if request.blueprint == blueprint.name and request.endpoint is not None:
        answer: Any = current_app.view_functions[request.endpoint]()
        return current_app.make_response(answer)
    return None


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers. Touches nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether a visitor could be served now; 503 with the names of what fails."""
    failing = [name for name, check in CHECKS.items() if not _holds(name, check)]
    response = jsonify(ready=not failing, failing=failing)
    response.status_code = 503 if failing else 200
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """Numbers for Prometheus; with the token of the settings, or from this very machine."""
    settings: Settings = current_app.extensions["regulars_settings"]
    if settings.metrics_token:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode()):
            return Response("token needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    elif not _is_local():
        return Response("set REGULARS_METRICS_TOKEN\n", 403, mimetype="text/plain")
    return Response(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_local() -> bool:
    # What came through a proxy came from somewhere else, even if the proxy stands on this machine.
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


# --- readiness --------------------------------------------------------------------------------------------


def _holds(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:
        log.warning("not_ready", check=name, exc_info=True)
        return False


def _database() -> bool:
    return db.session.execute(sa.text("SELECT 1")).scalar_one() == 1


def _journal() -> bool:
    with db.engines[JOURNAL].connect() as connection:
        return connection.execute(sa.text("SELECT 1")).scalar_one() == 1


def _migrations() -> bool:
    return not migrate.pending()


def _instance() -> bool:
    with tempfile.TemporaryFile(dir=current_app.extensions["regulars_settings"].folder) as file:
        file.write(b"1")
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "journal": _journal,
    "migrations": _migrations,
    "instance": _instance,
}
