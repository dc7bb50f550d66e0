"""The one contract of all models: arrays in, a ranked and explained list out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.catalogue import Catalogue
from recommender.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Query:
    """What is known about this call, as codes. `products` are in order, the last is the newest."""

    customer: int = -1
    products: tuple[int, ...] = ()
    category: int = -1
    is_new: bool = False  # the customer: too few orders for much to be known


class Gate:
    """Which products may appear in this list. Every path of every model goes through it.

    `forgiven` are codes of products whose rejection was taken back after the history ended.
    """

    def __init__(self, allowed: NDArray[np.bool_], forgiven: tuple[int, ...] = ()) -> None:
        self.open, self.forgiven = allowed, forgiven

    def without(self, codes: Iterable[int] | NDArray[Any]) -> Gate:
        """A narrower gate; this one stays as it is."""
        narrowed = self.open.copy()
        narrowed[np.asarray(codes if isinstance(codes, np.ndarray) else list(codes), np.int64)] = False
        return Gate(narrowed, self.forgiven)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Products best first. `explain(i)` makes the evidence of the i-th, only when it is shown."""

    products: NDArray[np.int64]
    scores: NDArray[Any]
    explain: Callable[[int], Evidence]

    def __len__(self) -> int:
        return len(self.products)


class Model(Protocol):
    """A fitted model. The same arrays, query and gate give the same list, bit by bit."""

    name: ClassVar[str]
    SPEC: ClassVar[Mapping[str, str]]

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        """Take arrays (perhaps memory-mapped). Raises BadArtifact when they do not belong together."""

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """At most n open products with a score above 0, best first, ties by product id."""


def nothing() -> Ranked:
    """The empty list."""
    return Ranked(np.empty(0, np.int64), np.empty(0), lambda place: Evidence("none"))


def best(scores: NDArray[Any], n: int) -> NDArray[np.int64]:
    """Places of the n highest scores above 0, ties by place; scores are not changed."""
    if 0 < 4 * n < len(scores):
        bar = np.partition(scores, len(scores) - n)[len(scores) - n]
        (usable,) = (scores >= bar if bar > 0 else scores > 0).nonzero()
    else:
        (usable,) = (scores > 0).nonzero()
    if n <= 0 or not len(usable):
        return np.empty(0, np.int64)
    if len(usable) > 4 * n:
        held = scores[usable]
        bar = np.partition(held, len(held) - n)[len(held) - n]
        usable = usable[held >= bar]  # keeps every tie at the bar, so that the id decides
    return usable[(-scores[usable]).argsort(kind="stable")][:n]  # in order already: ties by place


def best_of(products: NDArray[Any], scores: NDArray[Any], n: int) -> NDArray[np.int64]:
    """Places within a short candidate list: the n highest scores above 0, ties by product code."""
    (usable,) = (scores > 0).nonzero()
    return usable[np.lexsort((products[usable], -scores[usable]))][:n]


class Rows:
    """A stored ragged table: for each row, codes and further columns."""

    def __init__(self, indptr: NDArray[np.int64], *columns: NDArray[Any]) -> None:
        self.indptr, self.columns = indptr, columns

    def __call__(self, row: int) -> tuple[NDArray[Any], ...]:
        """The columns of one row, as views."""
        a, b = int(self.indptr[row]), int(self.indptr[row + 1])
        return tuple(column[a:b] for column in self.columns)

    def codes(self, row: int) -> NDArray[Any]:
        """The first column of one row."""
        return self.columns[0][self.indptr[row] : self.indptr[row + 1]]

    def __len__(self) -> int:
        return len(self.indptr) - 1
