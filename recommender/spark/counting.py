"""What Spark counts. Sums of weights are sums of whole numbers: the same in whatever order rows arrive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.columns import AT, CUSTOMER, KIND, PRODUCT, SESSION
from recommender.spark.rows import LOOKS
from recommender.tables import table_of
from recommender.training.counting import Counts, Lines
from recommender.training.history import DAY, History
from recommender.training.neighbours import Near

BITS = 30  # a weight of at most 1 is held in two whole numbers of so many bits
LIKENESS_STEPS = 2**30  # item-to-item likeness is summed in steps of so small a part


def frame_of(spark: Any, **arrays: NDArray[Any]) -> Any:
    """Arrays of equal length as a table on Spark."""
    return spark.createDataFrame(table_of(**arrays))


def arrays_of(frame: Any) -> dict[str, NDArray[Any]]:
    """A small table as arrays, without nulls."""
    table = frame.toArrow()
    return {name: table[name].to_numpy() for name in table.column_names}


def _exact_sum(weight: Any) -> list[Any]:
    """Sums `high` and `low` of weights from 0 to 1, without any rounding between."""
    from pyspark.sql import functions as f

    whole = (weight * f.lit(float(2 ** (2 * BITS)))).cast("bigint")
    low = whole.bitwiseAND(f.lit(2**BITS - 1))
    return [f.sum(f.shiftright(whole, BITS)).alias("high"), f.sum(low).alias("low")]


def _rounded(high: NDArray[np.int64], low: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.ldexp(high.astype(np.float64), -BITS) + np.ldexp(low.astype(np.float64), -2 * BITS)


# --- popularity -------------------------------------------------------------------------------------------


def sold(lines: Any, history: History) -> NDArray[np.float64]:
    """Per product its buyers, each at the newest order, faded; an anonymous order counts by itself."""
    from pyspark.sql import functions as f

    known = lines.filter(f.col(CUSTOMER) >= 0).groupBy(CUSTOMER, PRODUCT).agg(f.max(AT).alias(AT))
    alone = lines.filter(f.col(CUSTOMER) < 0)
    found = _faded(known.select(PRODUCT, AT).unionByName(alone.select(PRODUCT, AT)), history)
    return _per_product(found[PRODUCT], found, history)


def seen(rows: Any, history: History) -> NDArray[np.float64]:
    """Per product who looked at it, customers or visits, each at the newest look, faded."""
    from pyspark.sql import functions as f

    visit = f.when(f.col(CUSTOMER) == "", f.col(SESSION)).otherwise("").alias("visit")
    looks = rows.filter(f.col(KIND).isin(*LOOKS))
    newest = looks.groupBy(CUSTOMER, visit, PRODUCT).agg(f.max(AT).alias(AT))
    found = _faded(newest, history)
    codes = np.array([history.data.products.find(name) for name in found[PRODUCT].tolist()], np.int64)
    return _per_product(codes, found, history)


def _faded(newest: Any, history: History) -> dict[str, NDArray[Any]]:
    """Exact sums per product and number of half-lives passed."""
    from pyspark.sql import functions as f

    age = f.greatest(f.lit(history.as_of) - f.col(AT), f.lit(0)) / f.lit(float(DAY))
    halved = age / f.lit(float(history.settings.half_life_days))
    passed = f.floor(halved)
    left = f.pow(f.lit(2.0), passed - halved)  # between one half and 1
    return arrays_of(newest.groupBy(PRODUCT, passed.alias("passed")).agg(*_exact_sum(left)))


def _per_product(codes: NDArray, found: dict[str, NDArray[Any]], history: History) -> NDArray[np.float64]:
    ordered = np.lexsort((found["passed"], codes))
    weight = np.ldexp(_rounded(found["high"], found["low"]), -np.minimum(found["passed"], 2_000))
    total = np.bincount(codes[ordered], weights=weight[ordered], minlength=history.product_count)
    return total.astype(np.float64, copy=False)


# --- pairs in one order -----------------------------------------------------------------------------------


def pairs(spark: Any, history: History, lines: Lines, least: int) -> Counts:
    """Every pair of one order that at least `least` known customers bought in orders that are no bulk."""
    from pyspark.sql import functions as f

    table = frame_of(spark, basket=lines.basket, product=lines.product, customer=lines.customer)
    worth = lines.weight * lines.vote_of(history)
    most = max(float(worth.max(initial=0)), 1e-9)
    weight = frame_of(spark, basket=np.arange(len(worth)), weight=worth / most)
    table = table.join(weight, "basket").repartition("basket").persist()
    first, second = table.alias("first"), table.alias("second")
    together = (f.col("first.basket") == f.col("second.basket")) & (
        f.col("first.product") < f.col("second.product")
    )
    pair = f.col("first.product").cast("bigint") * f.lit(history.product_count) + f.col("second.product")
    both = first.join(second, together).select(pair.alias("pair"), "first.customer", "first.weight")
    each = both.groupBy("pair", "customer").agg(
        f.count(f.lit(1)).alias("orders"), f.max("weight").alias("weight"), *_exact_sum(f.col("weight"))
    )
    known = f.col("customer") >= 0
    found = each.groupBy("pair").agg(
        f.sum("orders").alias("orders"),
        f.count_if(known).alias("buyers"),
        f.count_if(known & (f.col("weight") > 0)).alias("unbulked"),
        f.sum("high").alias("high"),
        f.sum("low").alias("low"),
    )
    counted = arrays_of(found.filter(f.col("unbulked") >= least).orderBy("pair"))
    table.unpersist()
    width = max(history.product_count, 1)
    return Counts(
        low=counted["pair"] // width,
        high=counted["pair"] % width,
        orders=counted["orders"],
        buyers=counted["buyers"],
        unbulked=counted["unbulked"],
        weighted=_rounded(counted["high"], counted["low"]) * most,
    )


# --- item to item -----------------------------------------------------------------------------------------


def likeness(spark: Any, weights: Any, keep: int) -> Near:
    """The nearest of each product by common customers' weights. Itself is one of the `keep`, and left out
    at last, as implicit does it.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    matrix = weights.tocoo()
    table = frame_of(spark, customer=matrix.row, product=matrix.col, weight=matrix.data.astype(np.float64))
    table = table.repartition("customer").persist()
    first, second = table.alias("first"), table.alias("second")
    shared = (f.col("first.customer") == f.col("second.customer")) & (
        f.col("first.product") <= f.col("second.product")
    )
    product = f.col("first.weight") * f.col("second.weight")
    step = f.rint(product * f.lit(float(LIKENESS_STEPS))).cast("bigint").alias("step")
    one, two = f.col("first.product").alias("one"), f.col("second.product").alias("two")
    half = (
        first.join(second, shared)
        .select(one, two, step)
        .groupBy("one", "two")
        .agg(f.sum("step").alias("steps"), f.count(f.lit(1)).alias("both"))
    )
    this_way = f.struct(f.col("one").alias("row"), f.col("two").alias("other"))
    that_way = f.struct(f.col("two").alias("row"), f.col("one").alias("other"))
    ways = f.when(f.col("one") < f.col("two"), f.array(this_way, that_way)).otherwise(f.array(this_way))
    nearest = Window.partitionBy("row").orderBy(f.col("steps").desc(), "other")
    ranked = half.select(f.inline(ways), "steps", "both").withColumn("rank", f.row_number().over(nearest))
    found = arrays_of(ranked.filter(f.col("rank") <= keep).select("row", "other", "steps", "both"))
    table.unpersist()
    ordered = np.lexsort((found["other"], found["row"]))
    ordered = ordered[(found["row"] != found["other"])[ordered]]
    row, other, steps, both = (found[name][ordered] for name in ("row", "other", "steps", "both"))
    return row, other, steps / LIKENESS_STEPS, both
