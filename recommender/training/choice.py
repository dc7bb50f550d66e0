"""Weights of a choice: which of a customer's candidates the next basket held (conditional logit).

McFadden 1974; with several products chosen the loss is the mean over customers of the softmax cross-entropy,
as in ListNet (Cao et al. 2007), which looks at the head of the list more than a yes-or-no loss does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 30


@dataclass(frozen=True)
class Choices:
    """Candidates one customer after the other: `first` are the places where one begins; `taken` is 0 or 1."""

    numbers: NDArray[np.float64]
    taken: NDArray[np.float64]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)


def fit(
    choices: Choices, usual: NDArray[np.float64], worth: float, free: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Weights that explain the choices, held to the usual ones as by `worth` customers' choices.

    Those that are not `free` stay as they are. Few choices leave the usual weights nearly as they are; none
    leave them unchanged.
    """
    from scipy.optimize import minimize

    if not len(choices):
        return usual
    held = worth / len(choices)
    result = minimize(
        _loss,
        usual,
        args=(choices, usual, held, free),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS},
    )
    return result.x if np.isfinite(result.x).all() else usual


def _loss(
    weights: NDArray[np.float64],
    choices: Choices,
    usual: NDArray[np.float64],
    held: float,
    free: NDArray[np.bool_] | None,
) -> tuple[float, NDArray[np.float64]]:
    numbers, taken, first = choices.numbers, choices.taken, choices.first
    lengths = np.diff(np.r_[first, len(taken)])
    score = numbers @ weights
    top = np.maximum.reduceat(score, first)
    odds = np.exp(score - np.repeat(top, lengths))
    total = np.add.reduceat(odds, first)
    share = taken / np.repeat(np.maximum(np.add.reduceat(taken, first), 1.0), lengths)
    said = float((top + np.log(total)).sum() - share @ score) / len(choices)
    slope = numbers.T @ (odds / np.repeat(total, lengths) - share) / len(choices)
    away = weights - usual
    slope += held * away
    return said + held * float(away @ away) / 2, slope if free is None else np.where(free, slope, 0.0)
