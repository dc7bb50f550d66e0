"""The shape of what owners type: amounts, percentages, days, lists. All that is wrong is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from storefront.core.money import parse_money
from storefront.pricing.service.terms import currency, moment_of

_WHOLE = re.compile(r"[0-9]{1,12}\Z", re.ASCII)
_BETWEEN = re.compile(r"[\s,;]+")


class Given:
    """What a form brought. What cannot be read is noted: `problems` has a sentence for each such field."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self.form = form
        self.problems: dict[str, str] = {}

    def text(self, name: str, most: int = 200) -> str:
        """One line, without spaces around it."""
        return " ".join((self.form.get(name) or "").replace("\0", "").split())[:most]

    def yes(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.form.get(name) == "1"

    def texts(self, name: str, languages: Iterable[str]) -> dict[str, str]:
        """A text in each language that has one."""
        found = {code: self.text(f"{name}_{code}", 300) for code in languages}
        return {code: text for code, text in found.items() if text}

    def whole(self, name: str, *, empty: int | None = None, most: int = 10**9) -> int:
        """A whole number from 0; `empty` for an empty field, which is a problem without it."""
        text = self.text(name, 30)
        if not text and empty is not None:
            return empty
        if not _WHOLE.match(text) or int(text) > most:
            return self._wrong(name, _("Please give a whole number."))
        return int(text)

    def maybe_whole(self, name: str) -> int | None:
        """A whole number, or None for an empty field."""
        return self.whole(name) if self.text(name) else None

    def money(self, name: str) -> int:
        """An amount in minor units, not below zero."""
        try:
            amount = parse_money(self.text(name, 40), currency()).minor
        except ValueError:
            return self._wrong(name, _("Please give an amount such as 12.90."))
        return amount if amount >= 0 else self._wrong(name, _("Please give an amount of zero or more."))

    def maybe_money(self, name: str) -> int | None:
        """An amount, or None for an empty field."""
        return self.money(name) if self.text(name) else None

    def percent(self, name: str) -> int:
        """A percentage with up to two decimals, in basis points."""
        try:
            points = parse_money(self.text(name, 20).removesuffix("%").strip(), "EUR").minor
        except ValueError:
            return self._wrong(name, _("Please give a percentage such as 20 or 5.5."))
        return points if points >= 0 else self._wrong(name, _("Please give a percentage such as 20 or 5.5."))

    def moment(self, name: str) -> datetime | None:
        """A date and time on the shop's clock, as the browser sends it; None for an empty field."""
        text = self.text(name, 30)
        if not text:
            return None
        try:
            return moment_of(datetime.fromisoformat(text).replace(tzinfo=None))
        except (ValueError, OverflowError):
            self._wrong(name, _("Please give a date and a time."))
            return datetime(2000, 1, 1, tzinfo=UTC)

    def words(self, name: str, most: int = 1000) -> tuple[str, ...]:
        """Entries between commas, spaces or line ends."""
        whole = (self.form.get(name) or "").replace("\0", "")
        return tuple(part for part in _BETWEEN.split(whole) if part)[:most]

    def numbers(self, name: str) -> tuple[int, ...]:
        """Ids of ticked or selected entries."""
        picked = self.form.getlist(name) if hasattr(self.form, "getlist") else []
        return tuple(int(part) for part in picked if _WHOLE.match(part))

    def _wrong(self, name: str, sentence: str) -> Any:
        self.problems.setdefault(name, sentence)
        return 0


def bands_of(given: Given, basis: str) -> list[tuple[int | None, int]]:
    """Prices as lines 'up to = price': '2000 = 4.90' (grams or value), 'all = 7.90' for the rest."""
    found: list[tuple[int | None, int]] = []
    for line in (given.form.get("bands") or "").splitlines()[:50]:
        limit, _sign, price = (part.strip() for part in line.rpartition("="))
        if not line.strip():
            continue
        row = Given({"limit": limit, "price": price})
        upto = None if limit.lower() in ("", "all", "*") else _limit(row, basis)
        found.append((upto, row.money("price")))
        if row.problems:
            given.problems.setdefault(
                "bands", _("This line cannot be read: %(line)s", line=line.strip()[:60])
            )
    return found


def _limit(row: Given, basis: str) -> int:
    return row.whole("limit") if basis == "weight" else row.money("limit")
