"""What must hold of carts; `regulars doctor` asks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.cart.service.carts import CART

SHOWN = 50


def ownerless(session: Session) -> list[str]:
    """Carts that are neither a visitor's nor a customer's."""
    nobody = sa.and_(CART.c.token_hash.is_(None), CART.c.customer_id.is_(None))
    ids = session.execute(sa.select(CART.c.id).where(nobody).order_by(CART.c.id).limit(SHOWN)).scalars()
    return [f"cart {cart_id} belongs to nobody" for cart_id in ids]
