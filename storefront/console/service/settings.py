"""Store settings as groups of fields, and saving one group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from storefront.core.console import record_audit
from storefront.core.database import transaction
from storefront.core.errors import NotFound, Refusal
from storefront.core.i18n import Language
from storefront.core.money import Money, parse_money
from storefront.core.store import StoreSetting, store_settings, store_value, store_values
from storefront.customers.service import countries

INPUTS = {"text": "text", "email": "email", "phone": "tel", "whole": "number", "money": "text"}


@dataclass(frozen=True)
class Group:
    """Settings that belong together."""

    key: str
    title: str
    consequence: str
    settings: tuple[StoreSetting, ...]


@dataclass(frozen=True)
class Field:
    """One field of a form; a translated setting has one for each language."""

    name: str
    setting: StoreSetting
    language: Language | None
    value: Any
    input: str
    choices: tuple[tuple[str, Any], ...] = ()


def groups() -> list[Group]:
    """Every group, in the order of the house."""
    found: dict[str, list[StoreSetting]] = {}
    for setting in store_settings().values():
        found.setdefault(setting.group, []).append(setting)
    return [Group(key, *_words(key), tuple(settings)) for key, settings in found.items()]


def get_group(key: str) -> Group:
    """One of them. Raises NotFound."""
    for group in groups():
        if group.key == key:
            return group
    raise NotFound()


def _words(key: str) -> tuple[str, str]:
    """What a group is called, and what saving it does."""
    return {
        "business": (_("The business"), _("Invoices, mails and search engines name it so from now on.")),
        "returns": (_("Sending back"), _("Product pages promise this from the next page on.")),
        "payments": (_("Being paid"), _("The next checkout offers this; orders in progress keep theirs.")),
        "taxes": (_("Tax"), _("Counts for carts and the next orders; placed orders keep theirs.")),
        "delivery": (_("Delivery"), _("Delivery dates are worked out so from the next page on.")),
        "checkout": (_("Checkout"), _("Counts from the next checkout on.")),
        "privacy": (_("Privacy"), _("Counts from the next page on.")),
        "measuring": (_("Measuring"), _("Counts from the next page on.")),
        "stock": (_("Stock"), _("Counts from the next page on.")),
        "reviews": (_("Reviews and wishes"), _("Counts from the next page on.")),
    }.get(key, (key.replace("_", " ").capitalize(), _("Counts from the next page on.")))


# --- as a form --------------------------------------------------------------------------------------------


def fields(group: Group, typed: Mapping[str, str] | None = None) -> list[Field]:
    """The fields of a group with what counts now, or with what was typed and refused."""
    return [
        _field(setting, language, typed) for setting in group.settings for language in _languages(setting)
    ]


def _languages(setting: StoreSetting) -> list[Language | None]:
    return list(current_app.extensions["regulars_languages"]) if setting.translated else [None]


def _name(setting: StoreSetting, language: Language | None) -> str:
    return f"{setting.key}@{language.code}" if language else setting.key


def _field(setting: StoreSetting, language: Language | None, typed: Mapping[str, str] | None) -> Field:
    name = _name(setting, language)
    if typed is not None:
        value: Any = name in typed if setting.kind == "yes_no" else typed.get(name, "")
    else:
        value = _shown(setting, store_value(setting.key, language.code if language else None))
    kind = {"long_text": "area", "yes_no": "tick", "choice": "choice", "country": "choice"}.get(setting.kind)
    offered = setting.choices
    if setting.kind == "country":
        offered = (("", "–"), *countries())
    return Field(name, setting, language, value, kind or INPUTS[setting.kind], tuple(offered))


def _shown(setting: StoreSetting, value: Any) -> Any:
    if setting.kind == "money" and value is not None:
        return Money(value, _currency()).decimal()
    return value


def _currency() -> str:
    return current_app.extensions["regulars_settings"].currency


# --- saving -----------------------------------------------------------------------------------------------


def save_group(group: Group, form: Mapping[str, str]) -> bool:
    """Keep what was typed, all or nothing; whether anything changed. Raises Refusal naming the field."""
    values: dict[str, Any] = {}
    before: dict[str, Any] = {}
    for setting in group.settings:
        for language in _languages(setting):
            name = _name(setting, language)
            values[name] = _read(setting, name, form)
            before[name] = store_value(setting.key, language.code if language else None)
    with transaction() as tx:
        changed = record_audit(tx, "settings.save", "settings", group.key, before, values)
        if changed:
            store_values(tx, values)
    return changed


def _read(setting: StoreSetting, name: str, form: Mapping[str, str]) -> Any:
    if setting.kind == "yes_no":
        return name in form
    text = form.get(name, "").strip()
    if setting.kind == "whole":
        # What is no whole number is refused where all values are checked.
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if setting.kind == "money":
        return _read_money(name, text)
    return text.replace("\r\n", "\n")


def _read_money(name: str, text: str) -> int:
    try:
        return parse_money(text or "0", _currency()).minor
    except ValueError:
        raise Refusal(_("Please give an amount such as 12.90."), field=name) from None
