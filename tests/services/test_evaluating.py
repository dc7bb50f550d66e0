"""`regulars evaluate` and `regulars bench quality` on files that any shop may bring."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from recommender import columns
from recommender.evaluation.goals import checks, missed
from recommender.evaluation.running import run
from recommender.evaluation.splits import fitted_to_size, last_weeks
from storefront.cli import main
from storefront.core.errors import Refusal
from storefront.personalization.service.histories import read_history

PRODUCTS = 30


def regulars_of_a_grocer(customers: int = 60, weeks: int = 12) -> list[list[str]]:
    """Order, StockCode, Quantity, InvoiceDate, UnitPrice, CustomerID: everybody buys five favourites again."""
    chance = np.random.default_rng(4)
    rows = []
    for customer in range(customers):
        favourites = chance.choice(PRODUCTS, 5, replace=False)
        for week in range(weeks):
            day = date(2026, 1, 1) + timedelta(days=7 * week + int(chance.integers(0, 3)))
            basket = {*chance.choice(favourites, 3, replace=False), int(chance.integers(0, PRODUCTS))}
            for product in sorted(basket):
                price = f"{1 + product}.50"
                rows.append([f"{customer}-{week}", f"P{product:02d}", "1", str(day), price, f"c{customer}"])
    return rows


HEADER = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """The grocer's file."""
    path = tmp_path_factory.mktemp("history") / "grocer.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([HEADER, *regulars_of_a_grocer()])
    return path


def told(arguments: list[str], status: int = 0):
    """Run the command; its stdout."""
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == status, answer.output
    return answer


def test_every_surface_is_measured_beside_the_references(history, tmp_path):
    answer = told(["evaluate", str(history), "--json", "--report", str(tmp_path / "report")])
    found = json.loads(answer.stdout)
    assert set(found["tasks"]) == {"next-basket", "new", "complements", "cold"}
    assert found["rows"] == sum(1 for _ in regulars_of_a_grocer())
    basket = found["tasks"]["next-basket"]
    methods = {row["method"]: row for row in basket["methods"]}
    assert {"engine", "popularity", "GP-Top", "TIFU-KNN", "UP-CF@r", "EASE"} <= set(methods)
    # five favourites of thirty: whoever remembers beats popularity
    assert methods["GP-Top"]["metrics"]["ndcg@10"][0] > 1.3 * methods["popularity"]["metrics"]["ndcg@10"][0]
    value, low, high = basket["ratios"]["ndcg@10"]["popularity"]
    assert low <= value <= high
    assert found["machine"]["cores"] and found["machine"]["versions"]["numpy"]
    page = (tmp_path / "report" / "index.html").read_text()
    assert (
        "<script" not in page
        and "prefers-color-scheme" in page
        and "http" not in page.replace("http://www.w3.org", "")
    )
    assert page.count("<svg") == 2 * len(found["tasks"])
    for part in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")


def test_one_surface_from_a_date_on(history):
    found = json.loads(
        told(
            ["evaluate", str(history), "--json", "--surface", "next_basket", "--split-at", "2026-03-01"]
        ).stdout
    )
    assert set(found["tasks"]) == {"next-basket"}
    assert found["tasks"]["next-basket"]["from"] == "2026-03-01"


def test_the_table_names_the_best_reference(history):
    out = told(["evaluate", str(history), "--surface", "goes_with"]).stdout
    assert "pair counts" in out and "engine" in out and out.count(" <") == 1


def test_the_engines_own_columns_are_read_too(tmp_path):
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "product", "kind", "at", "order"])
        for order, product, _, day, _, customer in regulars_of_a_grocer():
            writer.writerow([customer, product, "purchase", day, order])
    data, _ = read_history(path)
    assert len(data.customers) == 60 and len(data.products) == PRODUCTS


OWN = """\
kind,number,customer,status,at,currency,position,line_kind,sku,title,quantity,unit_price,of_order,of_position
order,R1,ada@example.org,done,2026-01-05T10:00:00+00:00,GBP,,,,,,,,
line,R1,,,,,0,product,TEA,Tea,2,3.50,,
line,R1,,,,,1,charge,POST,Postage,1,2.00,,
order,R2,,cancelled,2026-01-06T10:00:00+00:00,GBP,,,,,,,,
line,R2,,,,,0,product,CUP,Cup,1,9.00,,
return,C1,ada@example.org,,2026-01-09T10:00:00+00:00,,,,,,,,,
return_line,C1,,,,,0,product,TEA,Tea,1,3.50,R1,0
"""


