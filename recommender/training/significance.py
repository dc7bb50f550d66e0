"""Two old formulas that tell a pattern from chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


# The lower end of the 90 % interval, and how much the surprise of a pair counts beside its share.
CONFIDENCE_Z, SURPRISE = 1.64, 0.1


def strength_of(share: Numbers, expected: Numbers) -> Numbers:
    """Share of the buyers times a power of log(lift); 0 or less where it is not above chance.

    With the power 1 rare pairs win and few of them come true; with 0 the best-sellers win everywhere. The
    power was chosen on the validation windows of two histories.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.log(np.maximum(share, 0.0) / expected)
    return np.where(np.isfinite(surprise) & (surprise > 0), share * np.abs(surprise) ** SURPRISE, 0.0)


def lower_share(hits: Numbers, of: Numbers, z: float = CONFIDENCE_Z) -> Numbers:
    """The lower end of Wilson's interval of hits / of: small samples are trusted less."""
    n = np.maximum(of, 1e-12)
    share = np.minimum(hits / n, 1.0)
    spread = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.maximum((share + z * z / (2 * n) - spread) / (1 + z * z / n), 0.0)


def log_likelihood_ratio(both: Numbers, left: Numbers, right: Numbers, everyone: float) -> Numbers:
    """Dunning's G2 of a two-by-two table; 0 where the pair is not more frequent than chance."""
    total = max(everyone, 1e-12)
    cells = (both, left - both, right - both, total - left - right + both)
    chances = (left * right, left * (total - right), right * (total - left), (total - left) * (total - right))
    ratio = np.zeros_like(both, dtype=np.float64)
    for cell, chance in zip(cells, chances, strict=True):
        seen = np.maximum(cell, 0.0)
        expected = np.maximum(chance / total, 1e-300)
        ratio += 2 * np.where(seen > 0, seen * np.log(np.maximum(seen, 1e-300) / expected), 0.0)
    return np.where(both * total > left * right, np.maximum(ratio, 0.0), 0.0)
