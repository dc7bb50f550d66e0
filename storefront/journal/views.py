"""What this feature does at the end of every page, when a visitor signs in, and when a page is left."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, after_this_request, current_app, g, request, url_for
from flask_login import user_logged_in
from markupsafe import Markup, escape

from storefront.core import clock
from storefront.core.behaviour import Behaviour, noted
from storefront.core.security import csp_nonce, csrf, page_limiter, static_url
from storefront.customers.service import new_visitor
from storefront.journal.rules import PACE_PAGES, VIA, counted_dwell, read_via, via_words, with_via
from storefront.journal.service import visits
from storefront.journal.service.counting import count_page, count_robot, tally, write_counts
from storefront.journal.service.recording import forget_visit, join_visit, record, record_dwell
from storefront.journal.service.viewed import COOKIE, forget_views, remember_view, viewer
from storefront.journal.service.visits import Visit, visit_of_request

blueprint = Blueprint("journal", __name__)
# Of what a page notes, what says that it was opened; any other page is a `page_view`.
OPENED = frozenset({"view_item", "view_item_list", "search", "view_cart"})


def init_app(app: Flask) -> None:
    """Pages say that they were opened; what a visitor did becomes the customer's when they sign in."""
    app.jinja_env.globals.update(page_opened=page_opened, followed=followed)
    user_logged_in.connect(_join_visit, app)


# --- opening a page ---------------------------------------------------------------------------------------


def page_opened(page: str) -> Markup:
    """Template global of the frame: notes which page this is. For somebody who agreed to statistics it prints
    what the page needs to say how long it was looked at."""
    g.regulars_page, g.regulars_view = page, secrets.token_hex(10)
    visit = visit_of_request()
    if visit is None:
        return Markup("")
    token = visits.page_token(visit, g.regulars_view, page, _product_of_page())
    return Markup(
        '<meta name="page-opened" content="{}" data-to="{}">\n'
        '<script type="module" src="{}" nonce="{}"></script>\n'
    ).format(token, url_for("journal.dwell"), static_url("js/dwell.js"), csp_nonce())


def followed(words: Markup, url: str, list_name: str, position: int, source: str) -> Markup:
    """Template global of strips: the words of a card whose link says where in which strip it stands.

    Only where it will be noted: everybody else, search engines too, gets the plain address.
    """
    if not list_name or visit_of_request() is None:
        return words
    marked = with_via(url, via_words(list_name, position, source))
    return Markup(str(words).replace(f'href="{escape(url)}"', f'href="{escape(marked)}"'))  # noqa: S704


def _product_of_page() -> int | None:
    return next((item.params["product_id"] for item in noted() if item.name == "view_item"), None)


# --- after the answer -------------------------------------------------------------------------------------


@blueprint.after_app_request
def keep_behaviour(response: Response) -> Response:
    """Remember the viewed product in the browser at once; write the journal after the answer went out."""
    if response.status_code >= 400 or request.method not in {"GET", "POST"}:
        return response
    opened = _opened_page(response)
    _update_viewed(response)
    visit = visit_of_request() if opened or noted() else None
    if visit is not None:
        _keep(response, visit, opened)
    elif opened:
        if not visits.may_record():
            visits.forget_session(response)
        _count(response, opened)
    return response


def _opened_page(response: Response) -> str | None:
    """The mark of the page that was opened by this request, if one was."""
    is_page = request.method == "GET" and response.status_code == 200 and response.mimetype == "text/html"
    return g.get("regulars_page") if is_page else None


def _keep(response: Response, visit: Visit, opened: str | None) -> None:
    visits.keep_session(response, visit.owner, visit.session)
    behaviours = _with_page(noted(), opened)
    if opened and visits.pace().count(visit.session) > PACE_PAGES:
        count_robot("pace")
        _later(response, lambda: forget_visit(visit.visitor, visit.customer_id, visit.session))
    else:
        _later(response, lambda: record(behaviours, **visit.person))


def _with_page(behaviours: list[Behaviour], opened: str | None) -> list[Behaviour]:
    """What happened, with the page on exactly one row when one was opened, and the click that led here."""
    if opened is None:
        return behaviours
    mark = {"page": opened, "event_id": g.regulars_view}
    first = next((item for item in behaviours if item.name in OPENED and "surface" not in item.params), None)
    if first is None:
        rows = [Behaviour("page_view", mark), *behaviours]
    else:
        rows = [Behaviour(one.name, {**one.params, **mark}) if one is first else one for one in behaviours]
    click = _click()
    return [click, *rows] if click else rows


def _click() -> Behaviour | None:
    """The link in a strip that was followed to this product."""
    via, product_id = read_via(request.args.get(VIA, "")), _product_of_page()
    if via is None or product_id is None:
        return None
    place = {"list_name": via.list_name, "position": via.position, "source": via.source}
    return Behaviour("select_item", {"product_id": product_id, **place})


def _count(response: Response, opened: str) -> None:
    """Nothing is noted of this person: one more page of its kind today, or one more of a robot's."""
    sign = visits.robot_sign()
    if sign is not None:
        count_robot(sign)
        return
    count_page(opened)
    if tally().is_due():
        _later(response, write_counts)


def _later(response: Response, write: Callable[[], Any]) -> None:
    """Do it in an app context of its own once the answer went out."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def closed() -> None:
        with app.app_context():
            write()

    response.call_on_close(closed)


def _update_viewed(response: Response) -> None:
    if response.mimetype != "text/html":
        return  # pictures and scripts: who asks for them is not worth a query each
    owner = viewer()
    if owner is None:
        if COOKIE in request.cookies:
            forget_views(response)
        return
    for behaviour in noted():
        if behaviour.name == "view_item":
            remember_view(response, owner, behaviour.params["product_id"])


# --- signing in -------------------------------------------------------------------------------------------


def _join_visit(app: Flask, user: Any, **_more: Any) -> None:
    """This visit becomes the customer's; afterwards this browser's visitor is somebody new.

    Earlier visits stay where they are: at a shared machine they may have been anybody's.
    """
    found = visits.visit_to_join(user.customer_id)

    @after_this_request
    def later(response: Response) -> Response:
        new_visitor(response)
        if found is not None:
            visitor, session = found
            visits.keep_session(response, user.public_id, session)
            _later(response, lambda: join_visit(visitor, session, user.customer_id))
        return response


# --- leaving a page ---------------------------------------------------------------------------------------


@blueprint.post("/journal/dwell")
@csrf.exempt
@page_limiter.limit("120 per minute")
def dwell() -> tuple[str, int]:
    """How long a page was looked at, sent by the page itself when it is left. Its token is made for one page
    of one person: nobody writes anything for somebody else."""
    visit = visits.visit_of_page()
    if visit is None:
        return "", 204
    page = visits.read_page_token(visit.owner, request.form.get("page", ""))
    told = request.form.get("ms", "")
    if page is None or not (told.isascii() and told.isdigit() and len(told) <= 9):
        return "", 400
    milliseconds = counted_dwell(int(told), clock.now().timestamp() - page.made_at)
    if milliseconds is not None:
        person = {**visit.person, "session": page.session}
        record_dwell(f"{page.view}.dwell", person, milliseconds, page.page, page.product_id)
    return "", 204
