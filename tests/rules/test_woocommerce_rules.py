"""WooCommerce's lists, escapes, units and types."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.catalog.rules.file_cells import Row
from storefront.catalog.rules.own_format import ColumnError
from storefront.catalog.rules.woocommerce_cells import (
    attributes,
    centimetres,
    grams,
    joined,
    kilograms,
    kinds,
    known_as,
    number_of,
    parts,
    recognise,
    with_lines,
    without_lines,
)
from storefront.catalog.rules.woocommerce_sold import Prices, price_meaning, shown, told
from storefront.core.imports.problems import CellError

PLAIN = st.text(st.characters(exclude_characters="\\\r", exclude_categories=["Cs"]), max_size=40)


@given(st.lists(PLAIN.map(str.strip).filter(bool), max_size=6))
def test_lists_come_back(values):
    assert parts(joined(values)) == values


@given(PLAIN)
def test_line_breaks_come_back(text):
    assert with_lines(without_lines(text)) == text
    assert "\n" not in without_lines(text)


def test_escapes():
    assert parts("Clothing > Hats\\, caps, Sale, ,") == ["Clothing > Hats, caps", "Sale"]
    assert with_lines(r"one\ntwo \\n three") == "one\ntwo \\n three"


@pytest.mark.parametrize(
    ("column", "cell", "weight"),
    [
        ("Weight (kg)", "1.25", 1250), ("Weight (lbs)", "1.5", 680), ("Weight (oz)", "1", 28), ("Weight (g)", "7", 7),
        ("Weight (kg)", "0.0004", 0), ("Weight (kg)", "0.0005", 1), ("Weight (kg)", "", None), ("Weight (stone)", "1", None),
    ],
)  # fmt: skip
def test_weights_in_any_unit_are_whole_grams(column, cell, weight):
    assert grams(Row(2, {column: cell})) == weight


@given(st.integers(0, 10**9))
def test_grams_as_kilograms_lose_nothing(weight):
    assert grams(Row(2, {"Weight (kg)": kilograms(weight)})) == weight


@pytest.mark.parametrize("cell", ["-1", "heavy", "1e2", "9" * 5000])
def test_a_weight_that_is_none_names_its_row_and_column(cell):
    with pytest.raises(ColumnError) as refused:
        grams(Row(9, {"Weight (lbs)": cell}))
    assert (refused.value.line, refused.value.column) == (9, "Weight (lbs)")


def test_measures_are_centimetres():
    row = Row(2, {"Length (in)": "10", "Width (cm)": "7.50", "Height (m)": "1.2", "Height (mm)": ""})
    assert [centimetres(row, column) for column in row.cells] == [
        ("Length (cm)", "25.4"), ("Width (cm)", "7.50"), ("Height (cm)", "120"), ("Height (cm)", "")
    ]  # fmt: skip


def test_types_are_a_list_of_known_words():
    assert kinds(Row(2, {"Type": "simple, Downloadable, virtual"})) == ["simple", "downloadable", "virtual"]
    assert kinds(Row(2, {})) == ["simple"]
    with pytest.raises(ColumnError) as refused:
        kinds(Row(5, {"Type": "simple, booking"}))
    assert (refused.value.code, refused.value.line, refused.value.column) == ("type_unknown", 5, "Type")


def test_headers():
    assert recognise(["ID", "Type", "SKU", "Name", "Regular price"])
    assert not recognise(["Handle", "Title", "Type", "Variant Price"])
    assert known_as("regular PRICE") == "Regular price" and known_as("Meta: x") == "Meta: x"


def test_attributes_stand_in_the_order_of_their_numbers():
    row = {
        "Attribute 10 name": "Z",
        "Attribute 2 name": "Size",
        "Attribute 2 value(s)": "S",
        "Attribute 1 name": "",
    }
    assert [(found.number, found.name, found.label) for found in attributes(Row(2, row))] == [
        (2, "Size", "S"),
        (10, "Z", ""),
    ]


@pytest.mark.parametrize(("cell", "pieces"), [("5", 5), ("-3", -3), ("5.0", 5), ("1,000", 1000)])
def test_pieces(cell, pieces):
    assert number_of(cell) == pieces


@pytest.mark.parametrize("cell", ["2.5", "many", "1e3", "9" * 40])
def test_pieces_that_are_none(cell):
    with pytest.raises(CellError):
        number_of(cell)


@pytest.mark.parametrize(
    ("regular", "sale", "starts", "ends", "price"),
    [
        ("30", "", "", "", (3000, None)),
        ("30", "24", "", "", (2400, 3000)),
        ("", "24", "", "", (2400, None)),
        ("30", "24", "2026-03-02", "2026-03-02", (2400, 3000)),
        ("30", "24", "2026-03-03", "", (3000, None)),
        ("30", "24", "", "2026-03-01", (3000, None)),
        ("30", "24", "", "2026-03-02 11:59:59", (3000, None)),
        ("", "", "", "", (0, None)),
    ],
)
def test_a_sale_counts_while_it_is_on_and_its_cells_come_back(regular, sale, starts, ends, price):
    cells = {
        "Regular price": regular,
        "Sale price": sale,
        "Date sale price starts": starts,
        "Date sale price ends": ends,
    }
    fields: dict = {}
    priced, kept = Prices(2, datetime(2026, 3, 2, 12, tzinfo=UTC)).read(Row(2, cells), fields)
    assert (fields["price_minor"], fields["compare_at_minor"]) == price and priced is bool(regular or sale)
    back = shown(kept, ("Regular price", "Sale price"), price_meaning(fields), {})
    assert back == {"Regular price": regular, "Sale price": sale}


def test_cells_that_mean_something_else_by_now_are_not_given_back():
    kept = told(Row(2, {"Stock": "-4"}), ("Stock",), "0", {"Stock": "0"})
    assert shown(kept, ("Stock",), "0", {"Stock": "0"}) == {"Stock": "-4"}
    assert shown(kept, ("Stock",), "7", {"Stock": "7"}) == {"Stock": "7"}
    assert told(Row(2, {"Stock": "7"}), ("Stock",), "7", {"Stock": "7"}) == {"Stock": "", "~Stock": ""}
