"""Splits by time: nothing of the window is known before it, and what is asked is what was bought."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from recommender import Interactions
from recommender.evaluation.cold import cold
from recommender.evaluation.complements import held_out
from recommender.evaluation.errors import TooLittleHistory
from recommender.evaluation.forgetting import on_their_own
from recommender.evaluation.splits import Rules, Split, fitted_to_size, last_weeks, split_at
from recommender.evaluation.stepping import steps
from recommender.evaluation.tasks import new_products, next_basket, repeat_share
from recommender.evaluation.visits import visits_of, with_orders_as_views
from tests.recommender.shops import Log

EASY = Rules(least_buyers=1, least_baskets=1, least_sold=1)


def shop() -> Log:
    """Thirty people buy a, b on day 0 and 30, and b, c (new) on day 65; on day 70 they buy d."""
    log = Log()
    for customer in range(30):
        for day, basket in ((0, "ab"), (30, "ab"), (65, "bc"), (70, "d")):
            log.order(f"c{customer:02d}", list(basket), day)
        log.order(f"c{customer:02d}", ["c", "d"], 1) if customer == 0 else None
    return log


def split_of(log: Log, weeks: int = 4, rules: Rules = EASY) -> Split:
    return last_weeks(Interactions.read(log.columns), weeks, rules)


def names(split: Split, task) -> list[set[str]]:
    products = [split.data.products.name(int(code)) for code in split.before.products]
    return [{products[place] for place in row.indices} for row in task.wanted]


def test_the_window_begins_at_midnight_whole_weeks_before_the_last_day():
    split = split_of(shop())
    assert datetime.fromtimestamp(split.cut, UTC) == datetime(2026, 2, 12, tzinfo=UTC)
    assert split.described()["from"] == "2026-02-12" and split.described()["until"] == "2026-03-12"


def test_nothing_of_the_window_is_in_the_rows_to_learn_from():
    split = split_of(shop())
    assert (split.training_rows.at < split.cut).all() and (split.known.at < split.cut).all()
    assert len(split.known) + (split.data.at >= split.cut).sum() == len(split.data)


def test_the_engine_is_trained_as_if_the_window_had_never_been():
    log = shop()
    log.order("stranger", ["unheard", "b"], 66)
    split = split_of(log)
    rows = on_their_own(split.training_rows)
    early = [place for place, day in enumerate(log.columns["at"]) if day < "2026-02-12"]
    alone = Interactions.read({name: [column[i] for i in early] for name, column in log.columns.items()})
    assert [*rows.customers] == [*alone.customers] and "stranger" not in [*rows.customers]
    assert [*rows.products] == [*alone.products] == ["a", "b", "c", "d"]
    for name in ("customer", "product", "kind", "at", "quantity", "order", "session", "price", "category"):
        assert sorted(getattr(rows, name).tolist()) == sorted(getattr(alone, name).tolist()), name


def test_what_came_back_within_the_window_was_still_kept_before_it():
    log = shop()
    number = log.order("c01", ["a"], 10)
    log.add("c01", "a", "return", 70, order=number)
    split = split_of(log)
    customer = split.data.customers.find("c01")
    assert int((split.known_lines.customer == customer).sum()) == 5


def test_the_next_basket_is_the_first_of_the_window():
    split = split_of(shop())
    task = next_basket(split)
    assert len(task) == 30 and names(split, task)[5] == {"b", "c"}
    assert repeat_share(split) == pytest.approx((29 * 0.5 + 1) / 30)


def test_new_products_are_those_never_bought_and_own_ones_are_hidden():
    split = split_of(shop())
    task = new_products(split)
    assert len(task) == 29  # c00 had bought c before
    assert names(split, task)[0] == {"c"}
    hidden = {split.data.products.name(int(split.before.products[p])) for p in task.hidden[0].indices}
    assert hidden == {"a", "b"}


def test_the_population_is_counted_before_the_window():
    split = split_of(shop(), rules=Rules(least_buyers=2, least_baskets=2))
    known = [split.data.products.name(int(code)) for code in split.before.products]
    assert known == ["a", "b"]  # c and d had one buyer, whatever came later
    assert len(split.before.users) == 30


def test_validation_is_the_same_split_one_window_earlier():
    split = split_of(shop())
    before = split.validation()
    assert before.end == split.cut and before.end - before.cut == split.end - split.cut
    assert (before.data.at[before.data.at < before.cut] < split.cut).all()


def test_thresholds_are_lowered_for_a_small_shop():
    log = Log()
    for customer in range(25):
        for day in (0, 20, 40, 60):
            log.order(f"c{customer}", [f"p{customer % 12}"], day)
    split = fitted_to_size(last_weeks(Interactions.read(log.columns), 4))
    assert split.rules == Rules(least_buyers=2, least_baskets=1, least_sold=5)
    assert len(split.before.users) == 25 and len(split.before.products) == 12


@pytest.mark.parametrize("year", [2025, 2027])
def test_a_date_outside_the_history_says_what_there_is(year):
    with pytest.raises(TooLittleHistory, match="2026-01-01 to 2026-03-12"):
        split_at(Interactions.read(shop().columns), datetime(year, 1, 1, tzinfo=UTC))


def test_a_history_of_looks_alone_cannot_be_split():
    log = Log()
    log.add("c", "a", "view", 0)
    with pytest.raises(TooLittleHistory, match="no purchase"):
        last_weeks(Interactions.read(log.columns))


def test_too_few_people_are_told_and_counted():
    log = Log()
    for customer in range(5):
        for day in (0, 10, 20, 60):
            log.order(f"c{customer}", ["a", "b"], day)
    with pytest.raises(TooLittleHistory, match="5 people can be asked"):
        next_basket(split_of(log))


def test_each_product_of_a_held_out_basket_asks_for_the_rest():
    split = split_of(shop())
    given = held_out(split)
    products = given.shelf.names()
    asked = {
        (products[q], tuple(products[p] for p in row.indices))
        for q, row in zip(given.asked, given.task.wanted, strict=True)
    }
    assert asked == {("b", ("c",)), ("c", ("b",))}
    assert given.baskets == 30 and len(given.task) == 60  # baskets of one ask nothing


def test_cold_people_are_made_where_there_are_too_few():
    log = shop()
    for stranger in range(4):
        log.order(f"new{stranger}", ["a"], 66)
    given = cold(split_of(log, rules=EASY))
    assert given.natural == 33 and len(given.task) == 34  # three orders of c00 are known
    rows = given.rows
    assert (rows.at < split_of(log).cut).all()


def test_what_is_forgotten_of_a_regular_is_not_in_the_rows():
    log = Log()
    for customer in range(30):
        for day in (0, 10, 20, 30, 65):
            log.order(f"c{customer:02d}", ["a"], day)
    split = split_of(log)
    given = cold(split)
    assert given.natural == 0 and len(given.task) == 30
    kept = np.bincount(given.rows.customer, minlength=30)
    assert sorted(kept.tolist()) == [0] * 10 + [1] * 10 + [2] * 10
    assert given.sold.tolist() == [30]


def test_visits_are_distinct_products_in_the_order_of_first_looks():
    log = Log()
    for second, product in enumerate("abacb"):
        log.add("", product, "view", second / 86_400, session="s")
    log.add("", "z", "view", 0, session="alone")
    found = visits_of(Interactions.read(log.columns))
    assert len(found) == 1 and found.product.tolist() == [0, 1, 2]


def test_looks_without_session_are_visits_of_a_customer_until_half_an_hour_passes():
    log = Log()
    for minute, product in ((0, "a"), (20, "b"), (60, "c"), (70, "d")):
        log.add("c", product, "view", minute / 1440)
    found = visits_of(Interactions.read(log.columns))
    assert found.product.tolist() == [0, 1, 2, 3] and found.visit.tolist() == [0, 0, 1, 1]


def test_every_step_asks_for_the_next_product_not_seen_before():
    log = Log()
    for number in range(40):
        for step, product in enumerate("abc"):
            log.add(f"c{number}", product, "view", number * 2 + step / 86_400, session=f"s{number}")
            log.add(f"c{number}", product, "purchase", number * 2 + 0.1, order=f"o{number}")
    given = steps(split_of(log, weeks=8))
    assert not given.stood_in
    assert {tuple(seen.tolist()) for seen in given.seen} == {(0,), (0, 1)}
    assert given.task.wanted[0].indices.tolist() == [1]


def test_orders_stand_in_for_visits_where_nobody_recorded_looks():
    data = Interactions.read(shop().columns)
    rows = with_orders_as_views(data)
    assert len(rows) == 2 * len(data)
    assert len(visits_of(rows)) == 91
