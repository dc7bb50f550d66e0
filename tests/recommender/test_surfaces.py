"""The questions a shop asks, and who answers when nobody knows."""

from __future__ import annotations

import numpy as np
import pytest

from recommender import SURFACES, Interactions, train
from recommender.errors import UnknownSurface
from tests.recommender.shops import QUICK, Log, planted_shop


def calls(engine, **options):
    """Every surface, once with a known and once with an unknown input."""
    for who in ("c001", "nobody"):
        for surface in ("for_you", "buy_again", "next_basket", "new_for_you"):
            yield surface, engine.for_customers([who], surface, 12, **options)[who]
        yield "popular", engine.popular(12, audience=[who], category="nowhere", **options)
    for product in ("LAMP", "item03", "nothing"):
        yield "goes_with", engine.goes_with([product], 12, **options)
        yield "instead_of", engine.instead_of(product, 12, **options)
        yield "one_step_up", engine.one_step_up(product, customer="c002", n=12, **options)
        yield "because_you_viewed", engine.for_session(["gone", product], 12, **options)
        yield "complete_basket", engine.complete_basket([product, "item05"], 12, **options)


def test_every_surface_answers(planted):
    assert {surface for surface, found in calls(planted) if found} == set(SURFACES)


def test_nobody_gets_an_empty_list_without_a_label(planted):
    for _, found in calls(planted):
        assert found
        assert all(one.source and one.evidence.kind for one in found)
        assert len({one.product for one in found}) == len(found) <= 12


def test_what_is_not_allowed_never_appears_on_any_path(planted):
    chance = np.random.default_rng(2)
    names = planted.products.names
    for _ in range(15):
        allowed = chance.random(len(names)) < 0.3
        shown = {name for name, good in zip(names, allowed, strict=True) if good}
        exclude = set(chance.choice(names, 5).tolist())
        as_mask = [found for _, found in calls(planted, allowed=allowed, exclude=exclude)]
        as_ids = [found for _, found in calls(planted, allowed=[*shown, "unknown"], exclude=list(exclude))]
        assert as_mask == as_ids
        for found in as_mask:
            assert {one.product for one in found} <= shown - exclude
    assert not any(found for _, found in calls(planted, allowed=planted.mask([])))


def test_a_mask_of_another_catalogue_is_refused(planted):
    with pytest.raises(ValueError, match="a mask needs"):
        planted.popular(3, allowed=np.ones(3, np.bool_))


def test_an_unknown_surface_names_those_that_exist(planted):
    with pytest.raises(UnknownSurface, match="for_you, buy_again"):
        planted.for_customers(["c001"], "foryou")


def test_strangers_get_what_sells_and_the_label_says_so(planted):
    for found in planted.for_customers(["nobody", ""]).values():
        assert {one.source for one in found} == {"popular"}
        assert found[0].product == "BESTSELLER"
    assert {one.source for one in planted.goes_with("nothing")} == {"popular"}


def test_answers_come_under_the_ids_asked_for():
    log = Log()
    for customer in range(30):
        log.order(str(customer), ["A", "B"], day=1)
    engine = train(log.columns, QUICK)
    assert set(engine.for_customers([3, "4"])) == {3, "4"}
    assert engine.for_customers([3], "buy_again")[3][0].source == "habit"


def test_new_means_never_bought_and_kept(planted):
    data = Interactions.read(planted_shop().columns)
    for name, found in planted.for_customers(["c001", "c150"], "new_for_you").items():
        code = data.customers.find(name)
        own = {data.products.name(p) for p in data.product[data.customer == code]}
        assert not own & {one.product for one in found}


def test_what_came_back_is_no_habit():
    log = regular_buyers()
    log.add("regular0", "COFFEE", "return", 200, quantity=1)
    for _ in range(4):
        log.add("regular1", "COFFEE", "return", 200 + _)
    engine = train(log.columns, QUICK)
    found = engine.for_customers(["regular0", "regular1"], "buy_again")
    assert "COFFEE" in [one.product for one in found["regular0"]]
    assert "COFFEE" not in [one.product for one in found["regular1"]]


def test_the_learned_interval_is_the_evidence_and_what_lasts_is_held_back():
    engine = train(regular_buyers().columns, {**QUICK.as_dict(), "as_of": "2026-05-05"})
    found = engine.for_customers(["regular3"], "buy_again")["regular3"]
    evidence = next(one.evidence for one in found if one.product == "COFFEE")
    assert (evidence.kind, evidence.times, evidence.interval_days) == ("habit", 4, 30.0)
    assert evidence.last_at == "2026-04-01"
    rank = [one.product for one in found]
    assert rank.index("COFFEE") < rank.index("FRESH")
    assert [one.product for one in engine.for_customers(["regular3"], "for_you")["regular3"]].count(
        "FRESH"
    ) == 0


def regular_buyers() -> Log:
    log = planted_shop()
    for customer in range(8):
        for month in range(4):
            log.order(f"regular{customer}", ["COFFEE"], day=30 * month)
            log.order(f"regular{customer}", ["FRESH"], day=33 * month + 20)
    return log


