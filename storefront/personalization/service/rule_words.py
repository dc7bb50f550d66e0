"""Words for merchandising rules: what one does, where, for whom, and why it did or did not fire."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.core import clock
from storefront.core.i18n import current_language
from storefront.personalization.rules import ruling as r

ACTIONS = {
    r.EXCLUDE: (_l("Exclude"), _l("Never in these rows, for whoever the rule is meant.")),
    r.PIN: (_l("Pin"), _l("At a fixed place, even where nobody's behaviour suggests it.")),
    r.BURY: (_l("Bury"), _l("Further down: its place times the factor.")),
    r.BOOST: (_l("Boost"), _l("Further up: its place divided by the factor.")),
}
TARGETS = {"product": _l("A product"), "category": _l("A category and all below it"), "brand": _l("A brand")}
SURFACES = {
    "for_you": _l("Chosen for you"),
    "goes_with": _l("Goes well with this"),
    "instead_of": _l("Instead of this"),
    "complete_basket": _l("To make it complete"),
    "buy_again": _l("Due again"),
    "next_basket": _l("For your next order"),
    "because_you_viewed": _l("From where you left off"),
    "one_step_up": _l("One step up"),
    "new_for_you": _l("New to you"),
    "popular": _l("Much chosen lately"),
}
PAGES = {
    "home": _l("Homepage"),
    "product": _l("Product page"),
    "cart": _l("Cart"),
    "search": _l("Search"),
    "error": _l("Page that is not there"),
    "category": _l("Category page"),
    "page": _l("Content page"),
    "order": _l("Order page"),
    "account": _l("Account"),
}
AUDIENCES = {
    "visitor": _l("Not signed in"),
    "customer": _l("Signed in"),
    "new": _l("New: has not kept anything of an order yet"),
    "returning": _l("Returning: has kept something of an order"),
}
_SHORT = {"new": _l("New customers"), "returning": _l("Returning customers")}


def effect_words(row: Any) -> str:
    """What a rule does, in a few words."""
    name = str(ACTIONS[row.action][0])
    if row.action == r.PIN:
        return _("Pin to place %(place)s", place=row.place)
    if row.action in (r.BOOST, r.BURY):
        return f"{name} × {factor_words(row.factor)}"
    return name


def factor_words(hundredths: int | None) -> str:
    """A factor as people write it: '1.5'."""
    return format_decimal(Decimal(hundredths or 0) / 100, locale=current_language().babel)


def where_words(row: Any) -> str:
    """Rows, pages and people that a rule is meant for."""
    parts = [
        ", ".join(str(SURFACES.get(one, one)) for one in row.surfaces) or _("all rows"),
        ", ".join(str(PAGES.get(one, one)) for one in row.pages),
        audience_words(row.audiences) or _("everybody"),
    ]
    return " · ".join(part for part in parts if part)


def audience_words(keys: Any) -> str:
    """Audiences by their names."""
    known = {**AUDIENCES, **_SHORT}
    return ", ".join(str(known.get(one, one)) for one in sorted(keys))


def state_of(row: Any) -> tuple[str, str]:
    """(what state a rule is in, the colour of its badge)."""
    now = clock.now()
    if not row.enabled:
        return _("Switched off"), "dash"
    if row.starts_at is not None and row.starts_at > now:
        return _("Begins later"), "sky"
    if row.ends_at is not None and row.ends_at <= now:
        return _("Ended"), ""
    return _("Counts now"), "green"


def verdict_words(verdict: r.Verdict, titles: Mapping[int, str], audiences: Any) -> str:
    """Why a rule fired or did not, for owners."""
    if verdict.code == r.FIRED:
        return " ".join(_moved(move, titles) for move in verdict.moves[:3]) + _more(len(verdict.moves) - 3)
    if verdict.code == r.OVERRULED and verdict.by is not None:
        return _(
            "“%(rule)s” decides about it: %(action)s comes first.",
            rule=verdict.by.name,
            action=str(ACTIONS[verdict.by.action][0]),
        )
    if verdict.code == r.AUDIENCE:
        return _(
            "Meant for others: %(wanted)s. This is: %(here)s.",
            wanted=audience_words(verdict.rule.audiences),
            here=audience_words(audiences),
        )
    return str(_WHY[verdict.code])


def _moved(move: r.Move, titles: Mapping[int, str]) -> str:
    values = {"title": titles.get(move.product_id, "?"), "before": move.before, "after": move.after}
    if move.after is None:
        return _("%(title)s: taken out, was at place %(before)s.", **values)
    if move.before is None:
        return _("%(title)s: put at place %(after)s, was not proposed.", **values)
    if move.before == move.after:
        return _("%(title)s: stands at place %(after)s anyway.", **values)
    return _("%(title)s: from place %(before)s to place %(after)s.", **values)


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return " " + ngettext("And %(num)s more.", "And %(num)s more.", count)


_WHY = {
    r.OFF: _l("It is switched off."),
    r.NOT_YET: _l("It has not begun yet."),
    r.OVER: _l("It is over."),
    r.SURFACE: _l("Meant for other rows."),
    r.PAGE: _l("Meant for other pages."),
    r.AUDIENCE: _l("Meant for others."),
    r.MISSING: _l("What it is about is not there any more."),
    r.HELD_BACK: _l("This person is held back from the row, to measure what it changes."),
    r.ABSENT: _l("Nothing of it is among what could be shown here."),
    r.OUT: _l("Sold out, not on show, or not for this person's age."),
    r.OVERRULED: _l("Another rule decides about it."),
    r.SHOWN_ALREADY: _l("It stands on this page already."),
    r.NO_ROW: _l("The row is not shown here: too little else to fill it."),
    r.BEYOND: _l("The row has no such place, or all are given away."),
    r.UNMOVED: _l("It changes nothing: everything stands where it would anyway."),
}
