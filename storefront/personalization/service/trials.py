"""Strips as treatments: who is held back sees what everybody sees, and what was seen is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from storefront.core.behaviour import note
from storefront.personalization.rules import (
    SPARE,
    TOO_FEW,
    Answer,
    Filled,
    Strip,
    StripRequest,
    pick,
)
from storefront.treatments.service import HELD_BACK, TREATED, Exposure, arm_on_page, expose

MOST_FILTERED = 10
MOST_WITHOUT = 60
# What ranked below the last place shown was not kept from anybody.
UNTOLD = frozenset({SPARE, TOO_FEW})


class Row(Protocol):
    """A row of a page as it was planned."""

    @property
    def answer(self) -> Answer: ...
    @property
    def filled(self) -> Filled: ...
    @property
    def held_back(self) -> bool: ...
    @property
    def strip(self) -> Strip | None: ...


def held_back(answers: Sequence[Answer], ask: Callable[[StripRequest], Answer]) -> dict[int, Answer]:
    """By place, what people who are held back get in place of a personal strip: what is kept most."""
    return {
        place: ask(_without_person(answer.request))
        for place, answer in enumerate(answers)
        if answer.candidates
        and answer.request.surface != "popular"
        and arm_on_page(answer.request.treatment) == HELD_BACK
    }


def _without_person(request: StripRequest) -> StripRequest:
    return replace(request, surface="popular", products=(), category_id=None, fallback=True)


def pick_with_held_back(
    answers: Sequence[Answer], instead: Mapping[int, Answer], cards: Mapping[int, Any], shown: Sequence[int]
) -> list[Filled]:
    """Fill the strips. One that is held back is filled exactly when the personal one would have been there:
    the two arms differ in what is shown, not in whether."""
    filled = pick(answers, cards, shown)
    if not instead:
        return filled
    swapped = [
        _in_its_place(answer, instead[place], filled[place]) if place in instead else answer
        for place, answer in enumerate(answers)
    ]
    return pick(swapped, cards, shown)


def _in_its_place(answer: Answer, instead: Answer, filled: Filled) -> Answer:
    there = instead.candidates if filled.chosen else ()
    return replace(instead, request=answer.request, candidates=there)


def remember(planned: Sequence[Row], page: str, artifact: str) -> None:
    """Note each strip of the page: for the journal that it was shown, for the treatment what was in it."""
    for row in planned:
        if row.strip is not None:
            _remember(row.strip, row, page, artifact)


def _remember(strip: Strip, row: Row, page: str, artifact: str) -> None:
    request = row.answer.request
    ids = [candidate.product_id for candidate in strip.candidates]
    note(
        "view_item_list",
        surface=strip.surface,
        list_name=strip.treatment,
        hits=len(ids),
        product_ids=ids,
    )
    inputs = {"products": list(request.products[-20:]), "category": request.category_id}
    inputs |= {"strict": not request.fallback, **_asked(row.answer)}
    expose(
        Exposure(
            treatment=strip.treatment,
            arm=HELD_BACK if row.held_back else TREATED,
            surface=strip.surface,
            page=page,
            slot=strip.slot,
            artifact=artifact,
            shown=tuple(
                (item.card.sku, candidate.source, candidate.score)
                for item, candidate in strip.with_candidates()
            ),
            filtered=_filtered(row.filled),
            inputs={name: value for name, value in inputs.items() if value},
        )
    )


def _asked(answer: Answer) -> dict[str, Any]:
    """What it takes to ask the same again."""
    if answer.asked is None:
        return {}
    without = list(answer.asked.without[:MOST_WITHOUT])
    told = {"n": answer.asked.n, "without": without, "personal": answer.asked.personal}
    return {**told, "forgiven": list(answer.asked.forgiven)}


def _filtered(filled: Filled) -> tuple[tuple[int, str], ...]:
    """Products that would have been shown and are not there, with the reason."""
    told = [(one.candidate.product_id, one.code) for one in filled.left_out if one.code not in UNTOLD]
    return tuple(told[:MOST_FILTERED])
