"""What the shop would show on a surface, for the command line: the same path as a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storefront.catalog import service as catalog
from storefront.core.errors import NotFound
from storefront.core.i18n import current_language
from storefront.core.slots import PageContext
from storefront.customers import service as customers
from storefront.personalization.errors import NotTrained
from storefront.personalization.rules import StripRequest
from storefront.personalization.service.engine import holder
from storefront.personalization.service.rejections import rejected_by
from storefront.personalization.service.strips import plan_requests


def answer(
    surface: str,
    *,
    customer: str | None = None,
    skus: Sequence[str] = (),
    session: Sequence[str] = (),
    n: int = 10,
) -> list[dict[str, Any]]:
    """Items of `surface` with sku, title, score, source, reason (plain text) and evidence.

    Raises NotTrained without an engine, NotFound naming an unknown surface, SKU or e-mail.
    """
    if holder().current() is None:
        raise NotTrained("no engine has been trained yet; run `regulars train`")
    viewed = _product_ids(session)
    about = _product_ids(skus)
    request = StripRequest(
        slot="command_line", surface=surface, treatment="command-line", products=viewed or about, size=n
    )
    customer_id = _customer_id(customer)
    context = PageContext(
        language=current_language().code,
        product_id=about[-1] if about else None,
        product_ids=about,
        customer_id=customer_id,
        more={"viewed": viewed, "rejected": rejected_by(customer_id)},
    )
    found = plan_requests([request], context)
    return [
        _plain(item, candidate)
        for row in found
        if row.strip
        for item, candidate in row.strip.with_candidates()
    ]


def _product_ids(skus: Sequence[str]) -> tuple[int, ...]:
    known = catalog.products_by_sku(list(skus))
    for sku in skus:
        if sku not in known:
            raise NotFound(f"there is no product with the SKU {sku!r}")
    return tuple(known[sku] for sku in skus)


def _customer_id(email: str | None) -> int | None:
    if email is None:
        return None
    found = customers.find_customer_id(email)
    if found is None:
        raise NotFound(f"there is no customer with the e-mail {email!r}")
    return found


def _plain(item: Any, candidate: Any) -> dict[str, Any]:
    return {
        "sku": item.card.sku,
        "title": item.card.title,
        "score": candidate.score,
        "source": item.source,
        "reason": str(item.reason.striptags()),
        "evidence": _with_skus(candidate.evidence),
    }


def _with_skus(evidence: Any) -> dict[str, Any]:
    """Evidence with the shop's SKUs in place of the engine's ids."""
    plain = dict(evidence)
    because = [int(product) for product in plain.get("because", ())]
    if because:
        names = catalog.skus_of(because)
        plain["because"] = [names.get(product, str(product)) for product in because]
    return plain
