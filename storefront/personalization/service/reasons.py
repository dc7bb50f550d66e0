"""From evidence to words: one sentence for the shopper, and the answers behind "Why this?"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from storefront.core import clock
from storefront.personalization.rules import Candidate, StripItem, about_count, is_personal, spoken_share
from storefront.personalization.service.hops import concluded

_OF_THE_PERSON = frozenset({"habit", "taste", "new_here"})  # kinds that need no named product to be personal
OWN_RHYTHM = 3  # from three orders on, the interval is the person's own


@dataclass(frozen=True)
class ReasonContext:
    """Where the sentence stands: the page's product, titles of the products it may name, the person's own.

    `own` are products that the person bought, `viewed` those looked at; others are the page's.
    """

    titles: Mapping[int, str]
    own: frozenset[int] = frozenset()
    viewed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Facts:
    """What a sentence is made of."""

    name: Markup  # the product it rests on, in bold, or empty
    relation: str  # bought, viewed, page: how that product came into it
    share: tuple[int, int] | None
    evidence: Mapping[str, Any]


def explain(candidate: Candidate, card: Any, context: ReasonContext) -> StripItem:
    """The card with its sentence and account."""
    if candidate.evidence.get("confidence") is not None:
        return concluded(candidate, card, context.titles)
    facts = _facts(candidate, context)
    sentence = _SENTENCES.get(str(candidate.evidence.get("kind", "")), _plain)(facts)
    own = facts.relation in {"bought", "viewed"} or candidate.evidence.get("kind") in _OF_THE_PERSON
    return StripItem(
        card=card,
        source=candidate.source,
        reason=sentence,
        personal=is_personal(candidate.source, own),
        why=_account(candidate, facts),
    )


def _facts(candidate: Candidate, context: ReasonContext) -> _Facts:
    because = [int(product) for product in candidate.evidence.get("because", ())]
    named = next((product for product in because if product in context.titles), None)
    name = Markup("")
    relation = "page"
    if named is not None:
        name = Markup("<b>{}</b>").format(context.titles[named])
        relation = "bought" if named in context.own else "viewed" if named in context.viewed else "page"
    share = candidate.evidence.get("share")
    return _Facts(name, relation, spoken_share(share) if share else None, candidate.evidence)


# --- sentences --------------------------------------------------------------------------------------------


def _say(message: str, **values: Any) -> Markup:
    """Put escaped values into a translated sentence."""
    return escape(message) % {name: escape(value) for name, value in values.items()}


def _together(facts: _Facts) -> Markup:
    if not facts.name or facts.share is None:
        return _few(facts)
    share = {"part": facts.share[0], "of": facts.share[1], "product": facts.name}
    if facts.relation == "bought":
        return _say(
            _("Because you bought %(product)s: %(part)s in %(of)s buyers take this with it."), **share
        )
    if facts.relation == "viewed":
        text = _("Because you looked at %(product)s: %(part)s in %(of)s buyers take this with it.")
        return _say(text, **share)
    return _say(_("%(part)s in %(of)s buyers of %(product)s take this with it."), **share)


def _after(facts: _Facts) -> Markup:
    if not facts.name or facts.share is None:
        return _few(facts)
    share = {"part": facts.share[0], "of": facts.share[1], "product": facts.name}
    if facts.relation == "bought":
        text = _("Because you bought %(product)s: %(part)s in %(of)s of its buyers came back for this.")
        return _say(text, **share)
    if facts.relation == "viewed":
        text = _("Because you looked at %(product)s: %(part)s in %(of)s of its buyers came back for this.")
        return _say(text, **share)
    return _say(_("%(part)s in %(of)s buyers of %(product)s came back for this."), **share)


def _also(facts: _Facts) -> Markup:
    if not facts.name or facts.share is None:
        return _few(facts)
    share = {"part": facts.share[0], "of": facts.share[1], "product": facts.name}
    if facts.relation == "bought":
        return _say(
            _("Because you bought %(product)s: %(part)s in %(of)s of its buyers chose this too."), **share
        )
    if facts.relation == "viewed":
        text = _("Because you looked at %(product)s: %(part)s in %(of)s of its buyers chose this too.")
        return _say(text, **share)
    return _say(_("%(part)s in %(of)s buyers of %(product)s chose this too."), **share)


def _few(facts: _Facts) -> Markup:
    """A pair that is too rare to speak of shares, or whose product cannot be named."""
    buyers = facts.evidence.get("buyers")
    if facts.name and buyers:
        text = ngettext(
            "About %(num)s buyer of %(product)s chose this too.",
            "About %(num)s buyers of %(product)s chose this too.",
            about_count(buyers),
            product="%(product)s",
        )
        return _say(text, product=facts.name)
    return _plain(facts)


def _similar(facts: _Facts) -> Markup:
    if facts.relation == "bought":
        return _say(
            _("Because you bought %(product)s: much the same people choose this."), product=facts.name
        )
    if facts.relation == "viewed":
        return _say(
            _("Because you looked at %(product)s: much the same people choose this."), product=facts.name
        )
    if facts.name:
        return _say(_("Much the same people choose this and %(product)s."), product=facts.name)
    return _plain(facts)


def _instead(facts: _Facts) -> Markup:
    if not facts.name or facts.share is None:
        return _plain(facts)
    text = _("%(part)s in %(of)s who left %(product)s for another took this.")
    return _say(text, part=facts.share[0], of=facts.share[1], product=facts.name)


def _compared(facts: _Facts) -> Markup:
    if facts.name:
        return _say(_("Looked at in the same visits as %(product)s."), product=facts.name)
    return _plain(facts)


def _close(facts: _Facts) -> Markup:
    if facts.name:
        return _say(_("Close to %(product)s in kind and price."), product=facts.name)
    return _say(_("Close in kind and price."))


def _session(facts: _Facts) -> Markup:
    if not facts.name:
        return _plain(facts)
    if facts.relation == "page":
        return _say(_("Often looked at together with %(product)s."), product=facts.name)
    return _say(_("Because you looked at %(product)s: this is often looked at next."), product=facts.name)


def _taste(facts: _Facts) -> Markup:
    if facts.name:
        return _say(_("Because you bought %(product)s: it fits what you chose before."), product=facts.name)
    return _say(_("Because of what you bought before: it fits your earlier choices."))


def _habit(facts: _Facts) -> Markup:
    last, interval = facts.evidence.get("last_at"), facts.evidence.get("interval_days")
    if not last:
        return _say(_("You bought this before."))
    ago = _span(days_since(last))
    if not interval:
        return _say(_("Bought %(ago)s ago."), ago=ago)
    span = _span(round(interval))
    if (facts.evidence.get("times") or 0) >= OWN_RHYTHM:
        return _say(_("Bought %(ago)s ago. It usually lasts you %(span)s."), ago=ago, span=span)
    return _say(_("Bought %(ago)s ago. It usually lasts %(span)s."), ago=ago, span=span)


def days_since(moment: str) -> int:
    """Whole days from an ISO time (UTC where it names no zone) until now."""
    return days_between(moment, clock.now())


def days_between(moment: str, later: datetime) -> int:
    """Whole days from an ISO time until `later`."""
    return (later - _moment(moment)).days


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _span(days: int) -> str:
    """A length of time as people say it."""
    if days < 14:
        return ngettext("%(num)s day", "%(num)s days", max(days, 1))
    if days < 75:
        return ngettext("%(num)s week", "%(num)s weeks", round(days / 7))
    return ngettext("%(num)s month", "%(num)s months", round(days / 30.4))


def _step_up(facts: _Facts) -> Markup:
    if facts.name and facts.share:
        text = _(
            "Because of %(product)s: %(part)s in %(of)s who choose the finer things there chose this too."
        )
        return _say(text, product=facts.name, part=facts.share[0], of=facts.share[1])
    return _price_step(facts)


def _price_step(facts: _Facts) -> Markup:
    if facts.name:
        return _say(_("One step up from %(product)s. Nothing of yours was used."), product=facts.name)
    return _plain(facts)


def _popular(facts: _Facts) -> Markup:
    buyers = facts.evidence.get("buyers")
    if buyers:
        text = ngettext(
            "Kept by about %(num)s person. Nothing of yours was used.",
            "Kept by about %(num)s people. Nothing of yours was used.",
            about_count(buyers),
        )
        return escape(text)
    return _plain(facts)


def _shelf(facts: _Facts) -> Markup:
    buyers = facts.evidence.get("buyers")
    if buyers:
        text = ngettext(
            "From the same shelf, kept by about %(num)s person. Nothing of yours was used.",
            "From the same shelf, kept by about %(num)s people. Nothing of yours was used.",
            about_count(buyers),
        )
        return escape(text)
    return _say(_("From the same shelf. Nothing of yours was used."))


def _new_here(facts: _Facts) -> Markup:
    return _say(_("New in the shop, from a shelf you like."))


def _listed(_facts: _Facts) -> Markup:
    return _say(_("In the shop. Nothing of yours was used."))


def _declared(facts: _Facts) -> Markup:
    if facts.name:
        return _say(_("The shop recommends this with %(product)s."), product=facts.name)
    return _say(_("The shop recommends this with it."))


def _by_shop(_facts: _Facts) -> Markup:
    return _say(_("Chosen by the shop."))


def _plain(_facts: _Facts) -> Markup:
    return _say(_("Chosen by many lately. Nothing of yours was used."))


_SENTENCES: dict[str, Callable[[_Facts], Markup]] = {
    "bought_together": _together,
    "bought_after": _after,
    "also_bought": _also,
    "similar": _similar,
    "bought_instead": _instead,
    "compared": _compared,
    "close": _close,
    "session": _session,
    "taste": _taste,
    "habit": _habit,
    "one_step_up": _step_up,
    "next_price_step": _price_step,
    "popular": _popular,
    "audience": _popular,
    "declared": _declared,
    "listed": _listed,
    "new_here": _new_here,
    "category": _shelf,
    "pinned": _by_shop,
}


# --- the account behind "Why this?" ----------------------------------------------------------------------


def _account(candidate: Candidate, facts: _Facts) -> tuple[tuple[str, str], ...]:
    if candidate.source == "declared":
        return ((_("Where it comes from"), _("Somebody at the shop says so. Nobody was counted.")),)
    answers = [(_("What we used"), _used(facts))]
    others = _others(facts)
    if others:
        answers.append((_("What others did"), others))
    return tuple(answers)


def _used(facts: _Facts) -> str:
    name = facts.name.striptags() if facts.name else ""
    if facts.evidence.get("audience"):
        return _("Only whether you are signed in and have ordered before.")
    if facts.evidence.get("kind") == "habit":
        times = facts.evidence.get("times") or 1
        return ngettext("Your order of it.", "Your %(num)s orders of it.", times)
    if facts.relation == "bought":
        return _("Your order of %(product)s.", product=name)
    if facts.relation == "viewed":
        return _("The page of %(product)s, which you looked at.", product=name)
    if facts.evidence.get("kind") in _OF_THE_PERSON:
        return _("Your earlier orders.")
    if name:
        return _("Nothing about you: only the page of %(product)s.", product=name)
    return _("Nothing about you.")


def _about(count: int) -> str:
    return _("about %(num)s", num=about_count(count))


def _others(facts: _Facts) -> str:
    buyers, base = facts.evidence.get("buyers"), facts.evidence.get("base")
    if not buyers or not base:
        return ""
    # Anybody may read this: exact numbers would tell of single purchases. The inspector has them.
    values = {"buyers": _about(buyers), "base": _about(max(base, buyers))}
    if facts.evidence.get("kind") in {"popular", "category", "audience"}:
        return _("%(buyers)s of %(base)s customers bought it and kept it.", **values)
    if facts.evidence.get("kind") == "bought_together":
        return _("%(buyers)s of %(base)s buyers took both in one order and kept them.", **values)
    if facts.evidence.get("kind") == "bought_after":
        values["days"] = facts.evidence.get("within_days", "")
        return _("%(buyers)s of %(base)s buyers first bought it within %(days)s days after that.", **values)
    if facts.evidence.get("kind") == "bought_instead":
        text = _("%(buyers)s of %(base)s who looked at it or sent it back and took another took this one.")
        return text % values
    return _("%(buyers)s of %(base)s buyers chose both and kept them.", **values)
