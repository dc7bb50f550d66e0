"""Matrix factors by Spark's ALS, from the same interest and settings as the local ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.settings import EngineSettings
from recommender.spark.counting import frame_of

LEAST_RATING = 1e-3


def als(
    spark: Any, matrix: sparse.csr_matrix, settings: EngineSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors of customers and products; no columns where there is too little to factorise.

    Both minimise the same loss on the same preferences (Hu, Koren, Volinsky 2008). What differs, and how it
    is brought together:
    - implicit trusts a seen pair with `confidence * interest`, Spark with `1 + alpha * rating`: the rating is
      `confidence * interest - 1`, alpha 1. Interest too faint for that is trusted like an unseen pair.
    - implicit holds every row by `regularization`, Spark by `regParam` times the entries of the row:
      regParam is divided by the mean number of entries (geometric, of customers and products).
    """
    customers, products = matrix.shape
    entries = matrix.tocoo()
    people, things = (len(np.unique(codes)) for codes in (entries.row, entries.col))
    width = min(settings.factors, people - 1, things - 1)
    if width < 1 or not matrix.nnz:
        return np.zeros((customers, 0), np.float32), np.zeros((products, 0), np.float32)
    from pyspark.ml.recommendation import ALS

    rating = np.maximum(settings.confidence * entries.data - 1, LEAST_RATING).astype(np.float32)
    table = frame_of(spark, customer=entries.row, product=entries.col, rating=rating)
    model = ALS(
        rank=width,
        maxIter=settings.iterations,
        regParam=settings.regularization * float(np.sqrt(people * things)) / matrix.nnz,
        alpha=1.0,
        implicitPrefs=True,
        seed=settings.seed,
        userCol="customer",
        itemCol="product",
        ratingCol="rating",
    ).fit(table)
    return _stacked(model.userFactors, customers, width), _stacked(model.itemFactors, products, width)


def _stacked(frame: Any, count: int, width: int) -> NDArray[np.float32]:
    """One row per code; who has no entry has zeros."""
    table = frame.toArrow()
    rows = np.zeros((count, width), np.float32)
    found = [np.asarray(part.flatten(), np.float32) for part in table["features"].chunks]
    rows[table["id"].to_numpy()] = np.concatenate(found).reshape(-1, width)
    return rows
