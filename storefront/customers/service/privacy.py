"""Everything that is known of a person, taken from the registry of personal data: given out, or erased."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.database import JOURNAL, Tx, db, snapshot, transaction, write_engine
from storefront.core.models import AuditEntry, ConsoleComment, ImportChange, Outbox
from storefront.core.plugins import collect
from storefront.core.privacy import PersonalData
from storefront.customers.errors import LastOwner, NoSuchCustomer
from storefront.customers.models import Customer
from storefront.customers.rules import email_key

STORES = {"shop": None, "journal": JOURNAL}
# What opens an account is never given out, not even to its owner.
SECRETS = {
    "customer": {"password_hash"},
    "authenticator": {"secret"},
    "recovery_code": {"code_hash"},
    "passkey": {"public_key"},
    "sign_in": {"token_hash"},
    "account_token": {"token_hash", "data"},
    "cart": {"token_hash"},
    "orders": {"public_token", "checkout_token"},
}
# Found by what they point at; events by the number they carry.
_BY_CONTENT = {"import_change", "outbox", "outbox_delivery"}


@dataclass(frozen=True)
class Subject:
    """Whose data it is. With `by_address`, guests' rows under the address are theirs too: nobody but whoever
    proved the address (or the shop's operator) may say so."""

    customer_id: int | None
    email: str
    email_key: str
    by_address: bool


@dataclass(frozen=True)
class Done:
    """What erasure did to the rows of one table."""

    store: str
    table: str
    action: str
    rows: int
    columns: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True)
class Archive:
    """All that is known: rows by store and table."""

    made_at: datetime
    email: str
    data: dict[str, dict[str, list[dict[str, Any]]]]

    @property
    def rows(self) -> int:
        return sum(len(rows) for tables in self.data.values() for rows in tables.values())


def find_subject(email: str, *, by_address: bool = True) -> Subject:
    """The person with this address. Raises NoSuchCustomer when it is no address."""
    key = email_key(email)
    if key is None:
        raise NoSuchCustomer(_("That is not an e-mail address."))
    row = db.session.execute(sa.select(Customer.id, Customer.email).where(Customer.email_key == key)).first()
    return Subject(row.id if row else None, row.email if row else email.strip(), key, by_address)


# --- whose rows -------------------------------------------------------------------------------------------


def _table(entry: PersonalData) -> sa.Table:
    return db.metadatas[STORES[entry.store]].tables[entry.table]


def _is_theirs(table: sa.Table, owner: str, subject: Subject) -> sa.ColumnElement[bool]:
    """The rows of `table` that belong to this person, by the registered way to their owner."""
    if "." in owner:
        return _through_parent(table, owner, subject)
    column = table.c[owner]
    parents = [key.column.table for key in column.foreign_keys if key.column.table.name != "customer"]
    if parents:
        return column.in_(_ids_of(parents[0], subject))
    if owner == "email_key":
        return column == subject.email_key
    if owner in {"to_email", "email"}:
        return sa.func.lower(column).in_({subject.email.lower(), subject.email_key.lower()})
    if owner == "id" and table.name != "customer":
        return sa.false()
    mine = column == subject.customer_id if subject.customer_id is not None else sa.false()
    if subject.by_address and owner == "customer_id" and "email_key" in table.c:
        return sa.or_(mine, sa.and_(column.is_(None), table.c.email_key == subject.email_key))
    return mine


def _ids_of(table: sa.Table, subject: Subject) -> sa.Select[Any]:
    """Keys of this person's rows in a table that others hang on."""
    owners = {entry.owner for entry in _entries() if entry.table == table.name}
    theirs = (_is_theirs(table, owner, subject) for owner in sorted(owners))
    return sa.select(*table.primary_key.columns).where(sa.or_(sa.false(), *theirs))


def _through_parent(table: sa.Table, owner: str, subject: Subject) -> sa.ColumnElement[bool]:
    name, _dot, column = owner.partition(".")
    parent = table.metadata.tables[name]
    key = next(key for key in table.foreign_keys if key.column.table is parent)
    theirs = sa.select(key.column).where(_is_theirs(parent, column, subject))
    return key.parent.in_(theirs)


def _entries() -> list[PersonalData]:
    return [entry for entry in collect("register_personal_data") if entry.table not in _BY_CONTENT]


def _imported(subject: Subject) -> Iterator[sa.ColumnElement[bool]]:
    """What imports remember of this person's rows."""
    change = ImportChange.__table__
    for entry in _entries():
        if entry.store == "shop" and "." not in entry.owner and "id" in _table(entry).c:
            table = _table(entry)
            ids = sa.select(table.c.id).where(_is_theirs(table, entry.owner, subject))
            yield sa.and_(change.c.object == table.name, change.c.row_id.in_(ids))


# --- giving out -------------------------------------------------------------------------------------------


