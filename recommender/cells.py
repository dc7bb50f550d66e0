"""Turning raw cells of one chunk into numbers: each function names column and row when it cannot."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from recommender import columns
from recommender.errors import BadInteractions

Cells = Sequence[Any]
EARLIEST = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
MOST_PIECES = 1e9  # of one row
_KIND_CODES = {name: code for code, name in enumerate(columns.KINDS)}


class Coder(dict[Any, int]):
    """Numbers ids in order of appearance; '' and None are UNKNOWN (-1). 5 and 5.0 mean the id '5'."""

    def __init__(self, column: str) -> None:
        super().__init__({"": columns.UNKNOWN, None: columns.UNKNOWN})
        self.column = column
        self.names: list[str] = []

    def __missing__(self, raw: Any) -> int:
        name = _id_text(raw, self.column)
        code = self.get(name)
        if code is None:
            code = self[name] = len(self.names)
            self.names.append(name)
        if type(raw) is int:
            self[raw] = code  # numbers are common ids: look them up once
        return code

    def encode(self, cells: Cells) -> NDArray[np.int32]:
        """Codes of one chunk of cells."""
        return np.fromiter(map(self.__getitem__, cells), np.int32, count=len(cells))


def _id_text(raw: Any, column: str) -> str:
    if isinstance(raw, str):
        try:
            raw.encode("utf-8")
        except UnicodeEncodeError:
            raise BadInteractions(f"id {raw!r} is not valid Unicode text", column=column) from None
        return raw
    if isinstance(raw, (float, np.floating)):
        if math.isnan(raw):
            return ""
        return str(int(raw)) if float(raw).is_integer() else str(raw)
    if isinstance(raw, (int, np.integer, UUID)) and not isinstance(raw, bool):
        return str(raw)
    raise BadInteractions(f"{raw!r} is no id (text or a whole number is)", column=column)


def ids(cells: Cells, coder: Coder, first_row: int, *, required: bool = False) -> NDArray[np.int32]:
    """Codes of ids. Raises BadInteractions with the row for an unusable or, where required, empty id."""
    try:
        codes = coder.encode(cells)
    except (BadInteractions, TypeError):
        for place, cell in enumerate(cells):
            try:
                coder[cell]
            except (BadInteractions, TypeError):
                raise BadInteractions(
                    f"{cell!r} is no id", column=coder.column, row=first_row + place
                ) from None
        raise
    if required and (codes < 0).any():
        row = first_row + int(np.argmax(codes < 0))
        raise BadInteractions("empty", column=coder.column, row=row)
    return codes


def kinds(cells: Cells, first_row: int) -> NDArray[np.int8]:
    """Codes of the four kinds, whatever their letter case."""
    coded = [_KIND_CODES.get(cell, -1) if isinstance(cell, str) else -1 for cell in cells]
    if min(coded) < 0:
        for place, cell in enumerate(cells):
            coded[place] = _KIND_CODES.get(str(cell).strip().lower(), -1)
            if coded[place] < 0:
                known = ", ".join(columns.KINDS)
                problem = f"{_short(cell)} is none of {known}"
                raise BadInteractions(problem, column=columns.KIND, row=first_row + place)
    return np.array(coded, np.int8)


def quantities(cells: Cells, kind: NDArray[np.int8], first_row: int) -> NDArray[np.float64]:
    """Finite numbers up to MOST_PIECES; an empty cell or None is 1.

    NaN is no quantity, and only purchases and returns can be of a negative one.
    """
    values = numbers(cells, columns.QUANTITY, first_row, missing=1.0, nan=np.nan)
    seen_only = (kind != columns.PURCHASE) & (kind != columns.RETURN)
    _refuse(np.isnan(values), "is not a number", cells, columns.QUANTITY, first_row)
    _refuse(np.abs(values) > MOST_PIECES, "is out of range", cells, columns.QUANTITY, first_row)
    _refuse((values < 0) & seen_only, "is negative", cells, columns.QUANTITY, first_row)
    return values


def _refuse(wrong: NDArray[np.bool_], problem: str, cells: Cells, column: str, first_row: int) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        raise BadInteractions(f"{_short(cells[place])} {problem}", column=column, row=first_row + place)


def texts(cells: Cells, column: str, first_row: int) -> dict[int, str]:
    """Those cells that hold words, by their place. Raises BadInteractions for what is no text."""
    found = {place: cell for place, cell in enumerate(cells) if cell is not None and cell != ""}
    for place, cell in found.items():
        if not isinstance(cell, str):
            raise BadInteractions(f"{_short(cell)} is no text", column=column, row=first_row + place)
    return found


def numbers(
    cells: Cells, column: str, first_row: int, *, missing: float, nan: float | None = None
) -> NDArray[np.float64]:
    """Finite numbers; an empty cell or None becomes `missing`, NaN becomes `nan` or else `missing` too."""
    try:
        values = np.array([missing if cell is None or cell == "" else cell for cell in cells]).astype(
            np.float64
        )
    except (ValueError, TypeError, OverflowError):
        values = np.array([_number(c, column, first_row + i, missing) for i, c in enumerate(cells)])
    values[np.isnan(values)] = missing if nan is None else nan
    _refuse(np.abs(values) > 1e15, "is out of range", cells, column, first_row)
    return values


def _number(cell: Any, column: str, row: int, missing: float) -> float:
    if cell is None or cell == "":
        return missing
    try:
        return float(cell)
    except (ValueError, TypeError, OverflowError):
        raise BadInteractions(f"{_short(cell)} is not a number", column=column, row=row) from None


def times(cells: Cells, first_row: int) -> NDArray[np.int64]:
    """Seconds since 1970 (UTC) of ISO text, datetime, date, datetime64 or seconds; without zone it is UTC."""
    seconds = _fast_times(cells)
    if seconds is None:
        known: dict[Any, int] = {}
        seconds = np.array([_time(cell, first_row + i, known) for i, cell in enumerate(cells)], np.int64)
    wrong = (seconds < EARLIEST) | (seconds >= LATEST)
    if wrong.any():
        place = int(np.argmax(wrong))
        problem = f"{_short(cells[place])} lies outside the years 1900 to 2199"
        raise BadInteractions(problem, column=columns.AT, row=first_row + place)
    return seconds


def _fast_times(cells: Cells) -> NDArray[np.int64] | None:
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return None if np.isnat(cells).any() else cells.astype("datetime64[s]").astype(np.int64)
    # numpy also reads words such as "now" and years alone; a plain date has ten characters
    if not all(type(cell) is str and 10 <= len(cell) <= 27 for cell in cells):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy only warns about a time zone that it ignores
        try:
            parsed = np.array(cells, "datetime64[us]")
        except (ValueError, UserWarning, DeprecationWarning):
            return None
    return None if np.isnat(parsed).any() else parsed.astype("datetime64[s]").astype(np.int64)


def _time(cell: Any, row: int, known: dict[Any, int]) -> int:
    try:
        if cell in known:
            return known[cell]
        known[cell] = _one_time(cell)
    except (ValueError, TypeError, OverflowError, OSError):
        problem = f"{_short(cell)} is no date or time (expected like 2026-11-05 or 2026-11-05T14:30:00+00:00)"
        raise BadInteractions(problem, column=columns.AT, row=row) from None
    return known[cell]


def _one_time(cell: Any) -> int:
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[s]").item()
    if isinstance(cell, str):
        cell = datetime.fromisoformat(cell.strip())
    if isinstance(cell, datetime):
        aware = cell if cell.tzinfo else cell.replace(tzinfo=UTC)
        return math.floor(aware.timestamp())
    if isinstance(cell, date):
        return int(datetime(cell.year, cell.month, cell.day, tzinfo=UTC).timestamp())
    if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        return math.floor(cell)
    raise TypeError(cell)


def _short(cell: Any) -> str:
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."
