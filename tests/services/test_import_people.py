"""Customers and behaviour: in, out, and in again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from storefront.core.database import JOURNAL, transaction
from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.exporting import export_file
from storefront.core.imports.registry import Item
from storefront.core.imports.undo import undo_batch
from storefront.customers.service import record_consent
from storefront.customers.service.importing.people import load_people
from tests import factories

SHOPIFY_HEAD = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n"
)
SHOPIFY = SHOPIFY_HEAD + "".join(
    f"'70521{n:02},{'=Ann' if n == 3 else 'Ann'},Lee {n},Ann{n}@Example.com,{'yes' if n % 2 else 'no'},,{n} Road,,Leeds,,GB,LS1,"
    f'\'+44123{n:02},\'+44123{n:02},no,{n}.00,1,"Likes\ntea",no,"vip, gold"\n'
    for n in range(30)
)
EVENTS = "event,event_id,at,visitor,session,customer,sku,query,hits,list,position\n" + (
    "view_item,e1,2026-01-02T10:00:00Z,v1,s1,ann@shop.test,MUG,,,for_you,3\n"
    "search,,2026-01-02T10:01:00Z,v1,s1,,,=tea,12,,\n"
    "search,,2026-01-02T10:01:00Z,v1,s1,,,=tea,12,,\n"
    "addtocart,e3,1767348060,v1,s1,,NOPE,,,,\n"
)


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(text: str, name: str = "in.csv") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.mark.both
@pytest.mark.parametrize("name", ["regulars", "shopify"])
def test_customers_come_back_unchanged(
    app: Flask, make_shop: Callable[..., Flask], put: Any, tmp_path: Path, rows: Any, name: str
) -> None:
    with app.app_context():
        report = import_file("customers", put(SHOPIFY))
        assert (report.format, report.read, report.created) == ("shopify", 30, 30)
        export_file("customers", tmp_path / "one.csv", format=name)
    assert rows("SELECT first_name, phone, tags FROM customer WHERE external_id = '7052103'") == [
        ("=Ann", "+4412303", "vip|gold")
    ]
    assert rows("SELECT count(*) FROM consent WHERE purpose = 'marketing' AND given") == [(15,)]
    with make_shop().app_context():
        assert import_file("customers", tmp_path / "one.csv").created == 30
        export_file("customers", tmp_path / "two.csv", format=name)
        again = import_file("customers", tmp_path / "one.csv")
        assert (again.created, again.changed, again.skipped) == (0, 0, 30)
    if name == "regulars":
        assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    else:
        # Shopify's header has no place for the day a customer joined, which orders the file.
        assert sorted((tmp_path / "one.csv").read_bytes()) == sorted((tmp_path / "two.csv").read_bytes())


def test_nobody_becomes_an_owner_by_a_file(app_context: None, put: Any, rows: Any) -> None:
    text = "email,first_name,role,password_hash,disabled,id\nann@example.com,Ann,owner,x,yes,1\n"
    import_file("customers", put(text))
    assert rows("SELECT role, password_hash, disabled FROM customer") == [("customer", None, False)]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("not an address,Bob", "email", "not_an_email"),
        (",Bob", "email", "customer_unnamed"),
        ("ann@example.com,Bob", "email", "customer_twice"),
        ("bob@example.com,B\x1bob", "first_name", "control_character"),
    ],
)
def test_bad_customers_are_named(
    app_context: None, put: Any, rows: Any, row: str, column: str, code: str
) -> None:
    path = put(f"email,first_name\nann@example.com,Ann\n{row}\n")
    with pytest.raises(FileRefused) as refused:
        import_file("customers", path)
    assert (
        refused.value.report.reasons[code] == 1
        and column in refused.value.message
        and "3" in refused.value.message
    )
    assert rows("SELECT count(*) FROM customer") == [(0,)]


def test_an_undo_keeps_customers_who_came_back(app_context: None, put: Any, rows: Any) -> None:
    report = import_file(
        "customers", put("email,first_name,consent_marketing\nann@example.com,Ann,\nbob@example.com,Bob,\n")
    )
    bob = rows("SELECT id FROM customer WHERE email = 'bob@example.com'")[0][0]
    with transaction() as tx:
        record_consent(tx, bob, "marketing", given=True, source="account")
    undone = undo_batch(report.batch)
    assert undone.refused == 1
    assert rows("SELECT email FROM customer") == [("bob@example.com",)]


@pytest.mark.both
def test_events_come_in_once(
    app: Flask, make_shop: Callable[..., Flask], put: Any, tmp_path: Path, rows: Any
) -> None:
    def fill(shop: Flask, file: Path) -> Any:
        with shop.app_context():
            with transaction() as tx:
                factories.product(tx, sku="MUG")
            import_file("customers", put("email\nann@shop.test\n", "people.csv"))
            return import_file("events", file)

    report = fill(app, put(EVENTS))
    assert (report.read, report.created, report.skipped, report.rejected) == (4, 2, 1, 1)
    assert report.reasons == {"already_there": 1, "event_product_unknown": 1}
    with app.app_context():
        assert import_file("events", put(EVENTS, "again.csv")).created == 0
        export_file("events", tmp_path / "one.csv")
    stored = rows(
        "SELECT name, hits, query, customer_id IS NOT NULL, product_id IS NOT NULL FROM journal_event ORDER BY at",
        bind=JOURNAL,
    )
    assert [tuple(row) for row in stored] == [
        ("view_item", None, None, True, True),
        ("search", 12, "=tea", False, False),
    ]
    other = make_shop()
    fill(other, tmp_path / "one.csv")
    with other.app_context():
        export_file("events", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    with app.app_context():
        assert undo_batch(report.batch).removed == {"events": 2}
    assert rows("SELECT count(*) FROM journal_event", bind=JOURNAL) == [(0,)]


def test_behaviour_of_those_who_refused_is_not_taken(app_context: None, put: Any, rows: Any) -> None:
    with transaction() as tx:
        factories.product(tx, sku="MUG")
    import_file("customers", put("email,consent_statistics\nann@shop.test,no\n", "people.csv"))
    report = import_file("events", put(EVENTS))
    assert report.reasons["consent_refused"] == 1
    assert rows("SELECT count(*) FROM journal_event WHERE name = 'view_item'", bind=JOURNAL) == [(0,)]


def test_looking_people_up_takes_no_longer_in_a_large_shop(app_context: None, tx: Any) -> None:
    """It happens while others wait for the write lock."""
    asked = [Item(1, "customer", "p7@example.test", 1, 1, {"fields": {"external_id": "old-7"}})]

    def steps(people: range) -> int:
        with transaction() as opened:
            for number in people:
                person = factories.customer(opened, f"p{number}@example.test", external_id=f"old-{number}")
                record_consent(opened, person.id, "marketing", given=True, source="tests")
        with transaction() as opened:
            taken: list[int] = []
            driver = opened.connection().connection.driver_connection
            driver.set_progress_handler(lambda: taken.append(1), 10)
            found = load_people(opened, asked)
            driver.set_progress_handler(None, 0)
        assert [record["consent"] for record in found.values()] == [{"marketing": True}]
        return len(taken)

    few = steps(range(20))
    assert steps(range(20, 500)) < 2 * few
