"""The rows of a product, written as the difference to the rows that are there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storefront.catalog.rules.records import PRODUCT_FIELDS, Record, empty_record
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing.loading import Loaded
from storefront.catalog.service.importing.picturing import PreparedPictures
from storefront.core.imports.ledger import Ledger

# Rows are put in at the end, table by table, so that what is pointed at stands before what points.
_ORDER = (
    t.product, t.product_text, t.product_category, t.attribute, t.attribute_text, t.option, t.option_text,
    t.option_value, t.option_value_text, t.variant, t.product_picture, t.product_picture_text,
)  # fmt: skip


class ProductWriter:
    """Writes products of one chunk. Call `flush` once behind the last one."""

    def __init__(self, ledger: Ledger, pictures: PreparedPictures, moment: datetime) -> None:
        self.ledger = ledger
        self.pictures = pictures
        self.moment = moment
        self.categories = {
            row.slug: row.id for row in ledger.tx.execute(sa.select(t.category.c.slug, t.category.c.id))
        }
        self._rows: dict[tuple[str, bool], list[dict[str, Any]]] = {}

    def write(self, loaded: Loaded | None, record: Record) -> None:
        """Brings one product to what its record says."""
        fresh = loaded is None
        if loaded is None:
            loaded = Loaded(self.ledger.next_id(t.product), empty_record(record["handle"]))
        self._product(loaded, record, fresh)
        self._texts(loaded, record, fresh)
        self._shelves(loaded, record, fresh)
        self._attributes(loaded, record, fresh)
        self._options(loaded, record, fresh)
        self._variants(loaded, record, fresh)
        self._pictures(loaded, record, fresh)

    def flush(self) -> None:
        """Puts in the collected rows."""
        for table in _ORDER:
            for fresh in (True, False):
                rows = self._rows.pop((table.name, fresh), [])
                # Rows of a product made now go with it; only the product itself is remembered.
                self.ledger.insert(table, rows, remember=table is t.product or not fresh)

    # --- parts --------------------------------------------------------------------------------------------

    def _product(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        values = {name: record["fields"][name] for name in PRODUCT_FIELDS if name != "category"}
        for name in ("visible_from", "visible_until"):
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        values["category_id"] = self.categories.get(record["fields"]["category"])
        values["extra"] = record["extra"] or None
        if fresh:
            stamps = {"version": 1, "created_at": self.moment, "updated_at": self.moment}
            self._put(t.product, {"id": loaded.id, "slug": record["handle"], **values, **stamps}, fresh)
            return
        version = self.ledger.tx.execute(
            sa.select(t.product.c.version).where(t.product.c.id == loaded.id)
        ).scalar_one()
        values |= {"version": version + 1, "updated_at": self.moment}
        self.ledger.update(t.product, {"id": loaded.id}, values)

    def _texts(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        for locale, texts in record["texts"].items():
            key = {"product_id": loaded.id, "locale": locale}
            self._upsert(t.product_text, key, texts, locale in loaded.record["texts"], fresh)

    def _shelves(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        wanted = {
            self.categories[slug]: place
            for place, slug in enumerate(record["categories"])
            if slug in self.categories
        }
        for slug, category_id in loaded.categories.items():
            if slug not in record["categories"]:
                self.ledger.delete(t.product_category, {"product_id": loaded.id, "category_id": category_id})
        for category_id, place in wanted.items():
            key = {"product_id": loaded.id, "category_id": category_id}
            self._upsert(
                t.product_category, key, {"position": place}, category_id in loaded.categories.values(), fresh
            )

    def _attributes(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        for place, fact in enumerate(record["attributes"]):
            known = loaded.attributes.get(fact["key"])
            values = {"product_id": loaded.id, "key": fact["key"], "value": fact["value"], "position": place}
            fact_id = self._save(t.attribute, known, values, fresh)
            before = next((old for old in loaded.record["attributes"] if old["key"] == fact["key"]), None)
            for locale in sorted({*fact["names"], *fact["texts"]}):
                there = before is not None and (locale in before["names"] or locale in before["texts"])
                texts = {"name": fact["names"].get(locale, ""), "value": fact["texts"].get(locale, "")}
                self._upsert(
                    t.attribute_text, {"attribute_id": fact_id, "locale": locale}, texts, there, fresh
                )

    def _options(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        old_keys = [option["key"] for option in loaded.record["options"]]
        for place, option in enumerate(record["options"]):
            # An option keeps its row by its place, so that renaming its key does not orphan its values.
            known = loaded.options.get(old_keys[place]) if place < len(old_keys) else None
            values = {"product_id": loaded.id, "position": place, "key": option["key"]}
            option_id = self._save(t.option, known, values, fresh)
            loaded.options[option["key"]] = option_id
            before = loaded.record["options"][place]["names"] if place < len(old_keys) else {}
            for locale, name in option["names"].items():
                self._upsert(
                    t.option_text,
                    {"option_id": option_id, "locale": locale},
                    {"name": name},
                    locale in before,
                    fresh,
                )
        self._option_values(loaded, record, fresh)

    def _option_values(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        old, seen = _values_of(loaded.record), dict[str, int]()
        for (option, key), value in _values_of(record).items():
            known, before = loaded.values.get((option, key)), old.get((option, key), {})
            place = seen[option] = seen.get(option, -1) + 1
            if known is None:
                row = {"option_id": loaded.options[option], "key": key, "position": place}
                row["swatch"] = value.get("swatch")
                loaded.values[option, key] = known = self._save(t.option_value, None, row, fresh)
            elif value.get("swatch") != before.get("swatch"):
                self._save(t.option_value, known, {"swatch": value.get("swatch")}, fresh)
            for locale, label in value["labels"].items():
                there = locale in before.get("labels", {})
                where = {"option_value_id": known, "locale": locale}
                self._upsert(t.option_value_text, where, {"label": label}, there, fresh)

    def _variants(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        for place, variant in enumerate(record["variants"]):
            values: dict[str, Any] = {
                "product_id": loaded.id,
                "position": place,
                "sku": variant["sku"],
                **variant["fields"],
                "extra": variant["extra"] or None,
            }
            for number in range(3):
                chosen = None
                if number < len(variant["values"]) and number < len(record["options"]):
                    pair = (record["options"][number]["key"], variant["values"][number]["key"])
                    chosen = loaded.values.get(pair)
                values[f"value{number + 1}_id"] = chosen
            loaded.variants[variant["sku"]] = self._save(
                t.variant, loaded.variants.get(variant["sku"]), values, fresh
            )

    def _pictures(self, loaded: Loaded, record: Record, fresh: bool) -> None:
        if record["pictures"] == loaded.record["pictures"]:
            return
        for row_id in loaded.pictures:
            for locale in _alts(self.ledger, row_id):
                self.ledger.delete(t.product_picture_text, {"product_picture_id": row_id, "locale": locale})
            self.ledger.delete(t.product_picture, {"id": row_id})
        for place, picture in enumerate(record["pictures"]):
            row = {
                "product_id": loaded.id,
                "picture_id": self.pictures.store(self.ledger, picture["source"]),
                "variant_id": loaded.variants.get(picture["sku"]),
                "position": place,
                "source": picture["source"],
            }
            row_id = self._save(t.product_picture, None, row, fresh)
            for locale, alt in picture["alts"].items():
                self._put(
                    t.product_picture_text,
                    {"product_picture_id": row_id, "locale": locale, "alt": alt},
                    fresh,
                )

    # --- rows ---------------------------------------------------------------------------------------------

    def _save(self, table: sa.Table, known: int | None, values: Mapping[str, Any], fresh: bool) -> int:
        """Updates the row `known` or collects a new one; returns its id."""
        if known is not None:
            self.ledger.update(table, {"id": known}, dict(values))
            return known
        row_id = self.ledger.next_id(table)
        more = {"version": 1} if table is t.variant else {}
        self._put(table, {"id": row_id, **values, **more}, fresh)
        return row_id

    def _upsert(
        self, table: sa.Table, key: dict[str, Any], values: Mapping[str, Any], there: bool, fresh: bool
    ) -> None:
        if there:
            self.ledger.update(table, key, dict(values))
        else:
            self._put(table, {**key, **values}, fresh)

    def _put(self, table: sa.Table, row: dict[str, Any], fresh: bool) -> None:
        self._rows.setdefault((table.name, fresh), []).append(row)


def _values_of(record: Record) -> dict[tuple[str, str], Record]:
    """The option values of a product by (option, value), each as its first variant has it."""
    found: dict[tuple[str, str], Record] = {}
    for variant in record["variants"]:
        for option, value in zip(record["options"], variant["values"], strict=False):
            known = found.setdefault((option["key"], value["key"]), dict(value))
            if value.get("swatch"):
                known.setdefault("swatch", value["swatch"])
    return found


def _alts(ledger: Ledger, picture_id: int) -> list[str]:
    alt = t.product_picture_text.c
    return list(
        ledger.tx.execute(sa.select(alt.locale).where(alt.product_picture_id == picture_id)).scalars()
    )
