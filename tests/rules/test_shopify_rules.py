"""Shopify's columns and what becomes of single cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.catalog.rules.file_cells import clean_html, code, label_keys, made_up_sku
from storefront.catalog.rules.own_format import ColumnError
from storefront.catalog.rules.shopify import goes_on_selling, tags, whole_grams
from storefront.catalog.rules.shopify_columns import (
    PAIRS,
    classic_name,
    header,
    is_of_variant,
    recognise,
    shown_cells,
)
from storefront.core.imports.problems import CellError


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        (["Handle", "Title", "Variant Price"], True),
        (["Title", "URL handle", "Price"], True),
        (["handle", "title", "variant price"], True),
        (["Handle", "Title", "Location", "On hand"], False),
        (["kind", "handle", "price"], False),
        (["ID", "Type", "SKU", "Name", "Regular price"], False),
    ],
)
def test_either_header_is_recognised_and_no_other(columns, known):
    assert recognise(columns) is known


@pytest.mark.parametrize("column", [*PAIRS, *PAIRS.values()])
def test_every_column_of_both_headers_is_known(column):
    assert classic_name(column) in PAIRS
    assert classic_name(column.upper()) == classic_name(column)


def test_headers_hold_each_column_once_and_kept_ones_where_exports_have_them():
    kept = ["Price / EU", "Wash (product.metafields.custom.wash)", "Supplier note", "Included / EU"]
    for classic in (True, False):
        columns = header(kept, classic=classic)
        assert len(set(columns)) == len(columns) and set(kept) <= set(columns)
        place = columns.index("Included / EU")
        assert columns[place : place + 3] == ["Included / EU", "Price / EU", "Compare At Price / EU"]
    assert header(kept, classic=True)[-1] == "Status"
    assert "Google Shopping / AdWords Grouping" not in header([], classic=True)


def test_cells_are_written_in_the_case_of_their_header():
    row = {"Status": "active", "Published": "true", "Variant Inventory Policy": "deny", "Title": "true"}
    assert shown_cells(row, classic=True) == row
    told = {"Status": "Active", "Published": "TRUE", "Variant Inventory Policy": "DENY", "Title": "true"}
    assert shown_cells(row, classic=False) == told


@pytest.mark.parametrize(
    ("column", "of_variant"),
    [
        ("Variant Price", True), ("Cost per item", True), ("Price / EU", True), ("Gift Card", False),
        ("Google Shopping / MPN", False), ("Included / EU", False), ("Image Src", False),
        ("X (product.metafields.a.b)", False), ("X (variant.metafields.a.b)", True), ("Anything", False),
    ],
)  # fmt: skip
def test_columns_belong_to_the_product_or_to_each_variant(column, of_variant):
    assert is_of_variant(column) is of_variant


@pytest.mark.parametrize(
    ("cell", "grams"), [("0", 0), ("250", 250), ("453.592", 454), ("0.4", 0), ("1,200", 1200)]
)
def test_grams_are_whole(cell, grams):
    assert whole_grams(cell) == grams


@pytest.mark.parametrize("cell", ["-1", "1e3", "heavy", "9" * 5000, "¹²"])
def test_weights_that_are_none_are_refused(cell):
    with pytest.raises(CellError):
        whole_grams(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("'0012", "0012"), ("0012", "0012"), ("'A-1", "A-1"), ("''", "''"), ("O'Neill", "O'Neill")],
)
def test_an_apostrophe_in_front_of_a_code_is_no_part_of_it(cell, value):
    assert code(cell) == value


def test_policies_and_tags():
    assert [goes_on_selling(word) for word in ("continue", "DENY", "TRUE", "no")] == [
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(CellError):
        goes_on_selling("perhaps")
    assert tags(" wool, ,winter|gift ") == ["wool", "winter", "gift"]


@given(st.lists(st.text(min_size=1, max_size=130), max_size=12))
def test_labels_get_keys_of_their_own_that_fit(labels):
    keys = label_keys(labels)
    assert set(keys) == set(labels) and len(set(keys.values())) == len(keys)
    assert all(0 < len(key) <= 120 for key in keys.values())
    assert label_keys(labels) == keys


def test_labels_that_sound_or_look_alike_stay_apart():
    assert len(set(label_keys(["石", "十", "S", "s", "1/2", "1-2", "★", "☆"]).values())) == 8
    assert label_keys(["Dark Red"]) == {"Dark Red": "dark-red"}


@given(st.text(min_size=1, max_size=160), st.lists(st.text(max_size=120), max_size=3))
def test_made_up_skus_fit_and_are_the_same_each_time(handle, keys):
    assert len(made_up_sku(handle, keys)) <= 120
    assert made_up_sku(handle, keys) == made_up_sku(handle, keys)


@given(st.text(max_size=300))
def test_harmless_html_stays_as_it_is(text):
    once = clean_html(text)
    assert clean_html(once) == once


def test_an_error_knows_its_column_and_line():
    error = ColumnError("Variant Price", CellError("empty"), 7)
    assert (error.column, error.line, error.code) == ("Variant Price", 7, "empty")
