"""Declared needs in catalogue files: out and in again, a dry run, and what is said of bad rows."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.exporting import export_file
from storefront.core.imports.undo import undo_batch
from storefront.personalization.service import declaring
from storefront.personalization.service.needs import any_declared
from tests import factories as make

HEAD = "kind,target,needs,status\n"
ALL = "SELECT of_product_id, of_category_id, needs_product_id, needs_category_id, active FROM declared_need ORDER BY id"


@pytest.fixture
def shop(app_context: None, tx: Any) -> dict[str, int]:
    with tx() as t:
        food, bottles = make.category(t, "food"), make.category(t, "bottles")
        bottle = make.product(t, "bottle", category=bottles)
        brush = make.product(t, "brush", category=bottles)
        return {"food": food.id, "bottles": bottles.id, "bottle": bottle.id, "brush": brush.id}


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(*lines: str, head: str = HEAD) -> Path:
        path = tmp_path / "needs.csv"
        path.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.mark.both
def test_what_goes_out_comes_in_again(shop: dict[str, int], tx: Any, rows: Any, tmp_path: Path) -> None:
    with tx() as t:
        declaring.declare_need(t, "p/bottle", "c/food")
        paused = declaring.declare_need(t, "c/bottles", "p/brush")
        declaring.switch(t, paused, active=False)
    before = rows(ALL)
    export_file("catalog", tmp_path / "one.csv")
    report = import_file("catalog", tmp_path / "one.csv")
    assert (report.created, report.changed, report.rejected) == (0, 0, 0)
    with tx() as t:
        for need in declaring.list_needs():
            declaring.remove(t, need.id)
    assert not any_declared()
    report = import_file("catalog", tmp_path / "one.csv")
    assert (report.created, report.objects["needs"]) == (2, 2)
    assert rows(ALL) == before
    assert any_declared(), "pages know of them at once"
    export_file("catalog", tmp_path / "two.csv")
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    undo_batch(report.batch)
    assert rows(ALL) == []
    assert not any_declared()


@pytest.mark.both
def test_a_file_of_needs_alone_changes_what_it_names(shop: dict[str, int], file: Any, rows: Any) -> None:
    path = file("need,p/bottle,c/food,", "need,c/bottles,p/brush,draft")
    assert import_file("catalog", path, dry_run=True).created == 2
    assert rows(ALL) == []
    assert import_file("catalog", path).created == 2
    found = [
        (shop["bottle"], None, None, shop["food"], True),
        (None, shop["bottles"], shop["brush"], None, False),
    ]
    assert rows(ALL) == found
    path = file("need,p/bottle,c/food,draft")
    assert import_file("catalog", path, dry_run=True).changed == 1
    report = import_file("catalog", path)
    assert (report.changed, report.created) == (1, 0)
    assert [row.active for row in rows(ALL)] == [False, False]
    undo_batch(report.batch)
    assert [row.active for row in rows(ALL)] == [True, False]


def test_both_sides_may_stand_in_the_same_file(shop: dict[str, int], file: Any, rows: Any) -> None:
    head = "kind,handle,title@en,sku,price,target,needs\n"
    lines = (
        "need,,,,,p/kettle,c/tea",
        "category,tea,Tea,,,,",
        "product,kettle,Kettle,,,,",
        "variant,kettle,,KETTLE,9.50,,",
    )
    path = file(*lines, head=head)
    assert import_file("catalog", path, dry_run=True).rejected == 0
    report = import_file("catalog", path)
    assert len(rows(ALL)) == 1
    undo_batch(report.batch)
    assert rows(ALL) == []
    assert rows("SELECT slug FROM product WHERE slug = 'kettle'") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("need,p/none,c/food,", "Row 2, column target: There is no “p/none” in the file or in the shop."),
        ("need,p/bottle,c/none,", "Row 2, column needs: There is no “c/none” in the file or in the shop."),
        (
            "need,bottle,c/food,",
            "Row 2, column target: “bottle” is no address such as p/teapot or c/teapots.",
        ),
        ("need,p/bottle,p/bottle,", "Row 2, column needs: Nothing needs itself."),
        ("need,p/bottle,,", "Row 2, column needs: "),
        ("need,p/bottle,c/food,archived", "Row 2, column status: "),
    ],
)
def test_bad_rows_are_named_by_line_and_column(
    shop: dict[str, int], file: Any, rows: Any, line: str, said: str
) -> None:
    path = file(line, "need,p/brush,c/food,")
    with pytest.raises(FileRefused) as refused:
        import_file("catalog", path)
    assert refused.value.report.problems[0].startswith(said)
    assert rows(ALL) == []
    report = import_file("catalog", path, keep_good=True)
    assert (report.created, report.rejected) == (1, 1)


def test_the_same_twice_in_a_file_counts_once(shop: dict[str, int], file: Any, rows: Any) -> None:
    report = import_file(
        "catalog", file("need,p/bottle,c/food,", "need,p/bottle,c/food,draft"), keep_good=True
    )
    assert (report.created, report.rejected, report.reasons) == (1, 1, {"need_twice": 1})
    assert [row.active for row in rows(ALL)] == [True]


def test_there_can_be_only_so_many(
    shop: dict[str, int], file: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.personalization.service.importing.MOST", 1)
    report = import_file("catalog", file("need,p/bottle,c/food,", "need,p/brush,c/food,"))
    assert (report.created, report.reasons["too_many_needs"]) == (1, 1)


def test_the_exported_rows_say_what_the_documentation_says(shop: Any, tx: Any, tmp_path: Path) -> None:
    with tx() as t:
        declaring.declare_need(t, "p/bottle", "c/food")
    export_file("catalog", tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as opened:
        needs = [row for row in csv.DictReader(opened) if row["kind"] == "need"]
    assert [(row["target"], row["needs"], row["status"]) for row in needs] == [
        ("p/bottle", "c/food", "active")
    ]
