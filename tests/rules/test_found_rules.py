"""What machines read: linked data, sitemaps, robots.txt, the merchant feed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from storefront.catalog.rules import linked_data, measures, sitemaps
from storefront.catalog.rules.advertising import written_for_ads
from storefront.catalog.rules.sitemaps import FeedItem, SitemapEntry, feed_fields
from storefront.catalog.rules.terms import (
    Returns,
    Terms,
    after_working_days,
    arrival,
    delivery_price,
    price_until,
    usual_way,
)
from storefront.catalog.rules.values import Card, Option, Picture, ProductView, Variant
from storefront.core.delivery import DeliveryOffer
from storefront.core.money import Money

G = "{http://base.google.com/ns/1.0}"


def absolute(path: str) -> str:
    return f"https://shop.test{path}"


def variant(sku: str, stock: str = "in", **more) -> Variant:
    return Variant(id=1, sku=sku, price=Money(1290, "GBP"), stock=stock, **more)


def view(*variants: Variant, **more) -> ProductView:
    values = {"id": 1, "version": 1, "slug": "cup", "url": "/p/cup", "title": "Cup", "brand": "Acme", **more}
    return ProductView(variant=variants[0], variants=variants, **values)


def test_a_product_with_one_variant_is_a_product():
    found = linked_data.product(view(variant("C-1", barcode="4006381333931")), absolute, ["https://p/1.webp"])
    assert found["@type"] == "Product" and found["sku"] == "C-1" and found["gtin13"] == "4006381333931"
    assert found["offers"] == {
        "@type": "Offer",
        "price": "12.90",
        "priceCurrency": "GBP",
        "availability": "https://schema.org/InStock",
        "itemCondition": "https://schema.org/NewCondition",
        "url": "https://shop.test/p/cup",
    }
    assert found["image"] == ["https://p/1.webp"] and found["brand"]["name"] == "Acme"


def test_a_product_with_variants_is_a_group():
    red = variant("C-r", "out", values=(("colour", "Red"), ("finish", "Matt")))
    blue = variant("C-b", values=(("colour", "Blue"),))
    found = linked_data.product(view(red, blue, options=(Option("colour", "Colour", ()),)), absolute, [])
    assert found["@type"] == "ProductGroup" and found["productGroupID"] == "cup"
    assert found["variesBy"] == ["https://schema.org/color"]
    assert [part["sku"] for part in found["hasVariant"]] == ["C-r", "C-b"]
    assert found["hasVariant"][0]["color"] == "Red" and "finish" not in found["hasVariant"][0]
    assert found["hasVariant"][0]["offers"]["availability"].endswith("OutOfStock")
    assert found["hasVariant"][1]["offers"]["url"] == "https://shop.test/p/cup?sku=C-b"


@pytest.mark.parametrize("barcode", [None, "", "12", "abcdefgh", "１２３４５６７８", "123456789"])
def test_what_is_no_gtin_is_not_called_one(barcode):
    assert linked_data.gtin(barcode) == {}


def test_lists_and_crumbs_are_numbered():
    card = Card(1, 1, "C-1", "/p/cup", "Cup", Money(1290, "GBP"))
    found = linked_data.item_list("Cups", [card], absolute, first=25)
    assert found["itemListElement"][0] == {
        "@type": "ListItem", "position": 25, "url": "https://shop.test/p/cup", "name": "Cup",
    }  # fmt: skip
    crumbs = linked_data.breadcrumb_list([("Home", "/"), ("Cups", "/c/cups")], absolute)
    assert [item["position"] for item in crumbs["itemListElement"]] == [1, 2]


def test_the_site_says_where_to_search():
    found = linked_data.website("Shop", "https://shop.test/", "https://shop.test/search", "en")
    assert found["potentialAction"]["target"]["urlTemplate"].endswith("/search?q={search_term_string}")


def test_open_graph_has_the_picture_and_its_size():
    picture = Picture("/media/a-640.webp", "", 640, 480)
    found = linked_data.open_graph(
        kind="product", title="Cup", url="u", description="d", site="Shop", picture=picture, absolute=absolute
    )
    assert found["og:image"] == found["og:image:secure_url"] == "https://shop.test/media/a-640.webp"
    assert (found["og:image:width"], found["og:image:height"]) == ("640", "480")
    assert found["twitter:card"] == "summary_large_image"


def test_a_sitemap_names_each_page_in_each_language():
    entry = SitemapEntry(
        (("en", "https://s/p/a?b&c"), ("zh-CN", "https://s/zh/p/a")),
        datetime(2026, 3, 2, tzinfo=UTC),
        ("https://s/1",),
    )
    tree = ElementTree.fromstring("".join(sitemaps.sitemap_part([entry])))
    assert len(tree) == 2
    tags = [element.get("hreflang") for element in tree[0] if element.tag.endswith("link")]
    assert tags == ["en", "zh-CN", "x-default"]
    assert tree[0][0].text == "https://s/p/a?b&c" and tree[0][1].text == "2026-03-02T00:00:00+00:00"


def test_no_part_of_a_sitemap_is_too_long():
    assert sitemaps.PART_URLS <= sitemaps.MAX_URLS


def test_robots_close_what_is_nobodys_business():
    text = sitemaps.robots_txt(["/shop", "/shop/zh"], "https://s/shop/sitemap.xml")
    for path in ("/shop/search", "/shop/zh/account", "/shop/cart", "/shop/*?*sort=", "/shop/*?*o-"):
        assert f"Disallow: {path}\n" in text
    assert text.endswith("Sitemap: https://s/shop/sitemap.xml\n")


def test_a_feed_is_read_back_as_it_was_written():
    item = FeedItem(
        sku="C-1", group="cup", title="Cup <&> \x0b", description="d", link="https://s/p/cup?sku=C-1", stock="out",
        price="12.90", currency="GBP", sale_price="9.90", pictures=("https://s/1", "https://s/2"), brand="Acme",
        barcode="4006381333931", weight_grams=300, options=(("color", "Red"),), adult=True,
    )  # fmt: skip
    tree = ElementTree.fromstring("".join(sitemaps.merchant_feed("Shop & Co", "https://s/", "", [item])))
    found = {element.tag.removeprefix(G): element.text for element in tree.find("channel/item")}
    assert found["title"] == "Cup <&> " and found["availability"] == "out_of_stock"
    assert found["price"] == "12.90 GBP" and found["sale_price"] == "9.90 GBP"
    assert (
        found["gtin"] == "4006381333931" and found["identifier_exists"] == "yes" and found["adult"] == "yes"
    )
    assert found["shipping_weight"] == "300 g" and found["item_group_id"] == "cup" and found["color"] == "Red"


def test_an_item_without_brand_and_code_says_so():
    plain = FeedItem("A", None, "t", "d", "l", "in", "1.00", "GBP")
    assert dict(feed_fields(plain))["identifier_exists"] == "no"


# --- terms: delivery, returns, prices ---------------------------------------------------------------------

STANDARD = DeliveryOffer("Standard", "GB", 390, "GBP", 2, 4, 0, 1, free_from_minor=4000)
EXPRESS = DeliveryOffer("Express", "GB", 890, "GBP", 1, 1)
RETURNS = Returns(30, countries=("GB",), home="GB", page="https://shop.test/pages/returns")


def test_an_offer_says_what_delivery_costs_and_takes():
    found = linked_data.offer(variant("C-1"), "u", Terms((STANDARD, EXPRESS)))
    standard, express = found["shippingDetails"]
    assert standard["shippingRate"] == {"@type": "MonetaryAmount", "value": "3.90", "currency": "GBP"}
    assert standard["shippingDestination"] == {"@type": "DefinedRegion", "addressCountry": "GB"}
    assert standard["deliveryTime"]["transitTime"] == {
        "@type": "QuantitativeValue", "minValue": 2, "maxValue": 4, "unitCode": "DAY",
    }  # fmt: skip
    assert express["deliveryTime"]["handlingTime"]["maxValue"] == 1
    assert "hasMerchantReturnPolicy" not in found and "priceValidUntil" not in found


def test_what_nobody_says_of_delivery_is_left_out():
    found = linked_data.offer(variant("C-1"), "u", Terms((), RETURNS))
    assert "shippingDetails" not in found and found["hasMerchantReturnPolicy"]["merchantReturnDays"] == 30


def test_what_needs_no_delivery_comes_by_none_and_goes_back_by_none():
    found = linked_data.offer(variant("GIFT", posted=False), "u", Terms((STANDARD,), RETURNS))
    assert not {"shippingDetails", "hasMerchantReturnPolicy"} & set(found)


def test_what_is_awaited_or_used_says_so():
    found = linked_data.offer(variant("C-1", awaited=True, condition="used"), "u")
    assert found["availability"].endswith("/BackOrder") and found["itemCondition"].endswith("/UsedCondition")


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        (RETURNS, {"returnPolicyCategory": "MerchantReturnFiniteReturnWindow", "returnFees": "ReturnFeesCustomerResponsibility", "returnMethod": "ReturnByMail", "merchantReturnDays": 30, "applicableCountry": ["GB"], "returnPolicyCountry": "GB"}),
        (Returns(14, True, ("GB", "FR")), {"returnFees": "FreeReturn", "merchantReturnDays": 14, "applicableCountry": ["GB", "FR"]}),
        (Returns(0, True, ("GB",)), {"returnPolicyCategory": "MerchantReturnNotPermitted"}),
        (Returns(30, page="https://shop.test/pages/returns"), {"merchantReturnLink": "https://shop.test/pages/returns"}),
    ],
)  # fmt: skip
def test_a_return_policy_names_countries_days_and_fees(returns, expected):
    found = linked_data.return_policy(returns)
    plain = {
        key: value.removeprefix("https://schema.org/") if isinstance(value, str) and "schema.org" in value else value
        for key, value in found.items()
    }  # fmt: skip
    assert plain | expected == plain
    if returns.days == 0 or not returns.countries:
        assert not {"merchantReturnDays", "returnFees"} & set(plain)


def test_a_policy_of_which_neither_country_nor_page_is_known_is_none():
    assert linked_data.return_policy(Returns(30)) is None


@pytest.mark.parametrize(("goods", "price"), [(3999, 390), (4000, 0), (9000, 0)])
def test_delivery_is_free_from_its_threshold_on(goods, price):
    assert delivery_price(STANDARD, Money(goods, "GBP")) == Money(price, "GBP")


def test_the_usual_way_is_the_cheapest_then_the_fastest():
    slow = DeliveryOffer("Slow", "GB", 390, "GBP", 5, 9)
    assert usual_way([EXPRESS, slow, STANDARD], Money(100, "GBP")) is STANDARD
    assert usual_way([], Money(100, "GBP")) is None


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02", 0, "2026-03-02"),  # Monday
        ("2026-03-02", 4, "2026-03-06"),
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 0, "2026-03-09"),  # Saturday
        ("2026-03-08", 1, "2026-03-09"),
        ("2026-03-08", 6, "2026-03-16"),
    ],
)
def test_nothing_is_brought_at_the_weekend(start, days, end):
    assert after_working_days(date.fromisoformat(start), days) == date.fromisoformat(end)


def test_arrival_counts_packing_and_the_way():
    assert arrival(STANDARD, date(2026, 3, 5)) == (date(2026, 3, 9), date(2026, 3, 12))


def test_a_price_is_good_until_the_product_goes_or_next_year_ends():
    assert price_until(None, date(2026, 3, 2)) == date(2027, 12, 31)
    assert price_until(datetime(2026, 6, 1, tzinfo=UTC), date(2026, 3, 2)) == date(2026, 5, 31)


# --- measures and words for advertisements ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("250", "ml", "100", "ml"), (Money(480, "GBP"), "100 ml")),
        (("250", "ml", "1", "l"), (Money(4800, "GBP"), "l")),
        (("0.5", "kg", "100", "g"), (Money(240, "GBP"), "100 g")),
        (("3", "ml", "", ""), (Money(400, "GBP"), "ml")),
        (("7", "g", "1", "g"), (Money(171, "GBP"), "g")),
        (("250", "ml", "100", "g"), None),
        (("0", "ml", "100", "ml"), None),
        (("-5", "ml", "100", "ml"), None),
        (("9" * 5000, "ml", "100", "ml"), None),
        (("１２", "ml", "100", "ml"), None),
        (("250", "", "100", ""), None),
        (("250", "cups", "1", "cups"), None),
    ],
)
def test_a_price_per_measure_is_exact_or_none(cells, expected):
    names = (measures.TOTAL, measures.TOTAL_UNIT, measures.BASE, measures.BASE_UNIT)
    found = measures.price_per_measure(dict(zip(names, cells, strict=True)), Money(1200, "GBP"))
    assert found == expected


def test_what_a_variant_says_counts_before_its_product():
    file = {"Google Shopping / Gender": "Unisex", "Google Shopping / Custom Label 0": "winter"}
    own = {"shopify": {"Google Shopping / Gender": "Female"}}
    found = written_for_ads(own, {"shopify": file}, {"custom_label_0": "summer", "age_group": "Adult"})
    assert found == {"gender": "female", "custom_label_0": "summer", "age_group": "adult"}


def test_words_that_the_feed_does_not_know_are_left_out():
    kept = {
        "regulars": {"gender": "everybody", "age_group": "kids", "google_product_category": "  Home >  Cups "}
    }
    assert written_for_ads(None, kept) == {"age_group": "kids", "google_product_category": "Home > Cups"}
    assert written_for_ads(None) == {}


def test_a_feed_item_carries_its_ways_of_delivery_and_the_words_for_advertisements():
    item = FeedItem(
        "A", None, "t", "d", "l", "in", "12.90", "GBP",
        shipping=(sitemaps.shipping_fields(STANDARD, Money(1290, "GBP")),),
        written={"gender": "unisex", "custom_label_4": "a & b", "condition": "used", "mpn": "M-1"},
    )  # fmt: skip
    tree = ElementTree.fromstring("".join(sitemaps.merchant_feed("Shop", "https://s/", "", [item])))
    found = tree.find("channel/item")
    way = {part.tag.removeprefix(G): part.text for part in found.find(f"{G}shipping")}
    assert way == {
        "country": "GB", "service": "Standard", "price": "3.90 GBP", "min_handling_time": "0",
        "max_handling_time": "1", "min_transit_time": "2", "max_transit_time": "4",
    }  # fmt: skip
    values = {name: found.findtext(f"{G}{name}") for name in ("gender", "custom_label_4", "condition", "mpn")}
    assert values == {"gender": "unisex", "custom_label_4": "a & b", "condition": "used", "mpn": "M-1"}
