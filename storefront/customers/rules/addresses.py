"""What an address is, and how what people type becomes one. Pure: countries' own rules are in the service."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

# Longest value of each part, in characters.
LENGTHS = {
    "name": 120,
    "company": 120,
    "line1": 120,
    "line2": 120,
    "city": 80,
    "district": 80,
    "region": 80,
    "postcode": 20,
    "country": 2,
    "phone": 40,
}


@dataclass(frozen=True)
class Address:
    """Where something goes. `country` is ISO 3166 in capitals, `phone` E.164; what is missing is empty."""

    name: str
    line1: str
    city: str
    country: str
    company: str = ""
    line2: str = ""
    district: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""

    def as_json(self) -> dict[str, str]:
        """Plain values, for a JSON column."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Address:
        """Back from a JSON column; unknown names are left out."""
        known = {item.name for item in fields(cls)}
        return cls(
            **{
                "name": "",
                "line1": "",
                "city": "",
                "country": "",
                **{name: str(value or "") for name, value in values.items() if name in known},
            }
        )


PARTS = tuple(item.name for item in fields(Address))


@dataclass(frozen=True)
class AddressField:
    """One input of an address form, as the country wants it. `choices` are (value, name) of its regions."""

    name: str
    label: str
    required: bool
    autocomplete: str
    inputmode: str = "text"
    type: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""
    width: str = "full"

    @property
    def max_length(self) -> int:
        """Most characters that fit."""
        return LENGTHS[self.name]


def tidy(text: str) -> str:
    """Composed letters, and one space where people typed several or a line break."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_writable(text: str) -> bool:
    """Whether a parcel label can carry it: no control characters, no halves of letters."""
    return not any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)


def written(pattern: str, parts: Mapping[str, str]) -> list[str]:
    """Lines of an address in a country's pattern (`%N%n%A%n%Z %C`); what is empty takes its signs along."""
    lines = []
    for line in pattern.split("%n"):
        filled = re.sub(r"%(.)", lambda sign: parts.get(sign[1], ""), line)
        if any(parts.get(letter) for letter in re.findall(r"%(.)", line)) or "%" not in line:
            lines += [" ".join(part.split()).strip(" ,-/") for part in filled.split("\n")]
    return [line for line in lines if line]
