"""Pure rules of declared needs: which of them a page asks for, and their place beside what was learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from storefront.personalization.rules.strips import Candidate

DECLARED = "declared"
LEARNED = frozenset({"bought_together", "bought_after"})
MOST_OF_ONE = 2  # declared products of one category before those of others


@dataclass(frozen=True)
class Need:
    """Buyers of these products need one of those, best first; `category_of` says where each stands."""

    of: frozenset[int]
    needs: tuple[int, ...]
    category_of: Mapping[int, int | None]


def declared_for(products: Sequence[int], needs: Iterable[Need]) -> list[Candidate]:
    """What the owner declared for `products` (the newest is last): by turns from each need, no product twice.

    Evidence is the product that needs it and nothing else: nobody was counted.
    """
    rows: list[list[Candidate]] = []
    category_of: dict[int, int | None] = {}
    for need in needs:
        because = next((product for product in reversed(products) if product in need.of), None)
        if because is None:
            continue
        evidence = {"kind": DECLARED, "because": (str(because),)}
        rows.append([Candidate(one, 0.0, DECLARED, evidence) for one in need.needs])
        category_of.update(need.category_of)
    found: dict[int, Candidate] = {}
    for turn in zip_longest(*rows):
        for candidate in turn:
            if candidate is not None and candidate.product_id not in products:
                found.setdefault(candidate.product_id, candidate)
    return _spread(list(found.values()), category_of.get)


def _spread(found: list[Candidate], category_of: Callable[[int], int | None]) -> list[Candidate]:
    """Those beyond a few of one category behind all others."""
    seen: dict[int | None, int] = {}
    first: list[Candidate] = []
    later: list[Candidate] = []
    for candidate in found:
        category = category_of(candidate.product_id)
        seen[category] = seen.get(category, 0) + 1
        (later if seen[category] > MOST_OF_ONE else first).append(candidate)
    return first + later


def blend(found: Sequence[Candidate], declared: Sequence[Candidate], size: int) -> list[Candidate]:
    """What was learned first, then what was declared, then what merely sells.

    Where buyers show the same pair, their evidence stands. A row full of what was learned still keeps its
    last place for the first thing declared.
    """
    learned = [one for one in found if one.source in LEARNED]
    known = {one.product_id for one in learned}
    new = [one for one in declared if one.product_id not in known]
    named = known | {one.product_id for one in new}
    rest = [one for one in found if one.product_id not in named]
    front = learned[: max(size - 1, 0)]
    return [*front, *new[:1], *learned[len(front) :], *new[1:], *rest]
