"""A row as it is without rules and with them: the shop's own way of making it, and nothing is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.i18n import current_language
from storefront.core.plugins import collect
from storefront.core.slots import PageContext
from storefront.customers import service as customers
from storefront.personalization.rules import StripRequest
from storefront.personalization.rules.ruling import Rule, Verdict
from storefront.personalization.service.audiences import audiences_as_of
from storefront.personalization.service.merchandising import RuleBook
from storefront.personalization.service.rejections import rejected_by
from storefront.personalization.service.strips import Planned, plan_requests


@dataclass(frozen=True)
class Trial:
    """Which row: of `surface` on `page`, for a customer or somebody new. The first of `products` is what the
    page is about; those after it count as looked at before."""

    surface: str
    page: str
    products: tuple[int, ...] = ()
    customer_id: int | None = None


@dataclass(frozen=True)
class Line:
    """One card of a row."""

    product_id: int
    title: str
    sku: str
    source: str


@dataclass(frozen=True)
class Tried:
    """The row without rules and with them, and what became of each rule."""

    before: tuple[Line, ...]
    after: tuple[Line, ...]
    verdicts: tuple[Verdict, ...]
    titles: dict[int, str]
    audiences: frozenset[str]
    on_page: bool  # False: this page has no such row of its own, it was made for the trial


def try_rules(trial: Trial, rules: tuple[Rule, ...]) -> Tried:
    """What `rules` would do to a row at this moment. Changes nothing."""
    context, audiences = _context(trial)
    requests = collect("register_strips", page=trial.page, context=context)
    on_page = any(one.surface == trial.surface for one in requests)
    if not on_page:
        requests = [_request(trial, context)]
    now = clock.now()
    rows = [
        _row(plan_requests(requests, context, book=RuleBook(some, trial.page, audiences, now)), trial.surface)
        for some in ((), rules)
    ]
    before, after = (_lines(row) for row in rows)
    verdicts = rows[1].verdicts
    moved = {move.product_id for verdict in verdicts for move in verdict.moves}
    return Tried(before, after, verdicts, catalog.titles_of(sorted(moved)), audiences, on_page)


def _context(trial: Trial) -> tuple[PageContext, frozenset[str]]:
    """The page as that person would have it: who did not agree to a personal shop is not known to it."""
    agreed = trial.customer_id if _agreed(trial.customer_id) else None
    first = trial.products[0] if trial.products else None
    about = first if trial.page == "product" else None
    cards = catalog.load_cards([about]) if about is not None else {}
    shown = (first,) if first is not None and trial.page in ("product", "cart") else ()
    viewed = trial.products[1:] if shown else trial.products
    context = PageContext(
        language=current_language().code,
        product_id=about,
        category_id=cards[about].category_id if about in cards else None,
        product_ids=shown,
        customer_id=agreed,
        more={"viewed": viewed, "rejected": rejected_by(trial.customer_id)},
    )
    return context, audiences_as_of(trial.customer_id, personal=agreed is not None)


def _agreed(customer_id: int | None) -> bool:
    if customer_id is None:
        return False
    word = customers.said_last(customer_id).get("personalization")
    return word is not None and word.given


def _request(trial: Trial, context: PageContext) -> StripRequest:
    return StripRequest("trial", trial.surface, "trial", trial.products[:1], context.category_id)


def _row(planned: list[Planned], surface: str) -> Planned:
    return next(row for row in planned if row.answer.request.surface == surface)


def _lines(row: Planned) -> tuple[Line, ...]:
    items: list[Any] = row.strip.with_candidates() if row.strip else []
    return tuple(
        Line(candidate.product_id, item.card.title, item.card.sku, candidate.source)
        for item, candidate in items
    )
