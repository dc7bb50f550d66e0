"""The full-text index of products, categories and pages: one document per thing and language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules.texts import plain_text
from storefront.catalog.rules.words import index_words
from storefront.catalog.service import tables as t
from storefront.catalog.service.surroundings import languages
from storefront.core.database import Tx
from storefront.core.versions import raise_version

PRODUCT, CATEGORY, PAGE = "product", "category", "page"
KINDS = (PRODUCT, CATEGORY, PAGE)
LOCALES = ("en", "zh")  # part of the row numbers: new ones need a migration that builds the index anew
CHUNK = 500
LONGEST_BODY = 20_000
_ROWID: sa.ColumnClause[int] = sa.literal_column("rowid", sa.Integer)


def reindex(tx: Tx, product_ids: Iterable[int]) -> None:
    """Bring the documents of these products up to date (gone products lose theirs). Part of a command."""
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), CHUNK):
        _replace(tx, PRODUCT, ids[start : start + CHUNK], _product_documents(tx, ids[start : start + CHUNK]))
    if ids:
        raise_version(tx, "catalog")


def reindex_categories(tx: Tx, category_ids: Iterable[int]) -> None:
    ids = sorted(set(category_ids))
    _replace(tx, CATEGORY, ids, _text_documents(tx, t.category_text, "category_id", CATEGORY, ids))


def reindex_pages(tx: Tx, page_ids: Iterable[int]) -> None:
    ids = sorted(set(page_ids))
    _replace(tx, PAGE, ids, _text_documents(tx, t.page_text, "page_id", PAGE, ids))


def reindex_all(tx: Tx) -> int:
    """Build the whole index anew; returns how many products it holds."""
    tx.execute(sa.delete(t.search_document))
    ids = tx.execute(sa.select(t.product.c.id).order_by(t.product.c.id)).scalars().all()
    for start in range(0, len(ids), CHUNK):
        _insert(tx, _product_documents(tx, ids[start : start + CHUNK]))
    for table, key, kind in ((t.category_text, "category_id", CATEGORY), (t.page_text, "page_id", PAGE)):
        _insert(tx, _text_documents(tx, table, key, kind, None))
    raise_version(tx, "catalog")
    return len(ids)


def _replace(tx: Tx, kind: str, ids: Sequence[int], documents: list[dict[str, Any]]) -> None:
    if not ids:
        return
    tx.flush()
    document = t.search_document
    if _has_rowids(tx):
        rowids = [_rowid(kind, object_id, locale) for object_id in ids for locale in LOCALES]
        tx.execute(sa.delete(document).where(_ROWID.in_(rowids)))
    else:
        tx.execute(sa.delete(document).where(document.c.kind == kind, document.c.object_id.in_(ids)))
    _insert(tx, documents)


def _insert(tx: Tx, documents: list[dict[str, Any]]) -> None:
    known = [row for row in documents if row["locale"] in LOCALES]
    if not known:
        return
    if _has_rowids(tx):
        keys = ((row["kind"], row["object_id"], row["locale"]) for row in known)
        numbered = [{**row, "rowid": _rowid(*key)} for row, key in zip(known, keys, strict=True)]
        tx.execute(sa.insert(t.search_document_with_rowid), numbered)
    else:
        tx.execute(sa.insert(t.search_document), known)


def _has_rowids(tx: Session) -> bool:
    return tx.get_bind().dialect.name == "sqlite"


def _rowid(kind: str, object_id: int, locale: str) -> int:
    """FTS5 finds a row by this number alone, by any other column only in a walk through all documents."""
    return (object_id * len(KINDS) + KINDS.index(kind)) * len(LOCALES) + LOCALES.index(locale)


def _text_documents(
    tx: Session, table: sa.Table, key: str, kind: str, ids: Sequence[int] | None
) -> list[dict[str, Any]]:
    statement = sa.select(table)
    if ids is not None:
        statement = statement.where(table.c[key].in_(ids))
    return [
        _document(kind, getattr(row, key), row.locale, [row.title], [plain_text(row.description or "")])
        for row in tx.execute(statement)
    ]


def _document(kind: str, object_id: int, locale: str, title: list[str], body: list[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "object_id": object_id,
        "locale": locale,
        "title": index_words(" ".join(title)),
        "body": index_words(" ".join(part for part in body if part)[:LONGEST_BODY]),
    }


# --- products ---------------------------------------------------------------------------------------------


def _product_documents(tx: Session, ids: Sequence[int]) -> list[dict[str, Any]]:
    """A document per product and language. Codes and names that know no language stand in each."""
    tx.flush()
    texts = _grouped(tx, sa.select(t.product_text).where(t.product_text.c.product_id.in_(ids)), "product_id")
    neutral = _neutral_words(tx, ids)
    local = _local_words(tx, ids)
    rows = tx.execute(
        sa.select(t.product.c.id, t.product.c.brand, t.product.c.tags, t.product.c.slug).where(
            t.product.c.id.in_(ids), t.product.c.status != "archived"
        )
    ).all()
    found = []
    for row in rows:
        by_locale = {text.locale: text for text in texts.get(row.id, [])}
        shared = [row.brand or "", row.tags.replace("|", " "), *neutral.get(row.id, [])]
        for language in languages():
            title, body = _own_words(by_locale, language.code, row.slug)
            words = [*body, *local.get((row.id, language.code), []), *shared]
            if title:
                found.append(_document(PRODUCT, row.id, language.code, [title, row.brand or ""], words))
    return found


def _own_words(by_locale: dict[str, Any], locale: str, slug: str) -> tuple[str, list[str]]:
    """Title and further texts in one language; a product without any text goes by its slug."""
    text = by_locale.get(locale)
    if text is None:
        return ("" if by_locale else slug), []
    return text.title, [text.subtitle, plain_text(text.description)]


def _grouped(tx: Session, statement: sa.Select[Any], key: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in tx.execute(statement):
        found.setdefault(getattr(row, key), []).append(row)
    return found


def _neutral_words(tx: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """SKUs, barcodes and plain attribute values by product."""
    found: dict[int, list[str]] = {}
    codes = sa.select(t.variant.c.product_id, t.variant.c.sku, t.variant.c.barcode)
    for product_id, sku, barcode in tx.execute(codes.where(t.variant.c.product_id.in_(ids))):
        found.setdefault(product_id, []).extend([sku, barcode or ""])
    facts = sa.select(t.attribute.c.product_id, t.attribute.c.value)
    for product_id, value in tx.execute(facts.where(t.attribute.c.product_id.in_(ids), t.for_people)):
        found.setdefault(product_id, []).append(value)
    return found


def _local_words(tx: Session, ids: Sequence[int]) -> dict[tuple[int, str], list[str]]:
    """Names of categories, options and attribute values by product and language."""
    found: dict[tuple[int, str], list[str]] = {}
    places, values = t.product_category, t.option_value_text
    statements = [
        sa.select(t.product.c.id, t.category_text.c.locale, t.category_text.c.title)
        .join(t.category_text, t.category_text.c.category_id == t.product.c.category_id)
        .where(t.product.c.id.in_(ids)),
        sa.select(places.c.product_id, t.category_text.c.locale, t.category_text.c.title)
        .join(t.category_text, t.category_text.c.category_id == places.c.category_id)
        .where(places.c.product_id.in_(ids)),
        sa.select(t.option.c.product_id, values.c.locale, values.c.label)
        .join(t.option_value, t.option_value.c.option_id == t.option.c.id)
        .join(values, values.c.option_value_id == t.option_value.c.id)
        .where(t.option.c.product_id.in_(ids)),
        sa.select(t.attribute.c.product_id, t.attribute_text.c.locale, t.attribute_text.c.value)
        .join(t.attribute_text, t.attribute_text.c.attribute_id == t.attribute.c.id)
        .where(t.attribute.c.product_id.in_(ids), t.for_people),
    ]
    for statement in statements:
        for product_id, locale, words in tx.execute(statement):
            found.setdefault((product_id, locale), []).append(words or "")
    return found
