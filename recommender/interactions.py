"""The engine's only input: who did what with which product, when; as integer columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender import cells, columns
from recommender.errors import BadInteractions
from recommender.vocabulary import NamedCodes, Vocabulary

CHUNK = 65_536  # rows held as Python objects at a time


@dataclass(frozen=True)
class Interactions:
    """Rows as codes, in the order given and without repeated rows. Made by `read`.

    `at` is seconds since 1970 UTC, `price` 0 where unknown, codes -1 where empty. `ignored` names the
    columns that the input had and the engine does not use.
    """

    customers: Vocabulary
    products: NamedCodes
    categories: NamedCodes
    customer: NDArray[np.int32]
    product: NDArray[np.int32]
    kind: NDArray[np.int8]
    at: NDArray[np.int64]
    quantity: NDArray[np.float64]
    order: NDArray[np.int32]
    session: NDArray[np.int32]
    price: NDArray[np.float32]
    category: NDArray[np.int32]
    ignored: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)  # what a product is, in words

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def read(cls, source: Any) -> Interactions:
        """Read a CSV, CSV.gz or Parquet path, a pyarrow Table, a dict of columns or an iterable of dicts.

        Rows equal in customer, product, kind, time, order, session, quantity and price count once. An empty
        customer means unknown; a missing quantity (empty or None) is 1; a purchase of a negative quantity is
        a return; a price that is missing, NaN or not above 0 is unknown. Raises BadInteractions naming column
        and row.
        """
        builder = Builder()
        for chunk in _chunks_of(source):
            builder.add(chunk)
        return builder.finish()

    def where(self, rows: NDArray[np.bool_]) -> Interactions:
        """The same ids and codes with only these rows."""
        picked = {name: getattr(self, name)[rows] for name in _ROW_FIELDS}
        return replace(self, **picked)


_ROW_FIELDS = ("customer", "product", "kind", "at", "quantity", "order", "session", "price", "category")


def _chunks_of(source: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(source, (str, PathLike)):
        from recommender.files import chunks_of_file

        return chunks_of_file(source)
    if type(source).__module__.partition(".")[0] == "pyarrow":
        from recommender.tables import chunks_of_table

        return chunks_of_table(source)
    if hasattr(source, "keys") and hasattr(source, "__getitem__"):
        return slices(source)
    if isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray)):
        return (part for table in source for part in slices(table))
    raise BadInteractions(f"cannot read a {type(source).__name__}: give a path, a table or a dict of columns")


def slices(table: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """A table of columns, cut into chunks. Raises BadInteractions when columns differ in length."""
    if not hasattr(table, "keys"):
        raise BadInteractions(f"a chunk must be a dict of columns, not a {type(table).__name__}")
    taken = {name: _column(table[name], name) for name in table.keys()}  # noqa: SIM118  (of a data frame)
    lengths = {name: len(column) for name, column in taken.items()}
    if len(set(lengths.values())) > 1:
        raise BadInteractions(f"columns differ in length: {lengths}")
    for start in range(0, max(lengths.values(), default=0), CHUNK):
        yield {name: column[start : start + CHUNK] for name, column in taken.items()}
    if not any(lengths.values()):
        yield taken


def _column(column: Any, name: str) -> Any:
    if isinstance(column, (str, bytes)) or not hasattr(column, "__len__"):
        problem = f"a column must be a list or an array, not {type(column).__name__}"
        raise BadInteractions(problem, column=name)
    return column if isinstance(column, (list, tuple, np.ndarray)) else np.asarray(column)


class Builder:
    """Collects chunks of raw columns; holds integers only, never the cells."""

    def __init__(self) -> None:
        names = (columns.CUSTOMER, columns.PRODUCT, columns.ORDER, columns.SESSION, columns.CATEGORY)
        self.coders = {name: cells.Coder(name) for name in names}
        self.parts: dict[str, list[NDArray[Any]]] = {name: [] for name in columns.OF_A_ROW}
        self.rows = 0
        self.ignored: set[str] = set()
        self.about: dict[str, str] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Code one chunk. Raises BadInteractions naming column and row of the first bad cell."""
        for name in columns.REQUIRED:
            if name not in chunk:
                raise BadInteractions(
                    f"missing; the table has {', '.join(map(str, chunk)) or 'none'}", column=name
                )
        self.ignored |= {str(name) for name in chunk if name not in columns.KNOWN}
        count = len(chunk[columns.AT])
        if not count:
            return
        first = self.rows + 1
        for name, coder in self.coders.items():
            raw = _plain(chunk[name]) if name in chunk else None
            required = name == columns.PRODUCT
            coded = (
                np.full(count, -1, np.int32)
                if raw is None
                else cells.ids(raw, coder, first, required=required)
            )
            self.parts[name].append(coded)
        if columns.ABOUT in chunk:
            names = self.coders[columns.PRODUCT].names
            said = cells.texts(_plain(chunk[columns.ABOUT]), columns.ABOUT, first)
            codes = self.parts[columns.PRODUCT][-1]
            self.about |= {names[codes[place]]: text for place, text in said.items()}
        kind = cells.kinds(_plain(chunk[columns.KIND]), first)
        quantity = cells.quantities(_numbers(chunk, columns.QUANTITY, count), kind, first)
        kind[(kind == columns.PURCHASE) & (quantity < 0)] = columns.RETURN
        price = cells.numbers(_numbers(chunk, columns.PRICE, count), columns.PRICE, first, missing=0.0)
        self.parts[columns.KIND].append(kind)
        self.parts[columns.QUANTITY].append(np.abs(quantity))
        self.parts[columns.PRICE].append(np.maximum(price, 0).astype(np.float32))
        self.parts[columns.AT].append(cells.times(_time_cells(chunk[columns.AT]), first))
        self.rows += count

    def finish(self) -> Interactions:
        """All chunks as one value. Raises BadInteractions when there was no row."""
        if not self.rows:
            raise BadInteractions("the table has no rows")
        taken: dict[str, Any] = {}
        for name in columns.OF_A_ROW:
            taken[name] = np.concatenate(self.parts.pop(name))
        kinds_of_vocabulary = ((columns.CUSTOMER, Vocabulary), (columns.PRODUCT, NamedCodes))
        for name, vocabulary in (*kinds_of_vocabulary, (columns.CATEGORY, NamedCodes)):
            names = self.coders[name].names
            words = vocabulary.of(names)
            taken[_PLURAL[name]] = words
            taken[name] = _renumbered(taken[name], names)
        self.coders.clear()
        data = Interactions(ignored=tuple(sorted(self.ignored)), about=self.about, **taken)
        repeated = _repeated(data)
        return data.where(~repeated) if repeated.any() else data


