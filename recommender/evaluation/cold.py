"""Cold customers: what is shown to people of whom 0, 1 or 2 orders are known."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender import Engine, train
from recommender.evaluation.answers import Answer, Settings
from recommender.evaluation.forgetting import on_their_own
from recommender.evaluation.purchases import Codes, Purchases
from recommender.evaluation.shelf import Shelf
from recommender.evaluation.splits import Split, first_baskets
from recommender.evaluation.tasks import COLD, Task, checked, top
from recommender.interactions import Interactions

MOST_KNOWN = 2  # orders
ENOUGH = 600  # people; where fewer are cold by themselves, regulars are made cold
SOLD_OUT = 0.1  # share of the products that the check of empty lists takes away
PLACES = 10


@dataclass(frozen=True)
class Cold:
    """The task and the rows to learn from. `natural` people were cold by themselves, the rest was made so."""

    shelf: Shelf
    task: Task
    rows: Interactions
    sold: NDArray[np.float64]
    natural: int


def cold(split: Split, *, enough: int = ENOUGH, seed: int = 3) -> Cold:
    """Everybody who ordered in the window and had at most 2 orders before; their first basket is wanted.

    Regulars are made cold by forgetting all but their newest 0, 1 or 2 orders, by turns. Raises
    TooLittleHistory.
    """
    products = split.products
    everyone = np.arange(len(split.data.customers))
    before = Purchases.of(split.known_lines, everyone, products)
    after = Purchases.of(split.window_lines, everyone, products)
    held = (
        np.bincount(before.basket_user, minlength=len(everyone)) if len(before) else np.zeros(len(everyone))
    )
    came = np.unique(after.user)
    natural = came[held[came] <= MOST_KNOWN]
    regular = came[held[came] > MOST_KNOWN]
    chance = np.random.default_rng(seed)
    made = np.sort(chance.permutation(regular)[: max(0, enough - len(natural))])
    users = np.concatenate([natural, made])
    rows, sold = _forgotten(split, before, made)
    user, product = first_baskets(after)
    basket = sparse.csr_matrix((np.ones(len(user)), (user, product)), shape=after.shape)
    task = checked(Task(COLD, users, basket[users], places=PLACES))
    return Cold(Shelf.of(split, products), task, rows, sold, len(natural))


def _forgotten(split: Split, before: Purchases, made: Codes) -> tuple[Interactions, NDArray[np.float64]]:
    """Rows of the population's products without what is forgotten, and baskets per product among them."""
    since = np.full(before.shape[0] + 1, np.iinfo(np.int64).min)  # the last answers for unknown people
    since[made] = np.iinfo(np.int64).max
    keep = np.zeros(before.shape[0], np.int64)
    keep[made] = np.arange(len(made)) % (MOST_KNOWN + 1)
    age = before.age_of_basket[before.basket]
    remembered = age < keep[before.user]
    np.minimum.at(since, before.user[remembered], before.at[remembered])
    inside = np.zeros(len(split.data.products), np.bool_)
    inside[before.products] = True
    known = split.known
    rows = known.where(inside[known.product] & (known.at >= since[known.customer]))
    left = before.at >= since[before.user]
    return rows, np.bincount(before.product[left], minlength=before.shape[1]).astype(np.float64)


def popularity(given: Cold) -> Answer:
    """The best-sellers for everybody."""
    started = perf_counter()
    lists = np.tile(top(given.sold[None, :], PLACES), (len(given.task), 1))
    return Answer("popularity", lists, 0.0, perf_counter() - started)


def engine_answers(given: Cold, settings: Settings = None) -> tuple[list[Answer], dict[str, int]]:
    """`for_you` (the goal's row), `next_basket`, and the check that no list is empty or sold out."""
    started = perf_counter()
    engine = train(on_their_own(given.rows), settings)
    fitted = perf_counter() - started
    found = [
        _asked(engine, given, name, surface, fitted)
        for name, surface in (("engine", "for_you"), ("engine, next basket", "next_basket"))
    ]
    return found, _checks(engine, given)


def _names(given: Cold) -> list[str]:
    return [given.shelf.data.customers.name(int(user)) for user in given.task.users]


def _asked(engine: Engine, given: Cold, name: str, surface: str, fitted: float) -> Answer:
    place, names = given.shelf.place_of(), _names(given)
    started = perf_counter()
    answered = engine.for_customers(names, surface, PLACES, allowed=engine.mask(place))
    seconds = perf_counter() - started
    lists = np.full((len(names), PLACES), -1, np.int64)
    for row, customer in enumerate(names):
        shown = [place[item.product] for item in answered[customer]]
        lists[row, : len(shown)] = shown
    return Answer(name, lists, fitted, seconds)


def _checks(engine: Engine, given: Cold) -> dict[str, int]:
    """With the best-selling tenth of the products sold out: empty lists, sold-out products shown."""
    names = given.shelf.names()
    order = np.argsort(-given.sold, kind="stable")
    gone = {names[place] for place in order[: max(1, int(SOLD_OUT * len(names)))]}
    allowed = engine.mask(name for name in names if name not in gone)
    people = ["a stranger", *_names(given)]
    lists = engine.for_customers(people, "for_you", PLACES, allowed=allowed)
    return {
        "empty_lists": sum(not shown for shown in lists.values()),
        "sold_out_shown": sum(item.product in gone for shown in lists.values() for item in shown),
    }
