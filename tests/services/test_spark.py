"""`regulars train --engine spark` on a shop: what is handed over, what is published, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recommender.errors import MissingExtra
from recommender.spark.session import require
from storefront.cli import main
from storefront.core.errors import Refusal
from storefront.personalization.errors import NotEnoughHistory
from storefront.personalization.service.cluster import SparkRun
from storefront.personalization.service.engine import holder, models_folder
from storefront.personalization.service.surfaces import candidates
from storefront.personalization.service.training import train_shop
from tests import factories as make

HERE = SparkRun(master="local[1]")
quiet = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


def history(t: Any) -> list[int]:
    """Orders in which the first two products go together."""
    products = [make.product(t) for _ in range(8)]
    for place in range(40):
        person = make.customer(t)
        bought = products[:2] if place % 3 else [products[2 + place % 6]]
        make.order(t, *((thing, 1) for thing in bought), customer=person)
    return [product.id for product in products]


@pytest.fixture
def with_spark() -> None:
    """Skips where pyspark or Java is missing."""
    try:
        require()
    except MissingExtra as missing:
        pytest.skip(str(missing))


@quiet
def test_it_publishes_an_engine_that_the_shop_uses(app_context: None, tx: Any, with_spark: None) -> None:
    with tx() as t:
        products = history(t)
    here = train_shop()
    there = train_shop(spark=HERE)
    assert (there.rows, there.customers, there.products) == (here.rows, here.customers, here.products)
    assert holder().current() is not None
    assert holder().version == there.version != here.version
    assert (
        candidates(holder().current(), "goes_with", products=products[:1], n=1)[0].product_id == products[1]
    )
    assert not list(models_folder().parent.glob("spark-*")), "what was handed over is gone again"


@quiet
def test_a_run_that_fails_leaves_the_engine_in_use(
    app_context: None, tx: Any, with_spark: None, tmp_path: Path
) -> None:
    with tx() as t:
        history(t)
    good = train_shop().version
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and then nothing PAR1")
    with pytest.raises(Refusal):
        train_shop(spark=SparkRun(master="local[1]", source=str(tmp_path)))
    holder().look_again()
    assert holder().current() is not None
    assert holder().version == good


def test_without_pyspark_nothing_is_written_and_the_engine_in_use_stays(
    app_context: None, tx: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with tx() as t:
        history(t)
    good = train_shop().version
    for name in ("pyspark", "pyspark.ml"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Refusal, match="pip install 'regulars"):
        train_shop(spark=SparkRun(handover=str(tmp_path / "rows")))
    assert not (tmp_path / "rows").exists()
    assert holder().version == good


class TestHandingOver:
    @pytest.fixture(autouse=True)
    def _as_if_there_were_spark(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("recommender.spark.session.require", lambda: None)

    def test_a_shop_without_history_says_so(self, app_context: None) -> None:
        with pytest.raises(NotEnoughHistory):
            train_shop(spark=HERE)

    def test_a_cluster_needs_a_place_that_it_can_read(self, app_context: None, tx: Any) -> None:
        with tx() as t:
            history(t)
        with pytest.raises(Refusal, match="--handover"):
            train_shop(spark=SparkRun(master="spark://host:7077"))

    def test_no_address_is_in_it(self, app_context: None, tx: Any, tmp_path: Path) -> None:
        from recommender.tables import table_at, write_rows
        from storefront.personalization.service.feed import interactions

        with tx() as t:
            history(t)
        write_rows(interactions(), str(tmp_path))
        table = table_at(str(tmp_path))
        assert set(table["kind"].to_pylist()) >= {"purchase"}
        assert not any("@" in str(cell) for column in table.columns for cell in column.to_pylist())


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--master", "local[2]"),
        ("train", "--engine", "local", "--input", "rows"),
        ("train", "--engine", "spark", "--input", "rows", "--handover", "rows"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(words: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(main, list(words))
    assert answer.exit_code == 2
    assert "--" in answer.output
