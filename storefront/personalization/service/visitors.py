"""What a strip may know of whoever is looking: only with their consent to personalization."""

from __future__ import annotations

from dataclasses import replace

from flask import has_request_context
from flask_login import current_user

from storefront.core.slots import PageContext
from storefront.journal.service.viewed import viewed_products


def with_person(context: PageContext) -> PageContext:
    """The context with the person's id and viewed products, if they agreed; unchanged otherwise."""
    if not has_request_context() or "personalization" not in getattr(current_user, "consents", ()):
        return context
    seen = viewed_products(current_user.public_id)
    viewed = tuple(product for product in seen if product != context.product_id)
    return replace(context, customer_id=current_user.customer_id, more={"viewed": viewed, **context.more})
