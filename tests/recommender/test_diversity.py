"""Lists are not all of one kind: categories and price bands have limits, as far as others are as good."""

from __future__ import annotations

import numpy as np
import pytest

from recommender import train
from recommender.listing import Cap, spread
from tests.recommender.shops import QUICK, Log

HARD = 1.0


@pytest.mark.parametrize(
    ("scores", "groups", "most", "tolerance", "picked"),
    [
        ([9, 8, 7, 6], [0, 0, 0, 0], 1, 0.1, [0, 1, 2]),  # nothing else is to be had
        ([9, 8, 7, 6], [0, 0, 1, 1], 1, HARD, [0, 2, 1]),
        ([9, 8.9, 8.5, 6], [0, 0, 1, 1], 1, 0.1, [0, 2, 1]),  # about as good: the other comes first
        ([9, 8, 5, 4], [0, 0, 1, 1], 1, 0.1, [0, 1, 2]),  # not as good: the better one stays
        ([9, 8, 7, 6], [-1, -1, -1, 0], 1, HARD, [0, 1, 2]),  # what has no group is never too much
    ],
)
def test_a_full_group_waits_while_others_are_good_enough(scores, groups, most, tolerance, picked):
    assert spread(scores, [Cap(groups, most, tolerance)], 3) == picked


def test_the_first_limit_is_kept_when_the_second_asks_for_more():
    categories, prices = Cap([0, 0, 1, 0], 1, HARD), Cap([0, 1, 0, 1], 1, 0.5)
    assert spread([9, 8, 7, 6], [categories, prices], 2) == [0, 2]


def test_bands_of_prices_are_quarters_of_a_category_or_of_the_shop():
    log = Log()
    for number in range(8):
        log.order("a", [f"wine{number}"], day=1, price=10 + number, category="wine")
        log.order("a", [f"car{number}"], day=1, price=10_000 + number, category="cars")
    log.order("a", ["lamp"], day=1, price=1, category="lamps")
    log.order("a", ["gift"], day=1, category="wine")
    catalogue = train(log.columns, QUICK).catalogue
    bands = dict(zip(catalogue.products.names, catalogue.price_band.tolist(), strict=True))
    assert [bands[f"wine{number}"] for number in range(8)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [bands[f"car{number}"] for number in range(8)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert (bands["lamp"], bands["gift"]) == (0, -1)


def test_a_personal_list_is_not_all_cheap_while_dearer_things_fit_about_as_well():
    limited, free = (
        train(board().columns, {**QUICK.as_dict(), "price_share": share}) for share in (0.6, 1.0)
    )
    largest = []
    for engine in (limited, free):
        found = engine.for_customers(list(engine.customers), "new_for_you", n=5)
        bands = [[band_of(engine, one.product) for one in entries] for entries in found.values()]
        largest.append(np.mean([np.bincount(row).max() for row in bands]))
    assert largest[0] < largest[1]
    assert largest[0] <= 3.2


def board() -> Log:
    """Everybody likes the same twenty things about as much; the cheap ones a little more."""
    chance, log = np.random.default_rng(8), Log()
    for person in range(80):
        liked = chance.permutation(20)[:9]
        for thing in liked:
            if thing < 5 or chance.random() < 0.85:
                log.order(
                    f"c{person:02d}", [f"t{thing:02d}"], day=int(chance.integers(0, 60)), price=1 + thing
                )
    return log


def band_of(engine, product):
    return int(engine.catalogue.price_band[engine.products.find(product)])


def test_complements_are_spread_over_categories_while_others_are_about_as_good():
    log, chance = Log(), np.random.default_rng(4)
    things = [f"case{n}" for n in range(6)] + [f"cable{n}" for n in range(6)]
    for person in range(300):
        mixed = chance.permutation(things)[:6].tolist() if person < 150 else ["x", "y"]
        log.order(f"c{person}", [], day=1)
        for thing in ["PHONE", *mixed] if person < 150 else mixed:
            log.add(
                f"c{person}", thing, "purchase", 1, order=f"n{person}", category=thing.rstrip("0123456789")
            )
    wide, close = (
        train(log.columns, {**QUICK.as_dict(), "price_tolerance": tolerance}).goes_with("PHONE", 6)
        for tolerance in (0.9, 0.0)
    )
    assert {one.source for one in (*wide, *close)} == {"bought_together"}
    assert sum(one.product.startswith("case") for one in wide) == 3
    assert [one.score for one in close] == sorted((one.score for one in close), reverse=True)
