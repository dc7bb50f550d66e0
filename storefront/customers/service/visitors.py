"""Visitors: a browser without account. It gets a number only after agreeing to something.

Their choice is kept in a signed cookie; when they sign in it goes into their log.
"""

from __future__ import annotations

import secrets

from flask import current_app, g, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from storefront.core import clock
from storefront.core.database import transaction
from storefront.core.i18n import root_path
from storefront.customers.rules.consent import (
    ASKED_OF_VISITORS,
    Choice,
    choice_value,
    read_choice,
    refuses_tracking,
)
from storefront.customers.service.consent import record_consent, said_last

COOKIE = "regulars_consent"
KEPT_SECONDS = 180 * 86_400  # then we ask again


def _serializer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="visitor-consent")


def choice_of_request() -> Choice | None:
    """What was answered in this browser; None when nothing was."""
    if "regulars_choice" not in g:
        g.regulars_choice = _read(request.cookies.get(COOKIE, ""))
    return g.regulars_choice


def _read(raw: str) -> Choice | None:
    if not raw:
        return None
    try:
        choice = read_choice(_serializer().loads(raw))
    except BadSignature:
        return None
    too_old = choice is not None and clock.now().timestamp() - choice.at > KEPT_SECONDS
    return None if too_old else choice


def consents_of_request() -> frozenset[str]:
    """Purposes that whoever makes this request agreed to: the customer's log, else the browser's choice.

    A browser that says Do-Not-Track or Global Privacy Control refuses for visitors, whatever the cookie says.
    """
    if current_user.is_authenticated:
        return current_user.consents
    choice = choice_of_request()
    if choice is None or refuses_tracking(request.headers.items()):
        return frozenset()
    return choice.agreed


def visitor_of_request() -> str | None:
    """The number of this browser's visitor, if they agreed to have one and nobody is signed in."""
    choice = choice_of_request()
    return choice.visitor if choice and consents_of_request() and not current_user.is_authenticated else None


def is_asked_for_consent() -> bool:
    """Whether the page asks: nothing was answered, and the browser did not answer by itself."""
    if current_user.is_authenticated and current_user.asked.issuperset(ASKED_OF_VISITORS):
        return False
    return choice_of_request() is None and not refuses_tracking(request.headers.items())


def keep_choice(response: Response, agreed: frozenset[str]) -> None:
    """Remember a visitor's answer in the browser, and in the log of whoever is signed in."""
    wanted = agreed & frozenset(ASKED_OF_VISITORS)
    before = choice_of_request()
    visitor = (before.visitor if before else None) or secrets.token_hex(10)
    _write(response, Choice(wanted, visitor if wanted else None, int(clock.now().timestamp())))
    if current_user.is_authenticated:
        with transaction() as tx:
            for purpose in ASKED_OF_VISITORS:
                record_consent(
                    tx, current_user.customer_id, purpose, given=purpose in wanted, source="banner"
                )


def new_visitor(response: Response) -> None:
    """Another number for this browser: whoever comes after somebody signed out is not them."""
    choice = choice_of_request()
    if choice is not None and choice.visitor:
        _write(response, Choice(choice.agreed, secrets.token_hex(10), choice.at))


def join_choice(customer_id: int) -> None:
    """Put the browser's answer into the log of whoever signed in, unless they said something later."""
    choice = choice_of_request()
    if choice is None:
        return
    last = said_last(customer_id)
    news = {
        purpose: purpose in choice.agreed
        for purpose in ASKED_OF_VISITORS
        if purpose not in last
        or (last[purpose].at.timestamp() < choice.at and last[purpose].given != (purpose in choice.agreed))
    }
    if news:
        with transaction() as tx:
            for purpose, given in news.items():
                record_consent(tx, customer_id, purpose, given=given, source="banner")


def _write(response: Response, choice: Choice) -> None:
    g.regulars_choice = choice
    response.set_cookie(
        COOKIE,
        str(_serializer().dumps(choice_value(choice))),
        max_age=KEPT_SECONDS,
        path=root_path() or "/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
