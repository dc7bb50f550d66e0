"""One vote a day: however often a person or a browser looks at a product, it counts once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def one_a_day(looks: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Rows of (visit, customer, visitor, product, at, name) by time, without the visitor: the first of each
    person (else browser, else visit), product and name on a day.
    """
    said: set[tuple[Any, ...]] = set()
    day = ""
    for visit, customer, visitor, product, at, name in looks:
        if str(at)[:10] != day:
            day, said = str(at)[:10], set()
        who = customer or visitor or visit
        if who and (who, product, name) in said:
            continue
        said.add((who, product, name))
        yield visit, customer, product, at, name
