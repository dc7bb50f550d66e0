"""Pages of orders and payments."""

from __future__ import annotations

from flask import Blueprint, Flask

from storefront.ordering.service.mail_words import MailWords

blueprint = Blueprint("ordering", __name__)

# Their routes belong to the one blueprint of the feature.
from storefront.ordering.views import account, fake, orders, payments  # noqa: E402


def init_app(app: Flask) -> None:
    """What templates of mails ask for words."""
    app.jinja_env.globals["order_words"] = MailWords


__all__ = ["account", "blueprint", "fake", "init_app", "orders", "payments"]
