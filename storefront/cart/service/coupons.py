"""Codes and the note of a cart."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.cart.errors import BadCoupon
from storefront.cart.rules import LONGEST_NOTE, MOST_COUPONS, read_coupon
from storefront.cart.service.carts import CART, CartRef, find_cart, get_cart, lock_cart
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import Refusal


def set_coupon(ref: CartRef, text: str | None) -> str:
    """Add a code to the cart; returns it as it is kept. Raises BadCoupon for what cannot be a code.

    Whether it counts is the quote's to say.
    """
    code = read_coupon(text)
    if code is None:
        raise BadCoupon(_("Please give the code as it was sent to you."))
    cart = find_cart(db.session, ref)
    if cart is None:
        raise BadCoupon(_("Put something into your cart first."))
    with transaction() as tx:
        codes = _locked_codes(tx, cart.id)
        if code not in codes and len(codes) >= MOST_COUPONS:
            raise BadCoupon(_("A cart takes up to %(most)s codes.", most=MOST_COUPONS))
        _keep(tx, cart.id, [*(known for known in codes if known != code), code])
    return code


def remove_coupon(ref: CartRef, text: str | None) -> None:
    """Take a code off the cart; one that is not there is no error."""
    cart = find_cart(db.session, ref)
    code = read_coupon(text)
    if cart is None or code is None:
        return
    with transaction() as tx:
        _keep(tx, cart.id, [known for known in _locked_codes(tx, cart.id) if known != code])


def _locked_codes(tx: Tx, cart_id: int) -> list[str]:
    lock_cart(tx, cart_id)
    cart = get_cart(tx, cart_id)
    return list(cart.coupons) if cart else []


def _keep(tx: Tx, cart_id: int, codes: list[str]) -> None:
    tx.execute(sa.update(CART).where(CART.c.id == cart_id).values(coupons=codes))


def set_note(ref: CartRef, text: str | None) -> None:
    """Keep what the shop should know of this order. Raises Refusal for more than 500 characters."""
    note = (text or "").replace("\0", "").replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE:
        raise Refusal(_("At most %(count)s characters fit here.", count=LONGEST_NOTE), field="note")
    cart = find_cart(db.session, ref)
    if cart is not None:
        with transaction() as tx:
            tx.execute(sa.update(CART).where(CART.c.id == cart.id).values(note=note))


def set_country(tx: Tx, cart_id: int, country: str) -> None:
    """Remember where it goes, so that the cart's prices are those of that country."""
    tx.execute(sa.update(CART).where(CART.c.id == cart_id).values(country=country))
