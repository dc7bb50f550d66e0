"""Pure rules of the journal."""

from storefront.customers.rules.consent import refuses_tracking
from storefront.journal.rules.robots import PACE_PAGES, Pace, asks_as_browsers_do, is_robot
from storefront.journal.rules.visits import (
    VIA,
    VIEWED_KEPT,
    Via,
    counted_dwell,
    is_same_visit,
    read_via,
    via_words,
    viewed_after,
    with_via,
)

__all__ = [
    "PACE_PAGES",
    "VIA",
    "VIEWED_KEPT",
    "Pace",
    "Via",
    "asks_as_browsers_do",
    "counted_dwell",
    "is_robot",
    "is_same_visit",
    "read_via",
    "refuses_tracking",
    "via_words",
    "viewed_after",
    "with_via",
]