def test_substitutes_are_looked_at_together_and_never_bought_together():
    log = planted_shop()
    for visit in range(40):
        for product in ("RED SHOE", "BLUE SHOE"):
            log.add("", product, "view", 5, session=f"s{visit}")
        log.add("", "LACE", "view", 5, session=f"s{visit}" if visit % 2 else f"t{visit}")
        log.order(f"x{visit}", ["RED SHOE" if visit % 2 else "BLUE SHOE", "LACE"], day=6)
    engine = train(log.columns, QUICK)
    assert [one.product for one in engine.instead_of("RED SHOE") if one.source == "compared"] == ["BLUE SHOE"]
    assert [one.product for one in engine.goes_with("RED SHOE") if one.source == "bought_together"] == [
        "LACE"
    ]
    for one in engine.products:
        together = {r.product for r in engine.goes_with(one) if r.source == "bought_together"}
        assert not together & {r.product for r in engine.instead_of(one)}


def test_the_last_view_counts_most_in_a_session():
    log = Log()
    for visit in range(30):
        for product in ("A", "A2") if visit % 2 else ("B", "B2"):
            log.add("", product, "view", 5, session=f"s{visit}")
    log.order("c", ["A"], day=6)
    engine = train(log.columns, QUICK)
    assert engine.for_session(["A", "B"], n=1)[0].product == "B2"
    first = engine.for_session(["B", "A"], n=1)[0]
    assert (first.product, first.source, first.evidence.because) == ("A2", "session", ("A",))


def test_premium_buyers_of_one_field_lead_to_premium_in_another():
    log = Log()
    for person in range(90):
        rich = person % 3 == 0
        laptop, camera = ("LAPTOP PRO", "CAMERA PRO") if rich else ("LAPTOP", "CAMERA")
        log.order(f"c{person:02d}", [laptop], day=1, price=3000 if rich else 200, category="laptops")
        log.order(f"c{person:02d}", [camera], day=20, price=2000 if rich else 90, category="cameras")
    for filler in range(6):
        log.order("x", [f"laptop{filler}"], day=2, price=300 + filler, category="laptops")
        log.order("x", [f"camera{filler}"], day=2, price=100 + filler, category="cameras")
    engine = train(log.columns, QUICK)
    first = engine.one_step_up("LAPTOP PRO")[0]
    assert (first.product, first.source) == ("CAMERA PRO", "one_step_up")
    assert (first.evidence.buyers, first.evidence.base, first.evidence.category) == (30, 31, "laptops")
    assert first.evidence.lift == pytest.approx((30 / 31) / (30 / 91))
    assert engine.one_step_up("LAPTOP", n=1)[0].source == "next_price_step"
    assert engine.one_step_up("unknown", n=1)[0].source == "popular"


def test_popular_among_people_in_a_category_and_at_all():
    log = planted_shop()
    for person in range(8):
        log.order(f"club{person}", ["HAT"], day=1, category="hats")
    engine = train(log.columns, QUICK)
    first = engine.popular(3, audience=[f"club{n}" for n in range(8)])[0]
    assert (first.product, first.source, first.evidence.buyers, first.evidence.base) == (
        "HAT",
        "audience",
        8,
        8,
    )
    found = engine.popular(3, category="hats")
    assert [one.source for one in found] == ["category", "popular", "popular"]
    assert (found[0].product, found[0].evidence.category) == ("HAT", "hats")


def test_recent_orders_count_more():
    log = Log()
    for person in range(12):
        log.order(f"a{person}", ["OLD"], day=0)
    for person in range(8):
        log.order(f"b{person}", ["NEW"], day=700)
    assert train(log.columns, QUICK).popular(1)[0].product == "NEW"


def test_a_date_far_in_the_future_does_not_age_all_the_rest():
    log = planted_shop()
    log.order("traveller", ["TIME MACHINE"], day=365 * 60)
    engine = train(log.columns, QUICK)
    assert engine.popular(1)[0].product == "BESTSELLER"
    assert engine.popular(1)[0].score > 50


def test_no_category_takes_more_than_its_share_while_others_are_to_be_had():
    log = Log()
    for person in range(40):
        own = [f"a{(person + i) % 10}" for i in range(6)] + [f"b{(person + i) % 10}" for i in range(3)]
        for product in own:
            log.order(f"c{person:02d}", [product], day=1, category=product[0])
    found = train(log.columns, QUICK).for_customers(["c03"], "new_for_you", n=6)["c03"]
    assert sum(one.product[0] == "a" for one in found if one.source == "personal") <= 3


def test_who_only_looks_never_passes_what_people_buy():
    log = Log()
    for customer in range(6):
        log.order(f"c{customer}", ["BOUGHT"], day=5)
    for visit in range(400):
        log.add("", "PUSHED", "view", 5, session=f"s{visit}")
    found = [one.product for one in train(log.columns, QUICK).popular(3)]
    assert found.index("BOUGHT") < found.index("PUSHED")
