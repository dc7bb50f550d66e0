"""A last look at an engine before it is used: it answers, and it recalls what was bought."""

from __future__ import annotations

import numpy as np
import pytest

from recommender import Engine
from recommender.errors import BadArtifact
from recommender.publishing import load_current, publish
from recommender.sanity import doubts, recall, try_out
from tests.recommender.shops import planted_shop


@pytest.fixture(scope="module")
def orders():
    """The newest orders of the shop with the planted pair."""
    log, found = planted_shop().columns, {}
    for customer, product, order in zip(log["customer"], log["product"], log["order"], strict=True):
        found.setdefault(order, (customer, []))[1].append(product)
    return list(found.values())[-200:]


def changed(engine, model, name, change):
    parts = {key: dict(arrays) for key, arrays in engine.parts.items()}
    parts[model][name] = change(parts[model][name].copy())
    return Engine(parts, engine.settings, engine.report)


def test_an_engine_that_forgot_what_people_buy_is_doubted(planted, orders):
    assert doubts(planted, planted, orders) == []
    assert doubts(planted, None, orders) == []
    assert recall(planted, orders)["next_basket"] > 0.5
    # Sizes, types and values are fine: products only stand in each other's place.
    shuffled = np.random.default_rng(3).permutation(len(planted.products)).astype(np.int32)
    wrong = changed(planted, "habits", "product", lambda array: shuffled[array])
    (doubt,) = doubts(wrong, planted, orders)
    assert doubt.startswith("recall@20 of next_basket on the newest orders fell from")


def test_an_engine_that_does_not_answer_is_refused(planted, tmp_path):
    try_out(planted)
    publish(planted, tmp_path, "v1")
    publish(planted, tmp_path, "v2")

    def refuse(engine):
        engine.customers = None
        try_out(engine)

    with pytest.raises(BadArtifact, match=r"v2.*does not answer"):
        load_current(tmp_path, refuse)
