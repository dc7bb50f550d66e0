"""Some products in the shop's own format: what a list of the console shows, as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storefront.catalog.rules import own_format
from storefront.catalog.service import tables as t
from storefront.catalog.service.exporting import Row, column_rows
from storefront.catalog.service.importing.loading import Loaded, load_by_ids
from storefront.core.imports.registry import Options, Sheet
from storefront.core.money import currency_digits

CHUNK = 200


def products_sheet(session: Session, options: Options, product_ids: Sequence[int]) -> Sheet:
    """These products with their variants, pictures and releases, under the header of the whole catalogue."""
    keys: dict[str, None] = {}
    locales = dict.fromkeys(options.languages)
    for loaded in _chunks(session, product_ids):
        keys.update(dict.fromkeys(fact["key"] for fact in loaded.record["attributes"]))
        locales.update(dict.fromkeys(loaded.record["texts"]))
    columns = own_format.columns_for(list(locales), sorted(keys))
    return Sheet(columns, column_rows(columns, _rows(session, options, product_ids)))


def _rows(session: Session, options: Options, product_ids: Sequence[int]) -> Iterator[Row]:
    digits = currency_digits(options.currency)
    for loaded in _chunks(session, product_ids):
        yield from own_format.product_rows(loaded.record, digits)
    for start in range(0, len(product_ids), CHUNK):
        yield from _releases(session, product_ids[start : start + CHUNK])


def _chunks(session: Session, product_ids: Sequence[int]) -> Iterator[Loaded]:
    for start in range(0, len(product_ids), CHUNK):
        yield from load_by_ids(session, product_ids[start : start + CHUNK]).values()


def _releases(session: Session, product_ids: Sequence[int]) -> Iterator[Row]:
    text, mine = t.release_text, t.release.c.product_id.in_(product_ids)
    words: dict[int, dict[str, dict[str, str]]] = {}
    written = sa.select(text).join(t.release, t.release.c.id == text.c.release_id).where(mine)
    for row in session.execute(written).mappings():
        words.setdefault(row["release_id"], {})[row["locale"]] = {
            "title": row["title"],
            "description": row["description"],
        }
    query = sa.select(t.release, t.product.c.slug).join(t.product, t.product.c.id == t.release.c.product_id)
    for row in session.execute(query.where(mine).order_by(t.product.c.slug, t.release.c.id)).mappings():
        moment = row["published_at"].isoformat()
        head = {"kind": "release", "handle": row["slug"], "version": row["version"], "published_at": moment}
        yield head | own_format.local_cells(words.get(row["id"], {}))
