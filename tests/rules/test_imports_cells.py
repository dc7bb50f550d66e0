"""Cells become exact values or a named refusal; nothing passes through a float."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.core.imports.cells import MinorUnits, WholeNumbers, has_decimal_comma, plain_text, yes_no
from storefront.core.imports.columns import Field, map_columns
from storefront.core.imports.formulas import defuse, restore
from storefront.core.imports.moments import Moments, date_style, style_by_order
from storefront.core.imports.problems import CellError


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("12.90", 1290), ("12.9", 1290), ("12", 1200), (" 12.90 ", 1290), ("£12.90", 1290), ("12.90 GBP", 1290),
        ("US$ 3", 300), ("1,234.50", 123450), ("-5.00", -500), ("-£5", -500), ("(5.00)", -500), (".5", 50),
        ("12.900", 1290), ("€ 0.01", 1), ("12.90 kr", 1290),
    ],
)  # fmt: skip
def test_amounts_are_exact_minor_units(cell: str, minor: int) -> None:
    assert MinorUnits(2)[cell] == minor


@pytest.mark.parametrize(
    ("cell", "minor"), [("12,90", 1290), ("1.234,50", 123450), ("12,90 €", 1290), ("1 234,5", 123450)]
)
def test_amounts_with_a_decimal_comma(cell: str, minor: int) -> None:
    assert MinorUnits(2, comma=True)[cell] == minor


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("nan", "not_a_number"), ("NaN", "not_a_number"), ("inf", "not_a_number"), ("-inf", "not_a_number"),
        ("1e5", "not_a_number"), ("1_0", "not_a_number"), ("１２", "not_a_number"), ("²", "not_a_number"),
        ("٣", "not_a_number"), ("0x10", "not_a_number"), ("--5", "not_a_number"), ("1.2.3", "not_a_number"),
        ("1,23.4", "not_a_number"), ("5-", "not_a_number"), ("", "empty"), ("   ", "empty"), ("£", "empty"),
        ("9" * 5000, "number_too_long"), ("9" * 19, "number_too_long"), (str(2**63), "number_too_long"),
        ("999999999999999999", "number_too_long"), ("12.905", "too_many_decimals"), ("=1+1", "not_a_number"),
        ("1" * 5000 + "x", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_by_name(cell: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        MinorUnits(2)[cell]
    assert (
        refused.value.code in (code, "number_too_big")
        if code == "number_too_long"
        else refused.value.code == code
    )


@pytest.mark.parametrize(
    ("cell", "number"), [("6", 6), ("-6", -6), ("+6", 6), ("6.0", 6), ("1,000", 1000), ("80995", 80995)]
)
def test_whole_numbers(cell: str, number: int) -> None:
    assert WholeNumbers()[cell] == number


@pytest.mark.parametrize(
    ("cell", "code"),
    [("6.5", "not_whole"), ("-1", "negative"), ("1e3", "not_a_number"), ("1000001", "number_too_big")],
)
def test_whole_numbers_within_bounds(cell: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        WholeNumbers(low=0, high=1_000_000)[cell]
    assert refused.value.code == code


def test_rounding_goes_away_from_zero_only_when_asked() -> None:
    rounding = MinorUnits(2, rounding=True)
    assert [rounding[cell] for cell in ("0.125", "-0.125", "0.001", "1.2349")] == [13, -13, 0, 123]
    assert MinorUnits(0)["12.00"] == 12
    assert MinorUnits(3)["0.125"] == 125


def test_a_decimal_comma_is_told_from_grouping() -> None:
    assert has_decimal_comma(["12,5", "1.234,50"])
    assert not has_decimal_comma(["1,234", "12.50"])
    assert not has_decimal_comma(["1,234", "5,678"])


@given(st.text(max_size=30))
def test_defusing_is_undone_exactly(cell: str) -> None:
    assert restore(defuse(cell)) == cell


@pytest.mark.parametrize(
    "sign",
    [
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "＝",
        "＋",
        "－",
        "＠",
        "−",
        " =",
        "\u3000=",
        "\ufeff=",
        "\u200b@",
        "'=",
        "''=",
    ],
)
def test_no_live_formula_leaves_the_shop(sign: str) -> None:
    cell = f"{sign}HYPERLINK(1)"
    assert defuse(cell) == f"'{cell}"
    assert restore(f"'{cell}") == cell


@pytest.mark.parametrize("cell", ["plain", "'tis the season", "a=b", "1+1", "", "don't", "'"])
def test_harmless_cells_stay_as_they_are(cell: str) -> None:
    assert defuse(cell) == cell == restore(cell)


@pytest.mark.parametrize(
    ("cell", "style", "moment"),
    [
        ("2010-12-01 08:26:00", "iso", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("2010-12-01T08:26Z", "iso", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("2013-06-27 08:48:27 -0400", "iso", datetime(2013, 6, 27, 12, 48, 27, tzinfo=UTC)),
        ("20101201", "iso", datetime(2010, 12, 1, tzinfo=UTC)),
        ("12/1/2010 8:26", "mdy", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("1/12/2010 8:26", "dmy", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("01.12.2010", "dmy", datetime(2010, 12, 1, tzinfo=UTC)),
        ("12/31/10 11:05 PM", "mdy", datetime(2010, 12, 31, 23, 5, tzinfo=UTC)),
        ("1 Dec 2010", "iso", datetime(2010, 12, 1, tzinfo=UTC)),
        ("2010年12月1日", "iso", datetime(2010, 12, 1, tzinfo=UTC)),
        ("1291191960", "iso", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("1291191960000", "iso", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("2024-02-29", "iso", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_dates_of_many_shops(cell: str, style: str, moment: datetime) -> None:
    assert Moments(style)[cell] == moment


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "0000-01-01",
        "9999-12-31",
        "2023-02-29",
        "2023-02-30",
        "31/31/2020",
        "soon",
        "2020-01-01 25:00",
        "2020-01-01T00:00+15:00",
        "１２/01/2020",
        "1" * 50,
        "1_0-01-2020",
    ],
)
def test_what_is_no_date_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        Moments("dmy")[cell]


def test_day_and_month_are_told_apart_by_what_is_impossible_or_by_the_run_of_time() -> None:
    assert date_style(["01/02/2020", "13/02/2020"]) == "dmy"
    assert date_style(["01/02/2020", "02/13/2020"]) == "mdy"
    assert date_style(["2020-01-02"]) == "iso"
    days = [f"{month}/{day}/2011" for month in (1, 2) for day in (1, 3, 5, 7, 9, 11)]
    assert date_style(days) == "unclear"
    assert style_by_order(days) == "mdy"


def test_text_refuses_what_databases_refuse() -> None:
    assert plain_text(" tea ", 10) == "tea"
    for cell, code in (
        ("a\0b", "nul"),
        ("a\ud800b", "encoding_mixed"),
        ("a\x1bb", "control_character"),
        ("x" * 11, "cell_too_long"),
    ):
        with pytest.raises(CellError) as refused:
            plain_text(cell, 10)
        assert refused.value.code == code


def test_yes_and_no_in_the_words_of_files() -> None:
    assert [yes_no(word) for word in ("TRUE", "yes", "1", "是")] == [True] * 4
    assert [yes_no(word) for word in ("false", "No", "0", "")] == [False] * 4
    with pytest.raises(CellError):
        yes_no("perhaps")


def test_columns_are_found_by_name_or_told() -> None:
    fields = (
        Field("order", ("InvoiceNo",), required=True),
        Field("sku", ("stock_code",), required=True),
        Field("at", ("date",)),
    )
    known = map_columns(["Invoice No", "StockCode", "When"], fields, {"When": "at:mdy"})
    assert dict(known.index) == {"order": 0, "sku": 1, "at": 2}
    assert known.hints == {"at": "mdy"}
    assert not known.problems and not known.unknown
    lacking = map_columns(["a", "b"], fields)
    assert [problem.data["field"] for problem in lacking.problems] == ["order", "sku"]
    assert lacking.unknown == ("a", "b")
    assert map_columns(["InvoiceNo", "sku"], fields, {"InvoiceNo": "-"}).problems[0].data["field"] == "order"
