"""Whatever is handed in: read well, or refused by naming column and row."""

from __future__ import annotations

import builtins
import csv
import gzip
from datetime import UTC, date, datetime

import numpy as np
import pytest

from recommender import Interactions, train
from recommender.errors import BadInteractions, BadSettings, MissingExtra
from tests.recommender.shops import QUICK, planted_shop

GOOD = {
    "customer": ["c1", "c2", ""],
    "product": ["a", "b", "a"],
    "kind": ["purchase", "view", "purchase"],
    "at": ["2026-01-01", "2026-01-02T10:00:00", "2026-01-03 10:00:00+02:00"],
}


def changed(**columns) -> dict:
    return {**GOOD, **columns}


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        ({}, "customer", None),
        ({name: cells for name, cells in GOOD.items() if name != "kind"}, "kind", None),
        ({name: [] for name in GOOD}, None, None),
        (changed(kind=["purchase", "vieww", "view"]), "kind", 2),
        (changed(kind=["purchase", None, "view"]), "kind", 2),
        (changed(product=["a", "", "b"]), "product", 2),
        (changed(product=["a", "b", None]), "product", 3),
        (changed(product=["a", ["b"], "c"]), "product", 2),
        (changed(customer=["a", b"b", "c"]), "customer", 2),
        (changed(customer=["a", "b", True]), "customer", 3),
        (changed(customer=["a", object(), "c"]), "customer", 2),
        (changed(customer=["a", "\ud800", "c"]), "customer", 2),
        (changed(at=["2026-01-01", "yesterday", "2026-01-01"]), "at", 2),
        (changed(at=["2026-01-01", "now", "2026-01-01"]), "at", 2),
        (changed(at=["2026-13-01", "2026-01-01", "2026-01-01"]), "at", 1),
        (changed(at=["2026-01-01", "2026-01-01", ""]), "at", 3),
        (changed(at=["2026-01-01", None, "2026-01-01"]), "at", 2),
        (changed(at=["2026-01-01", "9999-01-01", "2026-01-01"]), "at", 2),
        (changed(at=["2026-01-01", float("nan"), "2026-01-01"]), "at", 2),
        (changed(at=np.array(["2026-01-01", "NaT", "2026-01-01"], "M8[s]")), "at", 2),
        (changed(quantity=[1, "two", 1]), "quantity", 2),
        (changed(quantity=[1, 1, float("inf")]), "quantity", 3),
        (changed(quantity=[1, 1, float("-inf")]), "quantity", 3),
        (changed(quantity=[1, float("nan"), 1]), "quantity", 2),
        (changed(quantity=np.array([1.0, 1.0, np.nan])), "quantity", 3),
        (changed(quantity=["1", "NaN", "1"]), "quantity", 2),
        (changed(quantity=["1", "", "nan"]), "quantity", 3),
        (changed(quantity=[1, 2e9, 1]), "quantity", 2),
        (changed(quantity=[1, -2e9, 1]), "quantity", 2),
        (changed(quantity=[1, 10**400, 1]), "quantity", 2),
        (changed(kind=["view", "cart", "purchase"], quantity=[1, -1, 1]), "quantity", 2),
        (changed(price=["1.0", "9" * 5000, "1"]), "price", 2),
        (changed(price=[1, 10**400, 1]), "price", 2),
        (changed(price=[1, [2], 1]), "price", 2),
        (changed(price=[1.0, 2.0]), None, None),
        (changed(product="abc"), "product", None),
        (changed(product=7), "product", None),
    ],
)
def test_a_bad_table_names_column_and_row(table, column, row):
    with pytest.raises(BadInteractions) as caught:
        Interactions.read(table)
    assert (caught.value.column, caught.value.row) == (column, row)
    assert not column or column in str(caught.value)
    assert not row or f"row {row}" in str(caught.value)


@pytest.mark.parametrize("source", [None, 5, b"a,b", object(), [1, 2], "/nowhere/at/all.csv"])
def test_what_is_no_table_is_refused(source):
    with pytest.raises(BadInteractions):
        Interactions.read(source)


def test_rows_are_read_as_they_are_meant():
    data = Interactions.read({**GOOD, "colour": ["red"] * 3})
    assert data.ignored == ("colour",)
    assert list(data.customers) == ["c1", "c2"]
    assert data.customer.tolist() == [0, 1, -1]
    assert datetime.fromtimestamp(int(data.at[2]), UTC) == datetime(2026, 1, 3, 8, tzinfo=UTC)
    assert data.quantity.tolist() == [1, 1, 1]


