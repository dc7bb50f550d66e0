"""Values of merchandising: an owner's rule, the occasion on which it is asked, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

EXCLUDE, PIN, BURY, BOOST = "exclude", "pin", "bury", "boost"
# Who decides where several rules speak of one product: the first of these; then the rule that stands higher.
PRECEDENCE = (EXCLUDE, PIN, BURY, BOOST)
MOST_PLACES = 12
LEAST_FACTOR, MOST_FACTOR = 101, 10_000  # hundredths: 1.01 to 100 times

# What became of a rule, in the order in which the reasons are looked for.
OFF, NOT_YET, OVER, SURFACE, PAGE, AUDIENCE = "off", "not_yet", "over", "surface", "page", "audience"
MISSING, HELD_BACK, NO_ROW, ABSENT, OUT = "missing", "held_back", "no_row", "absent", "out"
OVERRULED, SHOWN_ALREADY, BEYOND, UNMOVED, FIRED = "overruled", "shown", "beyond", "unmoved", "fired"


@dataclass(frozen=True)
class Rule:
    """What an owner wants: `action` on every product in `products`.

    `product_id` is set where the target is one product; a category or a brand has only `products`. `place`
    counts from 1, `factor` is in hundredths. Empty `surfaces`, `pages` and `audiences` mean all. `known` is
    False when what the rule is about does not exist any more.
    """

    key: str
    name: str
    action: str
    products: frozenset[int] = frozenset()
    product_id: int | None = None
    place: int = 1
    factor: int = 200
    surfaces: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    enabled: bool = True
    known: bool = True
    position: int = 0

    @property
    def rank(self) -> tuple[int, int, str]:
        """Rules in this order overrule those after them."""
        return (PRECEDENCE.index(self.action), self.position, self.key)


@dataclass(frozen=True)
class Occasion:
    """One row on one page for one person at one moment."""

    surface: str
    page: str
    audiences: frozenset[str]
    at: datetime
    held_back: bool = False


@dataclass(frozen=True)
class Pin:
    """A place that the owner gives away: to the first of `options` that may be shown. `key` is the rule's."""

    key: str
    place: int
    options: tuple[Any, ...]


@dataclass(frozen=True)
class Ruled:
    """How the rules dealt with an answer: `before` are its products in the engine's order, `decides` says
    which rule's word counts for a product."""

    rules: tuple[Rule, ...]
    occasion: Occasion
    before: tuple[int, ...] = ()
    decides: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """A product's place without and with the rules, from 1; None is nowhere."""

    product_id: int
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Verdict:
    """What became of a rule on an occasion: `code` FIRED with its `moves`, or the first reason why it did
    not; `by` is the rule that overruled it."""

    rule: Rule
    code: str
    moves: tuple[Move, ...] = ()
    by: Rule | None = None


def obstacle(rule: Rule, occasion: Occasion) -> str:
    """Why a rule is not even asked on this occasion; "" when it is."""
    checks = (
        (OFF, not rule.enabled),
        (NOT_YET, rule.starts_at is not None and occasion.at < rule.starts_at),
        (OVER, rule.ends_at is not None and occasion.at >= rule.ends_at),
        (SURFACE, bool(rule.surfaces) and occasion.surface not in rule.surfaces),
        (PAGE, bool(rule.pages) and occasion.page not in rule.pages),
        (AUDIENCE, bool(rule.audiences) and not rule.audiences & occasion.audiences),
        (MISSING, not rule.known),
        (HELD_BACK, occasion.held_back and rule.action != EXCLUDE),
    )
    return next((code for code, so in checks if so), "")
