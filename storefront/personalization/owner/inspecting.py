"""The inspector: what somebody is shown on a page and why; and pages of the past, as they were."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import format_decimal, format_percent
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.core.console import staff
from storefront.core.errors import NotFound, Refusal
from storefront.core.pages import private_page
from storefront.customers.rules import PURPOSES
from storefront.personalization.owner.blueprint import blueprint
from storefront.personalization.rules import (
    FALLBACK,
    GONE,
    NOT_DUE,
    REJECTED,
    REPEATED,
    SENSITIVE,
    SPARE,
    TOO_FEW,
)
from storefront.personalization.service import inspecting, rule_words
from storefront.personalization.service.replaying import replay
from storefront.treatments.service import find_page_seen, pages_seen

PAGE_NAMES = {
    "home": _l("Homepage"),
    "product": _l("Product page"),
    "cart": _l("Cart"),
    "search": _l("Search without results"),
    "error": _l("Page that is not there"),
}
CODES = {
    GONE: _l("not on show, sold out, or not for an unknown age"),
    REPEATED: _l("stands on this page already"),
    FALLBACK: _l("nothing of the kind was learned; this row takes no stand-ins"),
    NOT_DUE: _l("not used up yet"),
    SPARE: _l("the row was full"),
    TOO_FEW: _l("too few for a row"),
    REJECTED: _l("they said that it is not for them"),
    SENSITIVE: _l("it is sensitive, or what it rests on is"),
    "excluded": _l("excluded by a rule of the owner"),
}
AGREES = {
    "statistics": _l("Statistics"),
    "personalization": _l("Personal shop"),
    "marketing": _l("Offers by mail"),
}
LONGEST = {"who": 320, "page": 20, "skus": 2_000, "viewed": 2_000}


@blueprint.get("/console/inspector")
@staff("customers.write")
def inspector() -> str | tuple[str, int]:
    """This person, this page, now; with `seen`, a page of the past. Looking changes nothing."""
    if request.args.get("seen"):
        return _page_seen(request.args["seen"])
    asked = {name: request.args.get(name, "").strip()[:most] for name, most in LONGEST.items()}
    wrong: dict[str, str] = {}
    found, person = None, inspecting.Person()
    try:
        person = inspecting.find_person(asked["who"])
        if asked["page"] in inspecting.PAGES:
            found = inspecting.inspect_page(person, asked["page"], asked["skus"], asked["viewed"])
    except Refusal as refusal:
        wrong = {refusal.field or "": refusal.message}
    html = render_template(
        "personalization/owner/inspector.html",
        page=private_page("console-inspector", _("Inspector")),
        asked=asked,
        found=found,
        person=person,
        past=pages_seen(person.id) if person.id is not None else [],
        wrong=wrong,
        learned=inspecting.learned(),
        **_words(),
    )
    return (html, 422) if wrong else html


def _page_seen(key: str) -> str:
    """A page that somebody was shown: the record, and the same computed again where that can be."""
    seen = find_page_seen(key)
    if seen is None:
        raise NotFound()
    return render_template(
        "personalization/owner/replay.html",
        page=private_page("console-inspector-page", _("What was shown")),
        found=replay(seen),
        person=inspecting.person_of(seen.customer_id),
        **_words(),
    )


def _verdict_words(one: Any, verdict: Any) -> str:
    """Why a rule of the owner fired in this strip, or did not."""
    titles = {line.candidate.product_id: line.title or line.sku for line in one.lines}
    return rule_words.verdict_words(verdict, titles, one.planned.source.ruled.occasion.audiences)


def _words() -> dict[str, Any]:
    return {
        "page_names": PAGE_NAMES,
        "page_kinds": inspecting.PAGES,
        "codes": CODES,
        "verdict_words": _verdict_words,
        "agrees": AGREES,
        "number": format_decimal,
        "percent": lambda share: format_percent(share, "#,##0.0%"),
        "purposes": PURPOSES,
    }
