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


def about_count(count: int) -> int:
    """A number of people as it may be said to anybody: the nearest 5 below 50, the nearest 10 below 200, else
    of two digits. One purchase more or less shows in it rarely, and never as one.
    """
    step = 5 if count < 50 else 10 if count < 200 else 10 ** (len(str(count)) - 2)
    return max(5, (count + step // 2) // step * step)


def is_personal(source: str, own_products: bool) -> bool:
    """Whether something of the person was used: their habits and taste, or products they bought or viewed."""
    return source not in IMPERSONAL and own_products
