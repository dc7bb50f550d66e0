"""WooCommerce's product files: in, out, and in again, without loss."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from storefront.core.clock import Clock
from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.exporting import export_file
from storefront.core.imports.undo import undo_batch
from tests.services.foreign_files import FIXTURES, lost_cells, read_rows, write_rows

SPADE = {
    "ID": "7", "Type": "simple", "SKU": "SPADE", "Name": "Spade", "Published": "1", "In stock?": "1", "Stock": "5",
    "Backorders allowed?": "0", "Weight (kg)": "1.25", "Sale price": "", "Regular price": "30.00",
    "Categories": "Tools > Digging, Gifts", "Images": "https://img.example.org/a.jpg, https://img.example.org/b.jpg",
}  # fmt: skip
HAT = {
    "ID": "8", "Type": "variable", "SKU": "HAT", "Name": "Hat", "Published": "1", "Weight (kg)": "0.2",
    "Attribute 1 name": "Size", "Attribute 1 value(s)": "S, M", "Attribute 2 name": "Fabric", "Attribute 2 value(s)": "Wool, Felt",
}  # fmt: skip
SMALL = {
    "ID": "9", "Type": "variation", "SKU": "HAT-S", "Name": "Hat - S", "Published": "1", "In stock?": "1",
    "Regular price": "20.00", "Parent": "HAT", "Attribute 1 name": "Size", "Attribute 1 value(s)": "S",
}  # fmt: skip
MEDIUM = {
    **SMALL,
    "ID": "10",
    "SKU": "HAT-M",
    "Name": "Hat - M",
    "Parent": "id:8",
    "Attribute 1 value(s)": "M",
    "Sale price": "15.00",
}


def bring(folder: Path, *rows: dict[str, str], **more: Any) -> Any:
    return import_file("catalog", write_rows(folder / "in.csv", rows), **more)


def exported(folder: Path) -> list[dict[str, str]]:
    export_file("catalog", folder / "out.csv", format="woocommerce")
    return read_rows(folder / "out.csv")


def test_every_cell_of_a_real_export_comes_back_and_a_second_import_finds_nothing_to_do(
    app_context: None, tmp_path: Path
) -> None:
    report = import_file("catalog", FIXTURES / "woocommerce.csv")
    assert (report.format, report.created, report.objects["products"]) == ("woocommerce", report.read, 34)
    again = import_file("catalog", FIXTURES / "woocommerce.csv")
    assert (again.created, again.changed, again.rejected, again.skipped) == (0, 0, 0, again.read)
    export_file("catalog", tmp_path / "out.csv", format="woocommerce")
    assert lost_cells(FIXTURES / "woocommerce.csv", tmp_path / "out.csv", "ID") == []


@pytest.mark.both
@pytest.mark.parametrize("source", ["woocommerce", "woocommerce_pounds"])
def test_an_export_imported_into_an_empty_shop_gives_the_same_export(
    app_context: None, tmp_path: Path, rows: Any, source: str
) -> None:
    first = import_file("catalog", FIXTURES / f"{source}.csv")
    export_file("catalog", tmp_path / "one.csv", format="woocommerce")
    assert undo_batch(first.batch).refused == 0
    assert rows("SELECT count(*) FROM product") == rows("SELECT count(*) FROM category") == [(0,)]
    import_file("catalog", tmp_path / "one.csv")
    export_file("catalog", tmp_path / "two.csv", format="woocommerce")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


@pytest.mark.both
def test_rows_become_products_variations_and_a_tree_of_categories(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    report = bring(tmp_path, MEDIUM, SPADE, HAT, SMALL)  # a variation may stand before its product
    assert (report.created, report.objects["products"], report.objects["variants"]) == (4, 2, 3)
    assert rows("SELECT sku, price_minor, compare_at_minor, weight_grams FROM variant ORDER BY sku") == [
        ("HAT-M", 1500, 2000, 200), ("HAT-S", 2000, None, 200), ("SPADE", 3000, None, 1250)
    ]  # fmt: skip
    assert rows("SELECT c.slug, p.slug FROM category c LEFT JOIN category p ON p.id = c.parent_id ORDER BY c.slug") == [
        ("gifts", None), ("tools", None), ("tools-digging", "tools")
    ]  # fmt: skip
    assert rows("SELECT c.slug FROM product p JOIN category c ON c.id = p.category_id") == [
        ("tools-digging",)
    ]
    assert rows("SELECT key FROM option") == [("size",)]
    assert rows("SELECT key, value FROM product_attribute") == [("fabric", "Wool, Felt")]
    assert rows("SELECT available FROM stock") == [(5,)]


@pytest.mark.parametrize(
    ("cells", "grams", "written"),
    [
        ({"Weight (kg)": "0.5"}, 500, "0.5"),
        ({"Weight (kg)": "0.500"}, 500, "0.500"),
        ({"Weight (lbs)": "1.5"}, 680, "0.68"),
        ({"Weight (oz)": "2"}, 57, "0.057"),
        ({"Weight (g)": "12"}, 12, "0.012"),
        ({"Weight (kg)": ""}, None, ""),
    ],
)
def test_weights_are_grams_whatever_the_header_says(
    app_context: None, tmp_path: Path, rows: Any, cells: dict[str, str], grams: int | None, written: str
) -> None:
    spade = {name: cell for name, cell in SPADE.items() if not name.startswith("Weight")}
    bring(tmp_path, spade | cells | {"Length (in)": "10"})
    assert rows("SELECT weight_grams FROM variant") == [(grams,)]
    row = exported(tmp_path)[0]
    assert (row["Weight (kg)"], row["Length (cm)"]) == (written, "25.4")


@pytest.mark.parametrize(
    ("published", "visible", "status"),
    [
        ("1", "visible", "active"),
        ("0", "visible", "draft"),
        ("-1", "visible", "draft"),
        ("1", "hidden", "draft"),
        ("1", "search", "active"),
    ],
)
def test_only_what_was_public_is_public(
    app_context: None, tmp_path: Path, rows: Any, published: str, visible: str, status: str
) -> None:
    bring(tmp_path, SPADE | {"Published": published, "Visibility in catalog": visible})
    assert rows("SELECT status FROM product") == [(status,)]
    row = exported(tmp_path)[0]
    assert (row["Published"], row["Visibility in catalog"]) == (published, visible)


def test_a_sale_counts_from_its_first_to_its_last_day(
    app_context: None, tmp_path: Path, rows: Any, clock: Clock
) -> None:
    sale = SPADE | {
        "Sale price": "24",
        "Date sale price starts": "2026-03-05",
        "Date sale price ends": "2026-03-06",
    }
    prices = []
    for _ in range(6):
        bring(tmp_path, sale)
        prices.append(rows("SELECT price_minor, compare_at_minor FROM variant")[0])
        assert exported(tmp_path)[0]["Sale price"] == "24"
        clock.shift(timedelta(days=1))
    before, during = (3000, None), (2400, 3000)
    assert prices == [before, before, before, during, during, before]


@pytest.mark.parametrize(
    ("cells", "stock"),
    [
        ({"Stock": "3", "In stock?": "1"}, [(3, False)]),
        ({"Stock": "", "In stock?": "1"}, []),
        ({"Stock": "", "In stock?": "0"}, [(0, False)]),
        ({"Stock": "", "In stock?": "backorder", "Backorders allowed?": "1"}, [(0, True)]),
        ({"Stock": "-4", "In stock?": "1", "Backorders allowed?": "notify"}, [(0, True)]),
        ({"Stock": "3", "Regular price": ""}, [(0, False)]),
    ],
)
def test_nothing_is_for_sale_that_was_not(
    app_context: None, tmp_path: Path, rows: Any, cells: dict[str, str], stock: list[Any]
) -> None:
    bring(tmp_path, SPADE | cells)
    assert rows("SELECT available, backorder FROM stock") == stock
    row = exported(tmp_path)[0]
    assert {name: row[name] for name in cells} == cells


def test_a_variation_that_is_switched_off_has_no_pieces(app_context: None, tmp_path: Path, rows: Any) -> None:
    report = bring(tmp_path, HAT, SMALL | {"Published": "0"}, MEDIUM)
    assert report.reasons["not_sellable"] == 1
    assert rows("SELECT sku, available FROM stock s JOIN variant v ON v.id = s.variant_id") == [("HAT-S", 0)]


def test_what_was_changed_in_the_shop_leaves_as_the_shop_has_it(app_context: None, tmp_path: Path) -> None:
    from storefront.core.database import transaction

    bring(
        tmp_path,
        SPADE
        | {"Stock": "", "In stock?": "0", "Sale price": "25", "Description": "<b>Old</b><script>x</script>"},
    )
    with transaction() as tx:
        for statement in (
            "UPDATE variant SET price_minor = 2750", "UPDATE stock SET available = 7", "UPDATE product_text SET description = 'New'"
        ):  # fmt: skip
            tx.connection().exec_driver_sql(statement)
    row = exported(tmp_path)[0]
    assert (row["Sale price"], row["Regular price"], row["Stock"], row["In stock?"], row["Description"]) == (
        "27.50", "30.00", "7", "1", "New"
    )  # fmt: skip


def test_products_of_one_name_stay_apart_and_known_ones_are_found_by_sku(
    app_context: None, tmp_path: Path, rows: Any
) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "kind,handle,title@en,sku,price\nproduct,spade,Spade of another maker,,\nvariant,spade,,OTHER,9\n"
    )
    import_file("catalog", own)
    bring(tmp_path, SPADE, SPADE | {"ID": "77", "SKU": "SPADE-2"})
    assert rows("SELECT p.slug, sku FROM product p JOIN variant v ON v.product_id = p.id ORDER BY sku") == [
        ("spade", "OTHER"), ("spade-spade", "SPADE"), ("spade-spade-2", "SPADE-2")
    ]  # fmt: skip
    report = bring(tmp_path, SPADE | {"Name": "Digging spade"})
    assert (report.changed, report.created) == (1, 0)
    assert rows(
        "SELECT title FROM product_text t JOIN product p ON p.id = t.product_id WHERE slug = 'spade-spade'"
    ) == [("Digging spade",)]


def test_attributes_of_one_name_stay_apart(app_context: None, tmp_path: Path, rows: Any) -> None:
    twice = HAT | {"Attribute 2 name": "Size", "Attribute 2 value(s)": "Fits 54 to 60", "Attribute 3 name": "For",
                   "Attribute 3 value(s)": "Walks", "Attribute 4 name": "For", "Attribute 4 value(s)": "2 people"}  # fmt: skip
    bring(tmp_path, twice, SMALL, MEDIUM)
    assert sorted(value for (value,) in rows("SELECT value FROM product_attribute")) == [
        "2 people",
        "Fits 54 to 60",
        "Walks",
    ]
    row = exported(tmp_path)[0]
    assert {name: row[name] for name in twice if name.startswith("Attribute")} == {
        name: cell for name, cell in twice.items() if name.startswith("Attribute")
    }


def test_a_variation_for_any_value_keeps_its_empty_cell(app_context: None, tmp_path: Path, rows: Any) -> None:
    bring(tmp_path, HAT, SMALL, MEDIUM | {"Attribute 1 value(s)": ""})
    assert ("~any", "Any") in rows(
        "SELECT v.key, x.label FROM option_value v JOIN option_value_text x ON x.option_value_id = v.id"
    )
    assert [row["Attribute 1 value(s)"] for row in exported(tmp_path)] == ["S, M", "S", ""]


def test_pages_of_all_kinds_of_products_can_be_read(app: Flask) -> None:
    with app.app_context():
        import_file("catalog", FIXTURES / "woocommerce.csv")
    client = app.test_client()
    for slug in (
        "gardening-gloves",
        "beehive-kit-at-bee-barn",
        "seed-saving-handbook-pdf",
        "engraved-plaque",
        "obelisk",
    ):
        assert client.get(f"/p/{slug}").status_code == 200
    for slug in ("border-set", "sack-of-leaf-mould-collect", "gift-wrapping"):
        assert client.get(f"/p/{slug}").status_code == 404
    assert client.get("/c/pots-terracotta").status_code == 200


@pytest.mark.parametrize(
    ("line", "change", "named"),
    [
        (2, {"Regular price": "30.001"}, "Regular price"),
        (2, {"Regular price": "cheap"}, "Regular price"),
        (2, {"Stock": "2.5"}, "Stock"),
        (2, {"Weight (kg)": "heavy"}, "Weight (kg)"),
        (2, {"Type": "subscription"}, "Type"),
        (2, {"Published": "2"}, "Published"),
        (2, {"Name": ""}, "Name"),
        (2, {"Date sale price starts": "soon", "Sale price": "5"}, "Date sale price starts"),
        (2, {"Images": "spade.jpg"}, "Images"),
        (4, {"Parent": "NOBODY"}, "Parent"),
        (4, {"SKU": "SPADE"}, "SKU"),
        (4, {"Sale price": "-1"}, "Sale price"),
    ],
)
def test_a_damaged_row_is_named_with_its_column_and_nothing_changes(
    app_context: None, tmp_path: Path, rows: Any, line: int, change: dict[str, str], named: str
) -> None:
    given = [SPADE | change, HAT, SMALL] if line == 2 else [SPADE, HAT, SMALL | change]
    with pytest.raises(FileRefused) as refused:
        bring(tmp_path, *given)
    assert any(f"Row {line}, column {named}:" in text for text in refused.value.report.problems), (
        refused.value.report.problems
    )
    assert rows("SELECT count(*) FROM product") == rows("SELECT count(*) FROM category") == [(0,)]
    report = bring(tmp_path, *given, keep_good=True)
    assert report.read == report.created + report.rejected == 3
    assert report.rejected >= 1 and len(rows("SELECT id FROM product")) >= 1
