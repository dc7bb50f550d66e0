"""Customers as cells: the shop's own columns and Shopify's, both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from storefront.core.imports.cells import CellError, as_kept, kept_cells, plain_text, yes_no
from storefront.core.imports.columns import Field
from storefront.core.imports.moments import Moments
from storefront.customers.rules import PURPOSES, email_key

Record = dict[str, Any]
ADDRESS = ("address1", "address2", "city", "province", "postcode")
TEXTS = ("first_name", "last_name", "phone", "company", "country", "locale", "note", "tags")
LIMITS = {
    "email": 320,
    "phone": 40,
    "country": 60,
    "locale": 8,
    "note": 20_000,
    "tags": 2_000,
    "external_id": 110,
}
CONSENTS = tuple(f"consent_{purpose}" for purpose in PURPOSES)
OWN_COLUMNS = ("external_id", "email", *TEXTS[:4], *ADDRESS, *TEXTS[4:], "joined_at", *CONSENTS, "extra")
OWN_FIELDS = tuple(
    Field(name, {"external_id": ("customer_id", "id"), "email": ("e-mail", "mail")}.get(name, ()))
    for name in OWN_COLUMNS
)

# Shopify's column -> our field; None: kept as it is, for exports.
SHOPIFY: dict[str, str | None] = {
    "Customer ID": "external_id",
    "First Name": "first_name",
    "Last Name": "last_name",
    "Email": "email",
    "Accepts Email Marketing": "consent_marketing",
    "Default Address Company": "company",
    "Default Address Address1": "address1",
    "Default Address Address2": "address2",
    "Default Address City": "city",
    "Default Address Province Code": "province",
    "Default Address Country Code": "country",
    "Default Address Zip": "postcode",
    "Default Address Phone": None,
    "Phone": "phone",
    "Accepts SMS Marketing": None,
    "Total Spent": None,
    "Total Orders": None,
    "Note": "note",
    "Tax Exempt": None,
    "Tags": "tags",
}
_MOMENTS = Moments()
_APOSTROPHE = ("Customer ID", "Phone", "Default Address Phone")


def is_own(columns: Sequence[str]) -> bool:
    """Whether a header is that of the own format."""
    return bool({"external_id", "email"} & set(columns)) and "Customer ID" not in columns


def is_shopify(columns: Sequence[str]) -> bool:
    """Whether a header is that of Shopify's customer export."""
    return {"First Name", "Email"} <= set(columns) and "Lineitem name" not in columns


def record_of(cells: Mapping[str, str]) -> Record:
    """A customer from cells by field name. Raises (field, CellError) wrapped in BadField."""
    record: Record = {"fields": {}, "address": {}, "consent": {}, "extra": {}}
    for name, cell in cells.items():
        try:
            _take(record, name, cell)
        except CellError as error:
            raise BadField(name, error) from None
    if not record["fields"].get("email") and not record["fields"].get("external_id"):
        raise BadField("email", CellError("customer_unnamed"))
    return record


class BadField(Exception):
    """A cell error with the field that it is about."""

    def __init__(self, field: str, error: CellError) -> None:
        super().__init__(field)
        self.field = field
        self.error = error


def _take(record: Record, name: str, cell: str) -> None:
    if name in CONSENTS:
        if cell.strip():
            record["consent"][name.removeprefix("consent_")] = yes_no(cell)
    elif name in ADDRESS:
        record["address"][name] = plain_text(cell, 200)
    elif name == "extra":
        record["extra"] = kept_cells(cell)
    elif name != "joined_at" or cell.strip():
        record["fields"][name] = _field(name, cell)


def _field(name: str, cell: str) -> str | None:
    if name == "joined_at":
        return _MOMENTS[cell].isoformat()
    text = plain_text(cell, LIMITS.get(name, 120), lines=name == "note")
    if name == "email" and text and email_key(text) is None:
        raise CellError("not_an_email", value=text)
    return text or None if name in ("email", "external_id", "country", "locale") else text


def shopify_cells(row: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(cells by our field, cells that are only kept) of a Shopify row."""
    known: dict[str, str] = {}
    kept: dict[str, str] = {}
    for column, cell in row.items():
        if column in _APOSTROPHE:
            cell = cell.removeprefix("'")
        field = SHOPIFY.get(column)
        if field == "tags":
            cell = "|".join(part.strip() for part in cell.split(",") if part.strip())
        if field is not None:
            known[field] = cell
        elif column and cell:
            kept[column] = cell
    return known, kept


def own_row(record: Record) -> dict[str, str]:
    """A customer as cells of the own format."""
    row = {name: record["fields"].get(name) or "" for name in ("external_id", "email", "joined_at", *TEXTS)}
    row |= {name: record["address"].get(name, "") for name in ADDRESS}
    row["extra"] = as_kept(record["extra"], "regulars")
    return row | {
        f"consent_{purpose}": "yes" if given else "no" for purpose, given in record["consent"].items()
    }


def shopify_row(record: Record, kept: Mapping[str, str]) -> dict[str, str]:
    """A customer as cells of Shopify's header."""
    own = own_row(record)
    row = {column: own.get(field, "") if field else kept.get(column, "") for column, field in SHOPIFY.items()}
    row["Tags"] = ", ".join(own["tags"].split("|")) if own["tags"] else ""
    row["Accepts Email Marketing"] = own.get("consent_marketing", "")
    for column in _APOSTROPHE:
        # As Shopify writes them: a spreadsheet would turn a long number into 1.2E+12.
        row[column] = f"'{row[column]}" if row[column][:1].isdigit() else row[column]
    return row


def moment_of(text: str | None) -> datetime | None:
    """A moment of a record, aware."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
