"""Every task by its name: from a split to a table."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.evaluation import cold, complements, stepping
from recommender.evaluation.answers import Settings
from recommender.evaluation.compare import Table, Tell, compare, table
from recommender.evaluation.references.pair_counts import MostSold, PairCounts
from recommender.evaluation.splits import Split
from recommender.evaluation.tasks import COLD, COMPLEMENTS, NEW, NEXT_BASKET, SESSION

PERSONAL = (NEXT_BASKET, NEW)


def run(
    split: Split,
    names: Iterable[str],
    *,
    settings: Settings = None,
    quick: bool = False,
    tell: Tell | None = None,
) -> dict[str, Table]:
    """Tables of the named tasks, in order. Raises TooLittleHistory for the first that cannot be asked."""
    wanted = list(names)
    found: dict[str, Table] = {}
    say = tell or (lambda step, share: None)
    personal = [name for name in wanted if name in PERSONAL]
    if personal:
        found |= compare(split, personal, settings=settings, quick=quick, tell=say)
    single = {COMPLEMENTS: of_complements, SESSION: of_session, COLD: of_cold}
    for name in wanted:
        if name in single:
            say(name, 0.5)
            found[name] = single[name](split, settings, quick=quick)
    return {name: found[name] for name in wanted}


def of_complements(split: Split, settings: Settings = None, *, quick: bool = False) -> Table:
    """`goes_with` beside pair counts and popularity; coverage counts one list per product."""
    given = complements.held_out(split)
    answered = [complements.answer_of_reference(made, given) for made in (MostSold(), PairCounts())]
    answered.append(complements.answer_of_engine(split, given, settings))
    days = split.described()
    facts = {
        "from": days["from"], "until": days["until"], "products": len(given.shelf),
        "baskets_before": given.before.shape[0], "lines": int(given.before.nnz), "baskets": given.baskets,
    }  # fmt: skip
    lists = {answer.name: every for answer, every in answered}
    return table(given.task, given.shelf, [answer for answer, _ in answered], facts=facts, every_list=lists)


def of_session(split: Split, settings: Settings = None, *, quick: bool = False) -> Table:
    """`for_session` beside VMIS-kNN, with processor time for one list."""
    given = stepping.steps(split, most=2_000 if quick else stepping.MOST_STEPS)
    answered = stepping.answers(given, settings)
    days = split.described()
    facts = {
        "from": days["from"], "until": days["until"], "products": len(given.shelf),
        "visits_before": len(given.before), "orders_as_visits": given.stood_in,
    }  # fmt: skip
    more = {name: {"cpu_p50_ms": s.p50_ms, "cpu_p99_ms": s.p99_ms} for name, (_, s) in answered.items()}
    return table(given.task, given.shelf, [a for a, _ in answered.values()], facts=facts, more=more)


def of_cold(split: Split, settings: Settings = None, *, quick: bool = False) -> Table:
    """`for_you` beside popularity, for people with at most two known orders."""
    given = cold.cold(split)
    engine, checks = cold.engine_answers(given, settings)
    days = split.described()
    facts = {
        "from": days["from"], "until": days["until"], "products": len(given.shelf),
        "cold_by_themselves": given.natural, "made_cold": len(given.task) - given.natural, **checks,
    }  # fmt: skip
    return table(given.task, given.shelf, [cold.popularity(given), *engine], facts=facts)
