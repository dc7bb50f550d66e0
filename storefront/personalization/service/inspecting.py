"""What the shop would show somebody on a page at this moment, with the account behind it. Reads only:
nothing is remembered, and nothing is used that the shop may not use for this person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup

from storefront.catalog import service as catalog
from storefront.core.console import may_now
from storefront.core.database import db
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.plugins import collect
from storefront.core.slots import PageContext
from storefront.customers import service as customers
from storefront.customers.rules import PURPOSES
from storefront.customers.service import desk
from storefront.personalization.rules import Candidate
from storefront.personalization.service.audiences import audiences_as_of
from storefront.personalization.service.engine import holder
from storefront.personalization.service.reasons import ReasonContext, explain
from storefront.personalization.service.rejections import rejected_by
from storefront.personalization.service.strips import Planned, plan_requests
from storefront.personalization.service.training import VERSION, explored
from storefront.treatments.service import page_of

PAGES = ("home", "product", "cart", "search")
MOST_SKUS = 20


@dataclass(frozen=True)
class Person:
    """Whom the page is for. `agreed` are the purposes that they agreed to."""

    id: int | None = None
    key: str = ""
    name: str = ""
    agreed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Line:
    """A product that was proposed. `place` counts what is shown, from 1; `code` says why it is not there."""

    sku: str
    title: str
    candidate: Candidate
    words: str
    evidence: str
    place: int | None = None
    code: str = ""


@dataclass(frozen=True)
class Looked:
    """A strip of the page with everything that was proposed for it, in order."""

    planned: Planned
    about: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def verdicts(self) -> Sequence[Any]:
        """What became of the owner's rules here."""
        return getattr(self.planned, "verdicts", ())


@dataclass(frozen=True)
class Inspection:
    """A page as `person` would be shown it now."""

    person: Person
    artifact: str
    strips: tuple[Looked, ...]
    rejected: tuple[str, ...]  # titles of what they said no to


def find_person(who: str) -> Person:
    """The customer with this e-mail or number; somebody new for "". Raises Refusal."""
    if not who:
        return Person()
    wanted = desk.PERSON.c.public_id == who
    if "@" in who:
        wanted = desk.PERSON.c.id == (customers.find_customer_id(who) or 0)
    row = db.session.execute(desk.customers().where(wanted)).first()
    if row is None:
        raise Refusal(_("Nobody here has this e-mail or number."), field="who")
    agreed = frozenset(purpose for purpose in PURPOSES if getattr(row, purpose))
    return Person(row.id, row.public_id, desk.name_of(row), agreed)


def inspect_page(person: Person, page: str, skus: str, viewed: str) -> Inspection:
    """What `person` would be shown. `skus` are the page's products, `viewed` what was looked at, newest last.

    Raises Refusal with the field that cannot be.
    """
    context = _context(person, page, _products(skus, "skus"), _products(viewed, "viewed"))
    if holder().current() is None:
        return Inspection(person, "", (), ())
    with page_of(person.id):
        rows = plan_requests(collect("register_strips", page=page, context=context), context, page)
    names = _names(rows, context)
    no = catalog.titles_of(sorted(context.more["rejected"]), context.language)
    strips = tuple(_looked(row, names, context) for row in rows)
    return Inspection(person, holder().version or "", strips, tuple(no.values()))


def _products(text: str, field: str) -> tuple[int, ...]:
    skus = [sku for sku in (part.strip() for part in text.replace("，", ",").split(",")) if sku]
    if len(skus) > MOST_SKUS:
        raise Refusal(_("At most %(most)s products.", most=MOST_SKUS), field=field)
    found = catalog.products_by_sku(skus)
    for sku in skus:
        if sku not in found:
            raise Refusal(_("There is no product with the SKU %(sku)s.", sku=sku), field=field)
    return tuple(dict.fromkeys(found[sku] for sku in skus))


def _context(person: Person, page: str, ids: tuple[int, ...], viewed: tuple[int, ...]) -> PageContext:
    """As the page itself makes it: what is known of somebody only with their consent to a personal shop."""
    personal = "personalization" in person.agreed
    more: dict[str, Any] = {
        "rejected": rejected_by(person.id),
        "audiences": audiences_as_of(person.id, personal=personal),
    }
    language = current_language().code
    if personal or person.id is None:
        more["viewed"] = viewed
    if page == "product":
        card = catalog.load_cards(ids[:1], language, catalog.ON_A_SHELF).get(ids[0]) if ids else None
        if card is None:
            raise Refusal(_("Name a product that is on show."), field="skus")
        ids = ids[:1]
        more |= {"stock": card.stock, "titles": {card.product_id: card.title}}
        more["viewed"] = tuple(one for one in more.get("viewed", ()) if one != card.product_id)
    return PageContext(
        language=language,
        product_id=ids[0] if page == "product" else None,
        category_id=card.category_id if page == "product" and card else None,
        product_ids=ids if page in {"product", "cart"} else (),
        customer_id=person.id if personal else None,
        more=more,
    )


