"""Who comes to the demo shop: names, stage of life, purse, when they came and whether they stayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .cast import scripts

TIERS = ("value", "usual", "premium")
COUNTRIES = (("GB", 0.86), ("IE", 0.05), ("FR", 0.03), ("DE", 0.03), ("NL", 0.02), ("ES", 0.01))


@dataclass
class Person:
    """One customer. Days count from the start of the window; `left` is the last day they buy anything."""

    number: int
    email: str
    name: str
    locale: str
    country: str
    stage: str
    tier: str
    joined: float
    left: float
    marketing: bool
    may_day: int = 0  # the day in May on which they give something, 0 if they do not
    taste: float = 0.0  # where in the list of variants their eye falls first
    role: str = ""
    script: dict[str, Any] = field(default_factory=dict)


def pick(rng: np.random.Generator, cumulative: np.ndarray) -> int:
    """An index, by cumulative weights that end anywhere."""
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


def _name(rng: np.random.Generator, number: int, names: dict[str, str]) -> tuple[str, str, str]:
    """Name, e-mail, locale."""
    chinese = rng.random() < 0.14
    firsts, lasts = (names[f"{part}_zh" if chinese else part].split() for part in ("first", "last"))
    first, last = firsts[int(rng.integers(len(firsts)))], lasts[int(rng.integers(len(lasts)))]
    email = f"{first}.{last}.{number}@customers.example".lower()
    return f"{first} {last}", email, "zh" if chinese and rng.random() < 0.85 else "en"


def _stay(rng: np.random.Generator, window: dict[str, Any]) -> tuple[float, float]:
    """First and last day. More come towards the end; some stop before it."""
    days, growth = window["days"], window["growth"]
    u = rng.random()
    # inverse of the distribution with density 1 + growth * t on [0, 1]
    t = ((1 + growth * (2 + growth) * u) ** 0.5 - 1) / growth
    joined = t * (days - 45)
    left = float(days)
    if rng.random() < window["lapsed_share"]:
        left = joined + 30 + rng.random() * max(0.0, days - joined - 60)
    return float(joined), float(left)


def _person(rng: np.random.Generator, number: int, structure: dict[str, Any]) -> Person:
    stages = structure["stages"]
    names = list(stages)
    stage = names[pick(rng, np.cumsum([stages[name]["share"] for name in names]))]
    tier = TIERS[pick(rng, np.cumsum(stages[stage]["tiers"]))]
    name, email, locale = _name(rng, number, structure["names"])
    country = COUNTRIES[pick(rng, np.cumsum([weight for _, weight in COUNTRIES]))][0]
    joined, left = _stay(rng, structure["window"])
    may = structure["may_gifts"]
    gives = rng.random() < may["share"]
    may_day = int(rng.integers(may["days"][0], may["days"][1] + 1)) if gives else 0
    marketing = bool(rng.random() < 0.62)
    if gives:
        joined *= 0.3  # early enough for a second May
    return Person(
        number,
        email,
        name,
        locale,
        country,
        stage,
        tier,
        joined,
        left,
        marketing,
        may_day,
        float(rng.random()),
    )


def _known(number: int, role: str, script: dict[str, Any], days: float) -> Person:
    first = max([order[0] for order in script.get("orders", [])] + [0.0])
    stage, tier = script.get("stage", ""), script.get("tier", "usual")
    may = script.get("may", [0])[0]
    joined = 0.0 if may else max(0.0, days - first - 3)
    return Person(
        number, script["email"], script["name"], script["locale"], "GB", stage, tier, joined, days, True,
        may, 0.0, role, script,
    )  # fmt: skip


def everybody(structure: dict[str, Any], customers: int, seed: int) -> list[Person]:
    """The demo accounts first, then as many customers as asked for, each with numbers of their own."""
    days = float(structure["window"]["days"])
    known = [_known(i, role, script, days) for i, (role, script) in enumerate(scripts().items())]
    strangers = range(len(known), max(customers, len(known)))
    return known + [_person(numbers_of(seed, i), i, structure) for i in strangers]


def numbers_of(seed: int, number: int, topic: int = 0) -> np.random.Generator:
    """A source of numbers of one person for one topic, so that people do not depend on each other."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, topic, number))))
