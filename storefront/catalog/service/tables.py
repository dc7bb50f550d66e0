"""Tables and joins that page-time statements share; those are built once, at import, and run as Core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from storefront.catalog import models
from storefront.catalog.rules.advertising import HIDDEN

product = models.Product.__table__
product_text = models.ProductText.__table__
product_category = models.ProductCategory.__table__
product_picture = models.ProductPicture.__table__
product_picture_text = models.ProductPictureText.__table__
attribute = models.ProductAttribute.__table__
attribute_text = models.ProductAttributeText.__table__
option = models.Option.__table__
option_text = models.OptionText.__table__
option_value = models.OptionValue.__table__
option_value_text = models.OptionValueText.__table__
variant = models.Variant.__table__
picture = models.Picture.__table__
category = models.Category.__table__
category_text = models.CategoryText.__table__
release = models.Release.__table__
release_text = models.ReleaseText.__table__
page = models.ContentPage.__table__
page_text = models.ContentPageText.__table__
menu_item = models.MenuItem.__table__
menu_item_text = models.MenuItemText.__table__
redirect = models.Redirect.__table__
search_miss = models.SearchMiss.__table__

# The stock of the inventory, which stands above the catalogue: named as text, as foreign keys are, because
# a page needs price and stock from one query.
stock = sa.table(
    "stock",
    sa.column("variant_id", sa.Integer),
    sa.column("available", sa.BigInteger),
    sa.column("backorder", sa.Boolean),
)

# What owners declare that people need: of personalization, which stands above as well.
declared_need = sa.table(
    "declared_need",
    *(sa.column(name, sa.Integer) for name in ("id", "of_product_id", "of_category_id")),
    *(sa.column(name, sa.Integer) for name in ("needs_product_id", "needs_category_id")),
    sa.column("active", sa.Boolean),
)

# Full-text index: made by hand in a migration, differently on each database.
_DOCUMENT = {
    "kind": sa.String,
    "object_id": sa.Integer,
    "locale": sa.String,
    "title": sa.Text,
    "body": sa.Text,
}


def _documents(**first: Any) -> sa.TableClause:
    columns = {**first, **_DOCUMENT}
    return sa.table("search_document", *(sa.column(name, kind) for name, kind in columns.items()))


search_document = _documents()
search_document_with_rowid = _documents(rowid=sa.Integer)

# Attributes that people see; the others are words for advertisements.
for_people = attribute.c.key.notin_(HIDDEN)

LANGUAGE = sa.bindparam("language", type_=sa.String)
FIRST = sa.bindparam("first_language", type_=sa.String)
NOW = sa.bindparam("now", type_=product.c.visible_from.type)


class Texts:
    """A text table joined twice: in the language of the page, and in the shop's first to fall back on."""

    def __init__(self, table: sa.Table, key: str, owner: sa.ColumnElement[Any]) -> None:
        self.here = table.alias()
        self.first = table.alias()
        self.key = key
        self.owner = owner

    def join(self, source: Any) -> Any:
        """`source` with both joined on."""
        for alias, locale in ((self.here, LANGUAGE), (self.first, FIRST)):
            match = sa.and_(alias.c[self.key] == self.owner, alias.c.locale == locale)
            source = source.outerjoin(alias, match)
        return source

    def column(self, name: str) -> sa.ColumnElement[Any]:
        """The text here, else the first language's."""
        return sa.func.coalesce(self.here.c[name], self.first.c[name])

    def columns(self, names: Sequence[str]) -> list[sa.ColumnElement[Any]]:
        return [self.column(name).label(name) for name in names]

    @property
    def elsewhere(self) -> sa.ColumnElement[bool]:
        """True where the text comes from the first language because there is none here."""
        return sa.and_(self.here.c.locale.is_(None), self.first.c.locale.isnot(None))


def on_show() -> sa.ColumnElement[bool]:
    """What `rules.visibility.is_visible` says, as a condition."""
    return sa.and_(
        product.c.status == "active",
        sa.or_(product.c.visible_from.is_(None), product.c.visible_from <= NOW),
        sa.or_(product.c.visible_until.is_(None), product.c.visible_until > NOW),
    )


def can_be_had() -> sa.ColumnElement[bool]:
    """Whether a joined `stock` row (or its absence) lets the variant be sold."""
    return sa.or_(stock.c.variant_id.is_(None), stock.c.backorder, stock.c.available > 0)
