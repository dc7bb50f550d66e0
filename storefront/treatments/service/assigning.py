"""In which arm whoever looks is, for a treatment by its name. No query: what it takes is in memory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import current_app, has_request_context

from storefront.core.database import transaction
from storefront.core.state import read_state, write_state
from storefront.core.store import store_value
from storefront.core.versions import version_of
from storefront.customers.service import said_last
from storefront.journal.service import visit_of_request
from storefront.treatments.rules import TREATED, arm_of, person_key

SALT = "treatments-salt"
_MEMORY = "regulars_treatments_salt"
_WHOSE: ContextVar[tuple[int | None] | None] = ContextVar("whose_page", default=None)


@contextmanager
def page_of(customer_id: int | None) -> Iterator[None]:
    """Within it arms are those of this customer (None: of somebody of whom nothing is kept), not of whoever
    makes the request: for looking at what somebody else is shown."""
    token = _WHOSE.set((customer_id,))
    try:
        yield
    finally:
        _WHOSE.reset(token)


def arm_on_page(treatment: str) -> str:
    """The arm of whoever makes this request.

    Only people who agreed to statistics are ever held back: without their rows nothing could be learned from
    it. The accounts of a demo never are.
    """
    whose = _WHOSE.get()
    if whose is not None:
        return _arm_of_customer(treatment, whose[0])
    visit = visit_of_request() if has_request_context() else None
    if visit is None:
        return TREATED
    if visit.customer_id is not None and current_app.extensions["regulars_settings"].mode == "demo":
        return TREATED
    person = person_key(visit.customer_id, visit.visitor)
    percent = store_value("holdout_pages")
    if person is None or not percent:
        return TREATED
    return arm_of(treatment, person, _salt(), percent)


def _arm_of_customer(treatment: str, customer_id: int | None) -> str:
    percent = store_value("holdout_pages")
    if customer_id is None or not percent or current_app.extensions["regulars_settings"].mode == "demo":
        return TREATED
    word = said_last(customer_id).get("statistics")
    person = person_key(customer_id, None)
    if person is None or word is None or not word.given:
        return TREATED
    return arm_of(treatment, person, _salt(), percent)


def make_salt() -> None:
    """Give the shop a salt of its own, once: assignments of one shop say nothing of another's."""
    if read_state(SALT) is None:
        with transaction() as tx:
            write_state(tx, SALT, secrets.token_hex(8))


def _salt() -> str:
    version = version_of("home")
    kept: tuple[int, str] | None = current_app.extensions.get(_MEMORY)
    if kept is None or kept[0] != version:
        kept = (version, read_state(SALT) or "")
        current_app.extensions[_MEMORY] = kept
    return kept[1]
