"""Parquet -> clean rows on Spark -> what this process needs of them, as `Interactions.read` has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from recommender import cells, columns
from recommender.columns import AT, CATEGORY, CUSTOMER, KIND, ORDER, PRICE, PRODUCT, QUANTITY, SESSION
from recommender.errors import BadInteractions
from recommender.interactions import Interactions
from recommender.training.history import NOT_LATER, YEAR

IDS = (CUSTOMER, PRODUCT, ORDER, SESSION, CATEGORY)
SAME = (CUSTOMER, PRODUCT, KIND, AT, ORDER, SESSION, QUANTITY, PRICE)  # rows equal in these count once
LOOKS = ("view", "cart")
# What else a column says, in words: of the product, whatever the row.
WORDS = tuple(name for name in columns.KNOWN if name not in (*IDS, KIND, AT, QUANTITY, PRICE))
_WHOLE = {"tinyint", "smallint", "int", "bigint"}
_BROKEN = {"float", "double"}
_DECIMAL = "decimal"


def clean_rows(spark: Any, source: str) -> Any:
    """Every row of a Parquet file or folder, checked, each once. Raises BadInteractions naming the column.

    Files in folders named `column=value` are read with that column.
    """
    from pyspark.errors import AnalysisException

    try:
        raw = spark.read.parquet(source)
    except AnalysisException as error:
        raise BadInteractions(f"{source} is no readable Parquet: {str(error).splitlines()[0]}") from None
    types = {name.lower(): kind for name, kind in raw.dtypes}
    for name in columns.REQUIRED:
        if name not in types:
            raise BadInteractions(f"missing; the table has {', '.join(types) or 'none'}", column=name)
    taken = raw.select(*_plain(types))
    _refuse_bad(taken)
    return _each_once(taken)


def _plain(types: Mapping[str, str]) -> list[Any]:
    """The columns as the engine wants them; NULL is what cannot be read."""
    from pyspark.sql import functions as f

    ids = [_id(name, types.get(name)).alias(name) for name in (*IDS, *WORDS)]
    price = f.nanvl(_number(PRICE, types, 0.0), f.lit(0.0))
    return [
        *ids,
        f.lower(f.trim(f.col(KIND).cast("string"))).alias(KIND),
        _seconds(types[AT]).alias(AT),
        _number(QUANTITY, types, 1.0).alias(QUANTITY),
        f.greatest(price, f.lit(0.0)).cast("float").alias(PRICE),
    ]


def _number(name: str, types: Mapping[str, str], missing: float) -> Any:
    """NaN where it cannot be read."""
    from pyspark.sql import functions as f

    if name not in types or types[name] == "void":
        return f.lit(missing)
    empty = f.col(name).isNull() | (f.col(name).cast("string") == "")
    return f.when(empty, missing).otherwise(f.coalesce(f.col(name).try_cast("double"), f.lit(float("nan"))))


def _id(name: str, kind: str | None) -> Any:
    from pyspark.sql import functions as f

    column = f.col(name)
    if kind is None or kind == "void":
        return f.lit("")
    if kind in _BROKEN:  # 5.0 means the id "5"
        whole = f.when(column == f.floor(column), column.cast("bigint").cast("string"))
        column = f.when(f.isnan(column), "").otherwise(f.coalesce(whole, column.cast("string")))
    elif kind not in _WHOLE and kind != "string":
        raise BadInteractions(f"{kind} is no id (text or a whole number is)", column=name)
    return f.coalesce(column.cast("string"), f.lit(""))


def _seconds(kind: str) -> Any:
    """Seconds since 1970 UTC of a time, a date, ISO text or seconds."""
    from pyspark.sql import functions as f

    column = f.col(AT)
    if kind in _WHOLE:
        return column.cast("bigint")
    if kind in _BROKEN or kind.startswith(_DECIMAL):
        return f.floor(column).cast("bigint")
    return f.floor(f.unix_micros(column.try_cast("timestamp")) / f.lit(1e6)).cast("bigint")


def _refuse_bad(rows: Any) -> None:
    from pyspark.sql import functions as f

    seen_only = ~f.col(KIND).isin("purchase", "return")
    quantity = f.col(QUANTITY)
    wrong = {
        PRODUCT: (f.col(PRODUCT) == "", "empty"),
        KIND: (
            ~f.col(KIND).isin(*columns.KINDS) | f.col(KIND).isNull(),
            f"none of {', '.join(columns.KINDS)}",
        ),
        AT: (
            f.col(AT).isNull() | (f.col(AT) < cells.EARLIEST) | (f.col(AT) >= cells.LATEST),
            "no time between the years 1900 and 2199",
        ),
        QUANTITY: (
            f.isnan(quantity) | (f.abs(quantity) > cells.MOST_PIECES) | (seen_only & (quantity < 0)),
            "no quantity",
        ),
    }
    counted = rows.agg(
        f.count(f.lit(1)).alias("rows"), *(f.count_if(test).alias(name) for name, (test, _) in wrong.items())
    ).first()
    if not counted["rows"]:
        raise BadInteractions("the table has no rows")
    for name, (_, problem) in wrong.items():
        if counted[name]:
            raise BadInteractions(f"{problem} in {counted[name]:,} rows", column=name)


def _each_once(rows: Any) -> Any:
    from pyspark.sql import functions as f

    back = (f.col(KIND) == "purchase") & (f.col(QUANTITY) < 0)
    rows = rows.withColumn(KIND, f.when(back, "return").otherwise(f.col(KIND)))
    rows = rows.withColumn(QUANTITY, f.abs(f.col(QUANTITY)))
    return rows.groupBy(*SAME).agg(*(f.max(name).alias(name) for name in (CATEGORY, *WORDS)))


def today(rows: Any) -> tuple[int, int]:
    """How many rows there are, and what counts as "today" (see `training.history`)."""
    from pyspark.sql import functions as f

    counted = rows.agg(f.count(f.lit(1)).alias("rows"), f.max(AT).alias("latest")).first()
    number, latest = counted["rows"], counted["latest"]
    place = int(NOT_LATER * (number - 1))  # as numpy's quantile, "lower"
    if rows.filter(f.col(AT) < latest - YEAR).count() <= place:
        return number, latest
    newest = rows.select(AT).orderBy(f.col(AT).desc()).limit(number - place)
    usual = newest.agg(f.min(AT)).first()[0]
    return number, rows.filter(f.col(AT) <= usual + YEAR).agg(f.max(AT)).first()[0]


def needed_here(rows: Any, sessions: int) -> Interactions:
    """What models that are fitted in this process look at: all deeds, all looks of known customers, the
    newest visits of others, and of every product its newest look, price, category and words.

    Looks of unknown people in older visits stay on Spark: popularity alone counts them.
    """
    from pyspark.sql import DataFrame
    from pyspark.sql import functions as f

    looks = rows.filter(f.col(KIND).isin(*LOOKS))
    unknown = looks.filter(f.col(CUSTOMER) == "")
    visits = (
        looks.filter(f.col(SESSION) != "")
        .groupBy(SESSION)
        .agg(f.max(AT).alias("end"), f.count_distinct(PRODUCT).alias("products"))
        .filter(f.col("products") >= 2)
        .orderBy(f.col("end").desc(), f.col(SESSION))
        .limit(sessions)
        .select(SESSION)
    )
    parts = [
        rows.filter(~f.col(KIND).isin(*LOOKS) | (f.col(CUSTOMER) != "")),
        unknown.join(visits, SESSION, "left_semi").select(*rows.columns),
    ]
    taken = reduce(DataFrame.unionByName, (*parts, _newest_of_each_product(unknown)))
    by_time = (AT, ORDER, SESSION, CUSTOMER, PRODUCT, KIND, QUANTITY, PRICE)
    return Interactions.read(taken.toArrow().sort_by([(name, "ascending") for name in by_time]))


def _newest_of_each_product(rows: Any) -> Any:
    """The newest rows that say something of a product: at all, its price, its category and words."""
    from pyspark.sql import functions as f

    whole = f.struct(AT, *(name for name in rows.columns if name != AT))
    says = (f.lit(True), f.col(PRICE) > 0, *(f.col(name) != "" for name in (CATEGORY, *WORDS)))
    newest = rows.groupBy(PRODUCT).agg(
        f.array_compact(f.array(*(f.max(f.when(s, whole)) for s in says))).alias("all")
    )
    return newest.select(f.inline("all")).select(*rows.columns)
