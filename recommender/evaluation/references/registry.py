"""Which references a task is measured against, with the settings that docs/benchmarks/protocol.md states."""

from __future__ import annotations

from collections.abc import Callable

from recommender.evaluation.references.contract import Reference
from recommender.evaluation.references.counting import PersonalThenPopular, PersonalTop, Popularity
from recommender.evaluation.references.linear import MOST_PRODUCTS_OF_EASE, Als, Ease, ItemItem
from recommender.evaluation.references.tifu_knn import TifuKnn
from recommender.evaluation.references.up_cf import UpCf

Maker = Callable[[], Reference]

ALL: dict[str, Maker] = {
    "popularity": Popularity,
    "P-Top": PersonalTop,
    "GP-Top": PersonalThenPopular,
    "ALS 32 log": Als,
    "ALS 128 raw": lambda: Als("ALS 128 raw", factors=128, log=False, regularization=0.01),
    "ALS 128 reg 10": lambda: Als("ALS 128 reg 10", factors=128, log=False),
    "cosine-ii": ItemItem,
    "BM25-ii": lambda: ItemItem("BM25-ii", "bm25", weights=(("K1", 1.2), ("B", 0.5))),
    "EASE": Ease,
    "TIFU-KNN": TifuKnn,
    "UP-CF@r": UpCf,
}
# of these the best is what a goal is measured against (PERFORMANCE: goals 1 and 2)
RIVALS: dict[str, tuple[str, ...]] = {
    "next-basket": ("GP-Top", "TIFU-KNN", "UP-CF@r"),
    "new": (
        "popularity",
        "ALS 32 log",
        "ALS 128 raw",
        "ALS 128 reg 10",
        "BM25-ii",
        "cosine-ii",
        "EASE",
        "TIFU-KNN",
    ),
    "complements": ("pair counts",),
    "session": ("VMIS-kNN",),
    "cold": ("popularity",),
}
SLOW = ("EASE",)


def usable(names: tuple[str, ...], products: int, *, quick: bool = False) -> tuple[str, ...]:
    """Those of the names that can be fitted: no EASE with many products, nor when it has to go quickly."""
    left_out = SLOW if quick or products > MOST_PRODUCTS_OF_EASE else ()
    return tuple(name for name in names if name not in left_out)
