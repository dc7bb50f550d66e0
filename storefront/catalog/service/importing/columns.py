"""Where another shop system's columns are in a file, and what the owner says they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from storefront.catalog.rules.own_format import ColumnError
from storefront.core.imports.columns import plain_name
from storefront.core.imports.rejects import REASON_COLUMN


class FileColumns:
    """Columns by the names a format knows them by. `told` is COLUMN -> name, '' or '-' to leave one out."""

    def __init__(
        self, columns: Sequence[str], known_as: Callable[[str], str], told: Mapping[str, str]
    ) -> None:
        wishes = {plain_name(column): wish.strip() for column, wish in told.items()}
        self._places: dict[str, int] = {}
        self._names: dict[str, str] = {}
        for place, column in enumerate(columns):
            name = known_as(wishes.get(plain_name(column), column))
            if column and column != REASON_COLUMN and name not in ("", "-") and name not in self._places:
                self._places[name] = place
                self._names[name] = column

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        """The cells of a row by name."""
        return {name: row[place] for name, place in self._places.items()}

    def cell(self, row: Sequence[str], name: str) -> str:
        """One cell without spaces around it; empty when there is no such column."""
        place = self._places.get(name)
        return "" if place is None else row[place].strip()

    def shown(self, error: ColumnError) -> ColumnError:
        """The error with the column as the file at hand calls it."""
        error.column = self._names.get(error.column, error.column)
        return error
