"""Owner: what people do in the shop. Groups of five and more, never a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from babel.dates import format_date, format_skeleton
from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.catalog import service as catalog
from storefront.core.console import staff
from storefront.core.errors import NotFound
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.journal.rules.drawing import Bars, draw_bars
from storefront.journal.rules.paths import SMALLEST_GROUP
from storefront.journal.service.rushes import Rush, count_rush, list_rushes
from storefront.journal.service.summing import PERIODS, WHOM, Panel, panel

blueprint = Blueprint("journal_owner", __name__)


def init_app(app: Flask) -> None:
    """Words of the page."""
    app.jinja_env.globals.update(page_kind=page_kind, stay=stay, robot_sign_name=robot_sign_name)


@blueprint.get("/console/behaviour")
@staff("customers.read")
def behaviour() -> str:
    """Ways through the shop, searches, strips and how long pages are looked at, of a period."""
    days, whom = _chosen()
    found, rushes = panel(days, whom), list_rushes()
    return render_template(
        "journal/behaviour.html",
        page=private_page("console-behaviour", _("What people do")),
        found=found,
        tabs=[_tab(d, w, days, whom) for d in PERIODS for w in WHOM],
        smallest=SMALLEST_GROUP,
        charts=_charts(found),
        day_name=_day_name,
        titles=_titles(found, rushes),
        rushes=rushes,
        short_day=_short_day,
    )


@blueprint.post("/console/behaviour/rush")
@staff("products.write")
def rush() -> Response:
    """Lists learn from a rush again, or not any more."""
    number = request.form.get("rush", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound()
    counted = request.form.get("counted") == "1"
    count_rush(int(number), counted=counted)
    flash(
        _("Counted again. Lists learn from it at the next training.")
        if counted
        else _("Left out again. Lists forget it at the next training.")
    )
    return redirect(url_for("journal_owner.behaviour") + "#rushes", 303)


def _chosen() -> tuple[int, str]:
    days, whom = request.args.get("days", ""), request.args.get("whom", "")
    period = next((one for one in PERIODS if str(one) == days), PERIODS[0])
    return period, whom if whom in WHOM else WHOM[0]


def _tab(days: int, whom: str, chosen_days: int, chosen_whom: str) -> dict[str, Any]:
    names = {
        "visitors": _("Visitors, %(days)s days", days=days),
        "everybody": _("Everybody, %(days)s days", days=days),
    }
    url = url_for("journal_owner.behaviour", days=days, whom=whom)
    return {"label": names[whom], "url": url, "current": (days, whom) == (chosen_days, chosen_whom)}


def _charts(found: Panel) -> list[tuple[str, Bars]]:
    if found.data is None:
        return []
    days = [(noted or 0, others) for _day, noted, others in found.data["days"]]
    return [(name, draw_bars(days, wide=name == "wide")) for name in ("wide", "narrow")]


def _titles(found: Panel, rushes: Sequence[Rush]) -> dict[int, str]:
    ids = {product for product, *_more in found.data["products"]} if found.data else set()
    return catalog.titles_of(sorted(ids | {one.product_id for one in rushes}), current_language().code)


def _short_day(day: date) -> str:
    return format_date(day, "medium", locale=get_locale())


def _day_name(day: str) -> str:
    return format_skeleton("MMMd", date.fromisoformat(day), locale=get_locale())


# --- words ------------------------------------------------------------------------------------------------


def page_kind(page: str) -> str:
    """What a kind of page is called."""
    known = {
        "home": _("First page"),
        "category": _("Shelf"),
        "search": _("Search"),
        "product": _("Product"),
        "cart": _("Cart"),
        "checkout-contact": _("Checkout: contact"),
        "checkout-shipping": _("Checkout: delivery"),
        "checkout-payment": _("Checkout: payment"),
        "checkout-done": _("Order placed"),
        "page": _("Content page"),
        "login": _("Sign in"),
        "register": _("Register"),
        "wishlist": _("Wish list"),
    }
    return known.get(page) or (_("Account") if page.startswith("account") else page)


def stay(seconds: int | None) -> str:
    """How long a page was looked at."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    return _("%(minutes)s min %(seconds)s s", minutes=seconds // 60, seconds=seconds % 60)


def robot_sign_name(sign: str) -> str:
    """How a robot was known."""
    known = {
        "name": _("by the name they give themselves"),
        "headers": _("by asking as no browser does"),
        "pace": _("by being faster than anybody reads"),
    }
    return known.get(sign, sign)
