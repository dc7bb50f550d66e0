"""Training with Spark: the same counts, the same artifact. Skipped where pyspark or Java is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender import EngineSettings, Interactions, train
from recommender.errors import BadInteractions, MissingExtra
from recommender.publishing import load_current, publish
from recommender.spark.session import require
from recommender.tables import table_at, write_rows
from recommender.training import complements, popular
from recommender.training.history import History
from tests.recommender.shops import QUICK, Log, planted_shop

RETAIL = Path(__file__).parents[3] / "shared" / "data" / "online-retail-2010-2011.csv.gz"
CUSTOMER_SURFACES = ("for_you", "buy_again", "next_basket", "new_for_you")
# What Spark's own libraries leave open or call outdated is no business of ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def busy_shop() -> Log:
    """The planted pair, and whatever else a row may say: looks with and without a name or a visit, carts,
    returns with and without an order, a product sent back, anonymous and bulk orders, repeated rows.
    """
    log, chance = planted_shop(), np.random.default_rng(3)
    for number in range(600):
        who = "" if number % 3 else f"c{number % 50:03d}"
        visit = "" if number % 7 == 0 else f"visit{number // 4}"
        what, kind = f"item{int(chance.integers(0, 50)):02d}", "cart" if number % 11 == 0 else "view"
        log.add(
            who, what, kind, float(chance.random() * 80), session=visit, price=3.5, category=f"k{number % 4}"
        )
    for number in range(40):
        log.add(
            f"c{number:03d}", "BESTSELLER", "return", 70, order="" if number % 2 else f"o{number * 3 + 1:05d}"
        )
        log.add(f"c{number:03d}", "item07", "reject", 71)
        log.order("", [f"item{p:02d}" for p in range(number % 5, 12)], 60 + number / 10)
    log.order("c007", [f"item{p:02d}" for p in range(40)] + [f"bulk{p:03d}" for p in range(120)], 75)
    for name, cells in log.columns.items():
        log.columns[name] = cells + cells[100:200]
    return log


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Spark on one core of this machine."""
    try:
        require()
    except MissingExtra as missing:
        pytest.skip(str(missing))
    from recommender.spark.session import spark_session

    with spark_session("local[1]", {"spark.sql.shuffle.partitions": "2"}) as session:
        yield session


