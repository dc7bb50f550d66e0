"""Complements on held-out baskets: asked with one product of a basket, which of the others are listed?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import train
from recommender.evaluation.answers import Answer, Settings
from recommender.evaluation.forgetting import on_their_own
from recommender.evaluation.purchases import Codes, places
from recommender.evaluation.references.pair_counts import MostSold, PairCounts
from recommender.evaluation.shelf import Shelf, often_bought
from recommender.evaluation.splits import Split
from recommender.evaluation.tasks import COMPLEMENTS, Task, checked
from recommender.training.baskets import Baskets

LARGEST = 60  # products of a test basket; larger ones are somebody's stock
PLACES = 10


@dataclass(frozen=True)
class HeldOut:
    """The task, what was bought together before, and which product each question names."""

    shelf: Shelf
    before: sparse.csr_matrix  # basket x product, ones
    task: Task
    asked: Codes
    baskets: int


def held_out(split: Split) -> HeldOut:
    """Every product of every basket of the window with 2 to 60 products asks for the rest of it.

    Everybody's baskets count, known or not. Raises TooLittleHistory.
    """
    products = often_bought(split.known_lines, len(split.data.products), split.rules.least_sold)
    before, _ = _matrix(split.known_lines, products)
    later, owner = _matrix(split.window_lines, products)
    size = np.diff(later.indptr)
    chosen = (size >= 2) & (size <= LARGEST)
    later, owner = later[chosen], owner[chosen]
    basket = np.repeat(np.arange(later.shape[0]), np.diff(later.indptr))
    asked = later.indices.astype(np.int64)
    rest = (later[basket] - _ones(np.arange(len(asked)), asked, (len(asked), len(products)))).tocsr()
    rest.eliminate_zeros()
    task = Task(COMPLEMENTS, np.empty(0, np.int64), rest, groups=owner[basket], places=PLACES)
    return HeldOut(Shelf.of(split, products), before, checked(task), asked, later.shape[0])


def _matrix(lines: Baskets, products: Codes) -> tuple[sparse.csr_matrix, Codes]:
    """Basket x product of ones, and whose each basket is: an unknown person's is a person of its own."""
    place = places(products, lines.product)
    inside = place >= 0
    _, first, basket = np.unique(lines.basket[inside], return_index=True, return_inverse=True)
    customer = lines.customer[inside][first].astype(np.int64)
    owner = np.where(customer >= 0, customer, -1 - np.arange(len(first)))
    return _ones(basket, place[inside], (len(first), len(products))), owner


def _ones(rows: NDArray, columns: NDArray, shape: tuple[int, int]) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sort_indices()
    return matrix


def answer_of_reference(made: PairCounts | MostSold, given: HeldOut) -> tuple[Answer, Codes]:
    """Lists for every question, and one list per product of the population (for coverage)."""
    started = perf_counter()
    made.fit(given.before)
    fitted = perf_counter() - started
    return _answer(made.name, fitted, given, lambda product: made.list_for(product, PLACES))


def answer_of_engine(split: Split, given: HeldOut, settings: Settings = None) -> tuple[Answer, Codes]:
    """The same by `goes_with` of an engine trained on all rows of these products before the window."""
    inside = np.zeros(len(split.data.products), np.bool_)
    inside[given.shelf.products] = True
    started = perf_counter()
    engine = train(on_their_own(split.known.where(inside[split.known.product])), settings)
    fitted = perf_counter() - started
    names, place = given.shelf.names(), given.shelf.place_of()
    allowed = engine.mask(names)

    def ask(product: int) -> list[int]:
        return [place[item.product] for item in engine.goes_with([names[product]], PLACES, allowed=allowed)]

    return _answer("engine", fitted, given, ask)


def _answer(
    name: str, fitted: float, given: HeldOut, ask: Callable[[int], Codes | list[int]]
) -> tuple[Answer, Codes]:
    started = perf_counter()
    lists = np.full((len(given.shelf), PLACES), -1, np.int64)
    for product in range(len(lists)):
        shown = ask(product)
        lists[product, : len(shown)] = shown
    seconds = (perf_counter() - started) * len(given.asked) / max(len(lists), 1)
    return Answer(name, lists[given.asked], fitted, seconds), lists
