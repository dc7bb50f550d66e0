"""What happened around wishes and requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TurnOfOthers:
    """A variant is back, the first in the queue were told of it, and as many as `people` more may be.

    Sent until the queue is empty or all who may be were told; a command holds a few hundred.
    """

    variant_id: int
    people: int
