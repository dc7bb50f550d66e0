"""Planning the strips of one page: ask the engine in memory, load all cards with one query, say why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.catalog import service as catalog
from storefront.core.plugins import collect
from storefront.core.slots import PageContext
from storefront.personalization.rules import (
    FALLBACK,
    NOT_DUE,
    PINNED,
    REJECTED,
    SENSITIVE,
    Answer,
    Asked,
    Candidate,
    Filled,
    Strip,
    StripRequest,
    is_due,
)
from storefront.personalization.rules.discretion import Discretion
from storefront.personalization.rules.merchandising import verdicts
from storefront.personalization.rules.needs import DECLARED
from storefront.personalization.rules.ruling import Verdict
from storefront.personalization.service import discretion, facts, noting, trials
from storefront.personalization.service.engine import holder
from storefront.personalization.service.merchandising import RuleBook, book_of
from storefront.personalization.service.needs import any_declared, with_needs
from storefront.personalization.service.reasons import ReasonContext, days_since, explain
from storefront.personalization.service.standby import best_sellers, standby
from storefront.personalization.service.surfaces import candidates, customer_key, forgiven_by
from storefront.personalization.service.visitors import with_person

MOST_OPTIONS = 12  # of a category that is pinned, how many are looked at
SHOWN_AS_FALLBACK = frozenset({"popular", "category", "audience", "listed"})


@dataclass(frozen=True)
class Planned:
    """One row of a page: the answer to its request, what is shown of it, and whether the person is held back
    from it. `strip` is None when it stays empty; `source` is the answer that was really used."""

    answer: Answer
    filled: Filled
    held_back: bool
    strip: Strip | None
    source: Answer

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each rule of the owner that is switched on; empty where there is none."""
        return verdicts(self.source, self.filled)


def plan_strips(page: str, context: PageContext) -> list[Strip]:
    """Every strip of `page`, filled: available at this moment, none twice, each with its reason.

    Each is a treatment: some people are held back from it, and what was shown is remembered.
    """
    planned = plan_page_strips(page, context)
    trials.remember(planned, page, holder().version or "")
    noting.settle(planned)
    return [row.strip for row in planned if row.strip is not None]


def plan_page_strips(page: str, context: PageContext) -> list[Planned]:
    """The rows of `page` with the account behind each; nothing is remembered."""
    if holder().current() is None and not any_declared():
        wanted = collect("register_strips", page=page, context=context)
        if not wanted or not best_sellers():
            return []
    context = with_person(context)
    return plan_requests(collect("register_strips", page=page, context=context), context, page)


def plan_requests(
    requests: Sequence[StripRequest], context: PageContext, page: str = "", book: RuleBook | None = None
) -> list[Planned]:
    """The given rows, filled in order, by the owner's rules (those of `book`, where it is given). On a `page`
    people may be held back from some."""
    book, rule = book or book_of(page, context), discretion.discretion()
    requests, context = discretion.discreet(rule, requests, context)
    ask = partial(_ask, holder().current(), rule, context=context, book=book)
    answers = [book.apply(ask(request), context) for request in requests]
    instead = trials.held_back(answers, ask) if page else {}
    instead = {
        place: book.apply(other, context, answers[place].request.surface, held_back=True)
        for place, other in instead.items()
    }
    cards = _cards([*answers, *instead.values()], context)
    filled = trials.pick_with_held_back(answers, instead, cards, context.product_ids)
    reasons = _reason_context([row.chosen for row in filled], cards, context)
    planned = []
    for place, (answer, row) in enumerate(zip(answers, filled, strict=True)):
        request = _as_shown(answer.request, place in instead)
        strip = _strip(request, row.chosen, cards, reasons) if row.chosen else None
        shown = replace(instead.get(place, answer), request=answer.request)
        planned.append(Planned(answer, row, place in instead, strip, shown))
    return planned


def _as_shown(request: StripRequest, held_back: bool) -> StripRequest:
    """What is not chosen for anybody is not headed as if it were."""
    return replace(request, title="", note="") if held_back else request


def _ask(
    engine: Any, rule: Discretion, request: StripRequest, context: PageContext, book: RuleBook
) -> Answer:
    rejected = context.more.get("rejected", frozenset())
    place = discretion.place_of(rule, request.surface, context)
    back = forgiven_by(engine, context.customer_id, rejected)
    most, personal = book.depth(request) + len(rejected), context.customer_id is not None
    asked = Asked(most, context.product_ids, personal, back)
    may = discretion.allowed(rule, engine, place) if engine is not None else None
    found = with_needs(_found(engine, request, context, asked, may), request, context.product_ids)
    answer = Answer(request, tuple(found), asked=asked)
    if rule.products:
        answer = answer.keep(partial(rule.passes, place=place), SENSITIVE)
    if rejected:
        answer = answer.keep(lambda candidate: candidate.product_id not in rejected, REJECTED)
    if request.surface == "buy_again":
        answer = answer.keep(_due, NOT_DUE)
    if request.fallback:
        return answer
    if request.surface == "one_step_up":
        return answer.keep(partial(facts.follows, category=request.category_id), FALLBACK)
    return answer.keep(lambda candidate: candidate.source not in SHOWN_AS_FALLBACK, FALLBACK)


