"""Products of the shop as records, with the ids of their rows: what an import compares with and an export
writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules.records import PRODUCT_FIELDS, TEXT_FIELDS, VARIANT_FIELDS, Record, empty_record
from storefront.catalog.service import tables as t

# Named as text, as foreign keys are: the inventory stands above the catalogue.
STOCK = sa.table(
    "stock",
    sa.column("variant_id", sa.Integer),
    sa.column("available", sa.BigInteger),
    sa.column("held", sa.BigInteger),
    sa.column("backorder", sa.Boolean),
)


@dataclass(slots=True)
class Loaded:
    """A product's record and the ids behind it: options and attributes by key, values by (option, key),
    variants by SKU, pictures in the record's order. `labels` are all values of its options by id."""

    id: int
    record: Record
    options: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    variants: dict[str, int] = field(default_factory=dict)
    pictures: list[int] = field(default_factory=list)
    categories: dict[str, int] = field(default_factory=dict)
    labels: dict[int, Record] = field(default_factory=dict)


def load_by_handles(session: Session, handles: Sequence[str]) -> dict[str, Loaded]:
    """Products by handle, those that exist."""
    found = session.execute(sa.select(t.product).where(t.product.c.slug.in_(list(handles)))).mappings().all()
    return {loaded.record["handle"]: loaded for loaded in _load(session, found)}


def load_by_ids(session: Session, product_ids: Sequence[int]) -> dict[int, Loaded]:
    """Products by id, those that exist."""
    query = sa.select(t.product).where(t.product.c.id.in_(list(product_ids))).order_by(t.product.c.slug)
    found = session.execute(query).mappings().all()
    return {loaded.id: loaded for loaded in _load(session, found)}


def load_all(session: Session, chunk: int = 200) -> Iterator[Loaded]:
    """Every product, by handle, a chunk at a time."""
    last = ""
    while True:
        query = sa.select(t.product).where(t.product.c.slug > last).order_by(t.product.c.slug).limit(chunk)
        found = session.execute(query).mappings().all()
        if not found:
            return
        yield from _load(session, found)
        last = found[-1]["slug"]


def _load(session: Session, rows: Sequence[Any]) -> list[Loaded]:
    loaded = {row["id"]: Loaded(row["id"], _record(row)) for row in rows}
    if loaded:
        for part in (_categories, _texts, _options, _attributes, _variants, _pictures):
            part(session, loaded)
    return list(loaded.values())


def _record(row: Any) -> Record:
    record = empty_record(row["slug"])
    for name in PRODUCT_FIELDS:
        if name != "category":
            record["fields"][name] = row[name]
    for name in ("visible_from", "visible_until"):
        moment = row[name]
        record["fields"][name] = moment.isoformat() if moment else None
    record["extra"] = dict(row["extra"] or {})
    return record


def _categories(session: Session, loaded: dict[int, Loaded]) -> None:
    names = sa.select(t.product.c.id, t.category.c.slug).join(
        t.category, t.category.c.id == t.product.c.category_id
    )
    for product_id, slug in session.execute(names.where(t.product.c.id.in_(loaded))):
        loaded[product_id].record["fields"]["category"] = slug
    shelf = t.product_category
    query = (
        sa.select(shelf.c.product_id, t.category.c.slug, t.category.c.id)
        .join(t.category, t.category.c.id == shelf.c.category_id)
        .where(shelf.c.product_id.in_(loaded))
        .order_by(shelf.c.product_id, shelf.c.position, t.category.c.slug)
    )
    for product_id, slug, category_id in session.execute(query):
        loaded[product_id].record["categories"].append(slug)
        loaded[product_id].categories[slug] = category_id


def _texts(session: Session, loaded: dict[int, Loaded]) -> None:
    text = t.product_text
    query = sa.select(text).where(text.c.product_id.in_(loaded)).order_by(text.c.product_id, text.c.locale)
    for row in session.execute(query).mappings():
        texts = {name: row[name] for name in TEXT_FIELDS}
        loaded[row["product_id"]].record["texts"][row["locale"]] = texts


def _options(session: Session, loaded: dict[int, Loaded]) -> None:
    option = t.option
    query = (
        sa.select(option)
        .where(option.c.product_id.in_(loaded))
        .order_by(option.c.product_id, option.c.position)
    )
    by_id: dict[int, Record] = {}
    for row in session.execute(query).mappings():
        by_id[row["id"]] = {"key": row["key"], "names": {}}
        loaded[row["product_id"]].record["options"].append(by_id[row["id"]])
        loaded[row["product_id"]].options[row["key"]] = row["id"]
    if by_id:
        names = (
            sa.select(t.option_text)
            .where(t.option_text.c.option_id.in_(by_id))
            .order_by(t.option_text.c.locale)
        )
        for row in session.execute(names).mappings():
            by_id[row["option_id"]]["names"][row["locale"]] = row["name"]


