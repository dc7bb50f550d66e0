"""Pure rules of what is said about a recommendation."""

from __future__ import annotations

# Sources that look at nothing of the person: their notes are plain paper.
IMPERSONAL = frozenset({"declared", "popular", "category", "listed", "next_price_step"})


def spoken_share(share: float) -> tuple[int, int] | None:
    """A share as people say it: (4, 10) for 0.41, (3, 100) for 0.028; None when it is too small to say."""
    in_ten = round(share * 10)
    if share >= 0.1 and in_ten >= 1:
        return (min(in_ten, 10), 10)
    in_hundred = round(share * 100)
    return (in_hundred, 100) if in_hundred >= 1 else None


def is_personal(source: str, own_products: bool) -> bool:
    """Whether something of the person was used: their habits and taste, or products they bought or viewed."""
    return source not in IMPERSONAL and own_products
