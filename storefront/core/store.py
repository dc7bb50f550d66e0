"""What an owner sets for the shop in the console: typed values with a default, remembered per process.

Settings of the installation (database, mail, secrets) are `storefront.core.settings`; these here are the
shopkeeper's: name and address of the business, days for returns, bank account. Features register theirs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from babel import Locale
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_babel import gettext as _

from storefront.core.database import Tx
from storefront.core.errors import Refusal
from storefront.core.models import ShopState
from storefront.core.plugins import collect
from storefront.core.state import read_state, write_state
from storefront.core.versions import raise_version, version_of

KEY = "store"
KINDS = ("text", "long_text", "email", "phone", "country", "whole", "yes_no", "choice", "money")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,38}")
LONGEST = {"text": 200, "long_text": 5000, "email": 320, "phone": 40}


@dataclass(frozen=True)
class StoreSetting:
    """One value that an owner may set. Labels and helps are lazy translations.

    `kind` is one of KINDS; 'money' is in minor units. `translated` values are kept per language.
    """

    key: str
    kind: str
    default: Any
    group: str
    label: Any
    help: Any = ""
    choices: tuple[tuple[str, Any], ...] = ()
    least: int = 0
    most: int = 1_000_000
    required: bool = False
    translated: bool = field(default=False)


def store_settings() -> dict[str, StoreSetting]:
    """Every store setting of this shop by key, in the order of the house."""
    known: dict[str, StoreSetting] | None = current_app.extensions.get("regulars_store_settings")
    if known is None:
        known = {item.key: item for item in collect("register_store_settings")}
        current_app.extensions["regulars_store_settings"] = known
    return known


def store_value(key: str, language: str | None = None) -> Any:
    """The value that counts now: what the owner set, else the default. No query on a warm process.

    With `language`, the text in that language where the setting is translated. Raises KeyError for a key that
    nobody registered.
    """
    setting = store_settings()[key]
    values = _remembered()
    if setting.translated and language:
        return values.get(f"{key}@{language}") or values.get(key, setting.default)
    return values.get(key, setting.default)


def store_values(tx: Tx, values: Mapping[str, Any]) -> None:
    """Keep what an owner set, all or nothing. Raises Refusal naming the field for what does not fit."""
    known = store_settings()
    clean = {name: _clean(known[name.partition("@")[0]], name, value) for name, value in values.items()}
    # Read in the command and locked: two owners who save different fields both keep theirs.
    row = sa.select(ShopState.value).where(ShopState.key == KEY).with_for_update()
    write_state(tx, KEY, {**(tx.execute(row).scalar() or {}), **clean})
    raise_version(tx, "home")


def _remembered() -> Mapping[str, Any]:
    version = version_of("home")
    kept = current_app.extensions.get("regulars_store_values")
    if kept is None or kept[0] != version:
        kept = (version, read_state(KEY) or {})
        current_app.extensions["regulars_store_values"] = kept
    return kept[1]


def _clean(setting: StoreSetting, name: str, value: Any) -> Any:
    if setting.kind in ("whole", "money"):
        return _whole(setting, name, value)
    if setting.kind == "yes_no":
        return bool(value)
    text = str(value or "").strip()
    if setting.required and not text:
        raise Refusal(_("Please fill this in."), field=name)
    if setting.kind == "choice" and text not in {key for key, _label in setting.choices}:
        raise Refusal(_("Please choose one of the values offered."), field=name)
    longest = LONGEST.get(setting.kind, 200)
    if len(text) > longest:
        raise Refusal(_("At most %(count)s characters fit here.", count=longest), field=name)
    return _in_shape(setting.kind, name, text) if text else text


def _in_shape(kind: str, name: str, text: str) -> str:
    """Addresses, telephone numbers and countries as others can use them."""
    if kind == "email":
        try:
            return validate_email(text, check_deliverability=False, test_environment=True).original
        except EmailNotValidError:
            raise Refusal(_("That is not an e-mail address."), field=name) from None
    if kind == "phone" and not _PHONE.fullmatch(text):
        raise Refusal(_("This is no telephone number."), field=name)
    if kind == "country":
        text = text.upper()
        if len(text) != 2 or text not in Locale("en").territories:
            raise Refusal(_("Please choose a country."), field=name)
    return text


def _whole(setting: StoreSetting, name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not setting.least <= value <= setting.most:
        wanted = _(
            "Please give a whole number from %(least)s to %(most)s.", least=setting.least, most=setting.most
        )
        raise Refusal(wanted, field=name)
    return value
