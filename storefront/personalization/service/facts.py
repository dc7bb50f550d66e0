"""What the shop concludes about a customer: shown to them, used while they agree, not against their word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import has_request_context
from flask_login import current_user

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.database import Tx, db
from storefront.core.errors import NotFound
from storefront.core.i18n import current_language
from storefront.personalization.models import FactRejection
from storefront.personalization.rules import Candidate
from storefront.personalization.service.discretion import discretion
from storefront.personalization.service.engine import holder
from storefront.personalization.service.surfaces import customer_key

PREMIUM = "premium"
PERSON_FACT = "untrue_facts"
_SAID = FactRejection.__table__
# The history of orders stands in a feature of its own: its tables are named as text, as foreign keys are.
_BOUGHT = sa.text(
    """
    SELECT DISTINCT l.product_id FROM order_line l JOIN orders o ON o.id = l.order_id
    WHERE o.customer_id = :customer_id AND o.status <> 'cancelled' AND l.kind = 'product'
      AND l.product_id IS NOT NULL
    """
)


@dataclass(frozen=True)
class Conclusion:
    """A fact as its owner reads it: where, resting on what (titles), how sure (0 to 1), until which day.

    `untrue_since`: they said that it is not true; without `until` nothing supports it now anyway.
    """

    kind: str
    category_id: int
    title: str
    url: str
    because: tuple[str, ...] = ()
    confidence: float = 0.0
    until: date | None = None
    untrue_since: datetime | None = None


def conclusions_about(customer_id: int) -> list[Conclusion]:
    """Everything concluded about a customer, the surest first; then what they said is untrue and is over."""
    said, held = _said_by(customer_id), _held_by(customer_id)
    products = sorted({int(product) for fact in held for product in fact.because})
    titles = catalog.titles_of(products, current_language().code) if products else {}
    found = [_conclusion(fact, titles, said) for fact in held]
    shown = {conclusion.category_id for conclusion in found}
    over = [
        Conclusion(PREMIUM, category, link.title, link.url, untrue_since=at)
        for category, at in sorted(said.items())
        if category not in shown and (link := catalog.category_link(category))
    ]
    return [*found, *over]


def kept_out(customer_id: int) -> list[str]:
    """Titles of the sensitive things that a customer bought: what nothing is ever concluded from."""
    marks = discretion().products
    if not marks:
        return []
    rows = db.session.execute(_BOUGHT, {"customer_id": customer_id}).scalars()
    titles = catalog.titles_of([one for one in rows if one in marks], current_language().code)
    return sorted(titles.values())


def say_untrue(tx: Tx, customer_id: int, category_id: int) -> None:
    """Write down that a conclusion is not true; saying it twice changes nothing. Raises NotFound."""
    if category_id not in {int(fact.category) for fact in _held_by(customer_id)}:
        raise NotFound()
    known = tx.get(FactRejection, (customer_id, PREMIUM, category_id))
    if known is None:
        row = {"customer_id": customer_id, "kind": PREMIUM, "category_id": category_id}
        tx.add(FactRejection(**row, said_at=clock.now()))


def take_back(tx: Tx, customer_id: int, category_id: int) -> None:
    """Let a conclusion count again; nothing happens when it does."""
    same = (_SAID.c.customer_id == customer_id, _SAID.c.category_id == category_id)
    tx.execute(sa.delete(_SAID).where(*same, _SAID.c.kind == PREMIUM))


def untrue_column(customer_id: sa.ColumnElement[int]) -> Any:
    """The categories of a customer's untrue conclusions in one value: it rides with the person."""
    category = sa.cast(_SAID.c.category_id, sa.String)
    return (
        sa.select(sa.func.aggregate_strings(category, ","))
        .where(_SAID.c.customer_id == customer_id, _SAID.c.kind == PREMIUM)
        .scalar_subquery()
    )


def untrue_of(customer_id: int | None) -> tuple[int, ...]:
    """Categories whose conclusions must not be used for this customer. Of who asks for the page, no query."""
    if customer_id is None:
        return ()
    if has_request_context() and getattr(current_user, "customer_id", None) == customer_id:
        packed = current_user.facts.get(PERSON_FACT) or ""
        return tuple(int(category) for category in packed.split(",") if category)
    return tuple(sorted(_said_by(customer_id)))


def terms(customer_id: int | None) -> dict[str, Any]:
    """On which facts the engine may build for this customer: those that hold today, were not denied, and are
    about nothing sensitive."""
    shut = {*untrue_of(customer_id), *discretion().categories}
    return {"without_facts": [str(category) for category in sorted(shut)], "at": _today()}


def follows(candidate: Candidate, category: int | None = None) -> bool:
    """Whether a product follows from an upper end (of `category`), and is not just the next price."""
    if candidate.source != "one_step_up":
        return False
    return category is None or candidate.evidence.get("category") == str(category)


def _today() -> str:
    return clock.now().date().isoformat()


def _held_by(customer_id: int) -> list[Any]:
    engine = holder().current()
    if engine is None:
        return []
    rule, found = discretion(), []
    for fact in engine.facts_of(customer_key(customer_id), at=_today()):
        because = [int(product) for product in fact.because]
        sensitive = int(fact.category) in rule.categories or any(one in rule.products for one in because)
        if not sensitive and catalog.category_link(int(fact.category)) is not None:
            found.append(fact)
    return found


def _conclusion(fact: Any, titles: dict[int, str], said: dict[int, datetime]) -> Conclusion:
    category, products = int(fact.category), [int(product) for product in fact.because]
    link = catalog.category_link(category)
    assert link is not None
    return Conclusion(
        kind=fact.kind,
        category_id=category,
        title=link.title,
        url=link.url,
        because=tuple(titles[product] for product in products if product in titles),
        confidence=fact.confidence,
        until=date.fromisoformat(fact.until),
        untrue_since=said.get(category),
    )


def _said_by(customer_id: int) -> dict[int, datetime]:
    rows = sa.select(_SAID.c.category_id, _SAID.c.said_at)
    rows = rows.where(_SAID.c.customer_id == customer_id, _SAID.c.kind == PREMIUM)
    return {category: at for category, at in db.session.execute(rows)}
