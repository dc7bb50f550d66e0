"""What every owner's page of orders does alike."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask
from flask_login import current_user

from storefront.core.errors import NotFound
from storefront.ordering import service
from storefront.ordering.service import desk_words
from storefront.ordering.service.reading import OrderView

blueprint = Blueprint("ordering_owner", __name__)
Answer = Any
LONGEST_NUMBER = 60


def init_app(app: Flask) -> None:
    """Words for states, in the templates of the console."""
    app.jinja_env.globals.update(
        payment_badge=desk_words.payment_badge,
        fulfilment_badge=desk_words.fulfilment_badge,
        order_badge=desk_words.status_badge,
        refund_badge=desk_words.refund_badge,
        return_badge=desk_words.return_badge,
    )


def get(number: str) -> OrderView:
    """The order of this number. Raises NotFound."""
    if len(number) > LONGEST_NUMBER or "\0" in number:
        raise NotFound
    return service.get_order_by_number(number)


def my_name() -> str:
    """As which the timeline knows whoever is signed in."""
    return str(current_user.name or current_user.email)
