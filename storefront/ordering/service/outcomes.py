"""How an event ended."""

from __future__ import annotations

from dataclasses import dataclass

APPLIED, IGNORED, PARKED, ATTENTION = "applied", "ignored", "parked", "attention"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` is one of the four above, `reason` a keyword."""

    state: str
    reason: str
