"""Which column of a file means which field: recognised by name, or told by the owner."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storefront.core.imports.problems import Problem


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a format knows: the names its column goes by, and whether rows make no sense without
    it.
    """

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Field name to column index, hints given with a mapping (`at:mdy`), and the columns left over."""

    index: Mapping[str, int]
    hints: Mapping[str, str]
    unknown: tuple[str, ...]
    problems: tuple[Problem, ...]

    def of(self, name: str) -> int | None:
        """The index of a field's column, or None."""
        return self.index.get(name)


def plain_name(text: str) -> str:
    """A column's name without case, spaces, underscores, dots, slashes, brackets and hyphens."""
    return re.sub(r"[\s_\-./()\[\]]+", "", text).casefold()


def map_columns(
    columns: Sequence[str], fields: Sequence[Field], told: Mapping[str, str] | None = None
) -> ColumnMap:
    """Maps columns to fields. `told` is COLUMN -> FIELD, FIELD:HINT, or '' or '-' to leave a column out.

    What the owner told wins over what a name suggests; of several columns that suggest one field
    the alias listed first wins.
    """
    index: dict[str, int] = {}
    hints: dict[str, str] = {}
    problems: list[Problem] = []
    taken = _told(columns, fields, told or {}, index, hints, problems)
    _by_name(columns, fields, index, taken)
    found = ", ".join(columns)
    for field in fields:
        if field.required and field.name not in index:
            problems.append(Problem(1, "", "column_missing", {"field": field.name, "found": found}))
    unknown = tuple(column for place, column in enumerate(columns) if place not in taken and column)
    return ColumnMap(index, hints, unknown, tuple(problems))


def _by_name(columns: Sequence[str], fields: Sequence[Field], index: dict[str, int], taken: set[int]) -> None:
    plain = {plain_name(column): place for place, column in reversed(list(enumerate(columns)))}
    for field in fields:
        names = (plain_name(alias) for alias in (field.name, *field.aliases))
        free = [plain[name] for name in names if name in plain and plain[name] not in taken]
        if field.name not in index and free:
            index[field.name] = free[0]
            taken.add(free[0])


def _told(
    columns: Sequence[str],
    fields: Sequence[Field],
    told: Mapping[str, str],
    index: dict[str, int],
    hints: dict[str, str],
    problems: list[Problem],
) -> set[int]:
    plain = {plain_name(column): place for place, column in reversed(list(enumerate(columns)))}
    known = {plain_name(field.name): field.name for field in fields}
    taken: set[int] = set()
    for column, wish in told.items():
        name, _, hint = wish.partition(":")
        place = plain.get(plain_name(column))
        if place is None:
            problems.append(
                Problem(0, "", "column_not_there", {"wanted": column, "found": ", ".join(columns)})
            )
            continue
        taken.add(place)
        if name.strip() in ("", "-"):
            continue
        field = known.get(plain_name(name))
        if field is None:
            listed = ", ".join(field.name for field in fields)
            problems.append(Problem(0, column, "field_unknown", {"field": name, "fields": listed}))
            continue
        index[field] = place
        if hint:
            hints[field] = hint.strip()
    return taken
