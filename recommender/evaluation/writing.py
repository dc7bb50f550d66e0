"""A history as a file, as any shop could hand it over."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from recommender.interactions import Interactions

AT_ONCE = 100_000


def tables_of(data: Interactions) -> Iterator[dict[str, list[Any]]]:
    """All rows with their ids and times as text, some at a time."""
    customers, products = np.array(list(data.customers)), np.array(data.products.names)
    for start in range(0, len(data), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        yield {
            "customer": customers[data.customer[rows]].tolist(),
            "product": products[data.product[rows]].tolist(),
            "kind": ["purchase"] * len(data.at[rows]),
            "at": np.datetime_as_string(data.at[rows].astype("datetime64[s]")).tolist(),
            "order": [f"o{one}" for one in data.order[rows].tolist()],
            "price": data.price[rows].astype(float).tolist(),
        }


def write_csv(data: Interactions, path: Path) -> None:
    """A packed CSV with a header."""
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=4) as file:
        for number, table in enumerate(tables_of(data)):
            if not number:
                file.write(",".join(table) + "\n")
            file.writelines(",".join(map(str, row)) + "\n" for row in zip(*table.values(), strict=True))
