"""Small histories whose right answers are obvious."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from recommender import EngineSettings

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
QUICK = EngineSettings(factors=8, iterations=5, holdout_customers=0)
Rows = dict[str, list[Any]]


class Log:
    """Rows written one after the other, as columns."""

    def __init__(self) -> None:
        names = ("customer", "product", "kind", "at", "quantity", "order", "session", "price", "category")
        self.columns: Rows = {name: [] for name in names}
        self.orders = 0

    def add(self, customer: str, product: str, kind: str, day: float, **more: Any) -> None:
        """One row; `more` are optional columns."""
        row = {"quantity": 1, "order": "", "session": "", "price": "", "category": "", **more}
        row |= {"customer": customer, "product": product, "kind": kind}
        row["at"] = (START + timedelta(days=day)).isoformat()
        for name, cells in self.columns.items():
            cells.append(row[name])

    def order(self, customer: str, products: list[str], day: float, **more: Any) -> str:
        """One order of these products; returns its number."""
        self.orders += 1
        number = f"o{self.orders:05d}"
        for product in products:
            self.add(customer, product, "purchase", day, order=number, **more)
        return number


def checkerboard(size: int = 24) -> Rows:
    """Even customers buy even products, odd ones odd products; everybody misses the product of his own number."""
    log = Log()
    for customer in range(size):
        own = [f"p{p:02d}" for p in range(size) if p % 2 == customer % 2 and p != customer]
        for place in range(0, len(own), 4):
            log.order(f"c{customer:02d}", own[place : place + 4], day=place)
    return log.columns


def planted_shop(seed: int = 5, customers: int = 300) -> Log:
    """Random baskets, one best-seller in most of them, and LAMP with BULB in many: the planted pair."""
    chance = np.random.default_rng(seed)
    log = Log()
    for customer in range(customers):
        for visit in range(3):
            basket = {f"item{int(p):02d}" for p in chance.integers(0, 40, 3)}
            if chance.random() < 0.6:
                basket.add("BESTSELLER")
            if customer % 6 == 0 and visit == 0:
                basket |= {"LAMP", "BULB"}
            elif chance.random() < 0.02:
                basket.add("LAMP")
            log.order(f"c{customer:03d}", sorted(basket), day=visit * 30 + int(chance.integers(0, 20)))
    return log
