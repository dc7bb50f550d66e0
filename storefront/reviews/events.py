"""What happened around wishes and requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TurnOfOthers:
    """A variant is back, the first in the queue were told of it, and as many as `people` more may be.

    Sent only when one command could not hold all of them.
    """

    variant_id: int
    people: int
