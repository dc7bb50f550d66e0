"""A cart as its pages show it: lines with their words, what changed since they were seen, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.cart.rules import Room, brought_first, countable, free_delivery, holder_of
from storefront.cart.service.carts import LINE, CartRef, CartRow, get_cart
from storefront.catalog import service as catalog
from storefront.catalog.rules.variant_cards import VariantCard
from storefront.core import clock
from storefront.core.database import db
from storefront.core.i18n import current_language
from storefront.core.money import Money
from storefront.core.plugins import hooks
from storefront.pricing import service as pricing
from storefront.pricing.rules import Quote, QuoteLine, QuoteRequest, ShippingChoice

# What the inventory has set aside for this very cart; named as text, since one statement has to do.
_HOLD = sa.table("stock_hold", sa.column("holder"), sa.column("variant_id"), sa.column("quantity"))
_LINES = (
    sa.select(LINE, sa.func.coalesce(_HOLD.c.quantity, 0).label("held"))
    .outerjoin(
        _HOLD, sa.and_(_HOLD.c.variant_id == LINE.c.variant_id, _HOLD.c.holder == sa.bindparam("holder"))
    )
    .where(LINE.c.cart_id == sa.bindparam("cart_id"))
    .order_by(LINE.c.added_at, LINE.c.id)
)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line. `state` is ok, short (fewer are left), out or gone; `counted` pieces are part of the total.

    `notices` are sentences about what changed since its owner saw it.
    """

    key: str
    card: VariantCard
    quantity: int
    counted: int
    room: Room
    state: str
    unit: Money
    total: Money
    discount: Money | None = None
    notices: tuple[str, ...] = ()

    @property
    def stock(self) -> str:
        """The mark of the page: in, low or out."""
        if self.state in ("out", "gone"):
            return "out"
        return "low" if self.state == "short" else "in"


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as a page shows it. `quote` is None while nothing in it can be bought."""

    row: CartRow
    lines: tuple[LineView, ...]
    saved: tuple[LineView, ...]
    quote: Quote | None
    request: QuoteRequest | None
    problems: tuple[tuple[str, str], ...] = ()

    def money(self, minor: int) -> Money:
        """An amount in the currency of this cart."""
        return Money(minor, self.quote.currency if self.quote else self.lines[0].unit.currency)

    @property
    def count(self) -> int:
        """Pieces that are part of the total."""
        return sum(line.counted for line in self.lines)

    @property
    def product_ids(self) -> tuple[int, ...]:
        """What strips leave out, the newest last."""
        return tuple(dict.fromkeys(line.card.product_id for line in (*self.saved, *self.lines)))

    @property
    def shipping(self) -> ShippingChoice | None:
        """How it would come: as chosen, else the cheapest way to the door."""
        if self.quote is None:
            return None
        return self.quote.shipping or min(self.quote.shipping_choices, key=brought_first, default=None)

    @property
    def progress(self) -> tuple[int, int] | None:
        """What is missing up to free delivery, and in hundredths how near it is; None: no question."""
        quote = self.quote
        if quote is None:
            return None
        goods, chosen = quote.goods_minor - quote.discount_minor, quote.shipping is not None
        return free_delivery(goods, quote.shipping_choices, self.shipping, chosen=chosen)

    @property
    def ready(self) -> bool:
        """Whether all that is counted can be bought as it stands."""
        return self.count > 0 and all(line.state != "short" for line in self.lines)


# --- what is asked of pricing -----------------------------------------------------------------------------


def quote_request(cart_id: int, **facts: Any) -> QuoteRequest | None:
    """What buying this cart now would ask of pricing; None when nothing in it can be bought.

    `facts` are those of QuoteRequest that the checkout knows: country, region, shipping_method, email_key ...
    """
    row = get_cart(db.session, cart_id)
    if row is None:
        return None
    found = _read(row)
    return _request(row, found, facts)


def known_facts(row: CartRow | None) -> dict[str, Any]:
    """What others know of a cart by now: where it goes, and how."""
    parts = hooks().adjust_cart_facts(cart_id=row.id) if row is not None else []
    return {name: value for part in reversed(parts) for name, value in part.items()}


def _read(row: CartRow) -> list[tuple[Any, VariantCard]]:
    rows = db.session.execute(_LINES, {"cart_id": row.id, "holder": holder_of(row.id)}).all()
    cards = catalog.load_variants(line.variant_id for line in rows)
    return [(line, cards[line.variant_id]) for line in rows if line.variant_id in cards]


def _room(line: Any, card: VariantCard) -> Room:
    return Room(None if card.available is None else card.available + line.held, card.backorder)


def _request(row: CartRow, found: Sequence[tuple[Any, VariantCard]], facts: Any) -> QuoteRequest | None:
    lines = []
    for line, card in found:
        counted = countable(line.quantity, _room(line, card), card.on_show)
        if counted and not line.saved_for_later:
            lines.append((line.variant_id, counted))
    if not lines:
        return None
    known = {"country": row.country, "coupons": row.coupons, "customer_id": row.customer_id}
    return QuoteRequest(lines=tuple(sorted(lines)), at=clock.now(), **{**known, **facts})


# --- the page ---------------------------------------------------------------------------------------------


def load_cart(ref: CartRef | None, row: CartRow | None = None, **facts: Any) -> CartView | None:
    """The cart of `ref` with all that its page shows; None when there is none.

    One query for the lines, one for their words and stock, and those of the quote.
    """
    if row is None and ref is not None and ref.cart_id is not None:
        row = get_cart(db.session, ref.cart_id)
    if row is None:
        return None
    found = _read(row)
    request = _request(row, found, facts)
    quote = pricing.quote(db.session, request) if request else None
    quoted = {line.variant_id: line for line in quote.lines} if quote else {}
    views = [(bool(line.saved_for_later), _view(line, card, quoted)) for line, card in found]
    return CartView(
        row=row,
        lines=tuple(view for saved, view in views if not saved),
        saved=tuple(view for saved, view in views if saved),
        quote=quote,
        request=request,
        problems=_problems(quote),
    )


def _view(line: Any, card: VariantCard, quoted: dict[int, QuoteLine]) -> LineView:
    room = _room(line, card)
    counted = countable(line.quantity, room, card.on_show)
    priced = None if line.saved_for_later else quoted.get(line.variant_id)
    currency = card.price.currency
    discount = Money(priced.discount_minor, currency) if priced and priced.discount_minor else None
    state = _state(line.quantity, counted, card)
    return LineView(
        key=line.key,
        card=card,
        quantity=line.quantity,
        counted=0 if line.saved_for_later else counted,
        room=room,
        state=state,
        unit=card.price,
        total=Money(priced.gross_minor, currency) if priced else card.price * counted,
        discount=discount,
        notices=tuple(_notices(line, card, state, room)),
    )


def _state(quantity: int, counted: int, card: VariantCard) -> str:
    if not card.on_show:
        return "gone"
    if counted == 0:
        return "out"
    return "short" if counted < quantity else "ok"


def _notices(line: Any, card: VariantCard, state: str, room: Room) -> list[str]:
    found = []
    if state == "gone":
        found.append(_("We do not sell this any more. It is not part of the total."))
    elif state == "out":
        found.append(_("Sold out at the moment. It is not part of the total."))
    elif state == "short":
        found.append(ngettext("Only %(num)s is left.", "Only %(num)s are left.", room.most))
    change = card.price.minor - line.price_seen_minor
    if state != "gone" and change:
        amount = Money(abs(change), card.price.currency).format(current_language().babel)
        less = _("%(amount)s less than when you added it.", amount=amount)
        found.append(less if change < 0 else _("%(amount)s more than when you added it.", amount=amount))
    return found


def code_problems(ref: CartRef | None) -> dict[str, str]:
    """Why codes of this cart do not count now, by code."""
    if ref is None or ref.cart_id is None:
        return {}
    request = quote_request(ref.cart_id)
    return dict(_problems(pricing.quote(db.session, request))) if request else {}


def _problems(quote: Quote | None) -> tuple[tuple[str, str], ...]:
    if quote is None:
        return ()
    return tuple((one.code, pricing.coupon_words(one)) for one in quote.coupon_problems)
