"""Histories that no shop wishes for: each is refused by column and row, or served well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.recommender.shops import Rows, planted_shop

MANY = 50_000
ODD = ["two words", "顾客甲", "🛒", " padded ", "nan", "None", "0", "-1", "x" * 3_000, "a\nb", "'; --"]


def table(count: int, **columns: list[Any]) -> Rows:
    """So many purchases of one product by one customer, but for the columns given."""
    usual = {"customer": "c", "product": "p", "kind": "purchase", "at": "2026-01-01"}
    return {name: columns.get(name, [cell] * count) for name, cell in usual.items()} | columns


def beside(count: int, **columns: list[Any]) -> Rows:
    """The same beside an ordinary history."""
    usual, more = planted_shop(customers=60).columns, table(count, **columns)
    return {name: cells + more.get(name, [""] * count) for name, cells in usual.items()}


def in_the_future() -> Rows:
    log = planted_shop(customers=60)
    log.add("traveller", "TIME MACHINE", "purchase", 365 * 60, order="later")
    log.add("c001", "item01", "view", 365 * 90, session="later")
    return log.columns


def twice() -> Rows:
    return {name: cells * 2 for name, cells in planted_shop(customers=60).columns.items()}


def came_back() -> Rows:
    kinds = ["purchase"] * 4 + ["return"] * 4
    days = ["2026-01-01"] * 4 + ["2026-01-05"] * 4
    return table(8, customer=list("abcd") * 2, product=list("pqrs") * 2, kind=kinds, at=days)


def unknown_prices() -> Rows:
    rows = planted_shop(customers=60).columns
    cells = [float("nan"), None, "", -1.0, 0]
    return {**rows, "price": [cells[place % 5] for place in range(len(rows["at"]))]}


def bought_without_end(orders: int) -> Rows:
    """A robot with MANY purchases of thousands of products, in so many orders."""
    products = [f"item{i % 41:02d}" if i % 2 else f"w{i % 6_000}" for i in range(MANY)]
    numbers = [f"h{i % orders}" for i in range(MANY)]
    return beside(MANY, customer=["robot"] * MANY, product=products, order=numbers, quantity=[1] * MANY)


def looked_without_end() -> Rows:
    """A visit of MANY looks at different products."""
    looks = {"kind": ["view"] * MANY, "session": ["endless"] * MANY, "quantity": [1] * MANY}
    return beside(MANY, customer=[""] * MANY, product=[f"w{i}" for i in range(MANY)], **looks)


SERVED: dict[str, Callable[[], Rows]] = {
    "one row": lambda: table(1),
    "one customer": lambda: table(9, product=list("abcabcabc")),
    "one product": lambda: table(9, customer=list("abcdefghi")),
    "everybody has everything": lambda: table(
        40, customer=[f"c{i % 5}" for i in range(40)], product=[f"p{i % 8}" for i in range(40)]
    ),
    "all returns": lambda: table(6, customer=list("abcdef"), product=list("ppqqrr"), kind=["return"] * 6),
    "all came back": came_back,
    "nobody known": lambda: table(8, customer=[""] * 8, product=list("abcdabcd"), order=list("11223344")),
    "only looks": lambda: table(8, customer=list("aabbccdd"), product=list("abcdabcd"), kind=["view"] * 8),
    "only rejected": lambda: table(4, product=list("abcd"), kind=["reject"] * 4),
    "odd ids": lambda: table(len(ODD), customer=ODD, product=ODD[::-1]),
    "numbers and words": lambda: table(
        6, customer=[5, "5", 5.0, 7, "x", None], product=[1, "1", 1.0, 2, "b", "c"]
    ),
    "two centuries": lambda: table(
        6, customer=list("abcdef"), product=list("ppqqrr"), at=["1900-01-01"] * 3 + ["2199-12-31"] * 3
    ),
    "in the future": in_the_future,
    "said twice": twice,
    "unknown prices": unknown_prices,
    "one endless order": lambda: bought_without_end(1),
    "a robot's orders": lambda: bought_without_end(7_000),
    "an endless visit": looked_without_end,
}
INFINITE = float("inf")
REFUSED: dict[str, tuple[Callable[[], Rows], str | None, int | None]] = {
    "nothing": (lambda: table(0), None, None),
    "no columns": (dict, "customer", None),
    "price without end": (lambda: table(3, price=[1, INFINITE, 1]), "price", 2),
    "price below all": (lambda: table(3, price=[1, 1, -INFINITE]), "price", 3),
    "price in words": (lambda: table(3, price=[1, "cheap", 1]), "price", 2),
    "quantity without end": (lambda: table(3, quantity=[INFINITE, 1, 1]), "quantity", 1),
    "no product": (lambda: table(3, product=["p", "", "p"]), "product", 2),
    "a list for a product": (lambda: table(3, product=["p", "p", ["p"]]), "product", 3),
    "no time": (lambda: table(3, at=["2026-01-01", None, "2026-01-01"]), "at", 2),
    "after the year 2199": (lambda: table(2, at=["2026-01-01", "2200-01-01"]), "at", 2),
    "no kind": (lambda: table(2, kind=["purchase", ""]), "kind", 2),
    "half a character": (lambda: table(2, customer=["c", "\ud83d"]), "customer", 2),
}
