"""What other features may ask of the journal."""

from storefront.journal.service.recording import purchase_key
from storefront.journal.service.visits import Visit, visit_of_request

__all__ = ["Visit", "purchase_key", "visit_of_request"]
