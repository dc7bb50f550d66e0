"""A last look at a trained engine: does it answer, and does it still know what was bought?"""

from __future__ import annotations

from collections.abc import Sequence

from recommender.engine import CUSTOMER_SURFACES, Engine
from recommender.errors import BadArtifact

LEAST_RECALL = 0.7  # of what the engine in use recalls
PLACES = 20
Orders = Sequence[tuple[str, Sequence[str]]]  # customer and products of some newest orders


def try_out(engine: Engine) -> None:
    """Ask for a list on every surface. Raises BadArtifact when one cannot be made."""
    try:
        best = [found.product for found in engine.popular(3)]
        people = [*list(engine.customers)[:2], ""]
        for surface in CUSTOMER_SURFACES:
            engine.for_customers(people, surface, 5)
        for product in best:
            engine.goes_with([product], 5)
            engine.instead_of(product, 5)
            engine.for_session([product], 5)
            engine.one_step_up(product, people[0], 5)
    except Exception as error:
        raise BadArtifact(f"it does not answer ({type(error).__name__}: {error})") from error


def recall(engine: Engine, orders: Orders) -> dict[str, float]:
    """Share of newest orders, which the engine may have seen, that it finds among PLACES: in the customer's
    `next_basket`, and in what goes with the first product of an order of several. 0 to 1, a mean over orders.
    """
    lists = engine.for_customers(dict.fromkeys(customer for customer, _ in orders), "next_basket", PLACES)
    again = [_share(products, lists[customer]) for customer, products in orders]
    several = [products for _, products in orders if len(set(products)) > 1]
    beside = [_share(products[1:], engine.goes_with([products[0]], PLACES)) for products in several]
    return {
        name: round(sum(shares) / len(shares), 4)
        for name, shares in (("next_basket", again), ("goes_with", beside))
        if shares
    }


def doubts(new: Engine, old: Engine | None, orders: Orders) -> list[str]:
    """Why the new engine should not replace the old one: it recalls much less of the same orders."""
    if old is None or not orders:
        return []
    now, was = recall(new, orders), recall(old, orders)
    return [
        f"recall@{PLACES} of {task} on the newest orders fell from {was[task]} to {now[task]}"
        for task in sorted(now)
        if now[task] < LEAST_RECALL * was[task]
    ]


def _share(wanted: Sequence[str], found: Sequence[object]) -> float:
    names = {getattr(one, "product", None) for one in found}
    return len(names & set(wanted)) / max(len(set(wanted)), 1)