def collect_personal_data(subject: Subject) -> Archive:
    """Everything that is registered for this person, from both stores."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for store, bind in STORES.items():
        with snapshot(bind) as session:
            tables = _tables_of(store, subject)
            found[store] = {name: _rows(session, *what) for name, what in tables.items()}
            if store == "shop":
                change = ImportChange.__table__
                known = list(_imported(subject))
                found[store][change.name] = _rows(session, change, sa.or_(sa.false(), *known))
    data = {store: {name: rows for name, rows in tables.items() if rows} for store, tables in found.items()}
    return Archive(clock.now(), subject.email, data)


def _tables_of(store: str, subject: Subject) -> dict[str, tuple[sa.Table, sa.ColumnElement[bool]]]:
    conditions: dict[str, list[sa.ColumnElement[bool]]] = {}
    for entry in _entries():
        if entry.store == store:
            condition = _is_theirs(_table(entry), entry.owner, subject)
            conditions.setdefault(entry.table, []).append(condition)
    tables = db.metadatas[STORES[store]].tables
    return {name: (tables[name], sa.or_(*those)) for name, those in conditions.items()}


def _rows(session: Session, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    shown = [column for column in table.c if column.name not in SECRETS.get(table.name, set())]
    query = sa.select(*shown).where(condition).order_by(*table.primary_key.columns)
    return [dict(row) for row in session.execute(query).mappings()]


def write_archive(archive: Archive) -> bytes:
    """The archive as a zip: one JSON file, and a page that says what it is."""
    content = {"made_at": archive.made_at.isoformat(), "email": archive.email, **archive.data}
    words = _(
        "Everything this shop knows about you. data.json holds it, table by table; what opens your account "
        "(passwords, keys) is left out."
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.json", json.dumps(content, ensure_ascii=False, indent=2, default=str))
        file.writestr("README.txt", words + "\n")
    return packed.getvalue()


# --- erasing ----------------------------------------------------------------------------------------------


def erase(subject: Subject) -> list[Done]:
    """Delete or empty everything but what the law keeps, and end the account. Raises LastOwner.

    The journal goes first: when it cannot be written, nothing has happened yet.
    """
    _refuse_last_owner(subject)
    done = list(_erase_journal(subject))
    with transaction() as tx:
        done += _forget_imports(tx, subject)
        for entry in _in_order(_entries()):
            if entry.store == "shop":
                done.append(_erase_entry(tx, entry, subject))
        _forget_events(tx, subject)
        done.append(_forget_notes(tx, subject))
        if subject.customer_id is not None:
            mine = sa.update(Customer).where(Customer.id == subject.customer_id)
            tx.execute(mine.values(disabled=True, role="customer", password_hash=None))
    return [item for item in done if item.rows]


def _refuse_last_owner(subject: Subject) -> None:
    owners = sa.select(Customer.id).where(
        Customer.role == "owner", Customer.disabled.is_(False), Customer.password_hash.is_not(None)
    )
    if list(db.session.execute(owners).scalars()) == [subject.customer_id]:
        raise LastOwner(_("A shop needs an owner: make somebody else one first."))


def _in_order(entries: Iterable[PersonalData]) -> list[PersonalData]:
    """What depends on others first, and in each table deletion last: until then its rows are found."""
    place = {table.name: number for number, table in enumerate(db.metadata.sorted_tables)}
    steps = {"keep": 0, "delete": 1, "blank": 2}

    def turn(entry: PersonalData) -> tuple[bool, int, int]:
        return entry.table == "customer", -place.get(entry.table, 0), steps[entry.on_erase]

    return sorted(entries, key=turn)


def _erase_journal(subject: Subject) -> Iterator[Done]:
    with write_engine(JOURNAL).connect() as connection:
        for entry in _entries():
            if entry.store == "journal":
                yield _erase_entry(connection, entry, subject)


def _erase_entry(connection: Tx | sa.Connection, entry: PersonalData, subject: Subject) -> Done:
    table = _table(entry)
    theirs = _is_theirs(table, entry.owner, subject)
    if entry.on_erase == "delete":
        rows = connection.execute(sa.delete(table).where(theirs)).rowcount
    elif entry.on_erase == "blank":
        empty = {name: _empty(table.c[name]) for name in entry.columns}
        rows = connection.execute(sa.update(table).where(theirs).values(empty)).rowcount
    else:
        rows = connection.execute(sa.select(sa.func.count()).select_from(table).where(theirs)).scalar_one()
    return Done(entry.store, entry.table, entry.on_erase, rows, entry.columns, entry.why)


def _empty(column: sa.Column[Any]) -> Any:
    if column.nullable:
        return sa.null()
    if isinstance(column.type, sa.JSON):
        return {}
    if isinstance(column.type, sa.String):
        return ""
    raise TypeError(f"{column} cannot be emptied; register it to be kept, or its row to be deleted")


def _forget_imports(tx: Tx, subject: Subject) -> list[Done]:
    gone = 0
    for condition in _imported(subject):
        gone += tx.execute(sa.delete(ImportChange).where(condition)).rowcount
    return [Done("shop", "import_change", "delete", gone, ("key", "before"))]


def _forget_notes(tx: Tx, subject: Subject) -> Done:
    """What the staff wrote about a customer goes; what they did stays, without before and after."""
    number = sa.select(Customer.public_id).where(Customer.id == subject.customer_id)
    about = ("customer", "customers", "staff")
    told = sa.delete(ConsoleComment).where(
        ConsoleComment.subject.in_(about), ConsoleComment.subject_key == number.scalar_subquery()
    )
    gone = tx.execute(told).rowcount
    deeds = sa.update(AuditEntry).where(AuditEntry.subject.in_(about))
    mine = deeds.where(AuditEntry.subject_key.in_([*tx.execute(number).scalars(), subject.email_key]))
    tx.execute(mine.values(before=sa.null(), after=sa.null()))
    tx.execute(deeds.where(AuditEntry.subject_key == subject.email_key).values(subject_key=""))
    return Done("shop", "console_comment", "delete", gone, ("body",))


def _forget_events(tx: Tx, subject: Subject) -> None:
    """Events keep the numbers of rows; an address in one goes."""
    address = Outbox.payload["email_key"].as_string()
    for row in tx.execute(sa.select(Outbox).where(address == subject.email_key)).scalars():
        row.payload = {**row.payload, "email_key": ""}
