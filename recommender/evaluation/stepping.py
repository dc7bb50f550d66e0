"""Sessions: after each product of a visit, is the next new one on the list?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, thread_time

import numpy as np
from scipy import sparse

from recommender import columns, train
from recommender.evaluation.answers import Answer, Settings
from recommender.evaluation.forgetting import on_their_own
from recommender.evaluation.purchases import Codes, places
from recommender.evaluation.references.vmis_knn import VmisKnn
from recommender.evaluation.shelf import Shelf
from recommender.evaluation.splits import Split
from recommender.evaluation.tasks import SESSION, Task, checked
from recommender.evaluation.visits import Visits, has_views, visits_of, with_orders_as_views

LEAST_VISITS = 5  # visits before the window that put a product into the population
MOST_STEPS = 8_000
LONGEST = 20  # products of a visit that are gone through: what is longer is somebody's stock
PLACES = 20
List = Callable[[Codes], Codes]


@dataclass(frozen=True)
class Steps:
    """The task, visits before the window (population places), and what each question had seen so far."""

    split: Split  # of the rows that hold the looks
    shelf: Shelf
    before: Visits
    task: Task
    seen: list[Codes]
    stood_in: bool  # orders took the place of visits


def steps(split: Split, *, most: int = MOST_STEPS, seed: int = 5) -> Steps:
    """Each visit that begins in the window asks after each of its first products for the next one.

    Visits are of distinct products in the order of first looks: what was seen already is neither right nor
    shown. Of many visits a random part is taken, whole visits at a time. Raises TooLittleHistory.
    """
    stood_in = not has_views(split.data)
    if stood_in:
        split = Split(with_orders_as_views(split.data), split.cut, split.end, split.rules)
    known = visits_of(split.known)
    often = np.bincount(known.product, minlength=len(split.data.products)) >= LEAST_VISITS
    products = np.flatnonzero(often)
    before = _inside(known, products)
    later = _inside(
        visits_of(split.data.where((split.data.at >= split.cut) & (split.data.at < split.end))), products
    )
    later = _sampled(later, most, seed)
    task, seen = _task(later, len(products))
    return Steps(split, Shelf.of(split, products), before, checked(task), seen, stood_in)


def _inside(visits: Visits, products: Codes) -> Visits:
    """Only these products, by place; visits that keep fewer than two of them are left out."""
    place = places(products, visits.product)
    kept = place >= 0
    inner = Visits(visits.visit[kept], place[kept], visits.begin, visits.end, visits.owner)
    return inner.where(np.bincount(inner.visit, minlength=len(inner)) >= 2)


def _sampled(visits: Visits, most: int, seed: int) -> Visits:
    order = np.random.default_rng(seed).permutation(len(visits))
    asked = np.minimum(np.bincount(visits.visit, minlength=len(visits)), LONGEST) - 1
    chosen = np.zeros(len(visits), np.bool_)
    chosen[order[np.cumsum(asked[order]) <= most]] = True
    return visits.where(chosen)


def _task(later: Visits, products: int) -> tuple[Task, list[Codes]]:
    seen: list[Codes] = []
    target: list[int] = []
    group: list[int] = []
    starts = later.starts
    for visit in range(len(later)):
        shown = later.product[starts[visit] : starts[visit + 1]]
        owner = int(later.owner[visit])
        for step in range(1, min(len(shown), LONGEST)):
            seen.append(shown[:step])
            target.append(int(shown[step]))
            group.append(owner if owner >= 0 else -1 - visit)
    rows = np.arange(len(target))
    wanted = sparse.csr_matrix((np.ones(len(target)), (rows, target)), shape=(len(target), products))
    return Task(SESSION, np.empty(0, np.int64), wanted, groups=np.array(group, np.int64), places=PLACES), seen


@dataclass(frozen=True)
class Speed:
    """Processor milliseconds of the thread for one list."""

    p50_ms: float
    p99_ms: float


def answers(
    given: Steps, settings: Settings = None, *, engine: bool = True
) -> dict[str, tuple[Answer, Speed]]:
    """VMIS-kNN and the engine, asked in turns, so that both meet the same load of the machine."""
    asked: dict[str, tuple[List, float]] = {}
    started = perf_counter()
    reference = VmisKnn()
    reference.fit(given.before, len(given.shelf))
    asked[reference.name] = (lambda seen: reference.list_for(seen, PLACES), perf_counter() - started)
    if engine:
        started = perf_counter()
        asked["engine"] = (_engine_list(given, settings), perf_counter() - started)
    lists = {name: np.full((len(given.seen), PLACES), -1, np.int64) for name in asked}
    times: dict[str, list[float]] = {name: [] for name in asked}
    for row, seen in enumerate(given.seen):
        turn = list(asked) if row % 2 else list(reversed(asked))
        for name in turn:
            ask = asked[name][0]
            before = thread_time()
            shown = ask(seen)
            times[name].append(thread_time() - before)
            lists[name][row, : len(shown)] = shown
    return {
        name: (Answer(name, lists[name], fitted, float(np.sum(times[name]))), _speed(times[name]))
        for name, (_, fitted) in asked.items()
    }


def _engine_list(given: Steps, settings: Settings) -> List:
    known = given.split.known
    inside = np.zeros(len(given.split.data.products), np.bool_)
    inside[given.shelf.products] = True
    looks = (known.kind == columns.VIEW) | (known.kind == columns.CART) | (known.kind == columns.PURCHASE)
    engine = train(on_their_own(known.where(inside[known.product] & looks)), settings)
    names, place = given.shelf.names(), given.shelf.place_of()
    allowed = engine.mask(names)

    def ask(seen: Codes) -> Codes:
        shown = engine.for_session([names[product] for product in seen.tolist()], PLACES, allowed=allowed)
        return np.array([place[item.product] for item in shown], np.int64)

    return ask


def _speed(seconds: list[float]) -> Speed:
    p50, p99 = np.quantile(seconds, (0.5, 0.99)) * 1000
    return Speed(float(p50), float(p99))
