"""`regulars check-config`: what the shop's settings are, where each comes from, what is wrong with them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url

from storefront import __version__
from storefront.core import mail
from storefront.core import settings as shop_settings
from storefront.core.database import transaction
from storefront.core.doctor import settings_warnings
from storefront.core.errors import Refusal
from storefront.core.models import MailMessage
from storefront.core.settings import NAMES, Settings


@dataclass(frozen=True)
class Row:
    """One setting as shown: secrets are masked."""

    name: str
    value: Any
    source: str
    meaning: str


def rows(settings: Settings) -> list[Row]:
    """Every setting with its value and where it comes from."""
    folder = Path(settings.instance)
    return [
        Row(name, shown(settings, name), shop_settings.source_of(name, folder), item.metadata["meaning"])
        for name, item in NAMES.items()
    ]


def shown(settings: Settings, name: str) -> Any:
    """The value as it may be printed: of an address the password is hidden, of a key everything."""
    value = getattr(settings, name)
    if not value or not NAMES[name].metadata.get("secret"):
        return value
    if name == "mail_url" or name.endswith("_url"):
        return _without_password(str(value))
    return "***"


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True) if "@" in url else url
    except Exception:
        return "***"


def as_json(settings: Settings) -> dict[str, Any]:
    """What `check-config --json` prints."""
    found = {row.name: {"value": row.value, "source": row.source} for row in rows(settings)}
    return {"ok": True, "settings": found, "problems": [], "warnings": settings_warnings(settings)}


def send_test_mail(app: Flask, address: str) -> str:
    """Send one real mail through table, template and transport; returns where it went.

    Raises Refusal with the transport's own words when it could not be sent.
    """
    settings: Settings = app.extensions["regulars_settings"]
    with transaction() as tx:
        mail_id = mail.send(
            tx,
            "test_mail",
            address,
            locale=settings.language_codes[0],
            context={"base_url": settings.base_url, "version": __version__},
            dedupe_key=secrets.token_hex(12),
        )
    if mail_id is not None and mail.deliver(mail_id):
        return _without_password(settings.mail_url)
    # It must not be tried again behind the operator's back.
    with transaction() as tx:
        row = tx.get(MailMessage, mail_id)
        error = row.error if row is not None else ""
        tx.delete(row)
    raise Refusal(f"the test mail was not sent: {error}")
