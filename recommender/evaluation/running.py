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


def together(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Tasks in the order to run them: those that one trained engine answers are one group."""
    wanted = list(dict.fromkeys(names))
    personal = tuple(name for name in wanted if name in PERSONAL)
    return [group for group in (personal, *((name,) for name in wanted if name not in PERSONAL)) if group]


def run(
    split: Split,
    names: Iterable[str],
    *,
    settings: Settings = None,
    quick: bool = False,
    tell: Tell | None = None,
) -> dict[str, Table]:
    """Tables of the named tasks. Raises TooLittleHistory for the first that cannot be asked."""
    found: dict[str, Table] = {}
    for group in together(names):
        found |= run_one(split, group, settings=settings, quick=quick, tell=tell)
    return found


def run_one(
    split: Split,
    group: tuple[str, ...],
    *,
    settings: Settings = None,
    quick: bool = False,
    tell: Tell | None = None,
) -> dict[str, Table]:
    """Tables of one group of `together`. Raises TooLittleHistory."""
    if group[0] in PERSONAL:
        return compare(split, group, settings=settings, quick=quick, tell=tell)
    if tell:
        tell(group[0], 0.0)
    return {group[0]: _SINGLE[group[0]](split, settings, quick=quick)}


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


_SINGLE = {COMPLEMENTS: of_complements, SESSION: of_session, COLD: of_cold}
