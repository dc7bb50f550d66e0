"""What machines read in a page: JSON-LD of products, lists, crumbs and the shop, and the OpenGraph set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from storefront.catalog.rules.terms import Returns, Terms, delivery_price
from storefront.catalog.rules.values import Card, Picture, ProductView, Variant
from storefront.core.delivery import DeliveryOffer
from storefront.core.money import Money

SCHEMA = "https://schema.org"
AVAILABILITY = {"in": "InStock", "low": "LimitedAvailability", "out": "OutOfStock"}
CONDITION = {"new": "NewCondition", "refurbished": "RefurbishedCondition", "used": "UsedCondition"}
NO_TERMS = Terms()
SCHEMA_KEYS = {"colour": "color", "color": "color", "size": "size", "material": "material"}
Absolute = Callable[[str], str]


def breadcrumb_list(trail: Sequence[tuple[str, str]], absolute: Absolute) -> dict[str, Any]:
    """BreadcrumbList of (title, path) pairs, from the first page to this one."""
    return {
        "@context": SCHEMA,
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": title, "item": absolute(url)}
            for place, (title, url) in enumerate(trail, 1)
        ],
    }


def item_list(title: str, cards: Sequence[Card], absolute: Absolute, first: int = 1) -> dict[str, Any]:
    """ItemList of the cards of a page; `first` is the place of the first one in the whole list."""
    return {
        "@context": SCHEMA,
        "@type": "ItemList",
        "name": title,
        "numberOfItems": len(cards),
        "itemListElement": [
            {"@type": "ListItem", "position": place, "url": absolute(card.url), "name": card.title}
            for place, card in enumerate(cards, max(first, 1))
        ],
    }


def organization(name: str, home: str, logo: str) -> dict[str, Any]:
    return {"@context": SCHEMA, "@type": "Organization", "name": name, "url": home, "logo": logo}


def website(name: str, home: str, search: str, language: str) -> dict[str, Any]:
    """WebSite with the search as its SearchAction; `search` is the absolute address of the search page."""
    return {
        "@context": SCHEMA,
        "@type": "WebSite",
        "name": name,
        "url": home,
        "inLanguage": language,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search + "?q={search_term_string}"},
            "query-input": "required name=search_term_string",
        },
    }


def offer(
    variant: Variant, url: str, terms: Terms = NO_TERMS, price_until: date | None = None
) -> dict[str, Any]:
    """The Offer of one variant at the absolute address `url`; what is not known of it is left out."""
    stock = "BackOrder" if variant.awaited else AVAILABILITY[variant.stock]
    found: dict[str, Any] = {
        "@type": "Offer",
        "price": variant.price.decimal(),
        "priceCurrency": variant.price.currency,
        "availability": f"{SCHEMA}/{stock}",
        "itemCondition": f"{SCHEMA}/{CONDITION[variant.condition]}",
        "url": url,
    }
    if price_until:
        found["priceValidUntil"] = price_until.isoformat()
    if variant.posted and terms.delivery:
        found["shippingDetails"] = [shipping_details(way, variant.price) for way in terms.delivery]
    if variant.posted and terms.returns:
        found.update(_returning(terms.returns))
    return found


def shipping_details(way: DeliveryOffer, goods: Money) -> dict[str, Any]:
    """OfferShippingDetails of one way for goods of this value, ordered alone. Times are in days."""
    price = delivery_price(way, goods)
    return {
        "@type": "OfferShippingDetails",
        "shippingRate": {"@type": "MonetaryAmount", "value": price.decimal(), "currency": price.currency},
        "shippingDestination": {"@type": "DefinedRegion", "addressCountry": way.country},
        "deliveryTime": {
            "@type": "ShippingDeliveryTime",
            "handlingTime": _days(way.handling_min_days, way.handling_max_days),
            "transitTime": _days(way.min_days, way.max_days),
        },
    }


def _days(least: int, most: int) -> dict[str, Any]:
    return {"@type": "QuantitativeValue", "minValue": least, "maxValue": most, "unitCode": "DAY"}


def return_policy(returns: Returns) -> dict[str, Any] | None:
    """MerchantReturnPolicy: for which countries and how; else the page that says so; else nothing."""
    policy: dict[str, Any] = {"@type": "MerchantReturnPolicy"}
    if not returns.countries:
        return {**policy, "merchantReturnLink": returns.page} if returns.page else None
    policy["applicableCountry"] = list(returns.countries)
    if returns.home:
        policy["returnPolicyCountry"] = returns.home
    if returns.page:
        policy["merchantReturnLink"] = returns.page
    if returns.days <= 0:
        return {**policy, "returnPolicyCategory": f"{SCHEMA}/MerchantReturnNotPermitted"}
    fees = "FreeReturn" if returns.free else "ReturnFeesCustomerResponsibility"
    return {
        **policy,
        "returnPolicyCategory": f"{SCHEMA}/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": returns.days,
        "returnMethod": f"{SCHEMA}/ReturnByMail",
        "returnFees": f"{SCHEMA}/{fees}",
    }


def _returning(returns: Returns) -> dict[str, Any]:
    policy = return_policy(returns)
    return {"hasMerchantReturnPolicy": policy} if policy else {}


def gtin(barcode: str | None) -> dict[str, str]:
    """The barcode under the name that its length gives it; nothing when it is not a GTIN."""
    digits = (barcode or "").strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in {8, 12, 13, 14}:
        return {}
    return {f"gtin{len(digits)}": digits}


def product(view: ProductView, absolute: Absolute, pictures: Sequence[str]) -> dict[str, Any]:
    """Product, or ProductGroup with a Product per variant; `pictures` are absolute addresses."""
    shared: dict[str, Any] = {"name": view.title, "description": view.description_text[:5000]}
    if pictures:
        shared["image"] = list(pictures)
    if view.brand:
        shared["brand"] = {"@type": "Brand", "name": view.brand}
    url = absolute(view.url)
    if len(view.variants) == 1:
        return {
            "@context": SCHEMA,
            "@type": "Product",
            "url": url,
            **shared,
            **_sold(view, view.variant, url),
        }
    return {
        "@context": SCHEMA,
        "@type": "ProductGroup",
        "url": url,
        **shared,
        "productGroupID": view.slug,
        "variesBy": [_varies(option.key) for option in view.options],
        "hasVariant": [_variant(view, variant, url, pictures) for variant in view.variants],
    }


def _sold(view: ProductView, variant: Variant, url: str) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "mpn": variant.mpn or variant.sku,
        **gtin(variant.barcode),
        "offers": offer(variant, url, view.terms, view.price_until),
    }


def _variant(view: ProductView, variant: Variant, url: str, pictures: Sequence[str]) -> dict[str, Any]:
    labels = [label for _key, label in variant.values]
    described: dict[str, Any] = {
        "@type": "Product",
        "name": " – ".join([view.title, ", ".join(labels)]) if labels else view.title,
        **_sold(view, variant, f"{url}?sku={quote(variant.sku, safe='')}"),
    }
    described.update({SCHEMA_KEYS[key]: label for key, label in variant.values if key in SCHEMA_KEYS})
    if pictures:
        described["image"] = pictures[0]
    return described


def _varies(key: str) -> str:
    return f"{SCHEMA}/{SCHEMA_KEYS[key]}" if key in SCHEMA_KEYS else key


def open_graph(
    *,
    kind: str,
    title: str,
    url: str,
    description: str,
    site: str,
    picture: Picture | None,
    absolute: Absolute,
    large: bool = True,
) -> dict[str, str]:
    """The OpenGraph and Twitter set of a page; `large`: the picture is worth the room of a big card."""
    found = {
        "og:type": kind,
        "og:site_name": site,
        "og:title": title,
        "og:url": url,
        "og:description": description,
    }
    if picture:
        found["og:image"] = absolute(picture.src)
        if found["og:image"].startswith("https:"):
            found["og:image:secure_url"] = found["og:image"]
        found["og:image:width"] = str(picture.width)
        found["og:image:height"] = str(picture.height)
    found["twitter:card"] = "summary_large_image" if picture and large else "summary"
    found["twitter:title"] = title
    found["twitter:description"] = description
    return {name: value for name, value in found.items() if value}


def product_prices(variant: Variant) -> dict[str, str]:
    """The price part of a product's OpenGraph set."""
    return {"og:price:amount": variant.price.decimal(), "og:price:currency": variant.price.currency}