@dataclass(frozen=True)
class Learned:
    """What the engine in use was made from, and what was measured of the places it gives to new products:
    `places` of `places_of`, as a `share` from 0 to 1."""

    at: datetime | None
    customers: int
    products: int
    new_products: int
    places: int
    places_of: int
    share: float


def learned() -> Learned | None:
    """The engine in use in numbers; None where none was trained."""
    engine, version = holder().current(), holder().version or ""
    if engine is None:
        return None
    try:
        at = datetime.strptime(version, VERSION).replace(tzinfo=UTC)
    except ValueError:
        at = None
    told = explored(engine.report)
    sizes = engine.report.customers, engine.report.products
    return Learned(at, *sizes, told["new_products"], told["places"], told["of"], told["share"])


# --- the account ------------------------------------------------------------------------------------------

Names = Mapping[int, tuple[str, str]]  # (SKU, title) by product


def _names(rows: Sequence[Planned], context: PageContext) -> dict[int, tuple[str, str]]:
    ids: set[int] = set()
    for row in rows:
        proposed = [*row.filled.chosen, *(one.candidate for one in row.filled.left_out)]
        ids.update(one.product_id for one in proposed)
        ids.update(int(product) for one in proposed for product in one.evidence.get("because", ()))
        ids.update(row.answer.request.products)
    known = sorted(ids)
    titles = catalog.titles_of(known, context.language) if known else {}
    skus = catalog.skus_of(known)
    return {product: (skus.get(product, str(product)), titles.get(product, "")) for product in known}


def _looked(row: Planned, names: Names, context: PageContext) -> Looked:
    said = [item.reason.striptags() for item in row.strip.items] if row.strip else []
    shown = [
        _line(candidate, names, words, place=place)
        for place, (candidate, words) in enumerate(zip(row.filled.chosen, said, strict=False), 1)
    ]
    reasons = _reasons(names, context)
    rest = [
        _line(one.candidate, names, explain(one.candidate, None, reasons).reason.striptags(), code=one.code)
        for one in row.filled.left_out
    ]
    about = tuple(names[product][1] for product in row.answer.request.products if product in names)
    return Looked(row, about, (*shown, *rest))


def _line(
    candidate: Candidate, names: Names, words: Any, *, place: int | None = None, code: str = ""
) -> Line:
    sku, title = names.get(candidate.product_id, (str(candidate.product_id), ""))
    return Line(sku, title, candidate, str(words), _plainly(candidate, names), place, code)


def _plainly(candidate: Candidate, names: Names) -> str:
    """The raw facts behind a product, the shop's SKUs in place of ids."""
    plain = dict(candidate.evidence)
    if plain.get("because"):
        plain["because"] = [names[int(product)][0] for product in plain["because"]]
    return json.dumps(plain, ensure_ascii=False, default=str)


def _reasons(names: Names, context: PageContext) -> ReasonContext:
    titles = {product: title for product, (_sku, title) in names.items() if title}
    viewed = frozenset(context.more.get("viewed", ()))
    page = {context.product_id} if context.product_id else set()
    own = frozenset(titles) - viewed - page if context.customer_id else frozenset()
    return ReasonContext(titles=titles, own=own, viewed=viewed - page)


def person_of(customer_id: int | None) -> Person | None:
    """The customer behind a page of the past; None for a visitor, and for somebody who was erased."""
    if customer_id is None:
        return None
    row = db.session.execute(desk.customers().where(desk.PERSON.c.id == customer_id)).first()
    return None if row is None else Person(row.id, row.public_id, desk.name_of(row))


def link_of(context: PageContext) -> Markup:
    """The way from a customer's page to what they are shown, for whoever may look."""
    if not may_now("customers.write"):
        return Markup("")
    key = context.more.get("key", "")
    return Markup(render_template("personalization/owner/_link.html", key=key))  # noqa: S704  it escapes
