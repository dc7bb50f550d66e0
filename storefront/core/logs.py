"""Structured logs: JSON in production, readable on a terminal; each line of a request carries its id."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, g, has_app_context, request

from storefront.core.settings import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


class _Console(structlog.WriteLoggerFactory):
    """Our own output; a host that set up structlog for itself is recognised by having another."""


def init_logs(app: Flask, settings: Settings) -> None:
    """Give each request an id, and set up structlog for this process unless somebody else did."""
    if not structlog.is_configured() or isinstance(structlog.get_config()["logger_factory"], _Console):
        _configure(settings)
    app.before_request(_give_id)
    app.context_processor(lambda: {"request_id": g.get("request_id", "")})


def _configure(settings: Settings) -> None:
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_Console(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _with_request_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if has_app_context() and "request_id" in g:
        event.setdefault("request_id", g.request_id)
    return event


def _give_id() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _REQUEST_ID.match(sent) else secrets.token_hex(8)
