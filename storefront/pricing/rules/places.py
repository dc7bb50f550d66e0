"""Destinations, written in one way: codes in capitals, postcodes without gaps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where goods go. Unknown parts are ''."""

    country: str
    region: str = ""
    postcode: str = ""


def place_of(country: str | None, region: str | None, postcode: str | None, home: str) -> Place:
    """The destination; the shop's own country as long as none is known."""
    code = (country or home).strip().upper()
    return Place(code, region_code(code, region), postcode_of(postcode))


def region_code(country: str, region: str | None) -> str:
    """'CA' for 'ca', 'CA' and 'US-CA'."""
    return (region or "").strip().upper().removeprefix(f"{country}-")


def postcode_of(text: str | None) -> str:
    """A postcode without spaces and hyphens, in capitals."""
    return "".join(sign for sign in (text or "").upper() if sign.isalnum())
