"""Pure rules of personalization: what a strip is, which products a page may show, how shares are spoken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

OVERFETCH = 3
# Sources that look at nothing of the person: their notes are plain paper.
IMPERSONAL = frozenset({"popular", "category", "next_price_step"})


@dataclass(frozen=True)
class StripRequest:
    """A row of recommendations that somebody wants in `slot`: a surface of the engine, asked with `products`.

    `treatment` names it for hold-outs and outcomes. `fallback` says whether labelled fallbacks may fill it
    up; `minimum` is how many cards make a row; `title` and `note` stand above it in place of the usual words.
    """

    slot: str
    surface: str
    treatment: str
    products: tuple[int, ...] = ()
    category_id: int | None = None
    size: int = 4
    fallback: bool = True
    minimum: int = 1
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Candidate:
    """One product that the engine proposes: id, score, source and evidence as plain values."""

    product_id: int
    score: float
    source: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StripItem:
    """A card with its reason. `why` are questions and answers behind it."""

    card: Any
    source: str
    reason: Markup
    personal: bool
    why: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Strip:
    """A row of recommendations as the template prints it."""

    surface: str
    slot: str
    treatment: str
    title: str
    note: str
    items: tuple[StripItem, ...]
    more_url: str | None = None
    candidates: tuple[Candidate, ...] = ()

    def with_candidates(self) -> list[tuple[StripItem, Candidate]]:
        """Each item beside the engine's own account of it."""
        return list(zip(self.items, self.candidates, strict=True))


@dataclass(frozen=True)
class StripBlock:
    """A strip as a block of the homepage."""

    strip: Strip
    kind: str = "strip"


def pick(
    wanted: Sequence[tuple[StripRequest, Sequence[Candidate]]],
    available: Iterable[int],
    shown: Iterable[int] = (),
) -> list[list[Candidate]]:
    """Fill the strips of one page in order: only available products, none twice on the page.

    A strip that cannot reach its minimum stays empty and gives its products back to the strips after it.
    """
    usable = set(available)
    taken = set(shown)
    filled: list[list[Candidate]] = []
    for request, candidates in wanted:
        chosen: list[Candidate] = []
        for candidate in candidates:
            if len(chosen) == request.size:
                break
            if candidate.product_id in usable and candidate.product_id not in taken:
                chosen.append(candidate)
                taken.add(candidate.product_id)
        if len(chosen) < request.minimum:
            taken.difference_update(candidate.product_id for candidate in chosen)
            chosen = []
        filled.append(chosen)
    return filled


def is_due(days_since: float, interval_days: float | None) -> bool:
    """Whether something usually bought again after `interval_days` is about used up.

    Too early it would be a nuisance; after three times the interval the person has plainly stopped. What
    nobody buys at intervals (a camera) is never due.
    """
    return interval_days is not None and 0 < 0.7 * interval_days <= days_since <= 3 * interval_days


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
