"""What a feature hands to the engine: formats that read files into items, and targets that apply items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app
from flask_babel import gettext
from sqlalchemy.orm import Session

from storefront.core.database import Tx
from storefront.core.errors import Refusal
from storefront.core.plugins import collect

if TYPE_CHECKING:
    from storefront.core.imports.ledger import Ledger
    from storefront.core.imports.reading import Table
    from storefront.core.imports.staging import Staging

CREATED, CHANGED, SKIPPED, REJECTED = "created", "changed", "skipped", "rejected"


@dataclass(frozen=True, slots=True)
class Options:
    """What the owner said about a run. `mapping` is COLUMN -> FIELD; `more` holds a format's own wishes."""

    currency: str = "GBP"
    languages: tuple[str, ...] = ("en",)
    mapping: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to apply: `lines` input rows stand behind it, `weight` is about how many rows it writes."""

    seq: int
    target: str
    key: str
    lines: int
    weight: int
    payload: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item. `objects` counts what it wrote; `reason` says why it was not taken."""

    state: str
    reason: str = ""
    objects: Mapping[str, int] = field(default_factory=dict)


class Target(Protocol):
    """Applies items of one kind. Only `apply` runs inside a transaction, so it must be short.

    A chunk comes in parts, each prepared by itself, unless the target says `in_parts = False`.
    """

    name: str

    def prepare(self, items: Sequence[Item], batch: str) -> Any:
        """Everything that needs no write lock: decode, look up, encode pictures."""

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        """What `apply` would do now, judged without writing."""

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: Any) -> list[Outcome]:
        """Writes the items through the ledger; one outcome per item, in their order."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write rows in a file. `recognise` judges the header; `stage` reads all rows into items."""

    name: str
    recognise: Callable[[Sequence[str]], bool]
    stage: Callable[[Table, Staging, Options], None]


@dataclass(frozen=True, slots=True)
class Importer:
    """A feature's share in importing one kind. Several features may add to the same kind.

    `owned` names tables whose rows belong to the row they point at and go with it when a batch is undone;
    `blockers(tx, table, ids, batch)` may name further rows that must stay, with the reason; `removing` and
    `removed(tx, table, ids)` are called before and behind taking rows back (`removed` for restored ones too).
    `undo(batch_id, batch)` takes back what lies outside the shop's own store and returns how much that was.
    """

    kind: str
    formats: tuple[Format, ...] = ()
    targets: tuple[Target, ...] = ()
    owned: frozenset[str] = frozenset()
    finish: Callable[[Tx, str], None] | None = None
    blockers: Callable[[Tx, str, Sequence[int], str], Mapping[int, str]] | None = None
    undo: Callable[[int, str], int] | None = None
    removing: Callable[[Tx, str, Sequence[int]], None] | None = None
    removed: Callable[[Tx, str, Sequence[int]], None] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of an export: the header, the rows, and files that its cells name (relative name -> where
    it is).
    """

    columns: Sequence[str]
    rows: Iterable[Sequence[str]]
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exporter:
    """How one kind is written: by format, the first one being the shop's own.

    Each reads a stable view of the shop.
    """

    kind: str
    formats: Mapping[str, Callable[[Session, Options], Sheet]]


def importers_of(kind: str) -> list[Importer]:
    """All features' shares in one kind. Raises Refusal for a kind nobody reads."""
    found = [importer for importer in collect("register_importers") if importer.kind == kind]
    if not found:
        raise Refusal(gettext("“%(kind)s” cannot be imported.", kind=kind))
    return found


def exporter_of(kind: str) -> Exporter:
    """Who writes one kind. Raises Refusal for a kind nobody writes."""
    for exporter in collect("register_exporters"):
        if exporter.kind == kind:
            return exporter
    raise Refusal(gettext("“%(kind)s” cannot be exported.", kind=kind))


def export_kinds() -> list[str]:
    """Every kind that can be exported, in the order of the features."""
    return [exporter.kind for exporter in collect("register_exporters")]


def scratch_folder() -> Path:
    """Where staging files live; made when missing."""
    folder = Path(current_app.instance_path) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
