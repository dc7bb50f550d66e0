"""Rows for tests: each function adds one thing to a command (`tx`) and returns its row.

Texts come in English and Chinese unless told otherwise; names are plainly made up and unlike those of any
demo. `title="X"` sets the English text, `zh="…"` the Chinese one, `zh=None` leaves it out (fallback).
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from storefront.catalog import models as catalog
from storefront.core.database import Tx
from storefront.customers.models import Customer
from storefront.inventory.models import Stock, StockMove
from storefront.ordering.models import Order, OrderLine

LONG_AGO = datetime(2025, 1, 1, 12, 0, tzinfo=UTC)
_serial = count(1)


def category(
    tx: Tx, slug: str = "", *, title: str = "", zh: str | None = "", parent: Any = None, **more: Any
) -> catalog.Category:
    """A category; under `parent` (a category) when given."""
    number = next(_serial)
    row = catalog.Category(slug=slug or f"shelf-{number}", parent_id=parent.id if parent else None, **more)
    tx.add(row)
    tx.flush()
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    description = {"description": f"About shelf {number}."}, {"description": f"关于第{number}个货架。"}
    for locale, text, extra in _texts(title or f"Shelf {number}", zh, f"货架{number}", description):
        tx.add(catalog.CategoryText(category_id=row.id, locale=locale, title=text, **extra))
    tx.flush()
    return row


def product(
    tx: Tx,
    slug: str = "",
    *,
    title: str = "",
    zh: str | None = "",
    category: Any = None,
    price: int = 1290,
    sku: str = "",
    stock: int | None = 10,
    variant: dict[str, Any] | None = None,
    **more: Any,
) -> catalog.Product:
    """A product with one variant (`price` in minor units) and, unless `stock` is None, counted stock."""
    number = next(_serial)
    values: dict[str, Any] = {"status": "active", "created_at": LONG_AGO, "updated_at": LONG_AGO, **more}
    row = catalog.Product(
        slug=slug or f"thing-{number}", category_id=category.id if category else None, **values
    )
    tx.add(row)
    tx.flush()
    words = (
        {"subtitle": f"Fine thing {number}", "description": f"<p>Thing {number} is well made.</p>"},
        {"subtitle": f"好东西{number}", "description": f"<p>{number}号东西做得很好。</p>"},
    )
    for locale, text, extra in _texts(title or f"Thing {number}", zh, f"东西{number}", words):
        tx.add(catalog.ProductText(product_id=row.id, locale=locale, title=text, **extra))
    if category:
        tx.add(catalog.ProductCategory(product_id=row.id, category_id=category.id))
    add_variant(tx, row, sku=sku or f"T-{number:05}", price=price, stock=stock, **(variant or {}))
    return row


def add_variant(
    tx: Tx, product: catalog.Product, *, sku: str, price: int = 1290, stock: int | None = 10, **more: Any
) -> catalog.Variant:
    """One more SKU of `product`, with its stock and the movement that explains it."""
    row = catalog.Variant(product_id=product.id, sku=sku, price_minor=price, **more)
    tx.add(row)
    tx.flush()
    if stock is not None:
        tx.add(Stock(variant_id=row.id, available=stock))
        if stock:
            tx.add(StockMove(variant_id=row.id, delta=stock, kind="initial", at=LONG_AGO))
        tx.flush()
    return row


def variant_of(tx: Tx, product: catalog.Product) -> catalog.Variant:
    """The first variant of `product`."""
    return tx.query(catalog.Variant).filter_by(product_id=product.id).order_by(catalog.Variant.position)[0]


def option(tx: Tx, product: catalog.Product, key: str, *values: str, position: int = 1) -> list[Any]:
    """A choice of `product` with a value for each of `values`; returns the value rows."""
    row = catalog.Option(product_id=product.id, position=position, key=key)
    tx.add(row)
    tx.flush()
    for locale, mark in (("en", ""), ("zh", "（中）")):
        tx.add(catalog.OptionText(option_id=row.id, locale=locale, name=f"{key.title()}{mark}"))
    found = []
    for place, value in enumerate(values):
        entry = catalog.OptionValue(option_id=row.id, position=place, key=value)
        tx.add(entry)
        tx.flush()
        for locale, mark in (("en", ""), ("zh", "（中）")):
            text = f"{value.title()}{mark}"
            tx.add(catalog.OptionValueText(option_value_id=entry.id, locale=locale, label=text))
        found.append(entry)
    tx.flush()
    return found


def page(tx: Tx, slug: str, *, title: str = "", zh: str | None = "") -> catalog.ContentPage:
    """A content page (delivery, returns, about)."""
    row = catalog.ContentPage(slug=slug, updated_at=LONG_AGO)
    tx.add(row)
    tx.flush()
    words = {"description": f"<p>All about {slug}.</p>"}, {"description": f"<p>{slug}须知。</p>"}
    for locale, text, extra in _texts(title or slug.title(), zh, f"{slug}说明", words):
        tx.add(catalog.ContentPageText(page_id=row.id, locale=locale, title=text, **extra))
    tx.flush()
    return row


def menu_item(tx: Tx, menu: str, target: str, *, title: str, zh: str | None = "") -> catalog.MenuItem:
    """An entry of the menu `main`, `footer-shop` or `footer-help`."""
    row = catalog.MenuItem(menu=menu, target=target, position=next(_serial))
    tx.add(row)
    tx.flush()
    for locale, text, _ in _texts(title, zh, f"{target}菜单"):
        tx.add(catalog.MenuItemText(menu_item_id=row.id, locale=locale, title=text))
    tx.flush()
    return row


def customer(tx: Tx, email: str = "", **more: Any) -> Customer:
    """A person the shop knows. Without `password_hash` there is no account to sign in to."""
    number = next(_serial)
    address = email or f"person{number}@example.test"
    values: dict[str, Any] = {"public_id": f"c{number:06}", "first_name": f"Person{number}", **more}
    row = Customer(email=address, email_key=address.lower(), joined_at=LONG_AGO, **values)
    tx.add(row)
    tx.flush()
    return row


def order(
    tx: Tx,
    *lines: tuple[catalog.Product, int],
    customer: Customer | None = None,
    placed_at: datetime = LONG_AGO,
    **more: Any,
) -> Order:
    """An order of `(product, quantity)` lines at the products' present prices."""
    number = next(_serial)
    values: dict[str, Any] = {"number": f"N{number:06}", "origin": "history", "status": "placed", **more}
    row = Order(
        customer_id=customer.id if customer else None,
        email=customer.email if customer else None,
        placed_at=placed_at,
        currency="GBP",
        lines_minor=0,
        total_minor=0,
        **values,
    )
    tx.add(row)
    tx.flush()
    for position, (thing, quantity) in enumerate(lines):
        sold = variant_of(tx, thing)
        total = sold.price_minor * quantity
        row.lines_minor += total
        row.total_minor += total
        line = OrderLine(order_id=row.id, position=position, variant_id=sold.id, product_id=thing.id)
        line.sku, line.title, line.quantity = sold.sku, thing.slug, quantity
        line.unit_price_minor, line.total_minor = sold.price_minor, total
        tx.add(line)
    tx.flush()
    return row


def _texts(
    english: str, given_zh: str | None, made_zh: str, extras: tuple[dict, dict] = ({}, {})
) -> list[tuple[str, str, dict]]:
    """The rows of text: English, and Chinese unless it was refused with None."""
    texts = [("en", english, extras[0])]
    if given_zh is not None:
        texts.append(("zh", given_zh or made_zh, extras[1]))
    return texts
