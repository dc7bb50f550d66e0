"""What people do not want to be shown: a customer's rows, a visitor's signed cookie.

Whoever says so asks for it, so it is honoured without any consent; who agreed to a personal shop has it kept
for longer than the visit, and only of them does the engine learn it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, g, has_request_context, request
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.dialects import postgresql, sqlite

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.database import db, transaction
from storefront.core.i18n import current_language, root_path
from storefront.customers.service import consents_of_request, visitor_of_request
from storefront.personalization.models import ProductRejection
from storefront.personalization.rules.rejecting import (
    MOST_OF_CUSTOMER,
    Kept,
    kept_with,
    kept_without,
    of_this_visit,
    read_kept,
)

FACT = "rejected"
COOKIE = "regulars_rejected"
KEPT_SECONDS = 30 * 86_400
_SAID = ProductRejection.__table__
_OF_VISIT = "visit"


@dataclass(frozen=True)
class Rejected:
    """A product that somebody does not want to be shown. `card` is None when it is not on show any more."""

    sku: str
    title: str
    at: datetime
    card: Any


# --- reading ----------------------------------------------------------------------------------------------


def rejected_column(customer_id: sa.ColumnElement[int]) -> Any:
    """A customer's rejected products in one value: it rides with the person."""
    product = sa.cast(_SAID.c.product_id, sa.String)
    return (
        sa.select(sa.func.aggregate_strings(product, ","))
        .where(_SAID.c.customer_id == customer_id)
        .scalar_subquery()
    )


def rejected_of_request() -> frozenset[int]:
    """What whoever looks does not want to see; no query."""
    if not has_request_context():
        return frozenset()
    if current_user.is_authenticated:
        packed = current_user.facts.get(FACT) or ""
        return frozenset(int(product) for product in packed.split(",") if product)
    return frozenset(product for product, _at in kept_here())


def rejected_by(customer_id: int | None) -> frozenset[int]:
    """What this customer does not want to see, whoever asks; one query."""
    if customer_id is None:
        return frozenset()
    mine = sa.select(_SAID.c.product_id).where(_SAID.c.customer_id == customer_id)
    return frozenset(db.session.execute(mine).scalars())


def list_rejected(customer_id: int) -> list[Rejected]:
    """Everything that a customer said no to, the newest first."""
    mine = (
        sa.select(_SAID.c.product_id, _SAID.c.rejected_at)
        .where(_SAID.c.customer_id == customer_id)
        .order_by(_SAID.c.rejected_at.desc(), _SAID.c.product_id)
    )
    rows = db.session.execute(mine).all()
    ids = [row.product_id for row in rows]
    cards, skus = catalog.load_cards(ids), catalog.skus_of(ids)
    titles = catalog.titles_of(ids, current_language().code) if ids else {}
    return [
        Rejected(skus[product], titles.get(product, skus[product]), at, cards.get(product))
        for product, at in rows
        if product in skus
    ]


# --- saying so --------------------------------------------------------------------------------------------


def reject(product_id: int) -> None:
    """Whoever asks does not want to be shown it. Said twice it counts once."""
    if current_user.is_authenticated:
        _reject(current_user.customer_id, (product_id,))
    else:
        _keep(kept_with(kept_here(), product_id, int(clock.now().timestamp())))


def take_back(product_id: int) -> None:
    """They may be shown it again; nothing happens when they never said no."""
    if current_user.is_authenticated:
        same = (_SAID.c.customer_id == current_user.customer_id, _SAID.c.product_id == product_id)
        with transaction() as tx:
            tx.execute(sa.delete(_SAID).where(*same))
    else:
        _keep(kept_without(kept_here(), product_id))


def _reject(customer_id: int, products: tuple[int, ...]) -> None:
    moment = clock.now()
    rows = [{"customer_id": customer_id, "product_id": one, "rejected_at": moment} for one in products]
    with transaction() as tx:
        kind = sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql
        tx.execute(kind.insert(_SAID).values(rows).on_conflict_do_nothing())
        mine = sa.select(_SAID.c.product_id).where(_SAID.c.customer_id == customer_id)
        newest = mine.order_by(_SAID.c.rejected_at.desc(), _SAID.c.product_id).limit(MOST_OF_CUSTOMER)
        whole = _SAID.c.customer_id == customer_id
        tx.execute(sa.delete(_SAID).where(whole, _SAID.c.product_id.not_in(newest)))


def join_rejections(customer_id: int) -> int:
    """What was said in the visit in which somebody signs in is theirs; how many products that is.

    The browser forgets all of it: what is older may have been said by anybody at this machine.
    """
    if COOKIE not in request.cookies:
        return 0
    said = of_this_visit(kept_here(), int(clock.now().timestamp()))
    known = tuple(product for product in said if product in catalog.skus_of(list(said)))
    if known:
        _reject(customer_id, known)
    _keep(())
    return len(known)


# --- the browser of a visitor -----------------------------------------------------------------------------


def _serializer(owner: str) -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt=f"rejected-products:{owner}")


def _owner() -> str:
    """Whose cookie it is: the visitor's who agreed to a personal shop, else that of this visit alone."""
    agreed = "personalization" in consents_of_request()
    return (visitor_of_request() if agreed else None) or _OF_VISIT


def kept_here() -> tuple[Kept, ...]:
    """What this browser's visitor said, with what this request changed; empty without a cookie of theirs."""
    if "regulars_rejected" in g:
        return g.regulars_rejected
    raw = request.cookies.get(COOKIE, "")
    if not raw:
        return ()
    for owner in dict.fromkeys((_owner(), _OF_VISIT)):
        try:
            return read_kept(_serializer(owner).loads(raw))
        except BadSignature:
            continue
    return ()


def _keep(kept: tuple[Kept, ...]) -> None:
    g.regulars_rejected = kept


def write_kept(response: Response) -> Response:
    """Set or delete the cookie when this request changed it. Without consent it ends with the browser."""
    kept: tuple[Kept, ...] | None = g.get("regulars_rejected")
    path = root_path() or "/"
    if kept:
        owner = _owner()
        response.set_cookie(
            COOKIE,
            str(_serializer(owner).dumps([list(one) for one in kept])),
            max_age=None if owner == _OF_VISIT else KEPT_SECONDS,
            path=path,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    elif kept is not None and COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path=path)
    return response
