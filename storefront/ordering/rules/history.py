"""Orders and returns built from single lines, and returns matched to the purchases they undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

DAY = 86_400
# Beyond this a number that comes again is taken for another order (tills that start anew each day).
SAME_ORDER = 2 * DAY


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a history: times in seconds since 1970, amounts in minor units, `n` its line in the
    file.
    """

    n: int
    number: str
    customer: str
    sku: str
    title: str
    at: int
    quantity: int
    price: int
    total: int
    country: str
    kind: str
    currency: str = ""


def set_aside(line: Line, knows_free: bool) -> str:
    """Why a line is no part of any order, or ''. `knows_free`: the file has prices and customers.

    Without a customer and a price nobody bought and nobody paid: goods were counted in or written off.
    """
    if line.quantity == 0:
        return "quantity_zero"
    if line.kind == "debt":
        return "bad_debt"
    if knows_free and not line.price and not line.customer:
        return "stock_write_off" if line.quantity < 0 else "stock_counted_in"
    if line.price < 0 and line.kind == "product":
        return "price_negative"
    return ""


@dataclass(slots=True)
class Group:
    """The lines of one order or return, in their order; `told` is the number as the file has it."""

    number: str
    told: str
    customer: str
    at: int
    last_at: int
    country: str
    lines: list[Line] = field(default_factory=list)


def groups(lines: Iterable[Line], shared: frozenset[str]) -> Iterator[Group]:
    """Lines sorted by number, customer and time, as orders.

    `shared` numbers belong to several customers; they get the customer's name behind them, and a number
    that comes again after more than two days gets the date.
    """
    group: Group | None = None
    for line in lines:
        if group is None or not _continues(group, line):
            if group is not None:
                yield group
            group = _open(line, group, shared)
        group.last_at = line.at
        group.lines.append(line)
    if group is not None:
        yield group


def _continues(group: Group, line: Line) -> bool:
    return _is_same(group, line) and line.at - group.last_at <= SAME_ORDER


def _is_same(group: Group, line: Line) -> bool:
    return group.told == line.number and group.customer == line.customer


def _open(line: Line, before: Group | None, shared: frozenset[str]) -> Group:
    number = line.number
    if number in shared and line.customer:
        number = f"{number}-{line.customer}"
    if before is not None and _is_same(before, line):
        number = f"{number}-{line.at // DAY}"
    return Group(number, line.number, line.customer, line.at, line.at, line.country)


def without_repeats(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines of a group without those that repeat another in everything, and the repeats."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Line] = []
    repeats: list[Line] = []
    for line in lines:
        key = (line.sku, line.title, line.at, line.quantity, line.price, line.total, line.country)
        (repeats if key in seen else kept).append(line)
        seen.add(key)
    return kept, repeats


@dataclass(slots=True)
class Purchase:
    """What of one order line has not come back yet."""

    at: int
    order: str
    position: int
    left: int


class Purchases:
    """Earlier purchases by customer and product, from which returns are taken, the latest first."""

    def __init__(self, wanted: Iterable[tuple[str, str]]) -> None:
        self._held: dict[tuple[str, str], list[Purchase]] = {pair: [] for pair in wanted}

    def add(self, line: Line, order: str, position: int) -> None:
        """Remembers a purchase if a return asks for such a one."""
        held = self._held.get((line.customer, line.sku))
        if held is not None and line.customer:
            held.append(Purchase(line.at, order, position, line.quantity))

    def settle(self) -> None:
        """Brings purchases into the order of time; once, after the last one."""
        for held in self._held.values():
            held.sort(key=lambda purchase: (purchase.at, purchase.order, purchase.position))

    def take(self, line: Line) -> list[tuple[str, int, int]]:
        """(order, position, pieces) that cover a return wholly, or nothing: a part of it proves nothing."""
        held = self._held.get((line.customer, line.sku), [])
        before = [purchase for purchase in held if purchase.at <= line.at and purchase.left]
        need = abs(line.quantity)
        if sum(purchase.left for purchase in before) < need:
            return []
        taken: list[tuple[str, int, int]] = []
        for purchase in reversed(before):
            pieces = min(purchase.left, need)
            purchase.left -= pieces
            need -= pieces
            taken.append((purchase.order, purchase.position, pieces))
            if not need:
                break
        return taken


def middle(prices: list[int]) -> int:
    """The middle one of some prices, one that was really asked (the lower of two middles)."""
    ordered = sorted(prices)
    return ordered[(len(ordered) - 1) // 2]
