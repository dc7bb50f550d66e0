"""The blueprint that all pages of wish lists and requests hang on, and who may use which."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, redirect, url_for
from flask_login import current_user

blueprint = Blueprint("reviews", __name__)


def members_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Whoever is not signed in (any more) is led to sign in, and from there to their list."""

    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for("customers.login", next=url_for("reviews.account_wishlist")), 303)
        return view(**arguments)

    return guarded
