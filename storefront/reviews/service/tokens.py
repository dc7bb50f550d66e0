"""Links of back-in-stock mails: they lead to one request, for one purpose, and cannot be guessed."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

CONFIRM, REMOVE = "confirm", "remove"
LONGEST = 300


def _serializer(purpose: str) -> URLSafeSerializer:
    # A mail is older than a change of the secret: the former ones still count.
    keys = [*reversed(current_app.config["SECRET_KEY_FALLBACKS"]), current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt=f"stock-request:{purpose}")


def link_token(purpose: str, public_id: str, turn: int) -> str:
    """What stands in the link of that purpose. `turn` is the request's round."""
    return str(_serializer(purpose).dumps([public_id, turn]))


def read_token(purpose: str, token: str) -> tuple[str, int] | None:
    """(public id, round) of a link's token; None for what this shop did not write for that purpose."""
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        found = _serializer(purpose).loads(token)
    except BadSignature:
        return None
    match found:
        case [str(public_id), int(turn)]:
            return public_id, turn
    return None