def test_the_orders_that_a_shop_exports_are_a_history(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(OWN)
    data, read = read_history(path)
    rows = zip(data.customer, data.product, data.kind, data.quantity, data.price, strict=True)
    ada, tea = data.customers.find("ada@example.org"), data.products.find("TEA")
    assert [tuple(int(value) for value in row) for row in rows] == [
        (ada, tea, columns.PURCHASE, 2, 350),
        (ada, tea, columns.RETURN, 1, 350),
    ]
    assert read.rows == 7
    assert read.left_out == {"no product": 1, "cancelled": 1}


def test_a_bad_row_of_an_order_is_named(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(OWN.replace("TEA,Tea,2,", "TEA,Tea,two,"))
    with pytest.raises(Refusal, match="Row 3, column quantity"):
        read_history(path)
    data, _ = read_history(path, keep_good=True)
    assert len(data) == 1  # the order is taken whole or not at all; what came back of it is another row


def write(path, rows):
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return path


GOOD = ["1", "A", "1", "2026-01-01", "2.00", "ann"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([HEADER, GOOD, ["2", "A", "1", "2026-13-45", "2", "ann"]], ["Row 3", "InvoiceDate", "2026-13-45"]),
        ([HEADER, GOOD, ["2", "A", "many", "2026-01-02", "2", "ann"]], ["Row 3", "Quantity", "many"]),
        ([HEADER, GOOD, ["2", "", "1", "2026-01-02", "2", "ann"]], ["Row 3", "StockCode"]),
        ([["InvoiceNo", "colour"], ["1", "red"]], ["sku", "colour"]),
        ([["StockCode", "InvoiceDate"], ["A", "2026-01-01"]], ["order", "StockCode"]),
        (
            [["customer", "product", "kind", "at"], ["a", "p", "bought", "2026-01-01"]],
            ["Row 2", "kind", "bought"],
        ),
        ([HEADER], ["no rows"]),
    ],
)
def test_bad_input_names_file_row_and_column(tmp_path, rows, said):
    path = write(tmp_path / "bad.csv", rows)
    answer = told(["evaluate", str(path)], status=1)
    line = answer.stderr.strip().splitlines()[-1]
    assert str(path) in line
    assert [word for word in said if word not in line] == [], line


def test_bad_rows_are_left_out_when_asked(tmp_path):
    rows = [HEADER, GOOD, ["2", "A", "1", "never", "2", "ann"], ["3", "B", "1", "2026-01-03", "2", "ann"]]
    data, read = read_history(write(tmp_path / "some.csv", rows), keep_good=True)
    assert len(data) == 2 and read.left_out == {"damaged": 1}


def test_prices_with_the_tails_of_floats_are_prices(tmp_path):
    tail = ["1", "A", "1", "2026-01-01", "1.98999999999999999111", "ann"]
    data, _ = read_history(write(tmp_path / "floats.csv", [HEADER, tail]))
    assert data.price.tolist() == [199]


def test_a_missing_file_and_an_empty_one_are_told(tmp_path):
    assert "no such file" in told(["evaluate", str(tmp_path / "none.csv")], status=1).stderr
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert "empty" in told(["evaluate", str(empty)], status=1).stderr


def test_too_little_history_says_what_is_missing(tmp_path):
    rows = [HEADER, GOOD, ["2", "A", "1", "2026-03-01", "2.00", "ann"]]
    said = told(["evaluate", str(write(tmp_path / "few.csv", rows))], status=1).stderr
    assert "1 orders of 1 known customers" in said and "20 are needed" in said


def test_cancelled_orders_charges_and_write_offs_are_not_bought(tmp_path):
    rows = [
        HEADER,
        GOOD,
        ["2", "B", "2", "2026-01-02", "3", "ann"],
        ["C2", "B", "-2", "2026-01-05", "3", "ann"],
        ["3", "POST", "1", "2026-01-03", "5", "ann"],
        ["4", "A", "-90", "2026-01-04", "0", ""],
        ["5", "A", "0", "2026-01-04", "2", "ann"],
    ]
    from recommender.training.baskets import net_baskets

    data, read = read_history(write(tmp_path / "odd.csv", rows))
    assert read.left_out == {"no product": 1, "nobody paid": 1}
    kept = net_baskets(data)
    assert [data.products.name(int(code)) for code in kept.product] == ["A", "A"]  # B came back, 0 is weighed


def test_both_ways_to_name_the_window_at_once_are_refused(history):
    told(["evaluate", str(history), "--split-at", "2026-03-01", "--last-weeks", "3"], status=2)


def test_bench_quality_says_which_goal_is_missed(history, tmp_path):
    folder = tmp_path / "docs"
    answer = CliRunner().invoke(
        main,
        ["bench", "quality", "--data", str(history), "--task", "cold", "--task", "complements", "--quick", "--json",
         "--report", str(folder)],
    )  # fmt: skip
    found = json.loads(answer.stdout)
    assert answer.exit_code == (0 if found["met"] else 1)
    assert {check["goal"] for check in found["checks"]} == {3, 5}
    for check in found["checks"]:
        _, low, high = check["interval"]
        bound = float(check["wanted"].split()[1])
        assert check["met"] == (low >= bound if check["wanted"].startswith(">=") else high <= bound)
    assert {"python", "cores", "load", "versions"} <= set(found["machine"])
    text = (folder / "quality.md").read_text()
    assert "| 5 | Cold customers | grocer |" in text
    for name in ("quality-goals-grocer.svg", "quality-grocer-cold.svg", "quality-grocer-complements.svg"):
        assert name in text
        ElementTree.parse(folder / name)


def test_bench_quality_without_data_says_how_to_get_some(monkeypatch):
    monkeypatch.setattr("storefront.personalization.service.benching.PACKAGE", "no_such_package_of_data")
    assert "--data" in told(["bench", "quality"], status=1).stderr


def test_sessions_have_to_be_won_on_one_history_and_kept_on_the_others(history):
    data, _ = read_history(history)
    split = fitted_to_size(last_weeks(data))
    tables = run(split, ["session"], quick=True)
    found = checks({"one": tables, "two": tables})
    bounds = sorted(check.least for check in found if check.what == "mrr@20")
    assert bounds == [1.0, 1.03]
    assert {check.what for check in found} == {"mrr@20", "hr@20", "CPU p99"}
    assert set(missed(found)) <= set(found)
