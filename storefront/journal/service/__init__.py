"""What other features may ask of the journal."""

from storefront.journal.service.recording import purchase_visitors, write_once
from storefront.journal.service.visits import (
    Visit,
    robot_session_of_request,
    visit_of_request,
    visit_to_join,
)

__all__ = [
    "Visit",
    "purchase_visitors",
    "robot_session_of_request",
    "visit_of_request",
    "visit_to_join",
    "write_once",
]
