"""The demo shop: its catalogue, its people, and a generated order history with a known structure.

Light to import: numpy is loaded only when a history is written. Nothing of the shop is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).parent


def catalogue_path() -> Path:
    """The catalogue in the shop's own format; its pictures lie beside it in `art/`."""
    return HERE / "catalogue.csv"


def catalogue_rows() -> list[dict[str, str]]:
    """The rows of the catalogue as they stand in the file."""
    from .shelves import read_rows

    return read_rows(catalogue_path())


def accounts(seed: int = 7) -> list[dict[str, str]]:
    """The people one may sign in as: email, password, role, note, name, locale. For the demo only.

    A password is the role and the first eight hex digits of blake2s over "regulars demo SEED EMAIL": the same
    every time, so that a second `regulars demo` can print it without keeping it.
    """
    from .cast import accounts_of

    return accounts_of(seed)


def write_history(
    out_dir: Path,
    rows: Iterable[Mapping[str, str]],
    *,
    customers: int = 3000,
    seed: int = 7,
    until: datetime,
) -> Path:
    """Writes customers.csv, orders.csv.gz, events.csv.gz and ground_truth.json; returns the last one's path.

    `rows` is the catalogue that is sold from: products are found by handle, so SKUs and names may differ.
    The same arguments give the same files, byte for byte. Raises ValueError for a naive `until` or for
    a catalogue that lacks a product of structure.toml.
    """
    from .history import write

    return write(Path(out_dir), list(rows), customers=customers, seed=seed, until=until)
