"""Every bad history, on every surface: a good list, a labelled fallback, or a refusal that says where."""

from __future__ import annotations

import pytest

from recommender import SURFACES, Interactions, load, train
from recommender.errors import BadInteractions
from recommender.evidence import SOURCES
from tests.recommender.bad_input import MANY, REFUSED, SERVED, beside, in_the_future, table
from tests.recommender.shops import QUICK

PERSONAL = ("for_you", "buy_again", "next_basket", "new_for_you")
PLACES = 8


@pytest.fixture(scope="module", params=SERVED, ids=str)
def served(request, tmp_path_factory):
    """The rows, the engine they make, and the same engine stored and loaded."""
    rows = SERVED[request.param]()
    engine = train(rows, QUICK)
    folder = tmp_path_factory.mktemp("bad") / "model"
    engine.save(folder)
    return rows, engine, load(folder)


@pytest.mark.parametrize("surface", SURFACES)
def test_a_bad_history_is_served_well_before_and_after_it_is_stored(served, surface):
    rows, engine, stored = served
    asked = list(questions(rows, surface))
    found = [ask(engine, surface, one) for one in asked]
    assert found == [ask(stored, surface, one) for one in asked]
    for question, answer in zip(asked, found, strict=True):
        products = [one.product for one in answer]
        assert len(set(products)) == len(products) <= PLACES
        assert set(products) <= set(engine.products.names)
        assert all(one.source in SOURCES and one.evidence.kind and one.score > 0 for one in answer)
        assert answer or not eligible(engine, surface, question)


def questions(rows, surface):
    """Somebody known and somebody unknown; a product, all products, none, one that nobody knows."""
    if surface in PERSONAL or surface == "popular":
        return [*list(dict.fromkeys(name for name in rows["customer"] if name))[:3], "nobody", 7.0, "\ud83d"]
    names = list(dict.fromkeys(rows["product"]))
    return [[names[0]], names[-2:], names, ["unknown"], [], [names[0], "\ud83d", 3.5]]


def ask(engine, surface, question):
    if surface in PERSONAL:
        return engine.for_customers([question], surface, PLACES)[question]
    if surface == "popular":
        return engine.popular(PLACES, audience=[question], category="nowhere")
    if surface in ("instead_of", "one_step_up"):
        return getattr(engine, surface)(question[-1] if question else "", n=PLACES)
    return getattr(engine, surface)(question, PLACES)


def eligible(engine, surface, question):
    """Whether anything may be shown at all: not what was asked about, what was rejected, or is no news."""
    gone = set()
    if surface not in (*PERSONAL, "popular"):
        asked = question[-1:] if surface in ("instead_of", "one_step_up") else question
        gone = set(engine.catalogue.codes_of(asked))
    if surface in PERSONAL:
        person = engine.customers.find(question)
        gone |= set(engine.models["taste"].rejected(person).tolist())
        if surface == "new_for_you":
            gone |= set(engine.models["habits"].bought(person).tolist())
    return len(gone) < len(engine.products)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_column_and_row(name):
    make, column, row = REFUSED[name]
    with pytest.raises(BadInteractions) as caught:
        train(make(), QUICK)
    assert (caught.value.column, caught.value.row) == (column, row)


def test_who_bought_without_end_changes_nothing_for_others():
    calm, wild = (train(rows, QUICK) for rows in (beside(0), SERVED["one endless order"]()))
    assert together(calm, "LAMP") == together(wild, "LAMP") == ["BULB"]


def together(engine, product):
    return [one.product for one in engine.goes_with(product) if one.source == "bought_together"]


def test_what_is_dated_in_the_future_counts_as_of_today_and_is_counted():
    engine = train(in_the_future(), QUICK)
    assert engine.report.dated_later == 2
    first, last = engine.catalogue.window
    assert first.startswith("2026") and last.startswith("2026")
    again = engine.for_customers(["traveller"], "buy_again")["traveller"][0]
    assert (again.product, again.evidence.last_at[:4]) == ("TIME MACHINE", "2026")
    told = train(
        table(3, at=["2026-01-01", "2026-03-01", "2026-05-01"]), {**QUICK.as_dict(), "as_of": "2026-02-01"}
    )
    assert told.report.dated_later == 2


def test_a_number_is_found_however_it_is_written():
    engine = train(table(4, customer=[5, 5, 6, 6], product=["a", "b", "a", "c"]), QUICK)
    for name in (5, 5.0, "5"):
        assert {one.product for one in engine.for_customers([name], "buy_again")[name]} == {"a", "b"}


def test_rows_without_end_are_read_as_one_when_they_say_the_same():
    assert len(Interactions.read(table(MANY))) == 1
