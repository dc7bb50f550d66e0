"""The catalogue as the history sees it: what is on sale, found by handle."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Variant:
    """One thing that can be bought. Prices in minor units."""

    sku: str
    price: int
    was: int
    options: tuple[str, ...]


@dataclass(frozen=True)
class Article:
    """A product with its variants; `luxury` is its price rank within its department, 0 to 1."""

    handle: str
    title: str
    category: str
    variants: tuple[Variant, ...]
    luxury: float

    @property
    def department(self) -> str:
        return self.category.partition("-")[0]

    @property
    def price(self) -> int:
        return self.variants[0].price

    def appeal(self) -> float:
        """How well known it is among its neighbours: a number that depends on the handle alone."""
        return 1.0 / (1 + crc32(self.handle.encode()) % 9)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a catalogue file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def minor(price: str) -> int:
    """`12.90` -> 1290; an empty cell is 0."""
    pounds, _, pence = price.partition(".")
    return int(pounds or 0) * 100 + int((pence + "00")[:2])


class Shelves:
    """The articles that people could have bought: active and visible by now."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        rows = list(rows)
        products = {row["handle"]: row for row in rows if _on_sale(row)}
        variants: dict[str, list[tuple[int, Variant]]] = {}
        for row in rows:
            if row["kind"] == "variant":
                variants.setdefault(row["handle"], []).append((int(row["position"] or 0), _variant(row)))
        ranks = _ranks(products, variants)
        self.articles = [
            Article(handle, row["title@en"], row["category"], _sorted(variants[handle]), ranks[handle])
            for handle, row in sorted(products.items())
        ]
        self.by_handle = {article.handle: article for article in self.articles}
        self.by_sku = {variant.sku: article for article in self.articles for variant in article.variants}

    def __getitem__(self, handle: str) -> Article:
        if handle not in self.by_handle:
            raise ValueError(f"the catalogue has no product {handle!r}, which structure.toml asks for")
        return self.by_handle[handle]

    def skus(self, handle: str) -> list[str]:
        return [variant.sku for variant in self[handle].variants]


def _on_sale(row: Mapping[str, str]) -> bool:
    return row["kind"] == "product" and row["status"] == "active" and not row.get("visible_from")


def _variant(row: Mapping[str, str]) -> Variant:
    options = tuple(row.get(f"option{i}_value") or "" for i in (1, 2))
    return Variant(row["sku"], minor(row["price"]), minor(row.get("compare_at") or ""), options)


def _sorted(found: list[tuple[int, Variant]]) -> tuple[Variant, ...]:
    return tuple(variant for _, variant in sorted(found, key=lambda pair: pair[0]))


def _ranks(products: Mapping[str, Mapping[str, str]], variants: Mapping[str, list]) -> dict[str, float]:
    """Price rank of each product within its department, 0 for the cheapest."""
    departments: dict[str, list[tuple[int, str]]] = {}
    for handle, row in products.items():
        price = min(variant.price for _, variant in variants[handle])
        departments.setdefault(row["category"].partition("-")[0], []).append((price, handle))
    ranks = {}
    for members in departments.values():
        for place, (_, handle) in zip(np.linspace(0, 1, len(members)), sorted(members), strict=True):
            ranks[handle] = float(place)
    return ranks
