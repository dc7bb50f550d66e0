"""Pure rules of a strip: what is asked for, what a page may show of the answer, what became of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from storefront.personalization.rules.ruling import Pin, Ruled

OVERFETCH = 3
# Why a product that the engine proposed is not there: it is not to be had, or not for this person's eyes; it
# is on the page already; the engine had nothing personal and nothing else was wanted; it is not used up yet;
# the row was full; there were too few for a row; the person said that it is not for them;
# the owner does not want it here; it is sensitive, or what it rests on is.
GONE, REPEATED, FALLBACK, NOT_DUE, SPARE, TOO_FEW, REJECTED, EXCLUDED, SENSITIVE = (
    "gone",
    "repeated",
    "fallback",
    "not_due",
    "spare",
    "too_few",
    "rejected",
    "excluded",
    "sensitive",
)
NEW_HERE = "new_here"  # the engine's source of a place given to finding out
PINNED = "pinned"  # the source of what the owner put into a row


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
class Asked:
    """What else the engine was told: how many products, without which, whether who the person is, and which
    of their rejections were taken back."""

    n: int
    without: tuple[int, ...] = ()
    personal: bool = False
    forgiven: tuple[int, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A product that was proposed and is not shown; `code` says why."""

    candidate: Candidate
    code: str


@dataclass(frozen=True)
class Answer:
    """What the engine says to a request: candidates, best first, and those that were taken out on the way.

    `pins` are places that the owner gave away; `ruled` is how the owner's rules dealt with it, where there
    are any.
    """

    request: StripRequest
    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...] = ()
    pins: tuple[Pin, ...] = ()
    ruled: Ruled | None = None
    asked: Asked | None = None

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
    filled = _row(answer, usable, taken, {})
    if len(filled.chosen) < answer.request.minimum:
        few = (LeftOut(candidate, TOO_FEW) for candidate in filled.chosen)
        return Filled((), (*filled.left_out, *few))
    if not answer.pins:
        return filled
    pinned, refused = _pinned(answer, usable, taken)
    row = _row(answer, usable, taken, pinned)
    told = {one.candidate.product_id for one in refused}
    rest = (one for one in row.left_out if one.candidate.product_id not in told)
    return replace(row, left_out=(*refused, *rest))


def _row(answer: Answer, usable: set[int], taken: set[int], pinned: Mapping[int, Candidate]) -> Filled:
    """The best that may be shown, around what stands at places of its own."""
    own = {candidate.product_id for candidate in pinned.values()}
    chosen: list[Candidate] = []
    left_out = list(answer.left_out)
    here = set(taken)
    for candidate in answer.candidates:
        if candidate.product_id in own or (candidate.source == NEW_HERE and not chosen):
            continue  # what is tried out never stands first
        full = len(chosen) + len(pinned) == answer.request.size
        code = _obstacle(candidate.product_id, usable, here, full=full)
        if code:
            left_out.append(LeftOut(candidate, code))
        else:
            chosen.append(candidate)
            here.add(candidate.product_id)
    for place in sorted(pinned):
        chosen.insert(place - 1, pinned[place])
    return Filled(tuple(chosen), tuple(left_out))


def _pinned(
    answer: Answer, usable: set[int], taken: set[int]
) -> tuple[dict[int, Candidate], tuple[LeftOut, ...]]:
    """What gets a place of its own, by place, and what would have and may not be shown. Where two want one
    place, the second gets the next that is free."""
    placed: dict[int, Candidate] = {}
    refused: list[LeftOut] = []
    here = set(taken)
    for pin in answer.pins:
        places = range(pin.place, answer.request.size + 1)
        place = next((place for place in places if place not in placed), None)
        codes = [(one, _obstacle(one.product_id, usable, here, full=place is None)) for one in pin.options]
        fits = next((one for one, code in codes if not code), None)
        refused.extend(LeftOut(one, code) for one, code in codes if code)
        if place is not None and fits is not None:
            placed[place] = fits
            here.add(fits.product_id)
    return placed, tuple(refused)


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
