"""S4: what a form does not ask for is not taken, and no number is strange enough to break anything."""

from __future__ import annotations

import pytest

from tests.rules.test_cart_rules import HOSTILE
from tests.security.amount import part
from tests.security.discovery import LAST, forms_of, pages
from tests.security.town import HOME, Person, changes
from tests.services import selling

NUMBERS = (
    *HOSTILE,
    "2147483648",
    "999999999999",
    "9223372036854775808",
    "1e400",
    "1_0",
    "١٢",
    "9" * 5000,
    "0x10",
    "1,5",
    "--1",
)
MARK = "424242"
FOREIGN = {
    "price": MARK, "price_minor": MARK, "unit_price_minor": MARK, "total": MARK, "total_minor": MARK,
    "discount": MARK, "discount_minor": MARK, "tax": MARK, "tax_minor": MARK, "shipping_minor": MARK,
    "currency": "QQQ", "user_id": MARK, "customer_id": MARK, "role": "owner", "is_admin": "1", "status": "paid",
    "payment_state": "captured", "paid": "1", "paid_at": "2042-04-02", "stock": MARK, "available": MARK,
    "verified": "1", "confirmed_at": "2042-04-02", "disabled": "0", "created_at": "2042-04-02",
    "id": MARK, "public_id": "foreignforeign", "cart_id": MARK, "order_id": MARK, "turn": MARK,
    "password_hash": "foreignforeign", "external_id": "foreignforeign", "__class__": "foreignforeign",
}  # fmt: skip
MARKS = (MARK, "QQQ", "foreignforeign", "2042-04-02")
PEOPLE = ("anonymous", "anna", "owner")


@pytest.fixture(scope="module")
def found(place):
    """Every form of everybody, one of a shape."""
    return {who: forms_of(place[who], pages(place, place[who])) for who in PEOPLE}


def tried(found, who):
    return [form for form in found[who] if not LAST.search(form.action)]


def post(person, form, fields):
    return person.open("POST", form.action, data={**fields, "csrf_token": person.token})


def standing(place):
    """What no form of a shopper may ever move: who may what, prices, stock as its movements say."""
    return {
        "roles": place.rows("SELECT id, role, disabled, email_key FROM customer ORDER BY id"),
        "prices": place.rows("SELECT id, price_minor, compare_at_minor FROM variant ORDER BY id"),
        "orders": place.rows(
            "SELECT id, customer_id, total_minor, discount_minor, tax_minor, currency, placed_at FROM orders "
            "WHERE id <= (SELECT max(id) FROM orders WHERE email LIKE '%qanary%' OR email LIKE 'bert%') ORDER BY id"
        ),
        "others": place.rows("SELECT * FROM customer_address WHERE customer_id = :id", id=place["bert"].id),
    }


def stored(rows):
    return [row for lines in rows.values() for row in lines if any(mark in row for mark in MARKS)]


# What an owner's command tells every process: what it remembers of ways of delivery is stale.
OWNER_CHANGED = "UPDATE shop_state SET version = version + 1 WHERE key = 'home'"


def test_a_way_of_delivery_that_is_gone_leads_back_to_the_choice(place):
    """Somebody stands at the payment; the owner stops the way of delivery they chose."""
    person = Person(place.app, "late")
    person.send("/cart/add", {"sku": "SKU-CUP", "quantity": "1"})
    person.send("/checkout/contact", {"email": "late@example.test"})
    person.send("/checkout/shipping", {"name": "Late", **HOME, "shipping_method": "post"})
    assert person.get("/checkout/payment").status_code == 200
    place.write("UPDATE shipping_method SET active = false")
    place.write(OWNER_CHANGED)
    try:
        for answer in (
            person.get("/checkout/payment"),
            person.post("/checkout/payment", {"gateway": "transfer"}),
        ):
            assert answer.status_code in {302, 303}
            assert answer.headers["Location"] == "/checkout/shipping"
    finally:
        place.write("UPDATE shipping_method SET active = true")
        place.write(OWNER_CHANGED)


def test_enough_forms_were_found(found):
    assert len(found["anonymous"]) >= 15
    assert len(found["anna"]) >= 30
    assert len(found["owner"]) >= 40


