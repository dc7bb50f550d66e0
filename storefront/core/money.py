"""Money as integer minor units with a currency. Never a float; Babel only for display."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from babel import numbers

_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (pence, cents, fen, yen) of `currency` (ISO 4217)."""

    minor: int
    currency: str

    def _same(self, other: Money) -> None:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        if not isinstance(count, int) or isinstance(count, bool):
            raise TypeError("money is multiplied by whole numbers only")
        return Money(self.minor * count, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def allocate(self, weights: list[int]) -> list[Money]:
        """Split by integer weights so that the parts sum exactly to the whole (largest remainder)."""
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights must not be negative and must not all be zero")
        sign = -1 if self.minor < 0 else 1
        parts = [abs(self.minor) * weight // total for weight in weights]
        rest = abs(self.minor) - sum(parts)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(self.minor) * weights[i] % total), i))
        for index in by_remainder[:rest]:
            parts[index] += 1
        return [Money(sign * part, self.currency) for part in parts]

    def decimal(self) -> str:
        """Plain decimal text for files and feeds, e.g. '12.90'; '1290' for currencies without minor units."""
        digits = currency_digits(self.currency)
        sign, value = ("-", -self.minor) if self.minor < 0 else ("", self.minor)
        if digits == 0:
            return f"{sign}{value}"
        whole, part = divmod(value, 10**digits)
        return f"{sign}{whole}.{part:0{digits}d}"

    def format(self, locale: str) -> str:
        """Localised text for people, e.g. '£12.90'. `locale` is a Babel identifier such as 'en_GB'."""
        return _format(self.minor, self.currency, locale)


@lru_cache(maxsize=8192)
def _format(minor: int, currency: str, locale: str) -> str:
    return numbers.format_currency(Money(minor, currency).decimal(), currency, locale=locale)


@lru_cache(maxsize=64)
def currency_digits(currency: str) -> int:
    """Digits after the point of a currency (JPY 0, GBP 2, KWD 3). Raises ValueError for unknown codes."""
    if currency not in numbers.list_currencies():
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code")
    return int(numbers.get_currency_precision(currency))


def parse_money(text: str, currency: str) -> Money:
    """Read a plain decimal ('12.90', '1290') into minor units, exactly.

    Raises ValueError for anything else: signs other than a leading minus, grouping, exponents, full-width
    digits, or more decimals than the currency has (unless they are zeros).
    """
    if not _PLAIN.match(text):
        raise ValueError(f"{text[:40]!r} is not an amount such as 12.90")
    digits = currency_digits(currency)
    whole, _, part = text.partition(".")
    if part[digits:].strip("0"):
        raise ValueError(f"{text[:40]!r} has more than {digits} decimals")
    minor = int(whole.lstrip("-") + part[:digits].ljust(digits, "0"))
    return Money(-minor if text.startswith("-") else minor, currency)
