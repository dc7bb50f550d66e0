"""What the owner sets for orders and payments, read before a command opens: nothing is asked inside one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from storefront.core import clock
from storefront.core.store import StoreSetting, store_settings, store_value

CARD_EXPIRES = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that one command needs, and its moment."""

    now: datetime
    invoice_prefix: str
    bank: dict[str, str]
    transfer_days: int
    returns_days: int


def read_terms() -> Terms:
    """The terms that count now. Never inside a transaction: reading them may call hooks."""
    store_settings()
    names = ("holder", "account", "code", "name")
    return Terms(
        now=clock.now(),
        invoice_prefix=store_value("invoice_prefix"),
        bank={name: store_value(f"bank_{name}") for name in names},
        transfer_days=store_value("transfer_days"),
        returns_days=store_value("returns_days"),
    )


def settings() -> list[StoreSetting]:
    """What the console asks the owner for."""

    def text(key: str, label: Any, **more: Any) -> StoreSetting:
        return StoreSetting(key, "text", more.pop("default", ""), "payments", label, **more)

    def whole(key: str, default: int, label: Any, **more: Any) -> StoreSetting:
        return StoreSetting(key, "whole", default, "payments", label, **more)

    return [
        text("invoice_prefix", _l("Invoice numbers begin with"), default="INV-"),
        text(
            "bank_holder",
            _l("Holder of the bank account"),
            help=_l("Bank transfer is offered as soon as holder and account are given."),
        ),
        text("bank_account", _l("Account number or IBAN")),
        text("bank_code", _l("Sort code or BIC")),
        text("bank_name", _l("Name of the bank")),
        whole("transfer_days", 14, _l("Days in which a bank transfer must arrive"), least=1, most=90),
        whole("transfer_reminder_days", 5, _l("Days after which a reminder is sent"), least=1, most=89),
        StoreSetting("cash_on_delivery", "yes_no", False, "payments", _l("Offer cash on delivery")),
        text(
            "cash_countries",
            _l("Countries with cash on delivery"),
            help=_l("Two letters each, separated by commas. Empty: the country of the shop."),
        ),
        StoreSetting(
            "cash_most",
            "money",
            50_000,
            "payments",
            _l("Largest order with cash on delivery"),
            most=100_000_000,
        ),
    ]
