"""Sitemaps, robots.txt and the merchant feed as text. All addresses are absolute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import escape

from storefront.catalog.rules.advertising import FIELDS
from storefront.catalog.rules.terms import delivery_price
from storefront.core.delivery import DeliveryOffer
from storefront.core.money import Money

MAX_URLS = 50_000
PART_URLS = 10_000
GTIN_LENGTHS = (8, 12, 13, 14)
FEED_STOCK = {"out": "out_of_stock", "backorder": "backorder"}
CLOSED = (
    "/cart",
    "/checkout",
    "/account",
    "/orders/",
    "/console",
    "/api/",
    "/search",
    "/theme",
    "/*?*q=",
    "/*?*sort=",
    "/*?*brand=",
    "/*?*category=",
    "/*?*price_min=",
    "/*?*price_max=",
    "/*?*available=",
    "/*?*sale=",
    "/*?*o-",
    "/*?*a-",
)
_URLSET = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">\n'
)


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """One page: its address in each language as (hreflang, address), when it changed, its pictures."""

    addresses: tuple[tuple[str, str], ...]
    changed_at: datetime | None = None
    pictures: tuple[str, ...] = ()


def xml_text(text: str) -> str:
    """`text` for an XML element: escaped, without the characters that XML does not know."""
    return escape("".join(mark for mark in text if mark >= " " or mark in "\t\n\r"))


def sitemap_index(parts: Sequence[tuple[str, datetime | None]]) -> str:
    """The index of (address of a part, when its newest page changed)."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">')
    for url, changed in parts:
        lines.append(f"<sitemap><loc>{xml_text(url)}</loc>{_changed(changed)}</sitemap>")
    return "\n".join([*lines, "</sitemapindex>", ""])


def sitemap_part(entries: Iterable[SitemapEntry]) -> Iterator[str]:
    """One sitemap file: each page once per language, each time with all its languages."""
    yield _URLSET
    for entry in entries:
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{tag}" href="{xml_text(url)}"/>'
            for tag, url in [*entry.addresses, ("x-default", entry.addresses[0][1])]
        )
        pictures = "".join(
            f"<image:image><image:loc>{xml_text(url)}</image:loc></image:image>" for url in entry.pictures
        )
        for _tag, url in entry.addresses:
            yield f"<url><loc>{xml_text(url)}</loc>{_changed(entry.changed_at)}{links}{pictures}</url>\n"
    yield "</urlset>\n"


def _changed(moment: datetime | None) -> str:
    return f"<lastmod>{moment.isoformat(timespec='seconds')}</lastmod>" if moment else ""


def robots_txt(roots: Sequence[str], sitemap: str) -> str:
    """robots.txt of a shop whose pages begin at each of `roots` ('', '/zh', '/shop', ...)."""
    lines = ["User-agent: *"]
    lines += [f"Disallow: {root}{path}" for root in roots for path in CLOSED]
    lines += [f"Allow: {root}/" for root in roots]
    return "\n".join([*lines, "", f"Sitemap: {sitemap}", ""])


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One variant in the merchant feed; prices as decimals without the currency.

    `shipping` holds the fields of each way of delivery, `written` what the owner wrote for advertisements.
    """

    sku: str
    group: str | None
    title: str
    description: str
    link: str
    stock: str
    price: str
    currency: str
    sale_price: str | None = None
    pictures: tuple[str, ...] = ()
    brand: str | None = None
    barcode: str | None = None
    product_type: str = ""
    weight_grams: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    adult: bool = False
    shipping: tuple[tuple[tuple[str, str], ...], ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)


def merchant_feed(shop: str, home: str, description: str, items: Iterable[FeedItem]) -> Iterator[str]:
    """RSS 2.0 with g: fields, in pieces."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
        f"<title>{xml_text(shop)}</title>\n<link>{xml_text(home)}</link>\n"
        f"<description>{xml_text(description)}</description>\n"
    )
    for item in items:
        ways = "".join(f"<g:shipping>{_elements(way)}</g:shipping>" for way in item.shipping)
        yield f"<item>{_elements(feed_fields(item))}{ways}</item>\n"
    yield "</channel>\n</rss>\n"


def _elements(fields: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<g:{name}>{xml_text(value)}</g:{name}>" for name, value in fields)


def shipping_fields(way: DeliveryOffer, goods: Money) -> tuple[tuple[str, str], ...]:
    """The fields of g:shipping for goods of this value, ordered alone. Times are in working days."""
    price = delivery_price(way, goods)
    return (
        ("country", way.country),
        ("service", way.name[:100]),
        ("price", _priced(price.decimal(), price.currency)),
        ("min_handling_time", str(way.handling_min_days)),
        ("max_handling_time", str(way.handling_max_days)),
        ("min_transit_time", str(way.min_days)),
        ("max_transit_time", str(way.max_days)),
    )


def feed_fields(item: FeedItem) -> list[tuple[str, str]]:
    """The g: fields of an item in their order; empty ones are left out."""
    fields = [
        ("id", item.sku[:50]),
        ("title", item.title[:150]),
        ("description", item.description[:5000]),
        ("link", item.link),
        ("image_link", next(iter(item.pictures), "")),
        *(("additional_image_link", url) for url in item.pictures[1:11]),
        ("availability", FEED_STOCK.get(item.stock, "in_stock")),
        ("price", _priced(item.price, item.currency)),
        ("sale_price", _priced(item.sale_price, item.currency)),
        ("condition", item.written.get("condition", "new")),
        *_identity(item),
        ("item_group_id", item.group or ""),
        *item.options,
        ("adult", "yes" if item.adult else ""),
        *((name, item.written.get(name, "")) for name in FIELDS),
        ("product_type", item.product_type),
        ("shipping_weight", f"{item.weight_grams} g" if item.weight_grams else ""),
    ]
    return [(name, value) for name, value in fields if value]


def _priced(amount: str | None, currency: str) -> str:
    return f"{amount} {currency}" if amount else ""


def _gtin(barcode: str | None) -> str:
    digits = (barcode or "").strip()
    return digits if digits.isascii() and digits.isdigit() and len(digits) in GTIN_LENGTHS else ""


def _identity(item: FeedItem) -> list[tuple[str, str]]:
    """Brand, barcode, maker's number, and whether there is any of them."""
    gtin, brand = _gtin(item.barcode), item.brand or ""
    return [
        ("brand", brand),
        ("gtin", gtin),
        ("mpn", item.written.get("mpn") or (item.sku[:70] if brand else "")),
        ("identifier_exists", "yes" if gtin or brand else "no"),
    ]
