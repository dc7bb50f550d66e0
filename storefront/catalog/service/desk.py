"""What owners do to one product: each change is guarded against what others changed meanwhile, and noted.

A form carries the digest of what it showed (`digest_of`); `product_change` compares it under a lock on the
product's row, so that of two people who edit the same thing the second is told instead of winning silently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.errors import ChangedMeanwhile
from storefront.catalog.rules.records import Record
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing.loading import Loaded, load_by_ids
from storefront.core.console import record_audit
from storefront.core.database import Tx
from storefront.core.errors import NotFound

# What the forms of a product's page show each.
SECTIONS = {
    "product": ("handle", "fields", "categories", "texts"),
    "attributes": ("attributes",),
    "options": ("options",),
    "variants": ("variants",),
    "pictures": ("pictures",),
}


def section_of(loaded: Loaded, section: str) -> Any:
    """The part of a product that one form shows; stock is the inventory's and left out."""
    record = loaded.record
    shown = {name: record[name] for name in SECTIONS[section]}
    if section == "variants":
        shown["variants"] = [_without_stock(variant) for variant in record["variants"]]
    if section == "options":
        shown["values"] = loaded.labels
    if section == "pictures":
        shown["ids"] = loaded.pictures
    return shown


def digest_of(shown: Any) -> str:
    """What a form carries along: it differs when anything that the form shows does."""
    text = json.dumps(shown, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check_seen(seen: str, shown: Any) -> None:
    """Raise ChangedMeanwhile when a form showed something else; one that says nothing is believed."""
    if seen and seen != digest_of(shown):
        raise ChangedMeanwhile(
            _("Somebody changed this while you did. Below is what it is now; please make your change again.")
        )


@contextmanager
def product_change(
    tx: Tx, product_id: int, action: str, *, section: str = "", seen: str = ""
) -> Iterator[Record]:
    """What is done inside is one entry of the log. Raises NotFound; ChangedMeanwhile for an old form."""
    lock = sa.select(t.product.c.id).where(t.product.c.id == product_id).with_for_update()
    if tx.execute(lock).first() is None:
        raise NotFound()
    loaded = load_by_ids(tx, [product_id])[product_id]
    before = loaded.record
    if section:
        check_seen(seen, section_of(loaded, section))
    yield before
    tx.flush()
    after = load_by_ids(tx, [product_id])[product_id].record
    record_audit(tx, action, "product", after["handle"], flat(before), flat(after))


def flat(record: Record) -> dict[str, Any]:
    """A record as (name, value) pairs for the log: one for each text, price, list."""
    found = {"handle": record["handle"], **record["fields"], "categories": record["categories"]}
    for locale, texts in record["texts"].items():
        found.update({f"{name}@{locale}": value for name, value in texts.items()})
    for variant in record["variants"]:
        found.update({f"{variant['sku']} {name}": value for name, value in variant["fields"].items()})
        found[f"{variant['sku']} options"] = [value["key"] for value in variant["values"]]
    for fact in record["attributes"]:
        found[f"attribute {fact['key']}"] = [fact["value"], fact["names"], fact["texts"]]
    for option in record["options"]:
        found[f"option {option['key']}"] = option["names"]
    found["pictures"] = [[one["source"], one["sku"], one["alts"]] for one in record["pictures"]]
    return found


def _without_stock(variant: Record) -> Record:
    return {name: value for name, value in variant.items() if name not in ("stock", "backorder", "extra")}
