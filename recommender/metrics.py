"""Ranking metrics of one list against what came true."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log2


def recall(shown: Sequence[int], wanted: Collection[int]) -> float:
    """Share of the wanted that was shown."""
    return len(set(shown) & set(wanted)) / len(wanted) if wanted else 0.0


def hit(shown: Sequence[int], wanted: Collection[int]) -> float:
    """1 when anything wanted was shown."""
    return 1.0 if set(shown) & set(wanted) else 0.0


def ndcg(shown: Sequence[int], wanted: Collection[int], n: int) -> float:
    """Hits weighted by place, divided by the best that was possible."""
    if not wanted:
        return 0.0
    gain = sum(1 / log2(place + 2) for place, product in enumerate(shown[:n]) if product in wanted)
    return gain / sum(1 / log2(place + 2) for place in range(min(n, len(wanted))))
