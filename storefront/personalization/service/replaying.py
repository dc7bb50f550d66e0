"""A page of the past: the record as it was written, and beside it the same artifact asked the same again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storefront.catalog import service as catalog
from storefront.core.i18n import current_language
from storefront.personalization.rules import Candidate, StripRequest, is_due
from storefront.personalization.service import facts
from storefront.personalization.service.discretion import allowed, discretion
from storefront.personalization.service.engine import holder, models_folder
from storefront.personalization.service.needs import with_needs
from storefront.personalization.service.reasons import days_between
from storefront.personalization.service.strips import SHOWN_AS_FALLBACK
from storefront.personalization.service.surfaces import candidates, customer_key
from storefront.treatments.service import HELD_BACK, SeenPage, SeenStrip

PINNED = "pinned"
Line = tuple[str, str, float]  # SKU, source, score


@dataclass(frozen=True)
class Replayed:
    """A strip of the past. `again` is what the same artifact answers to the same question, None where it is
    not kept any more or the question was not written down; `equal` whether that is the record."""

    seen: SeenStrip
    again: tuple[Line, ...] | None
    equal: bool


@dataclass(frozen=True)
class Replay:
    """A page of the past with the words for it: titles by SKU, and (SKU, title) by product id."""

    page: SeenPage
    kept: bool
    strips: tuple[Replayed, ...]
    titles: dict[str, str]
    names: dict[int, tuple[str, str]]


def replay(page: SeenPage) -> Replay:
    """The page as it was, and computed again. Reads only."""
    engine, ids = engine_of(page.artifact), _ids(page)
    strips: list[Replayed] = []
    earlier: set[int] = set()
    for seen in page.strips:
        again = _again(engine, page, seen, ids, earlier) if engine is not None else None
        strips.append(Replayed(seen, again, again is not None and _own(seen.shown) == _own(again)))
        earlier.update(ids[sku] for sku, _source, _score in seen.shown if sku in ids)
    ids |= catalog.products_by_sku(sorted({sku for one in strips for sku, *_more in one.again or ()}))
    return Replay(page, engine is not None, tuple(strips), *_named(page, ids))


def _own(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """What is the engine's, and not put there by a rule of the owner."""
    return [(sku, source) for sku, source, _score in lines if source != PINNED]


def _named(page: SeenPage, ids: Mapping[str, int]) -> tuple[dict[str, str], dict[int, tuple[str, str]]]:
    """Titles by SKU of what was shown, SKU and title by product of what was left out."""
    left_out = {product for seen in page.strips for product, _code in seen.filtered}
    known = sorted({*ids.values(), *left_out})
    words = catalog.titles_of(known, current_language().code) if known else {}
    own = catalog.skus_of(known)
    names = {product: (own.get(product, ""), words.get(product, "")) for product in left_out}
    return {sku: words.get(product, sku) for sku, product in ids.items()}, names


def engine_of(artifact: str) -> Any:
    """The engine with this id, as it was published; None when it is not kept any more."""
    current = holder().current()
    if not artifact or current is None:
        return None
    if artifact == holder().version:
        return current
    # Here, not above: processes that never recommend do not load numpy.
    from recommender import load
    from recommender.errors import BadArtifact
    from recommender.publishing import list_versions

    folder = models_folder()
    try:
        kept = {version for _number, version in list_versions(folder)}
        return load(folder / artifact) if artifact in kept else None
    except (BadArtifact, OSError):
        return None


def _ids(page: SeenPage) -> dict[str, int]:
    """Products by the SKUs in the record, which are those of the variants that could be had that day."""
    shown = {sku for seen in page.strips for sku, _source, _score in seen.shown}
    return dict(catalog.products_by_sku(sorted(shown)))


def _again(
    engine: Any, page: SeenPage, seen: SeenStrip, ids: Mapping[str, int], earlier: set[int]
) -> tuple[Line, ...] | None:
    if "n" not in seen.inputs:
        return None
    gone = {product for product, _code in seen.filtered} | earlier
    found = [one for one in _ask(engine, page, seen) if one.product_id not in gone]
    recorded = {ids[sku]: sku for sku, _source, _score in seen.shown if sku in ids}
    skus = {**catalog.skus_of([one.product_id for one in found]), **recorded}
    fitting = [
        (skus[one.product_id], one.source, round(one.score, 4)) for one in found if one.product_id in skus
    ]
    own = [sku for sku, source, _score in seen.shown if source != PINNED]
    return tuple(fitting[: len(own)])


def _ask(engine: Any, page: SeenPage, seen: SeenStrip) -> list[Candidate]:
    """The engine's answer, and what the strip of that day let pass of it."""
    inputs, day = seen.inputs, page.at.date().isoformat()
    held_back = seen.arm == HELD_BACK
    surface = "popular" if held_back else seen.surface
    products = () if held_back else tuple(inputs.get("products", ()))
    category = None if held_back else inputs.get("category")
    person = page.customer_id if inputs.get("personal") else None
    without = tuple(inputs.get("without", ()))
    rule = discretion()
    here = products[-1] if products and page.page == "product" else None
    place = rule.place_of(surface, here, category)
    found = candidates(
        engine,
        surface,
        products=products,
        customer=customer_key(person),
        category=category,
        n=inputs["n"],
        exclude=without,
        step_up={**facts.terms(person), "at": day} if surface == "one_step_up" else None,
        day=day,
        allowed=allowed(rule, engine, place),
        forgiven=tuple(inputs.get("forgiven", ())),
    )
    request = StripRequest(seen.slot, surface, seen.treatment, products, category)
    found = [one for one in with_needs(found, request, without) if rule.passes(one, place)]
    strict = bool(inputs.get("strict")) and not held_back
    return [one for one in found if _passed(one, page, request, strict=strict)]


def _passed(candidate: Candidate, page: SeenPage, request: StripRequest, *, strict: bool) -> bool:
    fallback = candidate.source in SHOWN_AS_FALLBACK
    last = candidate.evidence.get("last_at")
    if request.surface == "buy_again" and last:
        if not is_due(days_between(last, page.at), candidate.evidence.get("interval_days")):
            return False
    elif request.surface == "buy_again" and not fallback:
        return False
    if not strict:
        return True
    if request.surface == "one_step_up":
        return facts.follows(candidate, category=request.category_id)
    return not fallback
