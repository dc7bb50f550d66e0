"""`regulars bench serve`: goal 7, a list inside a request beside a bare dot product and top-k."""

from __future__ import annotations

from dataclasses import dataclass

from storefront.personalization.service.costs import Advance, Costs, condition

LIMITS = {10_000: 2.0, 100_000: 1.0}
BEYOND = 1.0  # of other sizes above the smaller limit's


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    products: tuple[int, ...] = tuple(LIMITS)
    customers: int = 20_000
    rounds: int = 15
    calls: int = 1_000


QUICK = Effort(rounds=7, calls=400)
SMALLEST = Effort((300,), 100, 2, 20)


def bench_serve(
    *, quick: bool = False, effort: Effort | None = None, advance: Advance | None = None
) -> Costs:
    """Measure goal 7 on engines trained on invented histories: CPU of the thread, so load matters little."""
    from recommender.evaluation.serving_cost import BARE, CALLS, engine_of, measured

    chosen = effort or (QUICK if quick else Effort())
    costs, say = Costs("serve", quick=quick), advance or (lambda step, share: None)
    costs.facts = {"calls_per_round": chosen.calls, "rounds": chosen.rounds, "list": 10}
    for step, products in enumerate(chosen.products):
        data = f"{products:,} products"
        say(data, step / len(chosen.products))
        turns = measured(
            engine_of(products, customers=chosen.customers), rounds=chosen.rounds, calls=chosen.calls
        )
        for call in CALLS:
            for what in ("cpu_p50_ms", "cpu_p99_ms"):
                costs.add(call, data, turns.compared(call, BARE, what, "ms"))
            most = LIMITS.get(products, BEYOND)
            costs.checks.append(condition(7, "serve", costs.lines[-1], "bare dot product", most=most))
    say("done", 1.0)
    return costs