@pytest.fixture(scope="module")
def cluster(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The busy shop's rows, read by Spark as the shop hands them over."""
    from recommender.spark.run import Cluster

    place = str(tmp_path_factory.mktemp("spark") / "interactions")
    write_rows([whole_numbers(busy_shop().columns)], place)
    return Cluster.read(spark, place)


@pytest.fixture(scope="module")
def data() -> Interactions:
    """The same rows, read here."""
    return Interactions.read(busy_shop().columns)


@pytest.fixture(scope="module")
def engine(cluster: Any) -> Any:
    """What Spark makes of them."""
    return cluster.train(QUICK)


def whole_numbers(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Prices as numbers, as the feed has them."""
    return {**columns, "price": [None if price == "" else float(price) for price in columns["price"]]}


def named(history: History, counts: complements.Counts) -> dict[tuple[str, str], tuple[int, int, int, float]]:
    """Counts by the ids of the pair."""
    names = history.data.products.names
    rows = zip(*(column.tolist() for column in counts), strict=True)
    return {(names[a], names[b]): (o, p, u, round(w, 9)) for a, b, o, p, u, w in rows}


def counted_here(history: History, least: int) -> dict[tuple[str, str], tuple[int, int, int, float]]:
    """Every pair that so many people bought in orders that are no bulk."""
    found: dict[tuple[str, str], tuple[int, int, int, float]] = {}
    for block in complements.counted(history, complements.lines_of(history)):
        found |= named(history, block)
    return {pair: numbers for pair, numbers in found.items() if numbers[2] >= least}


class TestTheSame:
    def test_rows_customers_products_and_today(self, cluster: Any, data: Interactions) -> None:
        history = History.of(data, QUICK)
        assert (cluster.count, cluster.as_of) == (len(data), history.as_of)
        assert list(cluster.data.customers) == list(data.customers)
        assert cluster.data.products.names == data.products.names

    def test_pairs_are_counted_exactly_as_here(self, spark: Any, cluster: Any, data: Interactions) -> None:
        from recommender.spark.counting import pairs

        rare = replace(QUICK, min_buyers=1)
        here, there = History.of(data, rare), History(cluster.data, rare, cluster.as_of)
        found = named(there, pairs(spark, there, complements.lines_of(there), 1))
        assert len(found) > 800
        assert found == counted_here(here, 1)

    @pytest.mark.parametrize("model", ["popular", "complements", "neighbours"])
    def test_what_spark_counts_is_what_is_counted_here(
        self, engine: Any, data: Interactions, model: str
    ) -> None:
        here = train(data, QUICK).parts[model]
        for name, array in engine.parts[model].items():
            if name == "strength":
                np.testing.assert_allclose(array, here[name], rtol=1e-6)
            else:
                np.testing.assert_array_equal(array, here[name], err_msg=name)

    def test_every_other_model_is_the_same(self, engine: Any, data: Interactions) -> None:
        here = train(data, QUICK)
        assert engine.parts.keys() == here.parts.keys()
        for model in engine.parts.keys() - {"popular", "complements", "neighbours", "taste", "substitutes"}:
            for name, array in engine.parts[model].items():
                np.testing.assert_array_equal(array, here.parts[model][name], err_msg=f"{model}.{name}")

    def test_the_same_again_gives_the_same_counts(self, cluster: Any, engine: Any) -> None:
        again = cluster.train(QUICK)
        for model in ("popular", "complements", "neighbours"):
            for name, array in engine.parts[model].items():
                np.testing.assert_array_equal(array, again.parts[model][name], err_msg=f"{model}.{name}")

    def test_on_a_real_history(self, spark: Any, tmp_path: Path) -> None:
        if not RETAIL.is_file():
            pytest.skip(f"{RETAIL.name} is not beside the repository")
        from recommender.spark.counting import pairs
        from recommender.spark.run import Cluster

        table = retail(20_000)
        write_rows([table], str(tmp_path))
        cluster = Cluster.read(spark, str(tmp_path))
        settings = EngineSettings(holdout_customers=0)
        here = History.of(Interactions.read(table), settings)
        there = History(cluster.data, settings, cluster.as_of)
        least = settings.min_buyers
        found = named(there, pairs(spark, there, complements.lines_of(there), least))
        assert found == counted_here(here, least)
        np.testing.assert_array_equal(cluster.popular(there)["score"], popular.fit(here)["score"])


class TestTheArtifact:
    def test_it_is_stored_and_answers_every_surface(self, engine: Any, tmp_path: Path) -> None:
        publish(engine, tmp_path, "v1")
        stored = load_current(tmp_path).engine
        for surface in CUSTOMER_SURFACES:
            assert stored.for_customers(["c001", "nobody"], surface, n=5)["c001"], surface
        for answer in (stored.goes_with, stored.instead_of, stored.one_step_up, stored.for_session):
            assert answer("LAMP", n=5)
        assert stored.goes_with("LAMP", n=1)[0].product == "BULB"
        assert stored.popular(n=1)[0].product == "BESTSELLER"

    def test_factors_find_what_a_customer_misses(self, spark: Any, tmp_path: Path) -> None:
        from recommender.spark.run import Cluster
        from tests.recommender.shops import checkerboard

        write_rows([whole_numbers(checkerboard())], str(tmp_path))
        cluster = Cluster.read(spark, str(tmp_path))
        best = cluster.train(QUICK).for_customers(["c04"], "new_for_you", n=1)["c04"][0]
        assert best.product == "p04"


class TestRefusals:
    @pytest.mark.parametrize(
        ("changed", "column"),
        [
            ({"kind": ["purchase", "theft"]}, "kind"),
            ({"product": ["p", ""]}, "product"),
            ({"at": ["2026-01-01", "once"]}, "at"),
            ({"quantity": ["1", "many"]}, "quantity"),
            ({"customer": None}, "customer"),
        ],
    )
    def test_a_bad_table_is_refused_by_column(
        self, spark: Any, tmp_path: Path, changed: dict[str, Any], column: str
    ) -> None:
        import pyarrow
        import pyarrow.parquet

        from recommender.spark.run import Cluster

        table = {
            "customer": ["a", "b"],
            "product": ["p", "q"],
            "kind": ["view"] * 2,
            "at": ["2026-01-01"] * 2,
        }
        table = {name: cells for name, cells in {**table, **changed}.items() if cells is not None}
        pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "rows.parquet")
        with pytest.raises(BadInteractions) as refused:
            Cluster.read(spark, str(tmp_path / "rows.parquet"))
        assert refused.value.column == column

    def test_what_is_no_parquet_is_refused(self, spark: Any, tmp_path: Path) -> None:
        from recommender.spark.run import Cluster

        with pytest.raises(BadInteractions, match="no readable Parquet"):
            Cluster.read(spark, str(tmp_path / "nothing"))


def test_without_pyspark_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyspark", "pyspark.ml"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"needs pyspark: pip install 'regulars\[spark\]'"):
        require()


def test_without_java_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from recommender.spark import session

    monkeypatch.setattr(session, "_require_libraries", lambda: None)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingExtra, match="needs Java 17 or newer, and there is none in JAVA_HOME"):
        require()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra, match="there is none on the PATH"):
        require()
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho '    java.specification.version = 11' >&2\n")
    old.chmod(0o755)
    with pytest.raises(MissingExtra, match="is Java 11"):
        require()


class TestHandedOver:
    def test_rows_come_back_as_they_were(self, data: Interactions, tmp_path: Path) -> None:
        columns = whole_numbers(busy_shop().columns)
        assert write_rows([columns], str(tmp_path)) == len(columns["at"])
        assert {path.name[:4] for path in tmp_path.iterdir()} == {"day="}
        back = Interactions.read(table_at(str(tmp_path)))
        assert len(back) == len(data)
        assert np.array_equal(np.sort(back.at), np.sort(data.at))
        assert back.quantity.sum() == data.quantity.sum()

    def test_yesterdays_days_are_replaced(self, tmp_path: Path) -> None:
        row = {"customer": ["a"], "product": ["p"], "kind": ["view"]}
        write_rows([{**row, "at": ["2026-01-01"]}], str(tmp_path))
        write_rows([{**row, "at": ["2026-01-02"]}], str(tmp_path))
        assert [path.name for path in tmp_path.iterdir()] == ["day=2026-01-02"]

    def test_a_folder_with_other_things_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("years of work")
        with pytest.raises(BadInteractions, match=r"holds thesis.txt"):
            write_rows(
                [{"customer": ["a"], "product": ["p"], "kind": ["view"], "at": ["2026-01-01"]}], str(tmp_path)
            )
        assert (tmp_path / "thesis.txt").is_file()


def retail(rows: int) -> dict[str, list[Any]]:
    """The first rows of a real order history."""
    import csv
    import gzip
    from itertools import islice

    names = {"InvoiceNo": "order", "StockCode": "product", "CustomerID": "customer", "InvoiceDate": "at"}
    with gzip.open(RETAIL, "rt", encoding="utf-8", newline="") as file:
        lines = list(islice(csv.DictReader(file), rows))
    table: dict[str, list[Any]] = {ours: [line[theirs] for line in lines] for theirs, ours in names.items()}
    table["quantity"] = [float(line["Quantity"]) for line in lines]
    table["price"] = [float(line["UnitPrice"]) for line in lines]
    table["kind"] = ["purchase"] * len(lines)
    return table
