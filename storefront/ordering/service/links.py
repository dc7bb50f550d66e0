"""Addresses of the shop's own pages that other parties get, and the unguessable ones of orders."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from flask import current_app

from storefront.core.database import transaction
from storefront.core.i18n import languages_of
from storefront.core.mail.composing import mounted_root
from storefront.ordering.models import Order
from storefront.ordering.service.locking import lock_order
from storefront.ordering.service.timeline import note


def own_address(path: str, locale: str) -> str:
    """The absolute address of `path` (with its slash) in a language of the shop."""
    settings = current_app.extensions["regulars_settings"]
    languages = languages_of(settings)
    language = next((one for one in languages if one.code == locale), languages[0])
    shop = current_app._get_current_object()  # type: ignore[attr-defined]
    return mounted_root(shop, settings) + language.prefix + path


def new_token() -> str:
    """The unguessable part of a link to an order: 192 bits."""
    return secrets.token_urlsafe(24)


def renew_link(order_id: int, who: str = "shop") -> str:
    """Give an order another link; the one in mails that were sent leads nowhere from now on."""
    token = new_token()
    with transaction() as tx:
        order = lock_order(tx, order_id)
        tx.execute(sa.update(Order).where(Order.id == order.id).values(public_token=token))
        note(tx, order.id, "link_renewed", who)
    return token