def test_ids_may_look_like_anything():
    odd = ["two words", "顾客甲", "🛒", " padded ", "a,b", "it's", "0012", "x" * 5000, "nan", "None"]
    rows = {
        "customer": odd,
        "product": odd[::-1],
        "kind": ["purchase"] * 10,
        "at": ["2026-01-01"] * 10,
    }
    engine = train(rows, QUICK)
    found = engine.for_customers(odd, "buy_again", n=1)
    assert [found[name][0].product for name in odd] == odd[::-1]
    assert list(engine.customers) == sorted(odd)


def test_numbers_are_ids_too_and_missing_values_of_a_data_frame_are_empty():
    rows = {
        "customer": np.array([17850.0, float("nan"), 17850.0]),
        "product": np.array([5, 6, 7]),
        "kind": np.array(["purchase", "Purchase ", "RETURN"], object),
        "at": np.array(["2026-01-01", "2026-01-02", "2026-01-03"], "M8[ns]"),
        "price": np.array([1.5, float("nan"), -3.0]),
        "quantity": np.array([2.0, None, 1.0], object),
        "order": ["o1", "o2", None],
    }
    data = Interactions.read(rows)
    assert list(data.customers) == ["17850"]
    assert data.customer.tolist() == [0, -1, 0]
    assert data.price.tolist() == [1.5, 0, 0]
    assert data.quantity.tolist() == [2, 1, 1]
    assert data.order.tolist() == [0, 1, -1]


def test_every_way_to_say_a_time():
    moment = datetime(2026, 5, 4, 12, tzinfo=UTC)
    said = [moment, moment.replace(tzinfo=None), "2026-05-04T12:00:00Z", "2026-05-04T14:00:00+02:00"]
    said += ["2026-05-04 12:00:00.250", moment.timestamp(), np.datetime64("2026-05-04T12:00:00")]
    rows = {"customer": list("abcdefg"), "product": ["p"] * 7, "kind": ["view"] * 7, "at": said}
    assert set(Interactions.read(rows).at.tolist()) == {int(moment.timestamp())}
    days = {**GOOD, "at": [date(2026, 5, 4)] * 3}
    assert set(Interactions.read(days).at.tolist()) == {int(datetime(2026, 5, 4, tzinfo=UTC).timestamp())}


def test_a_row_said_twice_counts_once():
    once = planted_shop().columns
    twice = {name: cells + cells[::2] for name, cells in once.items()}
    data = Interactions.read(twice)
    assert len(data) == len(once["at"]) == len(Interactions.read(once))
    engines = [train(rows, QUICK) for rows in (once, twice)]
    assert engines[0].goes_with("LAMP") == engines[1].goes_with("LAMP")


def test_a_purchase_of_a_negative_quantity_is_a_return():
    rows = {**GOOD, "kind": ["purchase"] * 3, "quantity": [3, -2, 1]}
    data = Interactions.read(rows)
    assert data.kind.tolist() == [2, 3, 2]
    assert data.quantity.tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    "rows",
    [
        {"customer": ["c"], "product": ["p"], "kind": ["purchase"], "at": ["2026-01-01"]},
        {"customer": [""], "product": ["p"], "kind": ["view"], "at": ["2026-01-01"]},
        {"customer": ["c"] * 3, "product": ["p"] * 3, "kind": ["return"] * 3, "at": ["2026-01-01"] * 3},
        {
            "customer": ["c"] * 9,
            "product": list("abcabcabc"),
            "kind": ["purchase"] * 9,
            "at": ["2026-01-01"] * 9,
        },
        {
            "customer": list("abcdefghi"),
            "product": ["p"] * 9,
            "kind": ["purchase"] * 9,
            "at": ["2199-01-01"] * 9,
        },
        {"customer": list("abc"), "product": list("xyz"), "kind": ["cart"] * 3, "at": ["1901-01-01"] * 3},
    ],
)
def test_the_smallest_histories_train_and_answer(rows, tmp_path):
    engine = train(rows)
    engine.save(tmp_path)
    product, customer = rows["product"][0], rows["customer"][0]
    for surface in ("for_you", "buy_again", "next_basket", "new_for_you"):
        assert isinstance(engine.for_customers([customer], surface)[customer], list)
    for found in (
        engine.goes_with(product),
        engine.instead_of(product),
        engine.one_step_up(product, customer),
    ):
        assert product not in [one.product for one in found]
    if rows["kind"][0] != "return":
        assert engine.popular()


