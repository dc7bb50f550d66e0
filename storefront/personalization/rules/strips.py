"""Pure rules of a strip: what is asked for, what a page may show of the answer, what became of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

OVERFETCH = 3
# Why a product that the engine proposed is not there: it is not to be had, or not for this person's eyes; it
# is on the page already; the engine had nothing personal and nothing else was wanted; it is not used up yet;
# the row was full; there were too few for a row; the person said that it is not for them.
GONE, REPEATED, FALLBACK, NOT_DUE, SPARE, TOO_FEW, REJECTED = (
    "gone",
    "repeated",
    "fallback",
    "not_due",
    "spare",
    "too_few",
    "rejected",
)


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
class LeftOut:
    """A product that was proposed and is not shown; `code` says why."""

    candidate: Candidate
    code: str


@dataclass(frozen=True)
class Answer:
    """What the engine says to a request: candidates, best first, and those that were taken out on the way."""

    request: StripRequest
    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...] = ()

    def keep(self, fits: Callable[[Candidate], bool], code: str) -> Answer:
        """The same without what does not fit; `code` says why that is not there."""
        fitting = [fits(candidate) for candidate in self.candidates]
        if all(fitting):
            return self
        kept = tuple(one for one, fit in zip(self.candidates, fitting, strict=True) if fit)
        gone = tuple(LeftOut(one, code) for one, fit in zip(self.candidates, fitting, strict=True) if not fit)
        return replace(self, candidates=kept, left_out=(*self.left_out, *gone))


@dataclass(frozen=True)
class Filled:
    """What of an answer is shown, in order, and what became of everything else."""

    chosen: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...] = ()


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


def pick(answers: Sequence[Answer], available: Iterable[int], shown: Iterable[int] = ()) -> list[Filled]:
    """Fill the strips of one page in order: only available products, none twice on the page.

    A strip that cannot reach its minimum stays empty and gives its products back to the strips after it.
    """
    usable = set(available)
    taken = set(shown)
    filled: list[Filled] = []
    for answer in answers:
        row = _fill(answer, usable, taken)
        taken.update(candidate.product_id for candidate in row.chosen)
        filled.append(row)
    return filled


def _fill(answer: Answer, usable: set[int], taken: set[int]) -> Filled:
    chosen: list[Candidate] = []
    left_out = list(answer.left_out)
    here = set(taken)
    for candidate in answer.candidates:
        code = _obstacle(candidate.product_id, usable, here, full=len(chosen) == answer.request.size)
        if code:
            left_out.append(LeftOut(candidate, code))
        else:
            chosen.append(candidate)
            here.add(candidate.product_id)
    if len(chosen) < answer.request.minimum:
        left_out.extend(LeftOut(candidate, TOO_FEW) for candidate in chosen)
        chosen = []
    return Filled(tuple(chosen), tuple(left_out))


def _obstacle(product: int, usable: set[int], taken: set[int], *, full: bool) -> str | None:
    if full:
        return SPARE
    if product not in usable:
        return GONE
    return REPEATED if product in taken else None


def is_due(days_since: float, interval_days: float | None) -> bool:
    """Whether something usually bought again after `interval_days` is about used up.

    Too early it would be a nuisance; after three times the interval the person has plainly stopped. What
    nobody buys at intervals (a camera) is never due.
    """
    return interval_days is not None and 0 < 0.7 * interval_days <= days_since <= 3 * interval_days
