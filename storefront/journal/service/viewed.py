"""The last viewed products, in a signed cookie of the person's browser: the next page knows the last one.

The signature holds for the person (`owner`, their public id) who looked: whoever signs in to the same browser
after them finds nothing.
"""

from __future__ import annotations

from flask import Response, current_app, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from storefront.core.i18n import root_path
from storefront.customers.service import consents_of_request, visitor_of_request
from storefront.journal.rules import viewed_after

COOKIE = "regulars_viewed"
KEPT_SECONDS = 30 * 86_400


def _serializer(owner: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"viewed-products:{owner}")


def viewer() -> str | None:
    """Whose list this browser keeps: the customer's, or the visitor's; None without their consent."""
    if "personalization" not in consents_of_request():
        return None
    return current_user.public_id if current_user.is_authenticated else visitor_of_request()


def viewed_products(owner: str) -> tuple[int, ...]:
    """Ids of the products that `owner` looked at in this browser, newest last; empty without valid cookie."""
    raw = request.cookies.get(COOKIE, "")
    if not raw:
        return ()
    try:
        found = _serializer(owner).loads(raw)
    except BadSignature:
        return ()
    return tuple(product for product in found if isinstance(product, int)) if isinstance(found, list) else ()


def remember_view(response: Response, owner: str, product_id: int) -> None:
    """Add a product to the list that the browser keeps for `owner`."""
    viewed = list(viewed_after(viewed_products(owner), product_id))
    response.set_cookie(
        COOKIE,
        str(_serializer(owner).dumps(viewed)),
        max_age=KEPT_SECONDS,
        path=root_path() or "/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def forget_views(response: Response) -> None:
    """Take the list off this browser: at sign-out, and when consent is withdrawn."""
    response.delete_cookie(COOKIE, path=root_path() or "/")