def _attributes(session: Session, loaded: dict[int, Loaded]) -> None:
    fact = t.attribute
    query = (
        sa.select(fact)
        .where(fact.c.product_id.in_(loaded))
        .order_by(fact.c.product_id, fact.c.position, fact.c.id)
    )
    by_id: dict[int, Record] = {}
    for row in session.execute(query).mappings():
        by_id[row["id"]] = {"key": row["key"], "value": row["value"], "names": {}, "texts": {}}
        loaded[row["product_id"]].record["attributes"].append(by_id[row["id"]])
        loaded[row["product_id"]].attributes[row["key"]] = row["id"]
    if by_id:
        text = t.attribute_text
        for row in session.execute(
            sa.select(text).where(text.c.attribute_id.in_(by_id)).order_by(text.c.locale)
        ).mappings():
            for name, column in (("names", "name"), ("texts", "value")):
                if row[column]:
                    by_id[row["attribute_id"]][name][row["locale"]] = row[column]


def _variants(session: Session, loaded: dict[int, Loaded]) -> None:
    values = _values(session, loaded)
    variant = t.variant
    query = (
        sa.select(variant, STOCK.c.available, STOCK.c.backorder, STOCK.c.held)
        .outerjoin(STOCK, STOCK.c.variant_id == variant.c.id)
        .where(variant.c.product_id.in_(loaded))
        .order_by(variant.c.product_id, variant.c.position, variant.c.id)
    )
    for row in session.execute(query).mappings():
        mine = loaded[row["product_id"]]
        chosen = [
            values[row[name]] for name in ("value1_id", "value2_id", "value3_id") if row[name] is not None
        ]
        mine.variants[row["sku"]] = row["id"]
        mine.record["variants"].append(
            {
                "sku": row["sku"],
                "values": chosen,
                "fields": {name: row[name] for name in VARIANT_FIELDS},
                "stock": None if row["available"] is None else row["available"] + row["held"],
                "backorder": bool(row["backorder"]),
                "extra": dict(row["extra"] or {}),
            }
        )


def _values(session: Session, loaded: dict[int, Loaded]) -> dict[int, Record]:
    """Option values by id; the ids go into each product by (option key, value key)."""
    value, text = t.option_value, t.option_value_text
    query = (
        sa.select(value.c.id, value.c.key, value.c.swatch)
        .add_columns(t.option.c.key.label("option"), t.option.c.product_id)
        .join(t.option, t.option.c.id == value.c.option_id)
        .where(t.option.c.product_id.in_(loaded))
    )
    by_id: dict[int, Record] = {}
    for row in session.execute(query).mappings():
        by_id[row["id"]] = {"key": row["key"], "labels": {}}
        if row["swatch"]:
            by_id[row["id"]]["swatch"] = row["swatch"]
        loaded[row["product_id"]].values[row["option"], row["key"]] = row["id"]
        loaded[row["product_id"]].labels[row["id"]] = by_id[row["id"]]
    if by_id:
        for row in session.execute(
            sa.select(text).where(text.c.option_value_id.in_(by_id)).order_by(text.c.locale)
        ).mappings():
            by_id[row["option_value_id"]]["labels"][row["locale"]] = row["label"]
    return by_id


def _pictures(session: Session, loaded: dict[int, Loaded]) -> None:
    shown, alt = t.product_picture, t.product_picture_text
    query = (
        sa.select(
            shown.c.id,
            shown.c.product_id,
            shown.c.source,
            t.picture.c.source.label("origin"),
            t.variant.c.sku,
        )
        .join(t.picture, t.picture.c.id == shown.c.picture_id)
        .outerjoin(t.variant, t.variant.c.id == shown.c.variant_id)
        .where(shown.c.product_id.in_(loaded))
        .order_by(shown.c.product_id, shown.c.position, shown.c.id)
    )
    by_id: dict[int, Record] = {}
    for row in session.execute(query).mappings():
        source = row["source"] or row["origin"]
        by_id[row["id"]] = {"source": source, "sku": row["sku"] or "", "alts": {}}
        loaded[row["product_id"]].record["pictures"].append(by_id[row["id"]])
        loaded[row["product_id"]].pictures.append(row["id"])
    if by_id:
        for row in session.execute(sa.select(alt).where(alt.c.product_picture_id.in_(by_id))).mappings():
            by_id[row["product_picture_id"]]["alts"][row["locale"]] = row["alt"]
