"""What staff type: amounts, percentages, days, lists. All that is wrong is told at once, by field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from flask_babel import gettext as _

from storefront.core.database import LARGEST_KEY
from storefront.core.money import Money, parse_money
from storefront.core.store import store_settings, store_value

_WHOLE = re.compile(r"[0-9]{1,12}\Z", re.ASCII)
_BETWEEN = re.compile(r"[\s,;]+")
LONGEST_NUMBER = 30


class Given:
    """What a form brought. What cannot be read is noted: `problems` has a sentence for each such field."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self.form = form
        self.problems: dict[str, str] = {}

    def text(self, name: str, most: int = 200) -> str:
        """One line, without spaces around it."""
        return " ".join((self.form.get(name) or "").replace("\0", "").split())[:most]

    def long_text(self, name: str, most: int = 100_000) -> str:
        """Several lines as they were typed."""
        return (self.form.get(name) or "").replace("\0", "").replace("\r\n", "\n").strip()[:most]

    def yes(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.form.get(name) == "1"

    def texts(self, name: str, languages: Iterable[str]) -> dict[str, str]:
        """A text in each language that has one."""
        found = {code: self.text(f"{name}_{code}", 300) for code in languages}
        return {code: text for code, text in found.items() if text}

    def whole(self, name: str, *, empty: int | None = None, most: int = 10**9) -> int:
        """A whole number from 0; `empty` for an empty field, which is a problem without it."""
        text = self.text(name, LONGEST_NUMBER)
        if not text and empty is not None:
            return empty
        if not _WHOLE.match(text) or int(text) > most:
            return self.wrong(name, _("Please give a whole number."))
        return int(text)

    def maybe_whole(self, name: str, *, most: int = 10**9) -> int | None:
        """A whole number, or None for an empty field."""
        return self.whole(name, most=most) if self.text(name) else None

    def money(self, name: str) -> int:
        """An amount in minor units, not below zero."""
        try:
            amount = parse_money(self.text(name, 40), currency()).minor
        except ValueError:
            return self.wrong(name, _("Please give an amount such as 12.90."))
        return amount if amount >= 0 else self.wrong(name, _("Please give an amount of zero or more."))

    def maybe_money(self, name: str) -> int | None:
        """An amount, or None for an empty field."""
        return self.money(name) if self.text(name) else None

    def percent(self, name: str) -> int:
        """A percentage with up to two decimals, in basis points."""
        try:
            points = parse_money(self.text(name, 20).removesuffix("%").strip(), "EUR").minor
        except ValueError:
            return self.wrong(name, _("Please give a percentage such as 20 or 5.5."))
        return points if points >= 0 else self.wrong(name, _("Please give a percentage such as 20 or 5.5."))

    def moment(self, name: str) -> datetime | None:
        """A date and time on the shop's clock, as the browser sends it; None for an empty field."""
        text = self.text(name, LONGEST_NUMBER)
        if not text:
            return None
        try:
            return moment_of(datetime.fromisoformat(text).replace(tzinfo=None))
        except (ValueError, OverflowError):
            self.wrong(name, _("Please give a date and a time."))
            return datetime(2000, 1, 1, tzinfo=UTC)

    def words(self, name: str, most: int = 1000) -> tuple[str, ...]:
        """Entries between commas, spaces or line ends."""
        whole = (self.form.get(name) or "").replace("\0", "")
        return tuple(part for part in _BETWEEN.split(whole) if part)[:most]

    def numbers(self, name: str) -> tuple[int, ...]:
        """Ids of ticked or selected entries."""
        picked = self.form.getlist(name) if hasattr(self.form, "getlist") else []
        return tuple(int(part) for part in picked if _WHOLE.match(part) and int(part) <= LARGEST_KEY)

    def one_of(self, name: str, known: Iterable[str]) -> str:
        """One of the values that the page offered."""
        text = self.text(name)
        return text if text in set(known) else self.wrong(name, _("Please choose one of these."), "")

    def wrong(self, name: str, sentence: str, instead: Any = 0) -> Any:
        """Note what is wrong with a field; the first finding counts."""
        self.problems.setdefault(name, sentence)
        return instead


# --- amounts and times as a form takes them ---------------------------------------------------------------


def currency() -> str:
    """The one currency of the shop."""
    return current_app.extensions["regulars_settings"].currency


def plain_amount(minor: int | None) -> str:
    """An amount as a form takes it: '12.90'; nothing for None."""
    return "" if minor is None else Money(minor, currency()).decimal()


def local_time(moment: datetime) -> datetime:
    """A moment on the shop's own clock on the wall."""
    return moment.astimezone(_zone())


def plain_moment(moment: datetime | None) -> str:
    """A moment as a field for date and time takes it; nothing for None."""
    return "" if moment is None else local_time(moment).strftime("%Y-%m-%dT%H:%M")


def moment_of(local: datetime) -> datetime:
    """The moment that a time on the shop's clock on the wall stands for."""
    return local.replace(tzinfo=_zone()).astimezone(UTC)


def _zone() -> tzinfo:
    """The shop's time zone; UTC where nobody set one or this machine does not know it."""
    known = "business_timezone" in store_settings()
    try:
        return ZoneInfo(store_value("business_timezone")) if known else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
