"""The catalogue as tables that can be imported again without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules import own_format, shopify_columns, shopify_writing, woocommerce_writing
from storefront.catalog.rules.records import Record
from storefront.catalog.service import tables as t
from storefront.catalog.service.importing.loading import load_all
from storefront.catalog.service.importing.picturing import is_remote
from storefront.catalog.service.pictures import file_of
from storefront.core.imports.registry import Exporter, Options, Sheet
from storefront.core.money import currency_digits

Row = dict[str, str]


def exporters() -> list[Exporter]:
    """How the catalogue is written."""
    formats: dict[str, Callable[[Session, Options], Sheet]] = {
        "regulars": own_sheet,
        "shopify": partial(shopify_sheet, classic=False),
        "shopify-classic": partial(shopify_sheet, classic=True),
        "woocommerce": woocommerce_sheet,
    }
    return [Exporter("catalog", formats)]


# --- the own format -----------------------------------------------------------------------------------------


def own_sheet(session: Session, options: Options) -> Sheet:
    """The whole catalogue: categories, products, releases, pages, menus."""
    keys: dict[str, None] = {}
    kept: dict[str, None] = {}
    locales = dict.fromkeys(options.languages)
    for loaded in load_all(session):
        record = loaded.record
        keys.update(dict.fromkeys(fact["key"] for fact in record["attributes"]))
        locales.update(dict.fromkeys(record["texts"]))
        for part in (record, *record["variants"]):
            kept.update(dict.fromkeys(part["extra"].get("regulars", {})))
    columns = [*own_format.columns_for(list(locales), sorted(keys)), *sorted(kept)]
    return Sheet(columns, column_rows(columns, _own_rows(session, options)), picture_files(session))


def _own_rows(session: Session, options: Options) -> Iterator[Row]:
    digits = currency_digits(options.currency)
    yield from _categories(session)
    for loaded in load_all(session):
        parts = [loaded.record, *loaded.record["variants"]]
        for number, row in enumerate(own_format.product_rows(loaded.record, digits)):
            extra = parts[number]["extra"].get("regulars", {}) if number < len(parts) else {}
            yield {**extra, **row}
    yield from _releases(session)
    yield from _pages(session)
    yield from _menus(session)
    yield from _needs(session)


def _texts(session: Session, table: sa.Table, owner: str) -> dict[int, Row]:
    found: dict[int, dict[str, Record]] = {}
    for row in session.execute(sa.select(table)).mappings():
        parts = {name: row[name] for name in row if name not in (owner, "locale")}
        found.setdefault(row[owner], {})[row["locale"]] = parts
    return {row_id: own_format.local_cells(texts) for row_id, texts in found.items()}


def _categories(session: Session) -> Iterator[Row]:
    """Parents before their children, each level in its order."""
    texts = _texts(session, t.category_text, "category_id")
    above = t.category.alias()
    query = (
        sa.select(t.category, above.c.slug.label("parent"), t.picture.c.source.label("source"))
        .outerjoin(above, above.c.id == t.category.c.parent_id)
        .outerjoin(t.picture, t.picture.c.id == t.category.c.picture_id)
    )
    found = session.execute(query).mappings().all()
    for row in sorted(found, key=lambda row: (row["path"].count("/"), row["position"], row["slug"])):
        yield {
            "kind": "category",
            "handle": row["slug"],
            "parent": row["parent"] or "",
            "position": str(row["position"]),
            "hue": row["hue"] or "",
            "sensitive": "yes" if row["sensitive"] else "",
            "picture": row["source"] or "",
            **texts.get(row["id"], {}),
        }


def _releases(session: Session) -> Iterator[Row]:
    texts = _texts(session, t.release_text, "release_id")
    query = sa.select(t.release, t.product.c.slug).join(t.product, t.product.c.id == t.release.c.product_id)
    for row in session.execute(
        query.order_by(t.product.c.slug, t.release.c.published_at, t.release.c.version)
    ).mappings():
        moment = row["published_at"].isoformat()
        head = {"kind": "release", "handle": row["slug"], "version": row["version"], "published_at": moment}
        yield head | texts.get(row["id"], {})


def _pages(session: Session) -> Iterator[Row]:
    texts = _texts(session, t.page_text, "page_id")
    for row in session.execute(sa.select(t.page).order_by(t.page.c.position, t.page.c.slug)).mappings():
        head = {"kind": "page", "handle": row["slug"], "position": str(row["position"])}
        yield head | texts.get(row["id"], {})


def _menus(session: Session) -> Iterator[Row]:
    texts = _texts(session, t.menu_item_text, "menu_item_id")
    item = t.menu_item
    query = sa.select(item).order_by(item.c.menu, item.c.position, item.c.target)
    for row in session.execute(query).mappings():
        head = {
            "kind": "menu",
            "handle": row["menu"],
            "position": str(row["position"]),
            "target": row["target"],
        }
        yield head | texts.get(row["id"], {})


def _needs(session: Session) -> Iterator[Row]:
    """What owners declare that people need, each side by its address."""
    need = t.declared_need.c
    sides = []
    for side in ("of", "needs"):
        product, category = t.product.alias(f"{side}_p"), t.category.alias(f"{side}_c")
        sides.append((product, category, need[f"{side}_product_id"], need[f"{side}_category_id"]))
    query = sa.select(need.active, *(table.c.slug for pair in sides for table in pair[:2]))
    joined: sa.FromClause = t.declared_need
    for product, category, product_id, category_id in sides:
        joined = joined.outerjoin(product, product.c.id == product_id)
        joined = joined.outerjoin(category, category.c.id == category_id)
    for active, *slugs in session.execute(query.select_from(joined).order_by(need.id)):
        of, needs = (f"p/{a}" if a else f"c/{b}" for a, b in (slugs[:2], slugs[2:]))
        yield {"kind": "need", "target": of, "needs": needs, "status": "active" if active else "draft"}


def picture_files(session: Session) -> dict[str, Path]:
    """Files that cells name, and where the largest stored width of each lies."""
    shown = sa.select(t.product_picture.c.source, t.picture.c.hash, t.picture.c.widths).join(
        t.picture, t.picture.c.id == t.product_picture.c.picture_id
    )
    of_categories = sa.select(t.picture.c.source, t.picture.c.hash, t.picture.c.widths).join(
        t.category, t.category.c.picture_id == t.picture.c.id
    )
    files: dict[str, Path] = {}
    for query in (shown, of_categories):
        for source, digest, widths in session.execute(query):
            if source and widths and not is_remote(source):
                files[source] = file_of(digest, int(widths.split(",")[-1]))
    return files


def column_rows(columns: Sequence[str], rows: Iterator[Row]) -> Iterator[list[str]]:
    """Rows as lists in the order of the header."""
    return ([row.get(column, "") for column in columns] for row in rows)


# --- the formats of others ----------------------------------------------------------------------------------


def shopify_sheet(session: Session, options: Options, *, classic: bool) -> Sheet:
    """Products under Shopify's new header, or the classic one."""
    digits, locale, paths = currency_digits(options.currency), options.languages[0], _paths(session, options)
    columns = shopify_columns.header(_kept(session, "shopify"), classic=classic)
    rows = (
        shopify_columns.shown_cells(row, classic=classic)
        for loaded in load_all(session)
        for row in shopify_writing.product_rows(loaded.record, digits, locale, paths)
    )
    names = [shopify_columns.shown_name(column, classic=classic) for column in columns]
    return Sheet(names, column_rows(columns, rows), picture_files(session))


