"""implicit as it is, with settings given by the caller: what references and benches compare against."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.errors import MissingExtra


def als(
    matrix: sparse.csr_matrix, *, factors: int, regularization: float, alpha: float, iterations: int,
    seed: int = 7, threads: int = 0,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """Factors of rows and columns by implicit's ALS. Raises MissingExtra without implicit."""
    library, limits = _libraries()
    with limits(1, "blas"):
        model = library.als.AlternatingLeastSquares(
            factors=factors, regularization=regularization, alpha=alpha, iterations=iterations,
            num_threads=threads, random_state=seed, use_gpu=False,
        )  # fmt: skip
        model.fit(matrix.astype(np.float32), show_progress=False)
    return np.asarray(model.user_factors, np.float32), np.asarray(model.item_factors, np.float32)


def item_item(
    matrix: sparse.csr_matrix, kind: str, *, nearest: int, threads: int = 0, **weights: float
) -> sparse.csr_matrix:
    """Column x column: implicit's "cosine" or "bm25" likeness of the nearest, each column itself included."""
    library, limits = _libraries()
    chosen = {"cosine": "CosineRecommender", "bm25": "BM25Recommender"}[kind]
    with limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # implicit complains about a conversion that it causes itself
        model = getattr(library.nearest_neighbours, chosen)(K=nearest, num_threads=threads, **weights)
        model.fit(matrix.astype(np.float64), show_progress=False)
    return model.similarity.tocsr()


def _libraries() -> tuple[Any, Any]:
    try:
        import implicit.als
        import implicit.nearest_neighbours
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtra("the references need implicit: pip install 'implicit==0.7.3'") from None
    return implicit, threadpool_limits
