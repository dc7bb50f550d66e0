"""Catalogue files: in, out, and in again, without loss."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.exporting import export_file
from storefront.core.imports.reading import open_table
from storefront.core.imports.undo import undo_batch

FIXTURES = Path(__file__).parents[1] / "fixtures" / "imports"
FORMATS = ("regulars", "shopify", "shopify-classic", "woocommerce")
OWN_HEAD = [
    "kind",
    "handle",
    "parent",
    "position",
    "hue",
    "status",
    "category",
    "categories",
    "brand",
    "tax_class",
    "age_limit",
    "visible_from",
    "tags",
    "title@en",
    "title@zh",
    "subtitle@en",
    "description@en",
    "description@zh",
    "option1",
    "option1@en",
    "option1@zh",
    "option2",
    "option2@en",
    "sku",
    "barcode",
    "option1_value",
    "option1_value@en",
    "option1_value@zh",
    "option2_value",
    "option2_value@en",
    "price",
    "compare_at",
    "weight_grams",
    "stock",
    "backorder",
    "picture",
    "alt@en",
    "alt@zh",
    "version",
    "published_at",
    "target",
    "attribute:watts",
    "attribute:material@en",
    "attribute:material@zh",
    "attribute_name:watts@en",
    "attribute_name:material@en",
    "attribute_name:material@zh",
    "Shelf",
]


def own_rows() -> list[dict[str, str]]:
    rows = [
        {
            "kind": "category",
            "handle": "cups",
            "parent": "kitchen",
            "title@en": "Cups",
            "title@zh": "杯子",
            "picture": "art/cup.png",
        },
        {
            "kind": "category",
            "handle": "kitchen",
            "position": "1",
            "hue": "home",
            "title@en": "Kitchen",
            "title@zh": "厨房",
        },
    ]
    for number in range(31):
        handle = f"cup-{number:02}"
        rows.append(
            {
                "kind": "product", "handle": handle, "status": ["active", "draft"][number % 5 == 4], "category": "cups",
                "categories": "kitchen", "brand": "=Brand()" if number == 1 else "Littleton", "tax_class": "standard",
                "age_limit": "18" if number == 2 else "", "visible_from": "2026-01-01T08:00:00+00:00", "tags": "clay|gift",
                "title@en": f"Cup {number}", "title@zh": f"杯子{number}" if number % 2 else "", "subtitle@en": "made by hand",
                "description@en": f'<p>Cup "{number}",\nwith a <b>handle</b>.</p>', "option1": "colour", "option1@en": "Colour",
                "option1@zh": "颜色", "option2": "size", "option2@en": "Size", "attribute:watts": "60" if number == 3 else "",
                "attribute:material@en": "Clay", "attribute:material@zh": "陶", "Shelf": "@4" if number == 1 else "",
                "attribute_name:watts@en": "Watts" if number == 3 else "",
                "attribute_name:material@en": "Material" if not number else "", "attribute_name:material@zh": "材质" if not number else "",
            }
        )  # fmt: skip
        for place, (colour, zh) in enumerate((("Red", "红"), ("Blue", "蓝"))):
            rows.append(
                {
                    "kind": "variant", "handle": handle, "sku": f"CUP-{number:02}-{colour[0]}", "position": str(place + 1),
                    "barcode": f"50{number:05}{place:05}", "option1_value": colour.lower(), "option1_value@en": colour,
                    "option1_value@zh": zh, "option2_value": "s", "option2_value@en": "S", "price": f"{number}.95",
                    "compare_at": f"{number + 2}.00" if place else "", "weight_grams": "250", "stock": str(number) if number % 3 else "",
                    "backorder": "yes" if number % 7 == 1 else "no",
                }
            )  # fmt: skip
        rows.append(
            {
                "kind": "picture",
                "handle": handle,
                "picture": "art/cup.png",
                "sku": f"CUP-{number:02}-R",
                "alt@en": "A cup",
                "alt@zh": "一个杯子",
                "position": "1",
            }
        )
        rows.append(
            {
                "kind": "picture",
                "handle": handle,
                "picture": f"https://cdn.example.com/{handle}.jpg?v=1",
                "position": "2",
            }
        )
    rows += [
        {
            "kind": "release",
            "handle": "cup-00",
            "version": "2.0",
            "published_at": "2026-02-01T00:00:00+00:00",
            "title@en": "Second firing",
        },
        {
            "kind": "page",
            "handle": "about",
            "title@en": "About",
            "title@zh": "关于",
            "description@en": "<p>We.</p>",
        },
        {
            "kind": "menu",
            "handle": "main",
            "position": "1",
            "target": "c/cups",
            "title@en": "Cups",
            "title@zh": "杯子",
        },
    ]
    return rows


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "art").mkdir(parents=True)
    Image.new("RGB", (40, 30), "red").save(folder / "art" / "cup.png")
    path = folder / "catalogue.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, OWN_HEAD)
        writer.writeheader()
        writer.writerows(own_rows())
    return path


def table(path: Path) -> list[dict[str, str]]:
    """Rows as {column: cell} without empty cells."""
    found = open_table(path)
    return [
        {name: cell for name, cell in zip(found.columns, cells, strict=True) if cell}
        for _, cells in found.rows(lambda problem: None)
    ]


@pytest.mark.both
@pytest.mark.parametrize(
    "source", ["shopify_classic", "shopify_new", "shopify_gb18030", "woocommerce", "woocommerce_pounds"]
)
def test_foreign_exports_come_back_unchanged(
    app: Flask, make_shop: Callable[..., Flask], tmp_path: Path, source: str
) -> None:
    with app.app_context():
        report = import_file("catalog", FIXTURES / f"{source}.csv")
        assert report.created == report.read and report.objects["products"] >= 30
        for name in FORMATS:
            export_file("catalog", tmp_path / f"{name}.csv", format=name)
    for name in FORMATS:
        with make_shop().app_context():
            again = import_file("catalog", tmp_path / f"{name}.csv")
            assert again.created == again.read
            export_file("catalog", tmp_path / f"{name}.again.csv", format=name)
        assert (tmp_path / f"{name}.again.csv").read_bytes() == (tmp_path / f"{name}.csv").read_bytes(), name


@pytest.mark.both
def test_the_own_format_comes_back_unchanged(
    app: Flask, make_shop: Callable[..., Flask], tmp_path: Path, own_file: Path
) -> None:
    (tmp_path / "out").mkdir()
    with app.app_context():
        report = import_file("catalog", own_file)
        assert report.created == report.read
        assert report.objects["products"] == 31 and report.objects["pictures"] == 62
        export_file("catalog", tmp_path / "out" / "one.csv")
    assert (tmp_path / "out" / "art" / "cup.png").is_file()
    with make_shop().app_context():
        import_file("catalog", tmp_path / "out" / "one.csv")
        export_file("catalog", tmp_path / "out" / "two.csv")
    assert (tmp_path / "out" / "one.csv").read_bytes() == (tmp_path / "out" / "two.csv").read_bytes()
    kept = {
        "kind",
        "handle",
        "sku",
        "price",
        "compare_at",
        "stock",
        "title@en",
        "title@zh",
        "brand",
        "tags",
        "status",
        "picture",
        "description@en",
        "Shelf",
        "attribute:material@zh",
        "option1_value@zh",
        "alt@zh",
        "parent",
        "hue",
        "age_limit",
        "version",
        "target",
    }

    def cells(path: Path) -> list[list[tuple[str, str]]]:
        return sorted(
            sorted((name, cell) for name, cell in row.items() if name in kept) for row in table(path)
        )

    assert cells(own_file) == cells(tmp_path / "out" / "one.csv")


def test_a_second_import_finds_nothing_to_do_and_a_changed_one_only_the_change(
    app_context: None, own_file: Path, rows: Any
) -> None:
    import_file("catalog", own_file)
    again = import_file("catalog", own_file)
    assert (again.created, again.changed, again.rejected, again.skipped) == (0, 0, 0, again.read)
    own_file.write_text(own_file.read_text().replace("7.95", "8.15").replace("Cup 9,", "Big cup 9,"))
    changed = import_file("catalog", own_file)
    assert (changed.created, changed.changed) == (0, 20)
    assert rows("SELECT price_minor FROM variant WHERE sku = 'CUP-07-R'") == [(815,)]
    assert rows(
        "SELECT title FROM product_text t JOIN product p ON p.id = t.product_id WHERE slug = 'cup-09' AND locale = 'en'"
    ) == [("Big cup 9",)]
    undo_batch(changed.batch)
    assert rows("SELECT price_minor FROM variant WHERE sku = 'CUP-07-R'") == [(795,)]
    assert import_file("catalog", own_file, dry_run=True).changed == 20


@pytest.mark.both
def test_an_undo_leaves_an_empty_shop(app_context: None, own_file: Path, rows: Any) -> None:
    report = import_file("catalog", own_file)
    assert rows("SELECT count(*) FROM stock_move") != [(0,)]
    undone = undo_batch(report.batch)
    assert undone.refused == 0
    for name in (
        "product",
        "variant",
        "category",
        "stock",
        "stock_move",
        "option_value",
        "product_picture",
        "release",
        "content_page",
        "menu_item",
        "search_document",
    ):
        assert rows(f"SELECT count(*) FROM {name}") == [(0,)], name


def test_stock_counts_as_the_file_says_and_sold_pieces_stop_the_undo(
    app_context: None, own_file: Path, rows: Any
) -> None:
    from storefront.core.database import transaction
    from storefront.inventory.service import take

    report = import_file("catalog", own_file)
    variant = rows("SELECT id FROM variant WHERE sku = 'CUP-05-R'")[0][0]
    with transaction() as tx:
        take(tx, {variant: 2}, reference="order 1")
    undone = undo_batch(report.batch)
    assert any("sold or held" in line for line in undone.kept) and any(
        "stock has moved" in line for line in undone.kept
    )
    assert rows("SELECT slug FROM product") == [("cup-05",)]
    assert rows(
        f"SELECT s.available, (SELECT sum(delta) FROM stock_move WHERE variant_id = {variant}) FROM stock s WHERE variant_id = {variant}"
    ) == [(3, 3)]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ({"kind": "variant", "handle": "cup-00", "sku": "NEW", "price": "1_0"}, "price", "not_a_number"),
        ({"kind": "variant", "handle": "cup-00", "sku": "NEW", "price": "-5"}, "price", "negative"),
        ({"kind": "variant", "handle": "cup-00", "sku": "CUP-01-R", "price": "5", "option1_value": "x", "option2_value": "y"}, "sku", "sku_twice"),
        ({"kind": "picture", "handle": "cup-00", "picture": "../../etc/passwd"}, "picture", "picture_missing"),
        ({"kind": "picture", "handle": "cup-00", "picture": "art/none.png"}, "picture", "picture_missing"),
        ({"kind": "product", "handle": "a b/c"}, "handle", "not_a_handle"),
        ({"kind": "product", "handle": "lonely", "category": "nowhere", "title@en": "Lonely"}, "category", "category_unknown"),
        ({"kind": "thing", "handle": "x"}, "kind", "not_one_of"),
        ({"kind": "category", "handle": "x", "parent": "nowhere"}, "parent", "category_unknown"),
        ({"kind": "product", "handle": "x", "title@en": "a\x1bb"}, "title@en", "control_character"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_and_their_product_is_taken_whole_or_not_at_all(
    app_context: None, own_file: Path, rows: Any, row: dict[str, str], column: str, code: str
) -> None:
    out = io.StringIO()
    csv.DictWriter(out, OWN_HEAD).writerow(row)
    own_file.write_text(own_file.read_text() + out.getvalue())
    with pytest.raises(FileRefused) as refused:
        import_file("catalog", own_file)
    assert any(column in line for line in refused.value.report.problems)
    assert code in refused.value.report.reasons
    assert rows("SELECT count(*) FROM product") == rows("SELECT count(*) FROM category") == [(0,)]
    report = import_file("catalog", own_file, keep_good=True)
    assert report.read == report.created + report.rejected
    touched = row["handle"] == "cup-00"
    assert rows("SELECT count(*) FROM product") == [(30 if touched else 31,)]


def test_no_live_formula_in_any_export(app_context: None, tmp_path: Path, own_file: Path) -> None:
    import_file("catalog", own_file)
    for name in FORMATS:
        export_file("catalog", tmp_path / "out.csv", format=name)
        with (tmp_path / "out.csv").open(newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert "'=Brand()" in cells or name == "woocommerce"
        assert not [cell for cell in cells if cell.lstrip()[:1] in "=+-@" and cell.strip()]


def test_everything_in_one_archive_is_the_same_each_time(
    app_context: None, tmp_path: Path, own_file: Path
) -> None:
    import_file("catalog", own_file)
    for name in ("one.zip", "two.zip"):
        report = export_file("all", tmp_path / name)
    assert set(report.rows) == {"catalog", "customers", "orders", "events"} and report.files == 1
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


ORDERS = (
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "536365,REAL-1,Cup,3,2011-03-01 10:00:00,2.50,ann@shop.test,UK\n"
    "536366,OTHER,Jug,1,2011-03-02 10:00:00,9.00,17850,UK\n"
    "C536367,REAL-1,Cup,-1,2011-03-04 10:00:00,2.50,ann@shop.test,UK\n"
)
EVENTS = "event,event_id,at,visitor,customer,sku\nview_item,e1,2011-03-01T09:00:00Z,v1,ann@shop.test,REAL-1\n"


def test_a_shop_moves_in_one_archive(
    app_context: None, make_shop: Callable[..., Flask], tmp_path: Path, own_file: Path
) -> None:
    """Out of one shop, into an empty one, and out again: the same tables, the same pictures by name."""
    kinds = ("catalog", "customers", "orders", "events")
    import_file("catalog", own_file)
    for kind, text in (("customers", "email\nann@shop.test\n"), ("orders", ORDERS), ("events", EVENTS)):
        (tmp_path / f"{kind}.csv").write_text(text)
        import_file(kind, tmp_path / f"{kind}.csv")
    report = export_file("all", tmp_path / "one.zip")
    assert all(report.rows.values()) and report.files
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path / "moved")
    with make_shop().app_context():
        for kind in kinds:
            found = import_file(kind, tmp_path / "moved" / f"{kind}.csv")
            assert (found.rejected, found.read) == (0, report.rows[kind])
        export_file("all", tmp_path / "two.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as one, zipfile.ZipFile(tmp_path / "two.zip") as two:
        assert one.namelist() == two.namelist()
        tables = [f"{kind}.csv" for kind in kinds]
        assert [one.read(name) for name in tables] == [two.read(name) for name in tables]
