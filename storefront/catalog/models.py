"""Products, variants, options, categories, pictures, pages, menus, releases; texts are rows per locale."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.database import UtcTime, db

LOCALE = sa.String(8)
SLUG = sa.String(160)


def _cascade(target: str) -> sa.ForeignKey:
    return sa.ForeignKey(target, ondelete="CASCADE")


class Category(db.Model):
    """A node of the category tree. `path` lists the ids from the root, as '/3/17/', for subtree queries.

    `sensitive`: what stands in it or below it says something about a person that is nobody's business.
    """

    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"), index=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    path: Mapped[str] = mapped_column(sa.String(200), default="/", index=True)
    position: Mapped[int] = mapped_column(default=0)
    hue: Mapped[str | None] = mapped_column(sa.String(12))
    picture_id: Mapped[int | None] = mapped_column(sa.ForeignKey("picture.id"))
    sensitive: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class CategoryText(db.Model):
    __tablename__ = "category_text"
    category_id: Mapped[int] = mapped_column(_cascade("category.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(255))
    description: Mapped[str] = mapped_column(sa.Text, default="")


class Product(db.Model):
    """What a page is about. `version` rises with every change that a card or page shows."""

    __tablename__ = "product"
    __table_args__ = (sa.Index("ix_product_listing", "status", "category_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    status: Mapped[str] = mapped_column(sa.String(10), default="active")
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("category.id"), index=True)
    brand: Mapped[str | None] = mapped_column(sa.String(120), index=True)
    product_type: Mapped[str | None] = mapped_column(sa.String(120))
    tax_class: Mapped[str | None] = mapped_column(sa.String(40))
    age_limit: Mapped[int | None] = mapped_column()
    visible_from: Mapped[datetime | None] = mapped_column(UtcTime)
    visible_until: Mapped[datetime | None] = mapped_column(UtcTime)
    tags: Mapped[str] = mapped_column(sa.Text, default="")
    extra: Mapped[dict | None] = mapped_column(sa.JSON)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)


class ProductText(db.Model):
    __tablename__ = "product_text"
    product_id: Mapped[int] = mapped_column(_cascade("product.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(255))
    subtitle: Mapped[str] = mapped_column(sa.String(255), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    seo_title: Mapped[str] = mapped_column(sa.String(255), default="")
    seo_description: Mapped[str] = mapped_column(sa.String(500), default="")


class ProductCategory(db.Model):
    """Every category that a product stands in, its main one included."""

    __tablename__ = "product_category"
    product_id: Mapped[int] = mapped_column(_cascade("product.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(_cascade("category.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class ProductAttribute(db.Model):
    """A fact of a product (watts, material). `value` is neutral; texts per locale replace it when present."""

    __tablename__ = "product_attribute"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "key"),
        sa.Index("ix_product_attribute_key", "key", "value"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(_cascade("product.id"))
    position: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(sa.String(80))
    value: Mapped[str] = mapped_column(sa.String(255), default="")


class ProductAttributeText(db.Model):
    __tablename__ = "product_attribute_text"
    attribute_id: Mapped[int] = mapped_column(_cascade("product_attribute.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    value: Mapped[str] = mapped_column(sa.String(255), default="")


class Option(db.Model):
    """A choice that makes variants differ: colour, size. At most three a product."""

    __tablename__ = "option"
    __table_args__ = (sa.UniqueConstraint("product_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(_cascade("product.id"))
    position: Mapped[int] = mapped_column()
    key: Mapped[str] = mapped_column(sa.String(80))


class OptionText(db.Model):
    __tablename__ = "option_text"
    option_id: Mapped[int] = mapped_column(_cascade("option.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))


class OptionValue(db.Model):
    __tablename__ = "option_value"
    __table_args__ = (sa.UniqueConstraint("option_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    option_id: Mapped[int] = mapped_column(_cascade("option.id"))
    position: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(sa.String(120), index=True)
    swatch: Mapped[str | None] = mapped_column(sa.String(9))


class OptionValueText(db.Model):
    __tablename__ = "option_value_text"
    option_value_id: Mapped[int] = mapped_column(_cascade("option_value.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(120))


class Variant(db.Model):
    """What is sold: one SKU with a price. Values of up to three options."""

    __tablename__ = "variant"
    __table_args__ = (
        sa.CheckConstraint("price_minor >= 0", name="price_not_negative"),
        sa.Index("ix_variant_product", "product_id", "position"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(_cascade("product.id"))
    position: Mapped[int] = mapped_column(default=0)
    sku: Mapped[str] = mapped_column(sa.String(120), unique=True)
    barcode: Mapped[str | None] = mapped_column(sa.String(40))
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    compare_at_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    weight_grams: Mapped[int | None] = mapped_column()
    value1_id: Mapped[int | None] = mapped_column(sa.ForeignKey("option_value.id", ondelete="SET NULL"))
    value2_id: Mapped[int | None] = mapped_column(sa.ForeignKey("option_value.id", ondelete="SET NULL"))
    value3_id: Mapped[int | None] = mapped_column(sa.ForeignKey("option_value.id", ondelete="SET NULL"))
    extra: Mapped[dict | None] = mapped_column(sa.JSON)
    version: Mapped[int] = mapped_column(default=1)


class Picture(db.Model):
    """A stored picture: re-encoded, named by the hash of what came in. `cutout`: it has no background.

    `widths` lists the stored files ('320,640,1280'); it is empty while `source` is still to be fetched.
    """

    __tablename__ = "picture"
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    widths: Mapped[str] = mapped_column(sa.String(60), default="")
    cutout: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(sa.String(1000), default="")


class ProductPicture(db.Model):
    __tablename__ = "product_picture"
    __table_args__ = (sa.Index("ix_product_picture_product", "product_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(_cascade("product.id"))
    picture_id: Mapped[int] = mapped_column(sa.ForeignKey("picture.id"), index=True)
    variant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("variant.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(sa.String(1000), default="")


class ProductPictureText(db.Model):
    __tablename__ = "product_picture_text"
    product_picture_id: Mapped[int] = mapped_column(_cascade("product_picture.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    alt: Mapped[str] = mapped_column(sa.String(500))


class Release(db.Model):
    """A published version of a product (software, a revised edition)."""

    __tablename__ = "release"
    __table_args__ = (sa.UniqueConstraint("product_id", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(_cascade("product.id"))
    version: Mapped[str] = mapped_column(sa.String(40))
    published_at: Mapped[datetime] = mapped_column(UtcTime)


class ReleaseText(db.Model):
    __tablename__ = "release_text"
    release_id: Mapped[int] = mapped_column(_cascade("release.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(255), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")


class ContentPage(db.Model):
    __tablename__ = "content_page"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    position: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)


class ContentPageText(db.Model):
    __tablename__ = "content_page_text"
    page_id: Mapped[int] = mapped_column(_cascade("content_page.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(255))
    description: Mapped[str] = mapped_column(sa.Text, default="")


class MenuItem(db.Model):
    """An entry of a menu (main, footer-shop, footer-help); its target is `c/slug`, `p/slug` or a URL."""

    __tablename__ = "menu_item"
    __table_args__ = (sa.Index("ix_menu_item_menu", "menu", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    menu: Mapped[str] = mapped_column(sa.String(40))
    position: Mapped[int] = mapped_column(default=0)
    target: Mapped[str] = mapped_column(sa.String(500))


class MenuItemText(db.Model):
    __tablename__ = "menu_item_text"
    menu_item_id: Mapped[int] = mapped_column(_cascade("menu_item.id"), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(255))


class Redirect(db.Model):
    """An old path that answers 301 for ever."""

    __tablename__ = "redirect"
    old_path: Mapped[str] = mapped_column(sa.String(500), primary_key=True)
    new_path: Mapped[str] = mapped_column(sa.String(500))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class SearchMiss(db.Model):
    """How often a query found nothing, per day and language: no person, no visitor."""

    __tablename__ = "search_miss"
    day: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    locale: Mapped[str] = mapped_column(LOCALE, primary_key=True)
    query: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
