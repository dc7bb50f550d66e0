"""Usual rates of VAT to begin with, as known on 1 January 2026: to be checked by the owner, not advice.

Basis points by class: the standard rate, and reduced ones for printed books, everyday food and children's
clothing where they differ and are known. Where there are several rates for
food, that of most food stands here. A class that a country does not list has its standard rate.
"""

from __future__ import annotations

AS_KNOWN_ON = "2026-01-01"
CLASSES = ("standard", "books", "food", "baby", "zero")

EU: dict[str, dict[str, int]] = {
    "AT": {"standard": 2000, "books": 1000, "food": 1000},
    "BE": {"standard": 2100, "books": 600, "food": 600},
    "BG": {"standard": 2000, "books": 900},
    "CY": {"standard": 1900, "books": 300, "food": 500},
    "CZ": {"standard": 2100, "books": 0, "food": 1200},
    "DE": {"standard": 1900, "books": 700, "food": 700},
    "DK": {"standard": 2500},
    "EE": {"standard": 2400, "books": 900},
    "ES": {"standard": 2100, "books": 400, "food": 1000},
    "FI": {"standard": 2550, "books": 1350, "food": 1350},
    "FR": {"standard": 2000, "books": 550, "food": 550},
    "GR": {"standard": 2400, "books": 600, "food": 1300},
    "HR": {"standard": 2500, "books": 500},
    "HU": {"standard": 2700, "books": 500},
    "IE": {"standard": 2300, "books": 0, "food": 0, "baby": 0},
    "IT": {"standard": 2200, "books": 400, "food": 1000},
    "LT": {"standard": 2100, "books": 500},
    "LU": {"standard": 1700, "books": 300, "food": 300, "baby": 300},
    "LV": {"standard": 2100, "books": 500},
    "MT": {"standard": 1800, "books": 500, "food": 0},
    "NL": {"standard": 2100, "books": 900, "food": 900},
    "PL": {"standard": 2300, "books": 500, "food": 500},
    "PT": {"standard": 2300, "books": 600, "food": 600},
    "RO": {"standard": 2100, "books": 1100, "food": 1100},
    "SE": {"standard": 2500, "books": 600, "food": 1200},
    "SI": {"standard": 2200, "books": 500, "food": 950},
    "SK": {"standard": 2300, "books": 500, "food": 1900},
}
UK: dict[str, dict[str, int]] = {"GB": {"standard": 2000, "books": 0, "food": 0, "baby": 0, "zero": 0}}
CHINA: dict[str, dict[str, int]] = {"CN": {"standard": 1300, "books": 900, "food": 900}}

PRESETS: dict[str, dict[str, dict[str, int]]] = {"eu": EU, "uk": UK, "cn": CHINA, "none": {}}
