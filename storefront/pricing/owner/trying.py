"""Owner: what would this cart cost. Asks the very rules of the shop, and changes nothing."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from storefront.catalog.service import variant_ids
from storefront.core import clock
from storefront.core.console import staff
from storefront.core.database import db
from storefront.pricing import service
from storefront.pricing.forms import Given
from storefront.pricing.owner.frame import Answer, blueprint, country_names, show
from storefront.pricing.rules import MOST_PIECES, QuoteRequest
from storefront.pricing.service.terms import home_country

MOST_LINES = 50


@blueprint.get("/console/discounts/try")
@staff("discounts.write")
def try_out() -> Answer:
    """A cart by SKU, a place and codes: every price, tax and reason."""
    given = Given(request.args)
    lines = _lines(given)
    quote = None if given.problems or not lines else _quote(given, lines)
    return show(
        "try_out",
        _("What would this cart cost?"),
        422 if given.problems else 200,
        quote=quote,
        known=request.args.to_dict(),
        wrong=given.problems,
        countries=country_names(),
        home=home_country(),
        why_not=[service.coupon_words(one) for one in quote.coupon_problems] if quote else [],
    )


def _lines(given: Given) -> tuple[tuple[int, int], ...]:
    """Lines such as 'MUG-1 2': a SKU, and how many (one, where no number stands)."""
    rows = [line.strip() for line in (given.form.get("lines") or "").splitlines() if line.strip()]
    wanted = [_line(given, row) for row in rows[:MOST_LINES]]
    known = variant_ids([sku for sku, _count in wanted])
    missing = next((sku for sku, _count in wanted if sku not in known), None)
    if missing is not None:
        given.problems.setdefault("lines", _("There is no product with the SKU %(sku)s.", sku=missing[:60]))
    return tuple((known[sku], count) for sku, count in wanted if sku in known)


def _line(given: Given, row: str) -> tuple[str, int]:
    sku, _gap, count = row.partition(" ")
    read = Given({"pieces": count.strip()})
    pieces = read.whole("pieces", empty=1, most=MOST_PIECES)
    if read.problems or not pieces:
        given.problems.setdefault("lines", _("This line cannot be read: %(line)s", line=row[:60]))
    return sku, pieces


def _quote(given: Given, lines: tuple[tuple[int, int], ...]) -> Any:
    request_ = QuoteRequest(
        lines=lines,
        at=given.moment("at") or clock.now(),
        country=given.text("country", 2) or None,
        region=given.text("region", 40) or None,
        postcode=given.text("postcode", 20) or None,
        shipping_method=given.text("method", 60) or None,
        coupons=given.words("codes", 10),
        email_key=given.text("email", 320).lower() or None,
        audiences=frozenset(given.words("audiences", 20)),
    )
    return service.quote(db.session(), request_)
