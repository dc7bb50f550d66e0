"""How much is in the shop, in a few counts."""

from __future__ import annotations

import sqlalchemy as sa

from storefront.core.database import db

_COUNTED = {
    "products": "product",
    "customers": "customer",
    "orders": "orders",
    "order_lines": "order_line",
    "returns": "order_return",
}


def count_rows() -> dict[str, int]:
    """Products, customers, orders, order lines and returns that the shop holds."""
    columns = [
        sa.select(sa.func.count()).select_from(sa.table(table)).scalar_subquery().label(name)
        for name, table in _COUNTED.items()
    ]
    return dict(db.session.execute(sa.select(*columns)).mappings().one())
