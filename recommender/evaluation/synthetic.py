"""A history of any size: customers with a taste of their own, products of a power law, orders of one year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.interactions import Interactions

PER_CUSTOMER, PER_ORDER = 17, 4
FIELDS = 20  # kinds of products; a customer mostly buys of two
DAY = 86_400
BEGIN = 1_704_067_200  # 2024-01-01


def sizes(rows: int) -> tuple[int, int]:
    """Customers and products of a history with so many purchases: 10,000 products at 1.7 million."""
    return max(rows // PER_CUSTOMER, 50), max(int(2_000 * (rows / 160_000) ** 0.7), 100)


def history(
    rows: int,
    *,
    customers: int | None = None,
    products: int | None = None,
    seed: int = 5,
    letters: bool = True,
) -> Interactions:
    """So many purchases of an invented shop, the same for a seed. Without `letters` ids are numbers."""
    customer_name, product_name = ("c{:07d}", "p{:06d}") if letters else ("{}", "{}")
    usual = sizes(rows)
    people, things = customers or usual[0], products or usual[1]
    base = max(people, things)
    number = np.arange(base)
    start = Interactions.read(
        {
            "customer": [customer_name.format(1 + one % people) for one in number.tolist()],
            "product": [product_name.format(1 + one % things) for one in number.tolist()],
            "kind": ["purchase"] * base,
            "at": (BEGIN + number).tolist(),
            "order": [f"o{one}" for one in number.tolist()],
            "price": (1 + number % things % 97).astype(float).tolist(),
            "category": [f"f{one % things % FIELDS:02d}" for one in number.tolist()],
        }
    )
    return _filled(start, rows, people, things, seed)


def _filled(start: Interactions, rows: int, people: int, things: int, seed: int) -> Interactions:
    from dataclasses import replace

    chance = np.random.default_rng(seed)
    order = np.arange(rows) // PER_ORDER
    orders = int(order[-1]) + 1
    customer = chance.permutation(np.arange(orders) % people).astype(np.int32)[order]
    product = _products(chance, customer, things)
    at = np.sort(chance.integers(0, 365 * DAY, orders)) + BEGIN
    picked = start.where(product)  # type: ignore[arg-type]  # the row of each product, as often as bought
    return replace(
        picked,
        customer=customer,
        product=product.astype(np.int32),
        order=order.astype(np.int32),
        at=at[order],
        quantity=np.ones(rows),
        kind=np.full(rows, start.kind[0], start.kind.dtype),
    )


def _products(chance: np.random.Generator, customer: NDArray, things: int) -> NDArray[np.int64]:
    """Three of four purchases come from one of the customer's two fields, popular ones first."""
    rows = len(customer)
    rank = np.minimum((things / FIELDS) * chance.random(rows) ** 2.5, things / FIELDS - 1).astype(np.int64)
    of_taste = np.where(chance.random(rows) < 0.5, customer % FIELDS, (customer * 7 + 3) % FIELDS)
    kind = np.where(chance.random(rows) < 0.75, of_taste, chance.integers(0, FIELDS, rows))
    return np.minimum(rank * FIELDS + kind, things - 1)
