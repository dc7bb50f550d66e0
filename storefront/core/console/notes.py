"""A form for notes on any page: what it is about travels signed, so nobody notes on what they cannot see."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from storefront.core.errors import NotFound


def comment_token(subject: str, subject_key: str, permission: str) -> str:
    """What the form of `_detail.html` carries: the thing, and the permission that writing about it needs."""
    return _serializer().dumps([subject, subject_key, permission, current_user.customer_id])


def read_comment_token(token: str) -> tuple[str, str, str]:
    """(subject, key, permission). Raises NotFound for one that was not made for whoever is signed in."""
    try:
        values: list[Any] = _serializer().loads(token)
    except BadSignature:
        raise NotFound() from None
    if values[3] != current_user.customer_id:
        raise NotFound()
    return values[0], values[1], values[2]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="console-comment")
