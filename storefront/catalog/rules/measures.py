"""What a thing costs per litre, kilogram or metre, from the measures that a file brought along."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from storefront.core.money import Money

# One of each unit in the smallest of its family; units of different families are not compared.
FAMILIES: tuple[dict[str, Fraction], ...] = (
    {"ml": Fraction(1), "cl": Fraction(10), "l": Fraction(1000), "m3": Fraction(1_000_000)},
    {"mg": Fraction(1), "g": Fraction(1000), "kg": Fraction(1_000_000)},
    {"mm": Fraction(1), "cm": Fraction(10), "m": Fraction(1000)},
    {"m2": Fraction(1)},
    {"oz": Fraction(1), "lb": Fraction(16)},
    {"floz": Fraction(1), "pt": Fraction(16), "qt": Fraction(32), "gal": Fraction(128)},
    {"in": Fraction(1), "ft": Fraction(12), "yd": Fraction(36)},
    {"ft2": Fraction(1)},
    {"item": Fraction(1)},
)
SHOWN = {"m2": "m²", "m3": "m³", "ft2": "ft²", "l": "l", "floz": "fl oz"}
TOTAL, TOTAL_UNIT = "Unit Price Total Measure", "Unit Price Total Measure Unit"
BASE, BASE_UNIT = "Unit Price Base Measure", "Unit Price Base Measure Unit"
LONGEST = 12


def price_per_measure(cells: Mapping[str, str], price: Money) -> tuple[Money, str] | None:
    """(amount, measure) such as (£12.00, '100 ml') from cells by their column; None when they do not say.

    Rounded half up to the smallest coin.
    """
    unit = _unit(cells.get(TOTAL_UNIT))
    base_unit = _unit(cells.get(BASE_UNIT)) or unit
    content = _measured(cells.get(TOTAL), unit, base_unit)
    base = _number(cells.get(BASE) or "1")
    if content is None or base is None:
        return None
    share = base / content
    twice = 2 * price.minor * share.numerator + share.denominator
    amount = Money(twice // (2 * share.denominator), price.currency)
    count = "" if base == 1 else f"{cells.get(BASE, '').strip()} "
    return amount, f"{count}{SHOWN.get(base_unit, base_unit)}"


def _measured(cell: str | None, unit: str, wanted: str) -> Fraction | None:
    """A number of `unit` as a number of `wanted`; None where one of them is unknown or of another family."""
    number = _number(cell)
    family = next((known for known in FAMILIES if unit in known and wanted in known), None)
    return number * family[unit] / family[wanted] if number and family else None


def _unit(cell: str | None) -> str:
    return (cell or "").strip().lower().replace(" ", "")


def _number(cell: str | None) -> Fraction | None:
    """A plain positive decimal; None for anything else."""
    text = (cell or "").strip()
    if not text.isascii() or len(text) > LONGEST or not text.replace(".", "", 1).isdigit():
        return None
    return Fraction(text) or None