def test_a_customer_with_many_thousand_purchases():
    chance = np.random.default_rng(4)
    count = 30_000
    rows = {
        "customer": ["robot"] * count,
        "product": [f"p{int(p)}" for p in chance.integers(0, 900, count)],
        "kind": ["purchase"] * count,
        "at": (np.datetime64("2026-01-01") + chance.integers(0, 300, count)).astype("M8[s]"),
    }
    engine = train(rows, QUICK)
    assert len(engine.for_customers(["robot"], "next_basket", n=20)["robot"]) == 20


# --- files --------------------------------------------------------------------------------------------------


def written(path, rows, opener=open):
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows)
        writer.writerows(zip(*rows.values(), strict=True))
    return path


def same(one: Interactions, other: Interactions) -> bool:
    fields = ("customer", "product", "kind", "at", "quantity", "order", "session", "price", "category")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)


def test_all_forms_of_a_table_are_the_same_data(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    rows = planted_shop().columns
    plain = Interactions.read(rows)
    assert same(plain, Interactions.read(written(tmp_path / "a.csv", rows)))
    assert same(plain, Interactions.read(str(written(tmp_path / "a.csv.gz", rows, gzip.open))))
    typed = {**rows, "at": arrow.array([datetime.fromisoformat(cell) for cell in rows["at"]])}
    typed["price"] = arrow.nulls(len(rows["at"]), arrow.float64())
    table = arrow.table({**typed, "more": rows["kind"]})
    assert same(plain, Interactions.read(table))
    assert Interactions.read(table).ignored == ("more",)
    import pyarrow.parquet as parquet

    parquet.write_table(table, tmp_path / "a.parquet")
    assert same(plain, Interactions.read(tmp_path / "a.parquet"))
    halves = [{name: cells[part] for name, cells in rows.items()} for part in (slice(0, 99), slice(99, None))]
    assert same(plain, Interactions.read(iter(halves)))


def test_a_bad_row_far_down_a_file_is_named(tmp_path):
    rows = {name: cells * 30_000 for name, cells in GOOD.items()}
    rows["kind"][70_000] = "vanished"
    with pytest.raises(BadInteractions) as caught:
        Interactions.read(written(tmp_path / "a.csv", rows))
    assert (caught.value.column, caught.value.row) == ("kind", 70_001)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"customer,product,kind,at\n",
        b"customer,product,kind,at\nc,p,view\n",
        b"customer,product,kind,at\nc,p,view,2026-01-01,more\n",
        b"customer,product,kind,at,at\nc,p,view,2026-01-01,2026-01-01\n",
        b"customer,product,kind,at\nc,\xff\xfe,view,2026-01-01\n",
        b'customer,product,kind,at\nc,"p,view,2026-01-01\n',
        b"customer,product,kind,at\nc," + b"x" * 200_000 + b",view,2026-01-01\n",
        b"PAR1 this is no csv",
        gzip.compress(b"customer,product,kind,at\nc,p,view,2026-01-01\n" * 50, mtime=0)[:-20],
        b"\x1f\x8b garbage",
    ],
)
def test_a_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(BadInteractions):
        Interactions.read(path)


def test_a_damaged_parquet_file_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 but not really PAR1")
    with pytest.raises(BadInteractions, match=r"a\.parquet"):
        Interactions.read(path)


def test_without_pyarrow_the_message_names_the_extra(tmp_path, monkeypatch):
    real = builtins.__import__

    def absent(name, *rest, **more):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(MissingExtra, match=r"regulars\[files\]"):
        Interactions.read(path)


# --- settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"factor": 8}, "factor"),
        ({"factors": "8"}, "factors"),
        ({"factors": 0}, "factors"),
        ({"factors": True}, "factors"),
        ({"category_share": 1.5}, "category_share"),
        ({"half_life_days": float("nan")}, "half_life_days"),
        ({"as_of": "soon"}, "as_of"),
    ],
)
def test_settings_are_checked_by_name_and_type(settings, key):
    with pytest.raises(BadSettings) as caught:
        train(GOOD, settings)
    assert caught.value.key == key


def test_progress_is_told_from_nothing_to_done():
    told = []
    train(GOOD, QUICK, progress=lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1.0)