def _found(
    engine: Any, request: StripRequest, context: PageContext, asked: Asked, allowed: Any
) -> list[Candidate]:
    """What the engine says; what sells, where there is none that can be used."""
    if engine is None:
        return standby(request, context, asked.n, holder().trouble)
    return candidates(
        engine,
        request.surface,
        products=request.products,
        customer=customer_key(context.customer_id),
        category=request.category_id,
        n=asked.n,
        exclude=context.product_ids,
        allowed=allowed,
        forgiven=asked.forgiven,
        step_up=facts.terms(context.customer_id) if request.surface == "one_step_up" else None,
    )


def _due(candidate: Candidate) -> bool:
    """Fallbacks pass here; whether they may be shown is the request's question."""
    last = candidate.evidence.get("last_at")
    if not last:
        return candidate.source in SHOWN_AS_FALLBACK
    return is_due(days_since(last), candidate.evidence.get("interval_days"))


def _cards(answers: Sequence[Answer], context: PageContext) -> dict[int, Any]:
    ids = {candidate.product_id for answer in answers for candidate in answer.candidates}
    ids |= {one.product_id for answer in answers for pin in answer.pins for one in pin.options[:MOST_OPTIONS]}
    if not ids:
        return {}
    return catalog.load_cards(sorted(ids), context.language, only_in_stock=True)


def _reason_context(
    chosen: Iterable[Sequence[Candidate]], cards: dict[int, Any], context: PageContext
) -> ReasonContext:
    """Titles of what the sentences name: from the page and its cards, the rest with one query."""
    named = {
        int(product)
        for picked in chosen
        for candidate in picked
        for product in candidate.evidence.get("because", ())
    }
    titles = dict(context.more.get("titles", {}))
    titles.update({product: cards[product].title for product in named if product in cards})
    missing = sorted(named - set(titles))
    if missing:
        titles.update(catalog.titles_of(missing, context.language))
    viewed = frozenset(context.more.get("viewed", ()))
    page = {context.product_id} if context.product_id else set()
    own = frozenset(named - viewed - page) if context.customer_id else frozenset()
    return ReasonContext(titles=titles, own=own, viewed=viewed - page)


def _strip(
    request: StripRequest, picked: Sequence[Candidate], cards: dict[int, Any], reasons: ReasonContext
) -> Strip:
    items = tuple(explain(candidate, cards[candidate.product_id], reasons) for candidate in picked)
    title, note = headline(request.surface, [candidate.source for candidate in picked])
    if request.title:
        title, note = request.title, request.note
    if all(candidate.source == DECLARED for candidate in picked):
        note = _("What the shop recommends with it.")
    return Strip(
        surface=request.surface,
        slot=request.slot,
        treatment=request.treatment,
        title=title,
        note=note,
        items=items,
        candidates=tuple(picked),
    )


def headline(surface: str, sources: Sequence[str]) -> tuple[str, str]:
    """Title and line below it. A strip of fallbacks only is not named after what it could not find, and what
    the shop put there itself names none."""
    if sources and all(source == PINNED for source in sources):
        return _("Chosen by the shop"), ""
    sources = [source for source in sources if source != PINNED]
    if sources and all(source in SHOWN_AS_FALLBACK for source in sources):
        if all(source == "category" for source in sources):
            return _("From the same shelf"), _("What people keep most from here.")
        return _("Much chosen lately"), _("What people keep most, in the whole shop.")
    title, note = _HEADLINES.get(surface, (_l("You may like"), ""))
    return str(title), str(note)


_HEADLINES: dict[str, tuple[Any, Any]] = {
    "goes_with": (_l("Goes well with this"), _l("What buyers of this take with it, and keep.")),
    "instead_of": (_l("Instead of this"), _l("What people take in its place, and what is closest to it.")),
    "for_you": (_l("Chosen for you"), _l("Each with its reason.")),
    "new_for_you": (_l("New to you"), _l("Things you have not had yet.")),
    "buy_again": (_l("Due again"), _l("Worked out from your own rhythm, not from a calendar.")),
    "next_basket": (_l("For your next order"), ""),
    "because_you_viewed": (_l("From where you left off"), _l("Because of what you looked at last.")),
    "complete_basket": (_l("To make it complete"), ""),
    "one_step_up": (
        _l("The finer things elsewhere"),
        _l("Chosen by those who take the finer things here."),
    ),
    "popular": (_l("Much chosen lately"), _l("What people keep most, in the whole shop.")),
}
