"""Rows as if nothing else had ever been: not even the ids of what is left out remain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.interactions import Interactions
from recommender.vocabulary import NamedCodes, Vocabulary


def on_their_own(rows: Interactions) -> Interactions:
    """The same rows, as reading them from a file of their own would give them.

    How many customers and products there are shapes what a model learns (weights of rarity, first values of
    factors), so ids of the window must not be in the vocabularies that the engine is trained with.
    """
    customers, customer = _used(rows.customers, rows.customer)
    products, product = _used(rows.products, rows.product)
    categories, category = _used(rows.categories, rows.category)
    return replace(
        rows,
        customers=Vocabulary.of(customers),
        products=_named(products),
        categories=_named(categories),
        customer=customer,
        product=product,
        category=category,
        order=_renumbered(rows.order),
        session=_renumbered(rows.session),
    )


def _named(ids: list[str]) -> NamedCodes:
    words = Vocabulary.of(ids)
    return NamedCodes(words.blob, words.offsets)


def _used(words: Vocabulary, codes: NDArray[np.int32]) -> tuple[list[str], NDArray[np.int32]]:
    return [words.name(int(code)) for code in np.unique(codes[codes >= 0])], _renumbered(codes)


def _renumbered(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Used codes as 0, 1, ... in their order; -1 stays."""
    used = np.unique(codes[codes >= 0])
    return np.where(codes >= 0, np.searchsorted(used, codes), -1).astype(np.int32)
