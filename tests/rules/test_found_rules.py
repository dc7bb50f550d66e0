"""What machines read: linked data, sitemaps, robots.txt, the merchant feed."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from storefront.catalog.rules import linked_data, sitemaps
from storefront.catalog.rules.sitemaps import FeedItem, SitemapEntry, feed_fields
from storefront.catalog.rules.values import Card, Option, Picture, ProductView, Variant
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
