"""What a strip may know of whoever is looking: only with their consent to personalization."""

from __future__ import annotations

from dataclasses import replace

from flask import has_request_context
from flask_login import current_user

from storefront.core.slots import PageContext
from storefront.journal.service.viewed import viewed_products, viewer
from storefront.personalization.service.rejections import rejected_of_request


def with_person(context: PageContext) -> PageContext:
    """The context with the person's id and viewed products, if they agreed; without, only with what they
    asked not to be shown.

    A visitor who agreed has no id, only the list that their browser keeps.
    """
    owner = viewer() if has_request_context() else None
    rejected = rejected_of_request()
    context = replace(context, more={"rejected": rejected, **context.more})
    if owner is None:
        return context
    viewed = tuple(product for product in viewed_products(owner) if product != context.product_id)
    customer_id = getattr(current_user, "customer_id", None)
    return replace(context, customer_id=customer_id, more={"viewed": viewed, **context.more})
