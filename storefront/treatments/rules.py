"""Who is held back, and what a row about a strip may weigh. Pure.

A treatment is a personal thing that the shop does, by its name. Of each, a share of the people is held back:
they get what everybody gets, so that one can see what the personal thing changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TREATED, HELD_BACK = "treated", "held_back"
PERCENT_PAGES, MOST_PERCENT = 5, 50
LARGEST_ROW = 2_000  # bytes of what was shown and left out
_STEPS = 10_000


def person_key(customer_id: int | None, visitor: str | None) -> str | None:
    """Whom an assignment holds for: the customer wherever they are, else this browser's visitor."""
    if customer_id is not None:
        return f"customer:{customer_id}"
    return f"visitor:{visitor}" if visitor else None


def arm_of(treatment: str, person: str, salt: str, percent: float) -> str:
    """The arm of `person`: the same whenever it is asked, and as good as drawn anew for each treatment.

    Who is held back at 5 percent is held back at 10 percent too.
    """
    digest = hashlib.sha256(f"{treatment}\0{person}\0{salt}".encode()).digest()
    return HELD_BACK if int.from_bytes(digest[:8]) % _STEPS < percent * _STEPS / 100 else TREATED


@dataclass(frozen=True)
class Exposure:
    """A strip as somebody saw it.

    `shown` are (SKU, source, score) in order; `filtered` (product id, why it is not there) of better ones;
    `inputs` what the engine was asked with.
    """

    treatment: str
    arm: str
    surface: str
    page: str
    slot: str
    artifact: str
    shown: tuple[tuple[str, str, float], ...]
    filtered: tuple[tuple[int, str], ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)


def packed(exposure: Exposure) -> dict[str, Any]:
    """What its row holds: all of it, or as much as fits. What was shown is cut last."""
    shown: list[Sequence[Any]] = [(sku, source, round(score, 4)) for sku, source, score in exposure.shown]
    filtered: list[Sequence[Any]] = list(exposure.filtered)
    inputs = dict(exposure.inputs)
    while weight({"shown": shown, "filtered": filtered, "inputs": inputs}) > LARGEST_ROW:
        if filtered:
            filtered.pop()
        elif inputs:
            inputs = {}
        else:
            shown.pop()
    return {
        "shown": [list(one) for one in shown],
        "filtered": [list(one) for one in filtered],
        "inputs": inputs,
    }


def weight(values: Mapping[str, Any]) -> int:
    """Bytes of it as JSON."""
    return len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())


# --- outcomes ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SoldLine:
    """A line of an order: what was paid for it, and how many of its pieces came back or were paid back."""

    product_id: int | None
    quantity: int
    back: int
    total_minor: int

    @property
    def kept(self) -> int:
        """Pieces that stayed with the customer."""
        return max(self.quantity - self.back, 0)

    @property
    def kept_minor(self) -> int:
        """What was paid for those."""
        return self.total_minor * self.kept // self.quantity if self.quantity > 0 else 0


@dataclass(frozen=True)
class Outcome:
    """What an order was worth, goods only, net of what came back."""

    gross_minor: int
    net_minor: int
    pieces: int
    products: tuple[tuple[int, int, int], ...]


def outcome_of(lines: Sequence[SoldLine], *, cancelled: bool, refunded_minor: int = 0) -> Outcome:
    """What the lines of an order come to; of one that was cancelled nothing is left.

    Money may go back without goods (`refunded_minor`, of the whole order): what is worth less counts.
    """
    gross = sum(line.total_minor for line in lines)
    if cancelled:
        return Outcome(gross, 0, 0, ())
    products = tuple(
        (line.product_id, line.kept, line.kept_minor) for line in lines if line.product_id and line.kept
    )
    net = max(min(sum(line.kept_minor for line in lines), gross - refunded_minor), 0)
    return Outcome(gross, net, sum(line.kept for line in lines), products)
