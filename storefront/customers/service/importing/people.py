"""Customers out of files: staged row by row, matched by e-mail or old id, written as the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.imports.columns import map_columns
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.problems import Problem
from storefront.core.imports.reading import Table
from storefront.core.imports.registry import CHANGED, CREATED, SKIPPED, Item, Options, Outcome
from storefront.core.imports.rejects import REASON_COLUMN
from storefront.core.imports.staging import Staging
from storefront.customers.models import Consent, Customer
from storefront.customers.rules import email_key
from storefront.customers.service.accounts import new_public_id
from storefront.customers.service.importing import reasons  # noqa: F401 - adds its sentences
from storefront.customers.service.importing.columns import (
    ADDRESS,
    OWN_FIELDS,
    SHOPIFY,
    TEXTS,
    BadField,
    Record,
    moment_of,
    record_of,
    shopify_cells,
)

CUSTOMER, CONSENT = Customer.__table__, Consent.__table__
UNCHANGED = Outcome(SKIPPED, "unchanged")
FIELDS = ("external_id", "email", *TEXTS)
SOURCE = "import"


# --- staging ------------------------------------------------------------------------------------------------


def stage_own(table: Table, staging: Staging, options: Options) -> None:
    """Stages customers of the own format; columns may be mapped, unknown ones are kept."""
    known = map_columns(table.columns, OWN_FIELDS, options.mapping)
    for problem in known.problems:
        staging.refuse(problem)
    extra = {column: table.columns.index(column) for column in known.unknown if column != REASON_COLUMN}
    for column in extra:
        staging.warn(Problem(1, column, "column_kept"))

    def read(row: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        cells = {name: row[place] for name, place in known.index.items()}
        return cells, {column: row[place] for column, place in extra.items() if row[place]}

    _stage(
        table, staging, "regulars", read, {name: table.columns[place] for name, place in known.index.items()}
    )


def stage_shopify(table: Table, staging: Staging, options: Options) -> None:
    """Stages a Shopify customer export."""
    places = [
        (column, place) for place, column in enumerate(table.columns) if column and column != REASON_COLUMN
    ]

    def read(row: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        return shopify_cells({column: row[place] for column, place in places})

    _stage(table, staging, "shopify", read, {field: column for column, field in SHOPIFY.items() if field})


def _stage(
    table: Table,
    staging: Staging,
    format_name: str,
    read: Callable[[list[str]], tuple[dict[str, str], dict[str, str]]],
    columns: dict[str, str],
) -> None:
    staging.connection.execute("CREATE TEMP TABLE person (key TEXT PRIMARY KEY)")
    for line, row in table.rows(staging.damaged):
        staging.read += 1
        cells, kept = read(row)
        try:
            record = record_of(cells)
        except BadField as bad:
            column = columns.get(bad.field, bad.field)
            staging.reject(Problem(line, column, bad.error.code, bad.error.data))
            continue
        if kept:
            record["extra"][format_name] = kept
        key = _key(record)
        if not staging.connection.execute("INSERT OR IGNORE INTO person VALUES (?)", (key,)).rowcount:
            staging.reject(Problem(line, columns.get("email", ""), "customer_twice", {"value": key}))
            continue
        staging.add("customer", key, record, lines=1, weight=3)


def _key(record: Record) -> str:
    email = record["fields"].get("email")
    return (email_key(email) if email else None) or record["fields"]["external_id"]


# --- applying -----------------------------------------------------------------------------------------------


class People:
    """Customers by e-mail, or by the id in the old shop. Roles and passwords are never imported."""

    name = "customer"

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        return None

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        found = load_people(session, items)
        return [self._judge(found.get(item.key), item.payload)[0] for item in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        found = load_people(ledger.tx, items)
        outcomes = []
        for item in items:
            outcome, record = self._judge(found.get(item.key), item.payload)
            if record is not None:
                self._write(ledger, found.get(item.key), record)
            outcomes.append(outcome)
        return outcomes

    def _judge(self, there: Record | None, wanted: Record) -> tuple[Outcome, Record | None]:
        record = merged(there or empty_person(), wanted)
        if there is None:
            return Outcome(CREATED, objects={"customers": 1}), record
        if all(record[part] == there[part] for part in ("fields", "address", "consent", "extra")):
            return UNCHANGED, None
        return Outcome(CHANGED, objects={"customers_changed": 1}), record

    def _write(self, ledger: Ledger, there: Record | None, record: Record) -> None:
        fields = record["fields"]
        values: dict[str, Any] = {name: fields[name] for name in FIELDS}
        values["email_key"] = email_key(fields["email"]) if fields["email"] else None
        values["address"] = record["address"] or None
        values["extra"] = record["extra"] or None
        values["joined_at"] = moment_of(fields["joined_at"]) or clock.now()
        if there is None:
            row_id = ledger.next_id(CUSTOMER)
            fixed = {"id": row_id, "public_id": new_public_id(), "role": "customer", "disabled": False}
            ledger.insert(CUSTOMER, [{**fixed, **values}])
        else:
            row_id = there["id"]
            ledger.update(CUSTOMER, {"id": row_id}, values)
        before = there["consent"] if there else {}
        for purpose, given in sorted(record["consent"].items()):
            if before.get(purpose) != given:
                row = {"customer_id": row_id, "purpose": purpose, "given": given, "source": SOURCE}
                consent = {"id": ledger.next_id(CONSENT), "at": clock.now(), **row}
                # Consent is a log: what it said before an undo must stay to be read.
                ledger.insert(CONSENT, [consent], remember=False)


def empty_person() -> Record:
    """A customer of whom nothing is known."""
    blank = {**dict.fromkeys(FIELDS, ""), "external_id": None, "email": None, "country": None, "locale": None}
    return {"fields": {**blank, "joined_at": None}, "address": {}, "consent": {}, "extra": {}}


def merged(there: Record, wanted: Record) -> Record:
    """What is known with what a file says on top of it."""
    address = {**there["address"], **wanted["address"]}
    extra = {**there["extra"]}
    for name, cells in wanted.get("extra", {}).items():
        extra[name] = {**extra.get(name, {}), **cells}
    return {
        "fields": {**there["fields"], **wanted["fields"]},
        "address": {name: text for name, text in address.items() if text},
        "consent": {**there["consent"], **wanted["consent"]},
        "extra": extra,
    }


def load_people(session: Session, items: Sequence[Item]) -> dict[str, Record]:
    """Customers that exist, by the items' keys."""
    keys = [item.key for item in items]
    ids = {item.payload["fields"].get("external_id"): item.key for item in items}
    where = sa.or_(
        CUSTOMER.c.email_key.in_(keys), CUSTOMER.c.external_id.in_([known for known in ids if known])
    )
    found: dict[str, Record] = {}
    for record in records(session, where):
        email = record["fields"]["email"]
        by_mail = email_key(email) if email else None
        key = by_mail if by_mail in keys else ids.get(record["fields"]["external_id"])
        if key is not None:
            found[key] = record
    return found


