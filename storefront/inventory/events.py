"""What happened to the stock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StockArrived:
    """A variant of which none was left can be taken from the shelf again: received, returned, corrected, or
    set aside for somebody and given back.

    Not sent when counting begins, nor when a variant may be backordered from now on. Whoever listens asks how
    many there are: at that moment it may be sold again.
    """

    variant_id: int
