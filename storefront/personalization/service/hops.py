"""Words for what follows from a conclusion: the purchases it rests on, then what others like that take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from storefront.catalog import service as catalog
from storefront.core.i18n import format_day
from storefront.personalization.rules import Candidate, StripItem, spoken_share

NAMED = 2  # purchases that the sentence names, the newest


def concluded(candidate: Candidate, card: Any, titles: Mapping[int, str]) -> StripItem:
    """The card with both hops in one sentence, and the way to say that the first is not true."""
    evidence = candidate.evidence
    names = [titles[int(p)] for p in evidence.get("because", ()) if int(p) in titles][:NAMED]
    shelf = _shelf(evidence)
    return StripItem(
        card=card,
        source=candidate.source,
        reason=_sentence(names, shelf, evidence),
        personal=True,
        why=_account(names, shelf, evidence),
    )


def _shelf(evidence: Mapping[str, Any]) -> str:
    link = catalog.category_link(int(evidence["category"]))
    return link.title if link else ""


def _sentence(names: list[str], shelf: str, evidence: Mapping[str, Any]) -> Markup:
    share = spoken_share(evidence.get("share") or 0.0)
    values: dict[str, Any] = {"shelf": shelf}
    values |= dict(zip(("one", "two"), (Markup("<b>{}</b>").format(name) for name in names), strict=False))
    values |= dict(zip(("part", "of"), share or (), strict=False))
    text = _text(len(names), bool(share))
    return escape(text) % {name: escape(value) for name, value in values.items()}


def _text(names: int, share: bool) -> str:
    if names == NAMED and share:
        return _(
            "Because you chose %(one)s and %(two)s from the upper end of %(shelf)s: "
            "%(part)s in %(of)s who do so take this."
        )
    if names and share:
        return _(
            "Because you chose %(one)s from the upper end of %(shelf)s: "
            "%(part)s in %(of)s who do so take this."
        )
    return _("Because you choose from the upper end of %(shelf)s: others who do so take this.")


def _account(
    names: list[str], shelf: str, evidence: Mapping[str, Any]
) -> tuple[tuple[str, str | Markup], ...]:
    until = format_day(date.fromisoformat(evidence["until"]))
    concluded = _("You choose from the upper end of %(shelf)s.", shelf=shelf)
    holds = _("Counts until %(day)s.", day=until)
    link = Markup('<a href="{}">{}</a>').format(url_for("personalization.about_me"), _("Not true?"))
    used = _("Your orders of: %(things)s.", things=", ".join(names)) if names else _("Your earlier orders.")
    others = _(
        "%(buyers)s of %(base)s customers who chose from the upper end there took this.",
        buyers=evidence.get("buyers"),
        base=evidence.get("base"),
    )
    return (
        (_("What we used"), used),
        (_("What we conclude"), Markup("{} {} {}").format(concluded, holds, link)),
        (_("What others did"), others),
    )