@pytest.mark.parametrize("who", ["anonymous", "anna"])
def test_foreign_fields_are_not_stored(place, found, who):
    person, before, kept = place[who], standing(place), place.contents()
    for form in tried(found, who):
        foreign = {name: value for name, value in FOREIGN.items() if name not in form.names}
        post(person, form, {**form.values, **foreign})
        many = {f"{name}[]": value for name, value in foreign.items()}
        post(person, form, {**form.values, **many, "items[0][price]": MARK, "order.total": MARK})
    assert stored(changes(kept, place.contents())) == []
    after = standing(place)
    # Whoever sends every form has registered; as a customer, and as nothing else.
    new = [row for row in after["roles"] if row not in before["roles"]]
    assert {(row.role, row.disabled) for row in new} <= {("customer", False)}
    assert {**after, "roles": [row for row in after["roles"] if row not in new]} == before


def test_staff_store_no_foreign_fields_either(place, found):
    """Their forms do change prices and stock; but nothing that is not in the form, and nobody's role."""
    person, kept = place["owner"], place.contents()
    roles = place.rows("SELECT id, role, password_hash FROM customer ORDER BY id")
    for form in tried(found, "owner"):
        if "/staff/" in form.action:
            continue
        foreign = {name: value for name, value in FOREIGN.items() if name not in form.names}
        post(person, form, {**form.values, **foreign})
    rows = [row for row in stored(changes(kept, place.contents())) if "'query'" not in row]
    assert rows == []
    assert place.rows("SELECT id, role, password_hash FROM customer ORDER BY id") == roles


@pytest.mark.parametrize("who", PEOPLE)
def test_lists_for_single_values_break_nothing(place, found, who):
    """Each field twice, each field as `name[]`, no field at all, and every field with one too long a text."""
    person = place[who]
    for turn, form in enumerate(tried(found, who)):
        bodies = [
            {name: ["1", *values] for name, values in form.values.items()},
            {f"{name}[]": values for name, values in form.values.items()},
            {},
            {name: "x" * 4000 for name in form.names},
        ]
        for body in bodies if who != "owner" else part(bodies, turn, 2):
            post(person, form, body)


@pytest.mark.parametrize("who", PEOPLE)
def test_hostile_numbers_break_nothing(place, found, who):
    """Numbers in every field that held one or sounds like one; the others stay as they were."""
    person, count = place[who], 0
    wanted = (
        "quantity",
        "pieces",
        "wanted",
        "amount",
        "price",
        "stock",
        "position",
        "limit",
        "percent",
        "rate",
        "id",
    )
    step = 8 if who == "owner" else 3
    for turn, form in enumerate(tried(found, who)):
        numbers = [
            name
            for name, values in form.values.items()
            if name != "csrf_token" and (values[0].isdigit() or any(word in name for word in wanted))
        ]
        for number in part(NUMBERS, turn, step) if numbers else ():
            post(person, form, {**form.values, **dict.fromkeys(numbers, number)})
            count += 1
    assert count >= len(NUMBERS)


def test_a_form_with_a_row_too_many_is_answered_at_once(place):
    """Forms of several rows say how many they have: a page does not draw as many as somebody says."""
    [(product,)] = place.rows("SELECT id FROM product WHERE slug = 'lamp'")
    page = f"/console/products/{product}/attributes"
    form = {"seen": "an old state", "fact_key_0": "a b", "fact_value_0": "x"}  # refused, and shown again
    usual = len(place["owner"].post(page, {**form, "rows": "1"}).get_data())
    for rows in ("400", "999999999999", "1000000000", "9" * 50, "-1"):  # the smallest first: a fault ends
        answer = place["owner"].post(page, {**form, "rows": rows})
        size = len(answer.get_data())
        assert answer.status_code < 500 and size < 2 * usual, rows


def test_what_is_still_in_order_after_all_that(place):
    """The doctor finds nothing: stock is what its movements say, orders are the sums of their lines."""
    assert place.do(selling.findings) == []
    wrong = place.rows(
        "SELECT id FROM cart_line WHERE quantity NOT BETWEEN 1 AND 999 OR typeof(quantity) != 'integer'"
    )
    assert wrong == []


@pytest.mark.parametrize("who", ["anna"])
def test_forms_that_end_the_session_take_nothing_foreign(place, found, who):
    person, before = place[who], standing(place)
    for form in found[who]:
        if LAST.search(form.action):
            foreign = {name: value for name, value in FOREIGN.items() if name not in form.names}
            post(person, form, {**form.values, **foreign})
    after = standing(place)
    assert after["roles"] == before["roles"]
    assert after["others"] == before["others"]
