"""Products that an order history names: made when the shop does not know them, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app
from slugify import slugify
from sqlalchemy.orm import Session

from storefront.catalog.rules.paths import category_handle, category_steps
from storefront.catalog.service import tables
from storefront.core import clock
from storefront.core.database import db
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.registry import CREATED, SKIPPED, Item, Outcome

KNOWN = Outcome(SKIPPED, "already_there")
SLUG_LIMIT = 100


def find_variants(session: Session, skus: Iterable[str]) -> dict[str, tuple[int, int]]:
    """SKU -> (variant id, product id) of those that exist; a SKU in other letter case counts as the same
    when no exact one does."""
    wanted = set(skus)
    found: dict[str, tuple[int, int]] = {}
    variant = tables.variant.c
    folded = {sku.casefold(): sku for sku in sorted(wanted)}
    query = sa.select(variant.sku, variant.id, variant.product_id)
    for part in _parts(sorted(folded)):
        for sku, variant_id, product_id in session.execute(query.where(sa.func.lower(variant.sku).in_(part))):
            asked = sku if sku in wanted else folded.get(sku.casefold(), "")
            if asked and (asked == sku or asked not in found):
                found[asked] = (variant_id, product_id)
    return found


def _parts(values: Sequence[Any], size: int = 400) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


class HistoryCategories:
    """Categories that a history's products stand in, as paths such as `Kitchen > Cups`."""

    name = "history_category"

    def prepare(self, items: Sequence[Item], batch: str) -> None:
        return None

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        known = _category_ids(session)
        return [Outcome(CREATED) if _last(item) not in known else KNOWN for item in items]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: None) -> list[Outcome]:
        outcomes = []
        for item in items:
            made = ensure_path(ledger, item.payload["path"])
            outcomes.append(Outcome(CREATED, objects={"categories": made}) if made else KNOWN)
        return outcomes


def _last(item: Item) -> str:
    return category_handle(category_steps(item.payload["path"]))


def _category_ids(session: Session) -> dict[str, tuple[int, str]]:
    category = tables.category.c
    rows = session.execute(sa.select(category.slug, category.id, category.path))
    return {slug: (category_id, path) for slug, category_id, path in rows}


def ensure_path(ledger: Ledger, text: str) -> int:
    """Makes what is missing of a category path; returns how many categories that were."""
    known = _category_ids(ledger.tx)
    parent: tuple[int | None, str] = (None, "/")
    steps, made = category_steps(text), 0
    for depth in range(1, len(steps) + 1):
        slug = category_handle(steps[:depth])
        if slug not in known:
            known[slug] = _new_category(ledger, slug, steps[depth - 1], parent, len(known))
            made += 1
        parent = known[slug]
    return made


def _new_category(
    ledger: Ledger, slug: str, title: str, parent: tuple[int | None, str], position: int
) -> tuple[int, str]:
    (category_id,) = ledger.ids(tables.category, 1)
    path = f"{parent[1]}{category_id}/"
    row = {"id": category_id, "parent_id": parent[0], "slug": slug, "path": path, "position": position}
    ledger.insert(tables.category, [row])
    text = {"category_id": category_id, "locale": _locale(), "title": title, "description": ""}
    ledger.insert(tables.category_text, [text], remember=False)
    return category_id, path


def _locale() -> str:
    return current_app.extensions["regulars_settings"].language_codes[0]


class HistoryProducts:
    """One product with one variant for each code of a history that no variant has."""

    name = "history_product"

    def prepare(self, items: Sequence[Item], batch: str) -> list[dict[str, Any]]:
        moment = clock.now()
        return [self._rows(item.payload, moment) for item in items]

    def _rows(self, payload: Mapping[str, Any], moment: Any) -> dict[str, Any]:
        name = slugify(payload["title"], max_length=SLUG_LIMIT, word_boundary=True)
        slug = f"{name}-{slugify(payload['sku'])}"
        handle = category_handle(category_steps(payload["category"])) if payload["category"] else ""
        return {
            "category": handle,
            "product": {
                "slug": slug.strip("-")[:160] or "product",
                "status": payload["status"],
                "tags": "",
                "version": 1,
                "created_at": moment,
                "updated_at": moment,
            },
            "text": {"title": payload["title"][:255], "locale": _locale()},
            "variant": {"sku": payload["sku"], "price_minor": payload["price"], "position": 0, "version": 1},
        }

    def preview(self, items: Sequence[Item], session: Session) -> list[Outcome]:
        known = find_variants(session, [item.payload["sku"] for item in items])
        return [
            KNOWN if item.payload["sku"] in known else Outcome(CREATED, objects={"products": 1})
            for item in items
        ]

    def apply(self, ledger: Ledger, items: Sequence[Item], prepared: list[dict[str, Any]]) -> list[Outcome]:
        known = find_variants(ledger.tx, [item.payload["sku"] for item in items])
        new = [rows for item, rows in zip(items, prepared, strict=True) if item.payload["sku"] not in known]
        self._insert(ledger, new)
        return [
            KNOWN if item.payload["sku"] in known else Outcome(CREATED, objects={"products": 1})
            for item in items
        ]

    def _insert(self, ledger: Ledger, new: list[dict[str, Any]]) -> None:
        if not new:
            return
        self._free_slugs(ledger, new)
        categories = _category_ids(ledger.tx) if any(rows["category"] for rows in new) else {}
        products = ledger.ids(tables.product, len(new))
        variants = ledger.ids(tables.variant, len(new))
        shelves = []
        for rows, product_id, variant_id in zip(new, products, variants, strict=True):
            category_id = categories.get(rows["category"], (None,))[0]
            rows["product"].update(id=product_id, category_id=category_id)
            rows["text"].update(product_id=product_id)
            rows["variant"].update(id=variant_id, product_id=product_id)
            if category_id is not None:
                shelves.append({"product_id": product_id, "category_id": category_id, "position": 0})
        ledger.insert(tables.product, [rows["product"] for rows in new])
        ledger.insert(tables.product_text, [rows["text"] for rows in new], remember=False)
        ledger.insert(tables.variant, [rows["variant"] for rows in new], remember=False)
        ledger.insert(tables.product_category, shelves, remember=False)

    def _free_slugs(self, ledger: Ledger, new: list[dict[str, Any]]) -> None:
        """Gives a slug that is taken a number behind it."""
        slug = tables.product.c.slug
        wanted = [rows["product"]["slug"] for rows in new]
        taken = set(ledger.tx.execute(sa.select(slug).where(slug.in_(wanted))).scalars())
        for rows in new:
            base, number = rows["product"]["slug"], 2
            while rows["product"]["slug"] in taken:
                rows["product"]["slug"] = f"{base[:150]}-{number}"
                number += 1
            taken.add(rows["product"]["slug"])


def known_variants(skus: Iterable[str]) -> dict[str, tuple[int, int]]:
    """`find_variants` through the reading door."""
    return find_variants(db.session(), skus)


def sku_of_products(session: Session) -> dict[int, str]:
    """The first SKU of each product."""
    variant = tables.variant.c
    query = sa.select(variant.product_id, variant.sku).order_by(
        variant.product_id, variant.position.desc(), variant.id.desc()
    )
    return {product_id: sku for product_id, sku in session.execute(query)}
