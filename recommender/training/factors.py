"""What implicit fits: matrix factors (ALS) and item-to-item (BM25). The only importer of implicit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.errors import MissingExtra
from recommender.settings import EngineSettings

# Steps of conjugate gradients within an iteration: each begins where the one before ended. 12 iterations of 2
# found as much as 15 of 3 (the library's own) on the validation windows of two histories, in two thirds of
# the time.
CG_STEPS = 2


def als(
    matrix: sparse.csr_matrix, settings: EngineSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors of customers and products; no columns where there is too little to factorise.

    Who or what has no interest at all gets zeros, and the others the factors they would have without them.
    """
    people, goods = _used(matrix)
    if len(people) < matrix.shape[0] or len(goods) < matrix.shape[1]:
        found = als(matrix[people][:, goods].tocsr(), settings)
        return _spread_out(found[0], people, matrix.shape[0]), _spread_out(found[1], goods, matrix.shape[1])
    customers, products = matrix.shape
    width = min(settings.factors, customers - 1, products - 1)
    if width < 1 or not matrix.nnz:
        return np.zeros((customers, 0), np.float32), np.zeros((products, 0), np.float32)
    implicit, limits = _implicit()
    with limits(1, "blas"):  # implicit brings its own threads; BLAS threads beside them only fight
        model = implicit.als.AlternatingLeastSquares(
            factors=width,
            regularization=settings.regularization,
            alpha=settings.confidence,
            iterations=settings.iterations,
            num_threads=settings.threads,
            random_state=settings.seed,
            use_gpu=False,
        )
        model.cg_steps = CG_STEPS
        model.fit(matrix, show_progress=False)
    return np.ascontiguousarray(model.user_factors, np.float32), np.ascontiguousarray(
        model.item_factors, np.float32
    )


def neighbours(matrix: sparse.csr_matrix, settings: EngineSettings) -> sparse.csr_matrix:
    """Product x product: BM25 likeness of the nearest, rows as trained, the product itself left out."""
    people, goods = _used(matrix)
    if len(people) < matrix.shape[0] or len(goods) < matrix.shape[1]:
        near = neighbours(matrix[people][:, goods].tocsr(), settings).tocoo()
        places = (goods[near.row], goods[near.col])
        return sparse.csr_matrix((near.data, places), shape=(matrix.shape[1], matrix.shape[1]))
    products = matrix.shape[1]
    if products < 2 or not matrix.nnz:
        return sparse.csr_matrix((products, products), dtype=np.float64)
    implicit, limits = _implicit()
    with limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit complains about a conversion that it causes itself
        model = implicit.nearest_neighbours.BM25Recommender(
            K=settings.neighbours_kept + 1, num_threads=settings.threads
        )
        model.fit(matrix, show_progress=False)
    likeness = model.similarity.tocsr()
    likeness.setdiag(0)
    likeness.eliminate_zeros()
    likeness.sort_indices()
    return likeness


def bm25(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The weights whose products are the likeness of `neighbours`, for whoever multiplies them elsewhere."""
    implicit, _ = _implicit()
    usual = implicit.nearest_neighbours.BM25Recommender()
    people, goods = _used(matrix)
    used = matrix[people][:, goods]
    weights = implicit.nearest_neighbours.bm25_weight(used.T, usual.K1, usual.B).T.tocoo()
    return sparse.csr_matrix((weights.data, (people[weights.row], goods[weights.col])), shape=matrix.shape)


def _used(matrix: sparse.csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns that hold anything: how many others there are must not shape what is learned."""
    held = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.flatnonzero(np.diff(matrix.indptr)), np.flatnonzero(held)


def _spread_out(found: NDArray[np.float32], places: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    rows = np.zeros((count, found.shape[1]), np.float32)
    rows[places] = found
    return rows


def _implicit() -> tuple[Any, Any]:
    try:
        import implicit.als
        import implicit.nearest_neighbours
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra(
            "training needs implicit: pip install 'implicit==0.7.3' (serving does not)"
        ) from None
    return implicit, threadpool_limits
