"""What is to be foreseen: for each person, which products count as right and which may be shown at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.evaluation.errors import TooLittleHistory
from recommender.evaluation.purchases import Codes
from recommender.evaluation.splits import FEWEST_TESTED, Split, first_baskets

NEXT_BASKET = "next-basket"
NEW = "new"
COMPLEMENTS = "complements"
SESSION = "session"
COLD = "cold"
TASKS = (NEXT_BASKET, NEW, COMPLEMENTS, SESSION, COLD)


@dataclass(frozen=True)
class Task:
    """Questions, one per row: `wanted` is what came true, `hidden` must not be shown.

    Personal tasks ask once for each of `users`; others say in `groups` whose question each row is, so that
    intervals are over people. `places` is how long a list counts.
    """

    name: str
    users: Codes
    wanted: sparse.csr_matrix
    hidden: sparse.csr_matrix | None = None
    groups: Codes | None = None
    places: int = 10

    def __len__(self) -> int:
        return self.wanted.shape[0]


def next_basket(split: Split) -> Task:
    """The first basket of the window, whatever was bought before. Raises TooLittleHistory."""
    basket = _first_basket(split)
    return checked(Task(NEXT_BASKET, _with_any(basket), basket[_with_any(basket)]))


def new_products(split: Split) -> Task:
    """Of the same basket only what the person never bought before; own products are not shown.

    People whose basket holds nothing new are left out (Li et al. 2023, arXiv 2109.14233: repetition and
    exploration are two tasks). Raises TooLittleHistory.
    """
    basket, owned = _first_basket(split), split.before.counts.astype(np.bool_)
    fresh = (basket - basket.multiply(owned)).tocsr()
    fresh.eliminate_zeros()
    users = _with_any(fresh)
    return checked(Task(NEW, users, fresh[users], owned[users]))


def repeat_share(split: Split) -> float:
    """Mean share of a person's next basket that was bought before: above 0.4 goal 1 asks for 1.05 x."""
    basket = _first_basket(split)
    users = _with_any(basket)
    again = np.asarray(basket.multiply(split.before.counts > 0).sum(axis=1)).ravel()[users]
    return float(np.mean(again / np.diff(basket.indptr)[users])) if len(users) else 0.0


def _first_basket(split: Split) -> sparse.csr_matrix:
    user, product = first_baskets(split.after)
    matrix = sparse.csr_matrix((np.ones(len(user)), (user, product)), shape=split.before.shape)
    matrix.sum_duplicates()
    return matrix


def _with_any(matrix: sparse.csr_matrix) -> Codes:
    return np.flatnonzero(np.diff(matrix.indptr))


def checked(task: Task) -> Task:
    """The task, unless hardly anybody can be asked. Raises TooLittleHistory."""
    people = len(task) if task.groups is None else len(np.unique(task.groups))
    if people < FEWEST_TESTED:
        raise TooLittleHistory(
            f"{task.name}: {people} people can be asked in the window, {FEWEST_TESTED} are needed "
            "(bring a longer history, or let the window begin earlier)"
        )
    return task


def top(scores: NDArray, n: int) -> Codes:
    """The n best of each row, ties by product code; a score of minus infinity is never shown (-1 instead)."""
    lists = np.full((len(scores), n), -1, np.int64)
    for row, values in enumerate(scores):
        usable = np.flatnonzero(values > -np.inf)
        if len(usable) > n:
            held = values[usable]
            bar = np.partition(held, len(held) - n)[len(held) - n]
            usable = usable[held >= bar]
        chosen = usable[np.lexsort((usable, -values[usable]))][:n]
        lists[row, : len(chosen)] = chosen
    return lists
