"""What pricing answers and does. Commands take the open `tx` of the caller's command."""

from __future__ import annotations

from sqlalchemy.orm import Session

from storefront.pricing.rules import Quote, QuoteRequest


def quote(session: Session, request: QuoteRequest) -> Quote:
    """What `request` costs now. `session` is `db.session` or the `tx` of a command: the answer is the same."""
    raise NotImplementedError
