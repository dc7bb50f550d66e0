"""Order histories: what becomes of every line, again and again, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from storefront.core.imports.engine import FileRefused, ImportReport, import_file
from storefront.core.imports.exporting import export_file
from storefront.core.imports.undo import undo_batch

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINES = """\
1001,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
1001,71053,METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850,United Kingdom
1001,71053,METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850,United Kingdom
1001,POST,POSTAGE,1,2010-12-01 08:27:00,18.00,17850,United Kingdom
1002,85123a,WHITE HEART,2,2010-12-02 09:00:00,2.95,17851,France
1002,21730,GLASS STAR,80995,2010-12-02 09:00:00,0.125,17851,France
1003,22139,,56,2010-12-03 11:52:00,0,,United Kingdom
1004,22139,damaged,-20,2010-12-03 12:00:00,0,,United Kingdom
1005,22841,ROUND CAKE TIN,1,2010-12-05 14:02:00,0,17851,France
C1006,85123A,WHITE HEART,-4,2010-12-06 10:00:00,2.55,17850,United Kingdom
C1006,71053,METAL LANTERN,-60,2010-12-06 10:00:00,3.39,17850,United Kingdom
C1006,D,Discount,-1,2010-12-06 10:00:00,5.00,17850,United Kingdom
A1007,B,Adjust bad debt,1,2010-12-07 14:50:00,-11062.06,,United Kingdom
1008,21730,star?,0,2010-12-08 14:50:00,1.25,17851,France
"""


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str = HEAD + LINES, name: str = "lines.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def adds_up(report: ImportReport) -> bool:
    return report.read == report.created + report.changed + report.skipped + report.rejected


@pytest.mark.both
def test_every_line_is_accounted_for(app_context: None, put: Any, rows: Any) -> None:
    report = import_file("orders", put())
    assert adds_up(report)
    assert (report.read, report.created, report.skipped, report.rejected) == (14, 9, 1, 4)
    assert report.reasons == {
        "line_repeated": 1, "stock_counted_in": 1, "stock_write_off": 1, "bad_debt": 1, "quantity_zero": 1,
        "charge_line": 1, "charge_returned": 1, "free_line": 1, "return_unmatched": 2, "sku_spelling_merged": 1,
        "order_with_two_times": 1, "price_rounded": 1,
    }  # fmt: skip
    assert report.objects == {
        "products": 4, "customers": 2, "orders": 3, "order_lines": 5, "charges": 1, "returns": 1, "return_lines": 3,
        "return_lines_unmatched": 2,
    }  # fmt: skip
    assert rows("SELECT number, lines_minor, charges_minor, total_minor FROM orders ORDER BY number") == [
        ("1001", 3564, 1800, 5364),
        ("1002", 590 + 80995 * 13, 0, 590 + 80995 * 13),
        ("1005", 0, 0, 0),
    ]
    assert rows(
        "SELECT sum(l.total_minor) - sum(DISTINCT o.total_minor) FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.number = '1001'"
    ) == [(0,)]


@pytest.mark.both
def test_returns_lower_what_was_bought(app_context: None, put: Any, rows: Any) -> None:
    import_file("orders", put())
    assert rows("SELECT quantity, returned_quantity FROM order_line WHERE sku = '85123A' ORDER BY id") == [
        (6, 4),
        (2, 0),
    ]
    matched = "SELECT r.sku, r.quantity, l.quantity FROM return_line r LEFT JOIN order_line l ON l.id = r.order_line_id ORDER BY r.position"
    assert rows(matched) == [("85123A", 4, 6), ("71053", 60, None), ("D", 1, None)]


def test_products_get_their_usual_title_and_recent_price_and_codes_that_are_none_do_not_become_products(
    app_context: None, put: Any, rows: Any
) -> None:
    import_file("orders", put())
    query = "SELECT v.sku, t.title, v.price_minor, p.status FROM variant v JOIN product p ON p.id = v.product_id JOIN product_text t ON t.product_id = p.id ORDER BY v.sku"
    assert rows(query) == [
        ("21730", "GLASS STAR", 13, "active"),
        ("22841", "ROUND CAKE TIN", 0, "draft"),
        ("71053", "METAL LANTERN", 339, "active"),
        ("85123A", "WHITE HEART", 255, "active"),
    ]


def test_nothing_but_the_import_itself_is_told(app_context: None, put: Any, rows: Any) -> None:
    report = import_file("orders", put())
    assert rows("SELECT event FROM outbox") == [("core.HistoryImported",)]
    assert report.batch in str(rows("SELECT payload FROM outbox"))
    assert rows("SELECT count(*) FROM mail_message") == rows("SELECT count(*) FROM stock_move") == [(0,)]


@pytest.mark.both
def test_a_second_run_changes_nothing(app_context: None, put: Any, rows: Any) -> None:
    first = import_file("orders", put())
    again = import_file("orders", put(name="again.csv"))
    assert (again.created, again.changed, again.rejected) == (0, 0, first.rejected)
    assert again.skipped == again.read - again.rejected
    assert rows("SELECT count(*) FROM order_line") == [(6,)]
    assert rows("SELECT count(*) FROM outbox") == [(1,)]


def test_a_dry_run_says_what_would_happen_and_changes_nothing(app_context: None, put: Any, rows: Any) -> None:
    dry = import_file("orders", put(), dry_run=True)
    assert rows("SELECT count(*) FROM orders") == rows("SELECT count(*) FROM import_batch") == [(0,)]
    real = import_file("orders", put())
    for name in ("read", "created", "changed", "skipped", "rejected", "reasons", "objects"):
        assert getattr(dry, name) == getattr(real, name)


def test_a_dry_run_of_a_damaged_file_says_that_it_was_one(app_context: None, put: Any) -> None:
    path = put(HEAD + LINES + "1009,111,X,1_0,2010-12-01,1,5,UK\n")
    with pytest.raises(FileRefused) as refused:
        import_file("orders", path, dry_run=True)
    assert refused.value.report.dry_run


@pytest.mark.both
def test_an_undo_takes_everything_back(app_context: None, put: Any, rows: Any) -> None:
    report = import_file("orders", put())
    undone = undo_batch(report.batch)
    assert (undone.refused, undone.kept) == (0, ())
    for table in (
        "orders",
        "order_line",
        "order_return",
        "return_line",
        "customer",
        "product",
        "variant",
        "product_text",
        "import_change",
    ):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert import_file("orders", put()).created == report.created


def test_an_undo_leaves_what_others_rely_on_and_lists_it(
    app_context: None, put: Any, tx: Any, rows: Any
) -> None:
    first = import_file("orders", put())
    later = (
        HEAD
        + "2001,85123A,WHITE HEART,1,2011-01-01 08:26:00,2.55,17850,United Kingdom\nC2002,71053,METAL LANTERN,-6,2011-01-02 08:26:00,3.39,17850,United Kingdom\n"
    )
    second = import_file("orders", put(later, "later.csv"))
    undone = undo_batch(first.batch)
    assert undone.refused >= 3
    assert any("customer" in line for line in undone.kept)
    assert rows("SELECT number FROM orders WHERE number LIKE '2%'") == [("2001",)]
    assert rows("SELECT count(*) FROM order_line WHERE variant_id IS NULL AND kind = 'product'") == [(0,)]
    undo_batch(second.batch)
    undo_batch(first.batch)
    assert rows("SELECT count(*) FROM orders") == rows("SELECT count(*) FROM customer") == [(0,)]


def test_a_return_of_an_earlier_import_is_given_back_by_the_undo(
    app_context: None, put: Any, rows: Any
) -> None:
    order = (
        HEAD + "1,AAA,THING,5,2011-01-01 08:00:00,2.00,7,UK\n2,BBB,OTHER,1,2011-01-01 08:00:00,2.00,7,UK\n"
    )
    import_file("orders", put(order))
    back = (
        HEAD
        + "1,AAA,THING,5,2011-01-01 08:00:00,2.00,7,UK\nC9,AAA,THING,-2,2011-01-05 08:00:00,2.00,7,UK\n3,BBB,OTHER,1,2011-01-06 08:00:00,2.00,7,UK\n"
    )
    report = import_file("orders", put(back, "back.csv"))
    assert rows("SELECT returned_quantity FROM order_line WHERE sku = 'AAA'") == [(2,)]
    undo_batch(report.batch)
    assert rows("SELECT returned_quantity FROM order_line WHERE sku = 'AAA'") == [(0,)]


@pytest.mark.parametrize(
    ("text", "mapping", "orders"),
    [
        # sessions without customer and price, times in milliseconds
        ("session_id,timestamp,item_id\ns1,1577836800000,i1\ns1,1577836801000,i2\ns2,1577836900000,i1\n", {}, 2),
        # no order number: one order per customer and day; decimal commas, day first, semicolons
        ("Kunde;Artikel;Datum;Menge;Preis\nk1;a1;13.01.2020;2;12,50\nk1;a2;13.01.2020;1;1.012,50\nk2;a1;14.01.2020;1;12,50\n",
         {"Kunde": "customer", "Artikel": "sku", "Datum": "at", "Menge": "quantity", "Preis": "price"}, 2),
        # numbers that start anew for each customer, currency signs, ids spoilt by a spreadsheet
        ("order_id,customer_id,product,date,price\n1,7.0,p1,2020-01-01,£5.00\n1,8.0,p1,2020-01-01,£5.00\n2,7.0,p2,2020-01-02,£6\n", {}, 3),
        # totals of lines instead of prices, months first
        ("basket_id,household_key,product_id,quantity,sales_value,date\nb1,h1,p1,2,5.00,1/13/2020\nb1,h1,p2,1,3.00,1/13/2020\n", {}, 1),
    ],
)  # fmt: skip
def test_histories_with_other_columns(
    app_context: None, put: Any, rows: Any, text: str, mapping: dict[str, str], orders: int
) -> None:
    report = import_file("orders", put(text), mapping=mapping, format="lines")
    assert adds_up(report)
    assert report.created == report.read == text.count("\n") - 1
    assert rows("SELECT count(*) FROM orders") == [(orders,)]
    assert rows("SELECT count(*) FROM product WHERE status <> 'active'") == [(0,)]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("1009,111,X,1_0,2010-12-01,1,5,UK", "Quantity", "not_a_number"),
        (f"1009,111,X,{'9' * 5000},2010-12-01,1,5,UK", "Quantity", "number_too_long"),
        ("1009,111,X,１,2010-12-01,1,5,UK", "Quantity", "not_a_number"),
        ("1009,111,X,1,2010-13-01,1,5,UK", "InvoiceDate", "not_a_date"),
        ("1009,111,X,1,2010-12-01,nan,5,UK", "UnitPrice", "not_a_number"),
        ("1009,,X,1,2010-12-01,1,5,UK", "StockCode", "empty"),
        ('1009,111,"open,1,2010-12-01,1,5,UK', "", "quote_open"),
        ("1009,111,X,1,2010-12-01,1,5\0,UK", "CustomerID", "nul"),
        ("1009,111,X,1,2010-12-01,1,5,UK,more", "", "too_many_cells"),
    ],
)  # fmt: skip
def test_a_damaged_row_stops_the_import_unless_the_good_rows_are_wanted(
    app_context: None, put: Any, rows: Any, tmp_path: Path, line: str, column: str, code: str
) -> None:
    path = put(HEAD + LINES + line + "\n1010,111,THING,1,2010-12-09 10:00:00,1,5,UK\n")
    with pytest.raises(FileRefused) as refused:
        import_file("orders", path, errors=tmp_path / "errors.csv")
    assert "16" in refused.value.message and column in refused.value.message
    assert refused.value.report.reasons[code] == 1
    assert adds_up(refused.value.report)
    for table in ("orders", "product", "customer", "import_batch"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)]
    report = import_file("orders", path, keep_good=True)
    assert adds_up(report)
    assert report.rejected == 5 and report.reasons[code] == 1
    assert rows("SELECT count(*) FROM orders WHERE number = '1010'") == [(1,)]


def test_rejected_rows_can_be_mended_and_imported(
    app_context: None, put: Any, rows: Any, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    path = put(
        HEAD + "1,AAA,THING,x,2011-01-01 08:00:00,2.00,7,UK\n2,BBB,=OTHER,1,2011-01-01 08:00:00,2.00,7,UK\n"
    )
    import_file("orders", path, keep_good=True, errors=errors)
    text = errors.read_text()
    assert "Row 2, column Quantity" in text and "AAA" in text
    errors.write_text(text.replace(",x,", ",3,"))
    report = import_file("orders", errors)
    assert (report.read, report.created, report.rejected) == (1, 1, 0)
    assert rows("SELECT title FROM order_line ORDER BY sku") == [("THING",), ("=OTHER",)]


def test_columns_that_cannot_be_told_are_named(app_context: None, put: Any) -> None:
    with pytest.raises(FileRefused) as refused:
        import_file("orders", put("foo,bar\n1,2\n"), format="lines")
    assert "sku" in refused.value.message and "foo, bar" in refused.value.message


@pytest.mark.both
def test_orders_written_and_read_into_an_empty_shop_give_the_same_file(
    app: Flask, put: Any, tmp_path: Path, make_shop: Callable[..., Flask]
) -> None:
    with app.app_context():
        import_file("orders", put())
        export_file("orders", tmp_path / "one.csv")
    with make_shop().app_context():
        report = import_file("orders", tmp_path / "one.csv")
        assert report.format == "regulars" and report.created == report.read
        export_file("orders", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_shopify_orders_with_a_refund(app_context: None, put: Any, rows: Any) -> None:
    head = "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Country,Cancelled at,Id\n"
    text = (
        "#1001,ann@example.com,paid,,GBP,25.00,4.00,0.00,27.00,2.00,Post,2024-01-05 10:00:00 +0100,2,Mug,10.00,MUG,GB,,9001\n"
        "#1001,ann@example.com,,,,,,,,,,,1,Plate - Blue,5.00,,,,\n"
        "#1002,bob@example.com,refunded,,GBP,10.00,0.00,2.00,12.00,0.00,,2024-01-06 10:00:00 +0100,1,Mug,10.00,MUG,GB,,9002\n"
    )
    report = import_file("orders", put(head + text))
    assert report.format == "shopify" and (report.read, report.created) == (3, 3)
    assert rows("SELECT number, total_minor, tax_minor FROM orders ORDER BY number") == [
        ("#1001", 2700, 0),
        ("#1002", 1200, 200),
    ]
    assert rows(
        "SELECT sku, quantity - returned_quantity FROM order_line WHERE kind = 'product' ORDER BY id"
    ) == [("MUG", 2), ("plate-blue", 1), ("MUG", 0)]
