"""Whose visit a request belongs to, kept in a signed cookie of the browser: a visit ends after half an hour.

The signature holds for whoever visits (`owner`, the customer's or visitor's public number), so that the next
person at the same browser begins a visit of their own.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, g, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from storefront.core import clock
from storefront.core.i18n import current_language, root_path
from storefront.customers.service import choice_of_request, consents_of_request, said_last, visitor_of_request
from storefront.journal.rules import (
    PACE_PAGES,
    Pace,
    asks_as_browsers_do,
    is_robot,
    is_same_visit,
    refuses_tracking,
)

COOKIE = "regulars_visit"
COOKIE_SECONDS = 30 * 60
_PACE = "regulars_journal_pace"


@dataclass(frozen=True)
class Visit:
    """Somebody who agreed to statistics, in their visit of this moment."""

    owner: str
    customer_id: int | None
    visitor: str | None
    session: str
    language: str

    @property
    def person(self) -> dict[str, Any]:
        """What each row of the journal says of them."""
        return {
            "customer_id": self.customer_id,
            "visitor": self.visitor,
            "session": self.session,
            "language": self.language,
        }


def visit_of_request() -> Visit | None:
    """The visit that this request belongs to; None for robots and for whoever did not agree to statistics."""
    if "regulars_visit" not in g:
        g.regulars_visit = visit_of_page() if robot_sign() is None else None
    return g.regulars_visit


def visit_of_page() -> Visit | None:
    """The same for what a page sends by itself: its token says that the page was made for a person."""
    if not may_record():
        return None
    customer_id, visitor = getattr(current_user, "customer_id", None), visitor_of_request()
    owner = current_user.public_id if customer_id is not None else visitor
    if owner is None:
        return None
    session = open_session(owner) or secrets.token_hex(10)
    if pace().is_too_fast(session):
        g.regulars_robot, g.regulars_robot_session = "pace", session
        return None
    return Visit(owner, customer_id, visitor, session, current_language().code)


def may_record() -> bool:
    """Before anything is written: nobody who did not agree or whose browser says no."""
    return not refuses_tracking(request.headers.items()) and "statistics" in consents_of_request()


def robot_sign() -> str | None:
    """What gives this request away as no person's: `name`, `headers` or `pace`; None for a person."""
    if "regulars_robot" not in g:
        g.regulars_robot = _robot_sign()
    return g.regulars_robot


def _robot_sign() -> str | None:
    if is_robot(request.user_agent.string):
        return "name"
    headers = request.headers
    purpose = headers.get("Sec-Purpose", headers.get("Purpose", ""))
    asked = asks_as_browsers_do(headers.get("Accept", ""), headers.get("Accept-Language", ""), purpose)
    return None if asked else "headers"


def robot_session_of_request() -> str | None:
    """The visit of this request, when it was found to be a robot's."""
    return g.get("regulars_robot_session") if visit_of_request() is None else None


# --- how fast ---------------------------------------------------------------------------------------------


class VisitPace(Pace):
    """The pace of visits in this process."""

    def is_too_fast(self, who: str) -> bool:
        """Whether `who` was found to be a robot within this minute, without counting a page."""
        return self.pages_at(who, clock.now().timestamp()) > PACE_PAGES

    def count(self, who: str) -> int:
        """Count a page now; how many these are within the minute."""
        return self.pages_now(who, clock.now().timestamp())


def pace() -> VisitPace:
    """How fast visits go, as far as this process has seen them."""
    found = current_app.extensions.get(_PACE)
    if found is None:
        found = current_app.extensions[_PACE] = VisitPace()
        current_app.extensions.setdefault("regulars_forget", []).append(found.forget)
    return found


# --- the cookie -------------------------------------------------------------------------------------------


def _serializer(owner: str, what: str) -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt=f"{what}:{owner}")


def open_session(owner: str) -> str | None:
    """The visit of `owner` that goes on in this browser; None when it is over or was somebody else's."""
    found = _signed(request.cookies.get(COOKIE, ""), owner, "visit")
    if not isinstance(found, list) or len(found) != 2:
        return None
    session, last = found
    return session if is_same_visit(last, int(clock.now().timestamp())) else None


def _signed(raw: str, owner: str, what: str) -> Any:
    try:
        return _serializer(owner, what).loads(raw) if raw else None
    except BadSignature:
        return None


def visit_to_join(customer_id: int) -> tuple[str, str] | None:
    """The visitor and the visit that somebody signs in from, if both agreed to statistics."""
    choice = choice_of_request()
    if choice is None or choice.visitor is None:
        return None
    session, word = open_session(choice.visitor), said_last(customer_id).get("statistics")
    return (choice.visitor, session) if session and word is not None and word.given else None


def keep_session(response: Response, owner: str, session: str) -> None:
    """The visit goes on from now."""
    value = str(_serializer(owner, "visit").dumps([session, int(clock.now().timestamp())]))
    response.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_SECONDS,
        path=root_path() or "/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def forget_session(response: Response) -> None:
    """Take the visit off this browser: who withdraws consent is in none."""
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path=root_path() or "/")


# --- one page ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenPage:
    """A page that was made for somebody: its own number, its mark, the product it is about, and when."""

    view: str
    session: str
    page: str
    product_id: int | None
    made_at: int


def page_token(visit: Visit, view: str, page: str, product_id: int | None) -> str:
    """What the page sends back to say how long it was looked at. Worth something to `visit.owner` alone."""
    made_at = int(clock.now().timestamp())
    return str(_serializer(visit.owner, "page").dumps([view, visit.session, page, product_id, made_at]))


def read_page_token(owner: str, token: str) -> OpenPage | None:
    """The page that `token` was made for; None for a forged one, or somebody else's."""
    found = _signed(token[:500], owner, "page")
    return OpenPage(*found) if isinstance(found, list) and len(found) == 5 else None
