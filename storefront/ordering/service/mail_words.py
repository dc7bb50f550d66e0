"""What mails about orders need in words: sums, days, links; from the plain values of a mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from storefront.ordering.rules import payments
from storefront.ordering.service.showing import lines_of_address
from storefront.ordering.service.words import PICKUP, amount_words, day_words, days_between


@dataclass(frozen=True, slots=True)
class SumRow:
    """A row below the lines. `words` stand where nothing is paid ("free")."""

    label: str
    minor: int
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MailWords:
    """Asked by the templates. All amounts are with tax, so that lines and sums add up to the total."""

    order: Mapping[str, Any]

    def money(self, minor: int) -> str:
        """An amount of the order's currency in the reader's language."""
        return amount_words(minor, self.order["currency"])

    @property
    def url(self) -> str:
        """The page of the order, by its unguessable link under the configured address."""
        return url_for("ordering.show_order", signed=self.order["public_token"], _external=True)

    @property
    def sums(self) -> list[SumRow]:
        """Extras and delivery."""
        return list(self._sums())

    def _sums(self) -> Iterator[SumRow]:
        extras = [(extra["label"], extra["total_minor"]) for extra in self.order["extras"]]
        for label, minor in extras:
            if minor:
                yield SumRow(label, minor)
        delivery = self.order["charges_minor"] - sum(minor for _label, minor in extras)
        name = self.order["shipping_name"]
        if name:
            yield SumRow(_("Delivery"), delivery, "" if delivery else _("free"), name)

    @property
    def is_collected(self) -> bool:
        """Whether the buyer comes for it."""
        return self.order.get("shipping_kind") == PICKUP

    @property
    def arrives(self) -> str:
        """When it arrives or can be collected, as a sentence without its full stop; or nothing."""
        days = days_between(_day(self.order["delivery_earliest"]), _day(self.order["delivery_latest"]))
        if not days:
            return ""
        if self.is_collected:
            return _("Can be collected %(days)s", days=days)
        return _("Arrives %(days)s", days=days)

    @property
    def address_title(self) -> str:
        """What the address of the order is for."""
        sent = self.order.get("shipping_kind", "delivery") == "delivery"
        return _("Where it goes") if sent else _("Address")

    @property
    def pay_until(self) -> str:
        """The last day to pay, or nothing."""
        until = self.order["expires_at"]
        return day_words(datetime.fromisoformat(until)) if until else ""

    def day(self, text: str) -> str:
        """A day of the mail's plain values, in words."""
        return day_words(date.fromisoformat(text))

    @property
    def sent_to(self) -> tuple[str, ...]:
        """Where it goes."""
        return lines_of_address(self.order["shipping_address"])

    @property
    def bank_labels(self) -> list[tuple[str, str]]:
        """What the parts of a bank account are called."""
        return [
            ("holder", _("Account holder")),
            ("account", _("Account number or IBAN")),
            ("code", _("Sort code or BIC")),
            ("name", _("Bank")),
        ]

    @property
    def why_cancelled(self) -> str:
        """Why the order is over."""
        number = self.order["number"]
        return {
            "customer": _("You cancelled your order %(number)s.", number=number),
            "unpaid": _("Your order %(number)s ended, because no payment arrived in time.", number=number),
            "expired": _("Your order %(number)s ended, because it was not paid in time.", number=number),
        }.get(self.order["cancel_reason"] or "", _("We had to cancel your order %(number)s.", number=number))

    @property
    def money_back(self) -> bool:
        """Whether money came that has to go back."""
        return self.order["payment"]["state"] in payments.PAID

    def pieces_of(self, parcel: Mapping[str, Any]) -> list[tuple[str, int]]:
        """(title, pieces) of what is in a parcel."""
        titles = {line["id"]: line["title"] or line["sku"] for line in self.order["lines"]}
        return [(titles[line_id], pieces) for line_id, pieces in parcel["lines"] if line_id in titles]

    def sent_all(self, parcel: Mapping[str, Any]) -> bool:
        """Whether this one parcel holds the whole order."""
        ordered = sum(line["quantity"] for line in self.order["lines"])
        return sum(pieces for _line, pieces in parcel["lines"]) >= ordered


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
