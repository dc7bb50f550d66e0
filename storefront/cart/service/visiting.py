"""The cart of whoever asks: a customer's by their sign-in, a visitor's by a signed cookie.

The cookie holds the visitor's token and how many pieces there are, so that the number beside the bag costs
visitors no query. A customer's cart leaves nothing in the browser.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from flask import Response, current_app, g, request, session
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from storefront.cart.service.carts import CartRef, CartRow, count_pieces, find_cart
from storefront.cart.service.lines import new_token
from storefront.core.database import db
from storefront.core.i18n import root_path

COOKIE = "regulars_cart"
KEPT_SECONDS = 90 * 86_400


def _keys() -> list[str]:
    config = current_app.config
    return [*reversed(config.get("SECRET_KEY_FALLBACKS") or []), config["SECRET_KEY"]]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(_keys(), salt="cart-cookie")


def guest_cookie() -> tuple[str, int] | None:
    """(token, pieces) as this browser's cookie says; None without one, or with one that we did not write."""
    raw = request.cookies.get(COOKIE, "")
    if not raw or len(raw) > 500:
        return None
    try:
        found = _serializer().loads(raw)
    except BadSignature:
        return None
    fits = isinstance(found, list) and len(found) == 2 and isinstance(found[0], str)
    return (found[0], found[1]) if fits and isinstance(found[1], int) else None


def customer_id() -> int | None:
    """Who is signed in."""
    return current_user.customer_id if current_user.is_authenticated else None


def cart_of_request() -> CartRef | None:
    """Whose cart this request is about; None for a visitor who never put anything in. At most one query."""
    row = cart_row()
    if row is not None:
        return CartRef(row.id, *_owner())
    customer, token = _owner()
    return CartRef(None, customer, token) if customer is not None or token is not None else None


def cart_row() -> CartRow | None:
    """The cart of this request, looked up once."""
    if "regulars_cart" not in g:
        customer, token = _owner()
        known = customer is not None or token is not None
        g.regulars_cart = find_cart(db.session, CartRef(None, customer, token)) if known else None
    return g.regulars_cart


def _owner() -> tuple[int | None, str | None]:
    customer = customer_id()
    if customer is not None:
        return customer, None
    cookie = guest_cookie()
    return None, cookie[0] if cookie else None


def cart_to_fill() -> CartRef:
    """The cart into which something is put: this request's, else a new visitor's.

    A new token is derived from the visitor's session, so that two tabs that put in their first things at the
    same moment fill one cart.
    """
    ref = cart_of_request()
    if ref is not None:
        return ref
    seed = session.get("csrf_token")
    if not seed:
        return CartRef(None, token=new_token())
    secret = current_app.config["SECRET_KEY"].encode()
    return CartRef(None, token=hmac.new(secret, f"cart:{seed}".encode(), hashlib.sha256).hexdigest()[:40])


def remember_cart(ref: CartRef) -> None:
    """Note that this request changed the cart: the cookie gets the new number when the answer goes out."""
    g.pop("regulars_cart", None)
    if ref.customer_id is None and ref.token is not None:
        g.regulars_cart_cookie = replace(ref)


def forget_guest_cart() -> None:
    """The visitor's cart is no more: its cookie goes with this answer."""
    g.pop("regulars_cart", None)
    g.regulars_cart_cookie = None


def cart_count() -> int:
    """The number beside the bag."""
    if current_user.is_authenticated:
        return current_user.facts.get("cart_count") or 0
    changed = g.get("regulars_cart_cookie")
    if changed is not None:
        return count_pieces(changed.cart_id)
    cookie = guest_cookie()
    return cookie[1] if cookie else 0


def write_cookie(response: Response) -> Response:
    """Set, renew or take away the visitor's cookie, as this request asked for."""
    if "regulars_cart_cookie" not in g:
        return response
    ref: CartRef | None = g.regulars_cart_cookie
    if ref is None:
        response.delete_cookie(COOKIE, path=root_path() or "/")
        return response
    response.set_cookie(
        COOKIE,
        str(_serializer().dumps([ref.token, count_pieces(ref.cart_id)])),
        max_age=KEPT_SECONDS,
        path=root_path() or "/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response