def woocommerce_sheet(session: Session, options: Options) -> Sheet:
    """Products as WooCommerce writes them."""
    digits, locale, paths = currency_digits(options.currency), options.languages[0], _paths(session, options)
    most, handles = 0, False
    for loaded in load_all(session):
        most = max(most, len(loaded.record["options"]) + len(loaded.record["attributes"]))
        handles = handles or woocommerce_writing.needs_handle(loaded.record, locale)
    columns = woocommerce_writing.header(_kept(session, "woocommerce"), most, handles=handles)
    rows = (
        row
        for loaded in load_all(session)
        for row in woocommerce_writing.product_rows(loaded.record, digits, locale, paths)
    )
    return Sheet(columns, column_rows(columns, rows), picture_files(session))


def _kept(session: Session, name: str) -> list[str]:
    """Columns that only files of this format know, met anywhere in the catalogue."""
    found: set[str] = set()
    for loaded in load_all(session):
        for part in (loaded.record, *loaded.record["variants"]):
            found.update(part["extra"].get(name, {}))
    return sorted(name for name in found if not name.startswith("~"))


def _paths(session: Session, options: Options) -> dict[str, str]:
    """Titles on the way to each category, in the shop's first language."""
    text = t.category_text
    query = sa.select(t.category.c.id, t.category.c.slug, t.category.c.path, text.c.title).outerjoin(
        text, sa.and_(text.c.category_id == t.category.c.id, text.c.locale == options.languages[0])
    )
    found = session.execute(query).all()
    titles = {str(row.id): row.title or row.slug for row in found}
    return {
        row.slug: " > ".join(titles[part] for part in row.path.split("/") if part in titles) for row in found
    }
