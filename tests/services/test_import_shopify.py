"""Shopify's product files: both headers in, both headers out, nothing lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from storefront.catalog.rules.shopify_columns import PAIRS
from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.exporting import export_file
from storefront.core.imports.undo import undo_batch
from tests.services.foreign_files import FIXTURES, lost_cells, read_rows, write_rows

HEAD = {
    "Handle": "wool-hat", "Title": "Wool Hat", "Body (HTML)": "<p>Warm.</p>", "Vendor": "Hill & Sons", "Type": "Hats",
    "Tags": "wool, winter", "Published": "true", "Option1 Name": "Size", "Option1 Value": "S", "Variant SKU": "HAT-S",
    "Variant Grams": "80", "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "4",
    "Variant Inventory Policy": "deny", "Variant Price": "18.00", "Variant Compare At Price": "24.00", "Status": "active",
    "Image Src": "https://cdn.example.org/hat.jpg", "Image Position": "1",
}  # fmt: skip
SECOND = {
    "Handle": "wool-hat", "Option1 Value": "M", "Variant SKU": "HAT-M", "Variant Grams": "85", "Variant Price": "18.50",
    "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "0", "Variant Inventory Policy": "continue",
}  # fmt: skip
OTHER = {
    "Handle": "brush",
    "Title": "Brush",
    "Variant SKU": "BR-1",
    "Variant Price": "5.00",
    "Option1 Value": "Default Title",
}


@pytest.mark.parametrize(
    ("source", "name", "key"),
    [
        ("shopify_classic", "shopify-classic", "Handle"),
        ("shopify_new", "shopify", "URL handle"),
        ("shopify_gb18030", "shopify-classic", "Handle"),
    ],
)
def test_every_cell_of_a_real_export_comes_back_and_a_second_import_finds_nothing_to_do(
    app_context: None, tmp_path: Path, source: str, name: str, key: str
) -> None:
    report = import_file("catalog", FIXTURES / f"{source}.csv")
    assert (report.format, report.created, report.objects["products"] >= 30) == ("shopify", report.read, True)
    again = import_file("catalog", FIXTURES / f"{source}.csv")
    assert (again.created, again.changed, again.rejected, again.skipped) == (0, 0, 0, again.read)
    export_file("catalog", tmp_path / "out.csv", format=name)
    assert lost_cells(FIXTURES / f"{source}.csv", tmp_path / "out.csv", key) == []


@pytest.mark.both
def test_an_export_of_one_header_imported_into_an_empty_shop_gives_the_other_header_unchanged(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    first = import_file("catalog", FIXTURES / "shopify_classic.csv")
    for name in ("shopify", "shopify-classic"):
        export_file("catalog", tmp_path / f"{name}.csv", format=name)
    assert undo_batch(first.batch).refused == 0
    assert rows("SELECT count(*) FROM product") == rows("SELECT count(*) FROM category") == [(0,)]
    import_file("catalog", tmp_path / "shopify.csv")
    for name in ("shopify", "shopify-classic"):
        export_file("catalog", tmp_path / f"{name}.again.csv", format=name)
        assert (tmp_path / f"{name}.again.csv").read_bytes() == (tmp_path / f"{name}.csv").read_bytes()


def test_the_headers_are_those_of_shopify(app_context: None, tmp_path: Path) -> None:
    import_file("catalog", FIXTURES / "shopify_classic.csv")
    export_file("catalog", tmp_path / "out.csv", format="shopify-classic")
    header = (tmp_path / "out.csv").read_text("utf-8").split("\n")[0]
    assert header == (FIXTURES / "shopify_classic.csv").read_text("utf-8").split("\n")[0]


def test_rows_become_products_with_prices_stock_pictures_and_a_category_of_their_type(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    report = import_file(
        "catalog",
        write_rows(
            tmp_path / "in.csv",
            [
                HEAD,
                SECOND,
                {"Handle": "wool-hat", "Image Src": "//cdn.example.org/hat-2.jpg", "Image Position": "2"},
                OTHER,
            ],
        ),
    )
    assert (report.read, report.created, report.objects["products"], report.objects["pictures"]) == (
        4,
        4,
        2,
        2,
    )
    assert rows("SELECT sku, price_minor, compare_at_minor, weight_grams FROM variant ORDER BY sku") == [
        ("BR-1", 500, None, None), ("HAT-M", 1850, None, 85), ("HAT-S", 1800, 2400, 80)
    ]  # fmt: skip
    assert rows(
        "SELECT sku, available, backorder FROM stock s JOIN variant v ON v.id = s.variant_id ORDER BY sku"
    ) == [("HAT-M", 0, True), ("HAT-S", 4, False)]
    assert rows("SELECT c.slug FROM category c JOIN product p ON p.category_id = c.id") == [("hats",)]
    assert rows("SELECT source, widths FROM picture ORDER BY source") == [
        ("https://cdn.example.org/hat-2.jpg", ""),
        ("https://cdn.example.org/hat.jpg", ""),
    ]
    assert rows(
        "SELECT o.key, v.key, x.label FROM option o JOIN option_value v ON v.option_id = o.id JOIN option_value_text x ON x.option_value_id = v.id ORDER BY v.key"
    ) == [("size", "m", "M"), ("size", "s", "S")]


def test_texts_stand_in_the_first_language_and_the_new_category_is_in_the_menu_and_found(
    make_shop: Callable[..., Flask],
) -> None:
    shop = make_shop(languages="zh,en")
    with shop.app_context():
        import_file("catalog", FIXTURES / "shopify_gb18030.csv")
    client = shop.test_client()
    assert "西湖龙井" in client.get("/p/xihu-longjing").text
    assert "碧螺春" in client.get("/search?q=碧螺").text
    assert "绿茶" in client.get("/").text


def test_categories_that_come_with_products_are_in_the_menus_and_found_at_once(
    app: Flask, tmp_path: Path
) -> None:
    client = app.test_client()
    assert "Headwear" not in client.get("/").text
    with app.app_context():
        import_file("catalog", write_rows(tmp_path / "in.csv", [HEAD | {"Type": "Clothing > Headwear"}]))
    assert "Wool Hat" in client.get("/c/clothing-headwear").text
    assert "/c/clothing" in client.get("/").text
    assert (
        "/c/clothing-headwear" in client.get("/search/suggest?q=headw").text
        or "Headwear" in client.get("/search?q=headwear").text
    )


def test_a_product_that_is_not_taken_brings_no_category(app_context: None, tmp_path: Path, rows: Any) -> None:
    import_file("catalog", write_rows(tmp_path / "in.csv", [OTHER]))
    theft = HEAD | {"Variant SKU": "BR-1", "Type": "Stolen"}
    report = import_file("catalog", write_rows(tmp_path / "in.csv", [theft]))
    assert (report.rejected, report.reasons) == (1, {"sku_of_other_product": 1})
    assert rows("SELECT slug FROM category") == [] and rows("SELECT slug FROM product") == [("brush",)]


def test_hostile_html_is_made_harmless_and_still_leaves_as_it_came(app: Flask, tmp_path: Path) -> None:
    body = '<p onclick="x()">Hello</p><script>alert(1)</script><iframe src="https://e.example"></iframe>'
    with app.app_context():
        import_file("catalog", write_rows(tmp_path / "in.csv", [HEAD | {"Body (HTML)": body}]))
        export_file("catalog", tmp_path / "out.csv", format="shopify-classic")
    page = app.test_client().get("/p/wool-hat").text
    assert "Hello" in page and "alert(1)" not in page and "onclick" not in page and "e.example" not in page
    assert read_rows(tmp_path / "out.csv")[0]["Body (HTML)"] == body


@pytest.mark.parametrize(
    ("told", "status", "written"),
    [
        ({"Status": "active", "Published": "true"}, "active", ("active", "true")),
        ({"Status": "active", "Published": "FALSE"}, "draft", ("active", "false")),
        ({"Status": "Unlisted", "Published": "true"}, "draft", ("unlisted", "true")),
        ({"Status": "draft", "Published": "true"}, "draft", ("draft", "true")),
        ({"Status": "archived", "Published": "false"}, "archived", ("archived", "false")),
        ({"Status": "", "Published": "false"}, "draft", ("draft", "false")),
    ],
)
def test_only_what_the_online_store_shows_is_shown(
    app_context: None, tmp_path: Path, rows: Any, told: dict[str, str], status: str, written: tuple[str, str]
) -> None:
    import_file("catalog", write_rows(tmp_path / "in.csv", [HEAD | told]))
    assert rows("SELECT status FROM product") == [(status,)]
    export_file("catalog", tmp_path / "out.csv", format="shopify-classic")
    row = read_rows(tmp_path / "out.csv")[0]
    assert (row["Status"], row["Published"]) == written


def test_what_a_file_does_not_say_stays_and_what_it_says_counts(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    import_file("catalog", write_rows(tmp_path / "in.csv", [HEAD, SECOND]))
    prices = [{"Handle": "wool-hat", "Title": "Wool Hat", "Variant SKU": "HAT-S", "Variant Price": "16.00"}]
    report = import_file("catalog", write_rows(tmp_path / "prices.csv", prices))
    assert (report.changed, report.created) == (1, 0)
    assert rows("SELECT sku, price_minor, compare_at_minor, weight_grams FROM variant ORDER BY sku") == [
        ("HAT-M", 1850, None, 85), ("HAT-S", 1600, 2400, 80)
    ]  # fmt: skip
    assert rows("SELECT brand, tags FROM product") == [("Hill & Sons", "wool|winter")]
    assert rows("SELECT available FROM stock ORDER BY available") == [(0,), (4,)]


def test_two_products_without_skus_get_some_that_leave_no_trace(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    bare = [HEAD | {"Variant SKU": ""}, SECOND | {"Variant SKU": ""}, OTHER | {"Variant SKU": ""}]
    import_file("catalog", write_rows(tmp_path / "in.csv", bare))
    assert rows("SELECT sku FROM variant ORDER BY sku") == [("brush",), ("wool-hat.m",), ("wool-hat.s",)]
    assert import_file("catalog", tmp_path / "in.csv").skipped == 3
    export_file("catalog", tmp_path / "out.csv", format="shopify")
    assert {row["SKU"] for row in read_rows(tmp_path / "out.csv")} == {""}


def test_pictures_shared_by_variants_stand_once_and_are_named_by_each(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    image = {"Variant Image": "https://cdn.example.org/hat.jpg"}
    import_file("catalog", write_rows(tmp_path / "in.csv", [HEAD | image, SECOND | image]))
    assert rows("SELECT count(*) FROM product_picture") == [(1,)]
    export_file("catalog", tmp_path / "out.csv", format="shopify-classic")
    assert [row["Variant Image"] for row in read_rows(tmp_path / "out.csv")] == list(image.values()) * 2


def test_words_of_one_sound_are_different_values(app_context: None, tmp_path: Path, rows: Any) -> None:
    values = [HEAD | {"Option1 Name": "颜色", "Option1 Value": "石"}, SECOND | {"Option1 Value": "十"}]
    import_file("catalog", write_rows(tmp_path / "in.csv", values))
    assert rows("SELECT count(DISTINCT value1_id) FROM variant") == [(2,)]


def test_columns_can_be_told(app_context: None, tmp_path: Path, rows: Any) -> None:
    source = write_rows(
        tmp_path / "in.csv", [{"Handle": "hat", "Name": "Hat", "Variant Price": "9", "Cost": "2"}]
    )
    report = import_file("catalog", source, format="shopify", mapping={"Name": "Title", "Cost": "-"})
    assert report.created == 1
    assert rows("SELECT title FROM product_text") == [("Hat",)]
    assert rows("SELECT extra FROM variant")[0][0].count("Cost") == 0


@pytest.mark.parametrize(
    ("line", "change", "named"),
    [
        (2, {"Variant Price": "18.005"}, "Variant Price"),
        (2, {"Variant Price": "-1"}, "Variant Price"),
        (3, {"Variant Price": ""}, "Variant Price"),
        (3, {"Variant Price": "9" * 5000}, "Variant Price"),
        (3, {"Variant Inventory Qty": "many"}, "Variant Inventory Qty"),
        (3, {"Variant Grams": "1e3"}, "Variant Grams"),
        (3, {"Variant SKU": "HAT-S"}, "Variant SKU"),
        (3, {"Variant SKU": "BR-1"}, "Variant SKU"),
        (3, {"Option1 Value": ""}, "Option1 Value"),
        (2, {"Option2 Name": "", "Option2 Value": "Red"}, "Option2 Name"),
        (2, {"Title": ""}, "Title"),
        (2, {"Title": "x" * 256}, "Title"),
        (2, {"Status": "sold"}, "Status"),
        (2, {"Published": "perhaps"}, "Published"),
        (2, {"Image Src": "hat.jpg"}, "Image Src"),
        (2, {"Handle": "wool hat"}, "Handle"),
        (3, {"Variant Barcode": "1" * 41}, "Variant Barcode"),
    ],
)
def test_a_damaged_row_is_named_with_its_column_and_nothing_changes(
    app_context: None, tmp_path: Path, rows: Any, line: int, change: dict[str, str], named: str
) -> None:
    given = [HEAD | change, SECOND, OTHER] if line == 2 else [HEAD, SECOND | change, OTHER]
    if change.get("Variant SKU") == "BR-1":
        given, line = [OTHER, HEAD, SECOND | change], 4
    if line == 3:  # every other case under the new header
        given = [{PAIRS[name]: cell for name, cell in row.items()} for row in given]
        named = PAIRS[named]
    source = write_rows(tmp_path / "in.csv", given)
    with pytest.raises(FileRefused) as refused:
        import_file("catalog", source)
    assert any(f"Row {line}, column {named}:" in text for text in refused.value.report.problems), (
        refused.value.report.problems
    )
    assert rows("SELECT count(*) FROM product") == rows("SELECT count(*) FROM category") == [(0,)]
    report = import_file("catalog", source, keep_good=True, errors=tmp_path / "errors.csv")
    assert report.read == report.created + report.rejected == 3
    assert ("brush",) in rows("SELECT slug FROM product")
    assert len(read_rows(tmp_path / "errors.csv")) == report.rejected


@pytest.mark.parametrize("end", [9258, 9259, 9300])
def test_a_file_cut_in_the_middle_is_refused_and_its_good_part_can_be_kept(
    app_context: None, tmp_path: Path, rows: Any, end: int
) -> None:
    whole = (FIXTURES / "shopify_gb18030.csv").read_bytes()
    (tmp_path / "cut.csv").write_bytes(whole[:end])
    with pytest.raises(FileRefused):
        import_file("catalog", tmp_path / "cut.csv")
    assert rows("SELECT count(*) FROM product") == [(0,)]
    assert import_file("catalog", tmp_path / "cut.csv", keep_good=True).objects["products"] >= 5
    again = import_file("catalog", FIXTURES / "shopify_gb18030.csv")
    assert again.rejected == 0 and rows("SELECT count(*) FROM product") == [(30,)]
    assert rows("SELECT count(*) FROM product_text WHERE title LIKE '%Ã%' OR title LIKE '%Î%'") == [(0,)]
