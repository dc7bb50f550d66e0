"""The line that stands where a product was that somebody did not want: said once, on the next page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import flash, g, has_request_context, request, session, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from storefront.core import clock
from storefront.core.rendering import render_part
from storefront.personalization.rules import Strip

_SESSION = "not_for_me"
_SECONDS = 300  # later it would be said out of nowhere


class Row(Protocol):
    """A row of a page as it was planned."""

    @property
    def strip(self) -> Strip | None: ...


@dataclass(frozen=True)
class Noted:
    """What was said no to last; `treatment` names the strip that it was in."""

    sku: str
    words: str
    treatment: str


def words_of(title: str) -> str:
    """What the shop answers."""
    return _("Noted. %(title)s will not be suggested to you again.", title=title)


def keep_for_next_page(sku: str, title: str, treatment: str) -> None:
    """Have the next page say it, in the strip with this treatment."""
    session[_SESSION] = [sku, title[:120], treatment[:40], int(clock.now().timestamp())]


def forget() -> None:
    """It was taken back."""
    session.pop(_SESSION, None)


def settle(planned: Sequence[Row]) -> None:
    """Say it in the strip that the product was in, where that is on this page, else above the page."""
    if not has_request_context() or request.method != "GET" or _SESSION not in session:
        return
    last = session.pop(_SESSION)
    if not isinstance(last, list) or len(last) != 4 or clock.now().timestamp() - last[3] > _SECONDS:
        return
    sku, title, treatment, _at = last
    noted = Noted(sku, words_of(title), treatment)
    if any(row.strip is not None and row.strip.treatment == treatment for row in planned):
        g.regulars_noted = noted
    else:
        flash(_line(noted))


def _line(noted: Noted) -> Markup:
    undo = url_for("personalization.undo_not_for_me")
    return Markup(
        '{} <button class="quiet" form="not-for-me" formaction="{}" name="sku" value="{}">{}</button>'
    ).format(noted.words, undo, noted.sku, _("Undo"))


def noted_in(treatment: str) -> Noted | None:
    """Template global of strips: what is to be said in this one."""
    noted: Noted | None = g.get("regulars_noted")
    return noted if noted is not None and noted.treatment == treatment else None


def form_of_page() -> Markup:
    """The one form that all buttons of a page belong to."""
    query = request.query_string.decode("utf-8", "replace")
    here = request.script_root + request.path + (f"?{query}" if query else "")
    back = here if request.method == "GET" else url_for("homepage.show")
    return render_part("personalization/_not_for_me.html", back=back)
