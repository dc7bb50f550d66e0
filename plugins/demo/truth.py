"""Writes down what was planted, in the SKUs of the catalogue that was used, for tests to compare with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .people import Person
from .purchases import Order, Shopping


def buyers(orders: Iterable[Order]) -> dict[str, set[str]]:
    """Handle -> e-mails of the customers who bought it, resellers left out."""
    found: dict[str, set[str]] = {}
    for order in orders:
        if order.customer and order.customer.stage != "reseller":
            for purchase in order.purchases:
                found.setdefault(purchase.article.handle, set()).add(order.customer.email)
    return found


def _pairs(shopping: Shopping, orders: list[Order]) -> dict[str, list[dict[str, Any]]]:
    have = buyers(orders)
    days = shopping.structure["basket"]["gap_days"][1]

    def pair(of: str, adds: str) -> dict[str, Any]:
        both = have.get(of, set()) & have.get(adds, set())
        return {
            "of": of, "adds": adds,
            "of_skus": shopping.shelves.skus(of), "adds_skus": shopping.shelves.skus(adds),
            "buyers": len(have.get(of, ())), "both": len(both),
        }  # fmt: skip

    planted = shopping.structure["complements"]["pairs"]
    complements = [pair(of, adds) | {"chance": chance, "within_days": days} for of, adds, chance in planted]
    return {
        "complements": complements,
        "decoys": [pair(of, adds) for of, adds in shopping.structure["decoys"]["pairs"]],
    }


@dataclass(frozen=True)
class Outcome:
    """What the generator made."""

    people: list[Person]
    resellers: list[Person]
    orders: list[Order]
    returned_lines: int
    behaviour: dict[str, Any]


def write(path: Path, shopping: Shopping, made: Outcome) -> Path:
    """The facts: pairs with their strength, intervals, people by stage and tier, gifts, bulk, bots."""
    strangers = [person for person in made.people if not person.role]
    facts: dict[str, Any] = {
        "seed": shopping.seed,
        "from": shopping.start.isoformat(),
        "counts": _counts(made),
        **_pairs(shopping, made.orders),
        **_things(shopping),
        "stages": {person.email: person.stage for person in strangers},
        "tiers": {person.email: person.tier for person in strangers},
        "may_gifts": _may_years(made.orders),
        "resellers": [person.email for person in made.resellers],
        "bots": made.behaviour["bots"],
        "accounts": {person.role: person.email for person in made.people if person.role},
    }
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _counts(made: Outcome) -> dict[str, int]:
    return {
        "customers": len(made.people) + len(made.resellers),
        "orders": len(made.orders),
        "lines": sum(len(order.purchases) for order in made.orders),
        "returned_lines": made.returned_lines,
        "events": made.behaviour["events"],
    }


def _things(shopping: Shopping) -> dict[str, Any]:
    """What is planted about single products."""
    plan, shelves = shopping.structure, shopping.shelves
    best = plan["universal"]["best_seller"]
    return {
        "replenishment": {
            handle: {"days": days, "spread": spread, "chance": chance, "skus": shelves.skus(handle)}
            for handle, (days, spread, chance) in plan["replenishment"].items()
        },
        "best_seller": {"handle": best, "skus": shelves.skus(best)},
        "trend": {
            way: {handle: shelves.skus(handle) for handle in plan["trend"][way]}
            for way in ("rising", "falling")
        },
    }


def _may_years(orders: Iterable[Order]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for order in orders:
        if order.customer and any(purchase.why == "may" for purchase in order.purchases):
            found.setdefault(order.customer.email, []).append(order.at.year)
    return found
