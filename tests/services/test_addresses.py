"""Addresses as each country writes them, and whose they are."""

from __future__ import annotations

import pytest

from storefront.customers.errors import AddressBookFull, AddressRefused, NoSuchAddress
from storefront.customers.service import (
    address_fields,
    address_lines,
    addresses_of,
    check_address,
    countries,
    delete_address,
    get_address,
    make_default,
    save_address,
)
from tests import factories

LONDON = {
    "name": "Ann  Lee",
    "line1": "1 High Street",
    "city": "London",
    "postcode": "ec1a 1hq",
    "country": "GB",
    "phone": "020 7946 0958",
}
SHENZHEN = {
    "name": "王小明",
    "line1": "科技路1号",
    "city": "深圳市",
    "district": "南山区",
    "region": "Guangdong Sheng",
    "postcode": "518000",
    "country": "CN",
    "phone": "138 0013 8000",
}


def test_an_address_is_tidied_and_its_phone_is_dialled_from_anywhere(app_context):
    address = check_address(LONDON)
    assert address.name == "Ann Lee" and address.postcode == "EC1A 1HQ"
    assert address.phone == "+442079460958"


def test_a_region_is_kept_as_its_country_calls_it(app_context):
    assert check_address(SHENZHEN).region == "广东省"
    california = {**LONDON, "country": "US", "region": "california", "postcode": "94043", "phone": ""}
    assert check_address(california).region == "CA"


def test_a_region_that_the_data_does_not_know_is_no_reason_to_refuse(app_context):
    assert check_address({**SHENZHEN, "region": "雄安特区"}).region == "雄安特区"


@pytest.mark.parametrize(
    ("country", "parts"),
    [
        ("GB", ["name", "company", "line1", "line2", "city", "postcode", "phone"]),
        (
            "CN",
            ["name", "company", "postcode", "region", "city", "district", "line1", "line2", "phone"],
        ),
        ("US", ["name", "company", "line1", "line2", "city", "region", "postcode", "phone"]),
        ("HK", ["name", "company", "region", "city", "line1", "line2", "phone"]),
    ],
)
def test_fields_come_in_the_order_of_the_country(app_context, country, parts):
    assert [field.name for field in address_fields(country)] == parts


def test_labels_and_codes_are_those_of_the_country(app_context):
    fields = {field.name: field for field in address_fields("US")}
    assert fields["region"].label == "State" and ("CA", "California") in fields["region"].choices
    assert fields["postcode"].label == "ZIP code"
    assert {field.name: field.inputmode for field in address_fields("CN")}["postcode"] == "numeric"
    assert not next(field for field in address_fields("IE") if field.name == "postcode").required


@pytest.mark.parametrize("country", [code for code in ("GB", "US", "CN", "JP", "DE", "BR", "IE", "AE", "HK")])
def test_every_required_part_is_asked_for(app_context, country):
    with pytest.raises(AddressRefused) as refused:
        check_address({"country": country})
    required = [field.name for field in address_fields(country) if field.required]
    assert list(refused.value.errors) == required


def test_every_country_of_the_world_has_a_form_and_an_address(app_context):
    for code, name in countries():
        values = {"country": code, "name": "A B", "city": "Town"}
        for field in address_fields(code):
            default = field.choices[0][0] if field.choices else field.example or "Somewhere 1"
            values.setdefault(field.name, "" if field.name == "phone" else default)
        lines = address_lines(check_address(values))
        assert lines[-1] == name and "A B" in lines, code


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("postcode", "12345"),
        ("postcode", "<script>"),
        ("country", "XX"),
        ("country", "ZZ"),
        ("country", ""),
        ("name", "x" * 121),
        ("name", "a\0b"),
        ("city", "a\x1bb"),
        ("line1", "\ud800"),
        ("phone", "call me"),
        ("phone", "+" + "9" * 39),
        ("phone", "1"),
    ],
)
def test_what_is_wrong_is_said_at_its_part(app_context, part, value):
    with pytest.raises(AddressRefused) as refused:
        check_address({**LONDON, part: value})
    assert list(refused.value.errors) == [part] and refused.value.field == part


def test_only_countries_that_are_served_can_be_chosen(app_context):
    assert check_address(LONDON, served={"GB"})
    with pytest.raises(AddressRefused):
        check_address(LONDON, served={"DE"})


def test_an_address_is_written_as_there(app_context):
    assert address_lines(check_address(LONDON)) == [
        "Ann Lee",
        "1 High Street",
        "London",
        "EC1A 1HQ",
        "United Kingdom",
    ]
    assert address_lines(check_address(SHENZHEN))[:3] == ["518000", "广东省深圳市南山区", "科技路1号"]


# --- address books ----------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_first_address_is_the_default_and_another_can_become_it(app_context, people):
    ann, _bob = people
    first = save_address(ann, check_address(LONDON))
    second = save_address(ann, check_address(SHENZHEN), shipping=True)
    kept = {saved.public_id: saved for saved in addresses_of(ann)}
    assert (kept[first].default_shipping, kept[first].default_billing) == (False, True)
    assert (kept[second].default_shipping, kept[second].default_billing) == (True, False)
    make_default(ann, second, "billing")
    assert [saved.default_billing for saved in addresses_of(ann)] == [True, False]


@pytest.mark.both
def test_an_address_is_only_there_for_its_owner(app_context, people):
    ann, bob = people
    anns = save_address(ann, check_address(LONDON))
    for refused in (
        lambda: get_address(bob, anns),
        lambda: save_address(bob, check_address(SHENZHEN), public_id=anns),
        lambda: delete_address(bob, anns),
        lambda: make_default(bob, anns, "shipping"),
        lambda: make_default(ann, anns, "id"),
    ):
        with pytest.raises(NoSuchAddress):
            refused()
    assert addresses_of(bob) == [] and get_address(ann, anns).address.city == "London"
    delete_address(ann, anns)
    assert addresses_of(ann) == []


def test_an_address_book_has_an_end(app_context, people, monkeypatch):
    monkeypatch.setattr("storefront.customers.service.address_book.MOST_ADDRESSES", 2)
    for _ in range(2):
        save_address(people[0], check_address(LONDON))
    with pytest.raises(AddressBookFull):
        save_address(people[0], check_address(LONDON))


@pytest.fixture
def people(tx):
    with tx() as t:
        return factories.customer(t).id, factories.customer(t).id
