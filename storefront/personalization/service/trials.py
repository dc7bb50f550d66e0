"""Strips as treatments: who is held back sees what everybody sees, and what was seen is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from storefront.core.behaviour import note
from storefront.core.slots import PageContext
from storefront.personalization.rules import Candidate, Strip, StripRequest, pick
from storefront.treatments.service import HELD_BACK, TREATED, Exposure, arm_on_page, expose

Wanted = Sequence[tuple[StripRequest, Sequence[Candidate]]]
GONE, REPEATED = "gone", "repeated"
MOST_FILTERED = 10


def held_back(wanted: Wanted, ask: Callable[[StripRequest], list[Candidate]]) -> dict[int, list[Candidate]]:
    """By place, what people who are held back get in place of a personal strip: what is kept most."""
    return {
        place: ask(_without_person(request))
        for place, (request, found) in enumerate(wanted)
        if found and request.surface != "popular" and arm_on_page(request.treatment) == HELD_BACK
    }


def _without_person(request: StripRequest) -> StripRequest:
    return replace(request, surface="popular", products=(), category_id=None, fallback=True)


def pick_with_held_back(
    wanted: Wanted, instead: Mapping[int, list[Candidate]], cards: Mapping[int, object], shown: Sequence[int]
) -> list[list[Candidate]]:
    """Fill the strips. One that is held back is filled exactly when the personal one would have been there:
    the two arms differ in what is shown, not in whether."""
    chosen = pick(wanted, cards, shown)
    if not instead:
        return chosen
    swapped = [
        (request, (instead[place] if chosen[place] else ()) if place in instead else found)
        for place, (request, found) in enumerate(wanted)
    ]
    return pick(swapped, cards, shown)


def remember(
    strips: Sequence[Strip | None],
    wanted: Wanted,
    instead: Mapping[int, list[Candidate]],
    cards: Mapping[int, object],
    page: str,
    artifact: str,
    context: PageContext,
) -> None:
    """Note each strip of the page: for the journal that it was shown, for the treatment what was in it."""
    taken = set(context.product_ids)
    for place, strip in enumerate(strips):
        request, found = wanted[place]
        if strip is None:
            continue
        ids = [candidate.product_id for candidate in strip.candidates]
        note(
            "view_item_list",
            surface=strip.surface,
            list_name=strip.treatment,
            hits=len(ids),
            product_ids=ids,
        )
        inputs = {"products": list(request.products[-20:]), "category": request.category_id}
        expose(
            Exposure(
                treatment=strip.treatment,
                arm=HELD_BACK if place in instead else TREATED,
                surface=strip.surface,
                page=page,
                slot=strip.slot,
                artifact=artifact,
                shown=tuple(
                    (item.card.sku, candidate.source, candidate.score)
                    for item, candidate in strip.with_candidates()
                ),
                filtered=_filtered(instead.get(place, found), ids, cards, taken),
                inputs={name: value for name, value in inputs.items() if value},
            )
        )
        taken.update(ids)


def _filtered(
    found: Sequence[Candidate], ids: Sequence[int], cards: Mapping[int, object], taken: set[int]
) -> tuple[tuple[int, str], ...]:
    """Products that ranked above the last one shown and are not there, with the reason."""
    left_out = []
    for candidate in found:
        if candidate.product_id == ids[-1]:
            break
        if candidate.product_id in ids:
            continue
        left_out.append((candidate.product_id, REPEATED if candidate.product_id in taken else GONE))
    return tuple(left_out[:MOST_FILTERED])