def records(session: Session, where: Any = None) -> Iterator[Record]:
    """Customers as records, in the order in which exports write them."""
    consents = _consents(session, where)
    query = sa.select(CUSTOMER).order_by(CUSTOMER.c.joined_at, CUSTOMER.c.email_key, CUSTOMER.c.external_id)
    for row in session.execute(query if where is None else query.where(where)).mappings():
        fields = {name: row[name] for name in FIELDS}
        fields["joined_at"] = row["joined_at"].isoformat()
        address = {name: text for name, text in (row["address"] or {}).items() if name in ADDRESS and text}
        yield {
            "id": row["id"],
            "fields": fields,
            "address": address,
            "consent": consents.get(row["id"], {}),
            "extra": dict(row["extra"] or {}),
        }


def _consents(session: Session, where: Any = None) -> dict[int, dict[str, bool]]:
    """The newest word of each customer on each purpose; of all, or of those for whom `where` holds."""
    newest = sa.select(sa.func.max(CONSENT.c.id)).group_by(CONSENT.c.customer_id, CONSENT.c.purpose)
    if where is not None:
        newest = newest.where(CONSENT.c.customer_id.in_(sa.select(CUSTOMER.c.id).where(where)))
    query = sa.select(CONSENT.c.customer_id, CONSENT.c.purpose, CONSENT.c.given).where(
        CONSENT.c.id.in_(newest)
    )
    found: dict[int, dict[str, bool]] = {}
    for customer_id, purpose, given in session.execute(query):
        found.setdefault(customer_id, {})[purpose] = given
    return found
