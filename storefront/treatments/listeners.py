"""What treatments tell the core, and what they hear of orders."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from storefront.core.events import listens
from storefront.core.privacy import PersonalData
from storefront.core.store import StoreSetting
from storefront.hookspecs import hookimpl
from storefront.ordering.events import (
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    OrderRefunded,
    OrderReturned,
)
from storefront.treatments.rules import MOST_PERCENT, PERCENT_PAGES
from storefront.treatments.service.assigning import make_salt
from storefront.treatments.service.outcomes import write_outcome


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """What a person saw of personal strips, and what their orders came to."""
    whom = ("customer_id", "visitor", "at")
    seen = (*whom, "session", "treatment", "arm", "surface", "page", "slot", "shown", "filtered", "inputs")
    worth = (*whom, "order_id", "gross_minor", "net_minor", "pieces", "products")
    return [
        PersonalData("treatment_exposure", seen, owner="customer_id", on_erase="delete", store="journal"),
        PersonalData("treatment_outcome", worth, owner="customer_id", on_erase="delete", store="journal"),
    ]


@hookimpl
def register_store_settings() -> list[StoreSetting]:
    """How many people are held back, so that one can see what personal things change."""
    pages = _l("In a hundred people, how many see what everybody sees in place of a personal strip")
    why = _l(
        "Without them nobody can tell whether it helps. Drawn by lot for each strip, the same at each visit."
    )
    return [
        StoreSetting("holdout_pages", "whole", PERCENT_PAGES, "measuring", pages, why, most=MOST_PERCENT),
    ]


@hookimpl
def event_installed() -> list[str]:
    """Lots are drawn anew for each shop."""
    make_salt()
    return []


@listens(OrderPlaced, outside=True)
def outcome_of_placed(event: OrderPlaced, key: str) -> None:
    write_outcome(event.order_id)


@listens(OrderConfirmed, outside=True)
def outcome_of_confirmed(event: OrderConfirmed, key: str) -> None:
    write_outcome(event.order_id)


@listens(OrderCancelled, outside=True)
def outcome_of_cancelled(event: OrderCancelled, key: str) -> None:
    write_outcome(event.order_id)


@listens(OrderReturned, outside=True)
def outcome_of_returned(event: OrderReturned, key: str) -> None:
    write_outcome(event.order_id)


@listens(OrderRefunded, outside=True)
def outcome_of_refunded(event: OrderRefunded, key: str) -> None:
    write_outcome(event.order_id)
