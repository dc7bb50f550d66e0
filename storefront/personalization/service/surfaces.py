"""Asking the engine for a surface by name; answers as plain candidates with the shop's ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from storefront.core import clock
from storefront.core.errors import NotFound
from storefront.personalization.rules import Candidate

SURFACES = (
    "for_you",
    "goes_with",
    "instead_of",
    "complete_basket",
    "buy_again",
    "next_basket",
    "because_you_viewed",
    "one_step_up",
    "new_for_you",
    "popular",
)
_TOGETHER = {"goes_with", "complete_basket"}
_COMPLEMENTS = {"bought_together", "bought_after"}
_OF_A_PERSON = {"for_you", "new_for_you", "buy_again", "next_basket"}


def customer_key(customer_id: int | None) -> str | None:
    """A customer as the engine knows them."""
    return None if customer_id is None else str(customer_id)


def forgiven_by(engine: Any, customer_id: int | None, rejected: Collection[int]) -> tuple[int, ...]:
    """What the engine learned as rejected by this customer and is not among the `rejected` any more."""
    if engine is None or customer_id is None:
        return ()
    learned = (int(product) for product in engine.rejected_by(customer_key(customer_id)))
    return tuple(product for product in learned if product not in rejected)


def candidates(
    engine: Any,
    surface: str,
    *,
    products: Sequence[int] = (),
    customer: str | None = None,
    category: int | None = None,
    n: int = 12,
    exclude: Sequence[int] = (),
    step_up: Mapping[str, Any] | None = None,
    day: str | None = None,
    allowed: Any = None,
    forgiven: Sequence[int] = (),
) -> list[Candidate]:
    """At most `n` products for `surface`, best first. Raises NotFound for a surface that does not exist.

    `step_up` are further options of `one_step_up`; `day` is today unless another one is given; `allowed` is
    a mask of the engine, None for everything; `forgiven` are rejections taken back since it learned them.
    """
    if surface not in SURFACES:
        raise NotFound(f"there is no surface {surface!r}; known are {', '.join(SURFACES)}")
    keys = [str(product) for product in products]
    left_out = [str(product) for product in exclude]
    if surface in _OF_A_PERSON:
        person = customer or ""
        day = day or clock.now().date().isoformat()
        options = {"n": n, "exclude": left_out, "allowed": allowed, "day": day}
        options["forgiven"] = [str(product) for product in forgiven]
        found = engine.for_customers([person], surface=surface, **options)[person]
    else:
        options = {"n": n, "exclude": left_out, "allowed": allowed}
        if surface == "one_step_up":
            options |= {"customer": customer, **(step_up or {})}
        found = _unmixed(surface, _by_products(engine, surface, keys, category, options))
    return [
        Candidate(int(item.product), float(item.score), item.source, item.evidence.as_dict())
        for item in found
    ]


def _unmixed(surface: str, found: Sequence[Any]) -> Sequence[Any]:
    """A row of what goes with something holds nothing else, unless there is nothing that does."""
    if surface not in _TOGETHER:
        return found
    return [item for item in found if item.source in _COMPLEMENTS] or found


def _by_products(
    engine: Any,
    surface: str,
    keys: list[str],
    category: int | None,
    options: dict[str, Any],
) -> Any:
    newest = keys[-1] if keys else ""
    asks: dict[str, Callable[[], Any]] = {
        "goes_with": lambda: engine.goes_with(keys, **options),
        "instead_of": lambda: engine.instead_of(newest, **options),
        "complete_basket": lambda: engine.complete_basket(keys, **options),
        "because_you_viewed": lambda: engine.for_session(keys, **options),
        "one_step_up": lambda: engine.one_step_up(newest, **options),
        "popular": lambda: engine.popular(category=None if category is None else str(category), **options),
    }
    return asks[surface]()
