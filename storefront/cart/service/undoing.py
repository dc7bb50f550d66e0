"""A line that was taken out travels, signed, in the address of the page that offers to put it back."""

from __future__ import annotations

from dataclasses import astuple

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from storefront.cart.service.lines import Removed

OFFERED_SECONDS = 3600


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="cart-undo")


def seal_removed(removed: Removed) -> str:
    """The line as text that only this shop can have written."""
    return str(_serializer().dumps(astuple(removed)))


def open_removed(text: str | None) -> Removed | None:
    """The line in a sealed text; None for one that we did not write, or that is older than an hour."""
    if not text or len(text) > 500:
        return None
    try:
        return Removed(*_serializer().loads(text, max_age=OFFERED_SECONDS))
    except (BadSignature, TypeError):
        return None