_PLURAL = {columns.CUSTOMER: "customers", columns.PRODUCT: "products", columns.CATEGORY: "categories"}


def _plain(column: Any) -> Any:
    """Python values of an array column: hashing them is far cheaper than numpy scalars."""
    return column.tolist() if isinstance(column, np.ndarray) else column


def _numbers(chunk: Mapping[str, Any], name: str, count: int) -> Any:
    return _plain(chunk[name]) if name in chunk else [None] * count


def _time_cells(column: Any) -> Any:
    return column if isinstance(column, np.ndarray) and column.dtype.kind == "M" else _plain(column)


def _renumbered(codes: NDArray[np.int32], names: list[str]) -> NDArray[np.int32]:
    """Codes by appearance -> codes by alphabet (-1 stays)."""
    rank = np.full(len(names) + 1, -1, np.int32)  # the last entry answers for -1
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names), dtype=np.int32)
    return rank[codes]


def _repeated(data: Interactions) -> NDArray[np.bool_]:
    """Rows that say exactly what an earlier row said."""
    keys: list[NDArray[Any]] = [data.customer, data.product, data.kind, data.at, data.order, data.session]
    keys += [data.quantity.view(np.int64), data.price.view(np.int32)]
    mixed = np.zeros(len(data), np.uint64)
    for key in keys:
        mixed = (mixed ^ key.astype(np.int64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    ordered = np.argsort(mixed, kind="stable")
    now, before = ordered[1:], ordered[:-1]
    suspects = mixed[now] == mixed[before]
    now, before = now[suspects], before[suspects]
    same = np.ones(len(now), np.bool_)
    for key in keys:
        same &= key[now] == key[before]
    repeated = np.zeros(len(data), np.bool_)
    repeated[now[same]] = True
    return repeated
