"""What stands in most orders beside other things: the products that fill a row of complements.

Chosen one after the other, each for the orders that hold none of those before it: ten products that are all
in the same orders say less than ten that share them out (greedy cover, Nemhauser, Wolsey, Fisher 1978).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.training.complements import lines_of
from recommender.training.history import History

Rows = dict[str, NDArray]  # as `ragged.pack_rows` stores them

KEPT = 30
SHOWN = 5  # best complements of a product, which are surely seen
ELSEWHERE = 0.5  # what a product counts in a place of its own when it is among them
NOBODY = 1e30  # no product calls for it
LOOKED_AT = 100  # best-sellers among which they are chosen


def fit(history: History) -> dict[str, NDArray]:
    """`product` in that order; `gain`, falling: the share of orders that holds it and none before it;
    `chance`: the share that holds it.

    An order weighs as in `complements`, times the number of its other products: as many may ask for it.
    """
    lines = lines_of(history)
    size = np.diff(lines.basket_starts)
    worth = lines.weight * lines.vote_of(history) * np.maximum(size - 1, 0)
    worth /= max(float(worth.sum()), 1e-12)
    count = history.product_count
    chance = np.bincount(lines.product, weights=worth[lines.basket], minlength=count)
    likely = np.sort(np.argsort(-chance, kind="stable")[:LOOKED_AT])
    place = np.full(count, -1)
    place[likely] = np.arange(len(likely))
    inside = (place[lines.product] >= 0) & (worth[lines.basket] > 0)
    cells = (place[lines.product[inside]], lines.basket[inside])
    held = sparse.csr_matrix((np.ones(len(cells[0])), cells), shape=(len(likely), len(size)))
    chosen, gain = _cover(held, worth)
    return {
        "product": likely[chosen].astype(np.int32),
        "gain": np.array(gain, np.float32),
        "chance": chance[likely[chosen]].astype(np.float32),
    }


def callers(complements: Rows, neighbours: Rows, substitutes: Rows) -> dict[str, NDArray]:
    """Per product the strength of what calls for it most, by complements (`together`) and by neighbours that
    are no substitutes (`also`). More, where something shows it already.
    """
    starts, product = complements["indptr"], complements["product"]
    row = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    shown = product[np.arange(len(product)) - starts[row] < SHOWN]
    beside = np.repeat(np.arange(len(starts) - 1), np.diff(neighbours["indptr"]))
    instead = np.repeat(np.arange(len(starts) - 1), np.diff(substitutes["indptr"]))
    alike = np.isin(
        beside * len(starts) + neighbours["product"], instead * len(starts) + substitutes["product"]
    )
    most = np.zeros((2, len(starts) - 1))
    np.maximum.at(most[0], product, complements["strength"])
    np.maximum.at(most[1], neighbours["product"][~alike], neighbours["strength"][~alike])
    most[most <= 0] = NOBODY
    most[:, np.unique(shown)] /= ELSEWHERE
    return {"together": most[0].astype(np.float32), "also": most[1].astype(np.float32)}


def _cover(held: sparse.csr_matrix, worth: NDArray[np.float64]) -> tuple[list[int], list[float]]:
    """Rows in turn, the one that adds most worth first, with what it adds; ties by place."""
    left, chosen, gains = worth.copy(), list[int](), list[float]()
    while len(chosen) < min(KEPT, held.shape[0]):
        gain = (held @ left).astype(np.float32)
        best = int(gain.argmax())
        if gain[best] <= 1e-6:
            break
        chosen.append(best)
        gains.append(float(gain[best]))
        left[held.indices[held.indptr[best] : held.indptr[best + 1]]] = 0
    return chosen, gains
