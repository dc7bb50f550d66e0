"""A visitor's wish list: a signed cookie of their own browser, and nothing in the shop's database.

It holds what they asked to have kept, so it needs no consent; signing in moves it to their account.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from storefront.core.i18n import root_path
from storefront.reviews.rules import Kept, read_kept

COOKIE = "regulars_wishes"
KEPT_SECONDS = 180 * 86_400


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="wishes")


def has_kept() -> bool:
    """Whether this browser brought a list along."""
    return COOKIE in request.cookies


def kept_wishes() -> tuple[Kept, ...]:
    """What this browser keeps, newest first, with what this request changed; empty without a valid cookie."""
    if "regulars_wishes" in g:
        return g.regulars_wishes
    try:
        found = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return ()
    return read_kept(found)


def keep_wishes(kept: Iterable[Kept]) -> None:
    """Have this answer leave `kept` in the browser; nothing left takes the cookie away."""
    g.regulars_wishes = tuple(kept)


def write_kept(response: Response) -> Response:
    """Set or delete the cookie when this request changed the list."""
    kept: tuple[Kept, ...] | None = g.get("regulars_wishes")
    path = root_path() or "/"
    if kept:
        response.set_cookie(
            COOKIE,
            str(_serializer().dumps([wish.as_list() for wish in kept])),
            max_age=KEPT_SECONDS,
            path=path,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    elif kept is not None and COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path=path)
    return response
