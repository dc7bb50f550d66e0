"""Many at the same moment in four processes: the short form of `make chaos`, each with its negative control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storefront.app import create_app
from storefront.core.database import dispose
from tests import stores
from tests.chaos import carts, crowds, drills, forms, lab, outages
from tests.chaos.crew import Crew

ROUNDS, KILLS, BUYERS = 5, 5, {"sqlite": 64, "postgresql": 32}


def test_exactly_as_many_buy_as_there_are_pieces(arena):
    result = drills.last_pieces(arena.app, arena.crew, rounds=ROUNDS, buyers=BUYERS[arena.kind])
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_the_guard_the_same_race_oversells(arena):
    result = drills.last_pieces(arena.control, arena.crew, rounds=4, buyers=16, control=True)
    assert result.damaged_rounds == result.rounds
    assert drills.findings(arena.control), "the doctor must notice pieces that nobody can explain"


def test_whoever_comes_too_late_reads_it_and_keeps_the_cart(arena):
    result = crowds.crowds(arena.app, arena.crew, rounds=len(crowds.WAYS), buyers=12)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_the_guard_pages_sell_more_than_there_is(arena):
    result = crowds.crowds(arena.control, arena.crew, rounds=1, buyers=8, control=True)
    assert result.damaged_rounds == result.rounds


def test_a_code_counts_as_often_as_it_may(arena):
    result = drills.last_coupon(arena.app, arena.crew, rounds=2, buyers=16, limit=3)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_a_person_in_many_tabs_uses_a_code_as_often_as_one_person_may(arena):
    result = drills.last_coupon(arena.app, arena.crew, rounds=1, buyers=16, limit=1, of_one_person=True)
    assert result.damage == []
    assert drills.findings(arena.app) == []


@pytest.mark.parametrize("of_one_person", [False, True])
def test_without_counting_a_code_counts_for_everybody(arena, of_one_person):
    more = {"limit": 1, "of_one_person": of_one_person, "control": True}
    result = drills.last_coupon(arena.control, arena.crew, rounds=1, buyers=4, **more)
    assert result.damaged_rounds == result.rounds


def test_one_form_is_one_order_and_one_charge(arena):
    times = [2] * 4 + [5] * 3 + [50 if arena.kind == "sqlite" else 32]
    result = drills.same_form(arena.app, arena.crew, times=times)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_the_unique_token_one_form_is_many_orders(arena):
    result = drills.same_form(arena.control, arena.crew, times=[5] * 4, control=True)
    assert result.damaged_rounds == result.rounds


def test_an_answer_that_never_arrives_and_other_roads_lead_to_one_order(arena):
    result = forms.roads(arena.app, arena.crew, times=5)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_knowing_a_form_again_every_road_leads_to_two(arena):
    result = forms.roads(arena.control, arena.crew, times=5, control=True)
    assert result.damaged_rounds == result.rounds


def test_what_is_paid_is_what_was_seen_and_ordered(arena):
    result = forms.edited_carts(arena.app, arena.crew, rounds=4)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_comparing_something_else_is_ordered_than_was_seen(arena):
    result = forms.edited_carts(arena.control, arena.crew, rounds=1, control=True)
    assert result.damaged_rounds == result.rounds


def test_two_tabs_and_two_sign_ins_lose_and_double_nothing(arena):
    for result in (
        carts.adds(arena.app, arena.crew, rounds=2, often=16),
        carts.double_sign_ins(arena.app, arena.crew, rounds=1),
    ):
        assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_the_guards_carts_lose_and_double(arena):
    for drill in (carts.adds, carts.double_sign_ins):
        result = drill(arena.control, arena.crew, rounds=1, often=4, control=True)
        assert result.damaged_rounds == result.rounds


def test_no_more_goes_back_than_came(arena):
    result = drills.refunds(arena.app, arena.crew, rounds=3)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_setting_aside_more_goes_back_than_came(arena):
    result = drills.refunds(arena.control, arena.crew, rounds=2, control=True)
    assert result.damaged_rounds == result.rounds
    assert any("refunds" in line for line in drills.findings(arena.control))


def test_cancelled_or_captured_and_nothing_lost(arena):
    result = drills.cancel_and_capture(arena.app, arena.crew, rounds=5)
    assert result.damage == []
    assert drills.findings(arena.app) == []


def test_without_looking_again_money_is_kept_of_a_cancelled_order(arena):
    result = drills.cancel_and_capture(arena.control, arena.crew, rounds=1, control=True)
    assert result.damaged_rounds == result.rounds


def test_messages_in_any_order_come_to_the_same(arena):
    result = drills.messages(arena.app, arena.crew, payments=12)
    assert result.damage == []
    assert drills.findings(arena.app) == []
    assert result.p95 < 2 and result.slowest < 5


def test_without_remembering_events_they_do_not(arena):
    result = drills.messages(arena.control, arena.crew, payments=6, control=True)
    assert result.damaged_rounds == result.rounds


def test_whoever_dies_on_an_orders_way_leaves_a_shop_in_order(arena):
    with lab.Lab(arena.settings) as killing:
        result = lab.kills(arena.app, killing, each=KILLS)
    assert result.damage == []
    assert result.acts == KILLS * len(lab.POINTS)
    assert drills.findings(arena.app) == []


def test_without_one_command_an_order_stands_there_half_written(arena):
    with lab.Lab(arena.control_settings) as killing:
        result = lab.kills(arena.control, killing, each=1, control=True)
    assert result.damaged_rounds == result.rounds


@pytest.mark.both
def test_what_the_bank_did_is_known_soon_after_it_speaks_again(app, clock):
    drills.prepare(app)
    result = outages.unknown_outcomes(app, runs=len(outages.OUTAGES))
    assert result.damage == []
    assert drills.findings(app) == []


def test_without_patience_a_silent_bank_is_taken_for_a_refusal(app, clock):
    drills.prepare(app)
    result = outages.unknown_outcomes(app, runs=len(outages.OUTAGES), control=True)
    assert result.damaged_rounds == result.rounds


# --- fixtures ---------------------------------------------------------------------------------------------


class Arena:
    """A shop with a crew, and a second one for what must go wrong."""

    def __init__(self, kind: str, settings: dict[str, Any], control: dict[str, Any]) -> None:
        self.kind, self.settings, self.control_settings = kind, settings, control
        self.app, self.control = create_app(settings), create_app(control)
        for app in (self.app, self.control):
            drills.prepare(app)
        self.crew = Crew(shop=settings, control=control)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def arena(request, tmp_path_factory) -> Iterator[Arena]:
    kind, found = request.param, []
    for name in ("arena", "control"):
        folder: Path = tmp_path_factory.mktemp(f"{name}-{kind}")
        more = {}
        if kind == "sqlite":
            stores.copy_databases(request.getfixturevalue("sqlite_template"), folder)
        else:
            postgres = request.getfixturevalue("postgres")
            more["database_url"] = postgres.database(f"{name}_{folder.name}".replace("-", "_"))
        found.append(stores.settings(folder, **more))
    built = Arena(kind, *found)
    yield built
    built.crew.__exit__()
    for app in (built.app, built.control):
        dispose(app)
