"""The registry of personal data: export and erasure are made from one list, tested against the schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PersonalData:
    """Columns of `table` that say something about a person.

    `owner` is the column that leads to the customer (or 'id' in `customer` itself). `on_erase`:
    'delete' removes the row, 'blank' empties the columns, 'keep' keeps what the law demands, with `why`.
    """

    table: str
    columns: tuple[str, ...]
    owner: str
    on_erase: str
    why: str = ""
    store: str = "shop"
