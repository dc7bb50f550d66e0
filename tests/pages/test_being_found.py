"""What search engines and link previews read (UX.md, Being found)."""

from __future__ import annotations

import json
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from storefront.catalog import models, service
from tests import factories as make
from tests import stores

S = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
G = "{http://base.google.com/ns/1.0}"
ORIGIN = "http://127.0.0.1:5000"


@pytest.fixture
def shelf(tx):
    with tx() as t:
        cups = make.category(t, "cups", title="Cups", zh="杯子")
        for number in range(30):
            thing = make.product(
                t, f"cup-{number}", title=f"Cup {number}", zh=f"{number}号杯", category=cups,
                sku=f"C-{number}", brand="Acme", variant={"barcode": "4006381333931"},
            )  # fmt: skip
        picture = models.Picture(hash="a" * 64, width=1000, height=800, widths="320,640,1280", cutout=True)
        t.add(picture)
        t.flush()
        service.attach_picture(t, thing.id, picture.id, alts={"en": "A cup"})
        (red,) = make.option(t, thing, "colour", "red")
        make.add_variant(t, thing, sku="C-red", value1_id=red.id, position=1)
        make.page(t, "delivery", title="Delivery", zh="配送")
        make.product(t, "draft", status="draft")
        service.reindex_all(t)


def read(client, path: str) -> tuple[BeautifulSoup, list[dict]]:
    answer = client.get(path)
    assert answer.status_code == 200
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    return page, [json.loads(tag.string) for tag in page.select('script[type="application/ld+json"]')]


def of_type(found: list[dict], kind: str) -> dict:
    return next(item for item in found if item["@type"] == kind)


@pytest.mark.parametrize("path", ["/", "/c/cups", "/p/cup-29", "/pages/delivery", "/search?q=cup"])
@pytest.mark.parametrize("prefix", ["", "/zh"])
def test_every_page_has_one_heading_a_fitting_title_and_both_languages(client, shelf, path, prefix):
    page, _ = read(client, prefix + path)
    assert len(page.select("h1")) == 1
    assert 0 < len(page.title.get_text()) <= 60
    if not path.startswith("/search"):
        assert len(page.select_one("meta[name=description]")["content"]) <= 155
        assert page.select_one("link[rel=canonical]")["href"] == f"{ORIGIN}{prefix}{path}"
        tags = {link["hreflang"]: link["href"] for link in page.select("link[rel=alternate]")}
        assert tags == {"en": ORIGIN + path, "zh-CN": f"{ORIGIN}/zh{path}", "x-default": ORIGIN + path}


def test_facets_sorts_and_variants_canonicalise_to_the_bare_page(client, shelf):
    for path, bare in (
        ("/c/cups?sort=price&brand=Acme&page=2", "/c/cups"),
        ("/p/cup-29?sku=C-red", "/p/cup-29"),
    ):
        assert read(client, path)[0].select_one("link[rel=canonical]")["href"] == ORIGIN + bare


def test_pages_of_a_list_name_their_neighbours(client, shelf):
    page, _ = read(client, "/c/cups?page=2")
    assert page.select_one("link[rel=prev]")["href"] == "/c/cups" and not page.select("link[rel=next]")


@pytest.mark.parametrize("path", ["/search?q=cup", "/account/login"])
def test_search_and_account_are_not_listed(client, shelf, path):
    assert "noindex" in read(client, path)[0].select_one("meta[name=robots]")["content"]


def test_linked_data_of_a_product_and_its_group(client, shelf):
    _, found = read(client, "/p/cup-1")
    product = of_type(found, "Product")
    assert product["gtin13"] == "4006381333931" and product["brand"]["name"] == "Acme"
    assert product["offers"]["url"] == f"{ORIGIN}/p/cup-1"
    _, found = read(client, "/zh/p/cup-29")
    group = of_type(found, "ProductGroup")
    assert group["name"] == "29号杯" and [part["sku"] for part in group["hasVariant"]] == ["C-29", "C-red"]
    assert group["image"] == [f"{ORIGIN}/media/{'a' * 64}-640.webp"]
    crumbs = of_type(found, "BreadcrumbList")["itemListElement"]
    assert [crumb["item"] for crumb in crumbs] == [
        f"{ORIGIN}/zh/",
        f"{ORIGIN}/zh/c/cups",
        f"{ORIGIN}/zh/p/cup-29",
    ]


def test_linked_data_of_a_list_and_of_the_shop(client, shelf):
    _, found = read(client, "/c/cups?page=2&sort=price")
    items = of_type(found, "ItemList")["itemListElement"]
    assert len(items) == 6 and items[0]["position"] == 25
    _, found = read(client, "/")
    assert of_type(found, "Organization")["url"] == ORIGIN + "/"
    assert "{search_term_string}" in of_type(found, "WebSite")["potentialAction"]["target"]["urlTemplate"]


def test_a_preview_of_a_product_has_its_price_and_picture(client, shelf):
    page, _ = read(client, "/p/cup-29")
    tags = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert (
        tags["og:type"] == "product"
        and tags["og:price:amount"] == "12.90"
        and tags["og:price:currency"] == "GBP"
    )
    assert tags["og:image"].endswith("-640.webp") and tags["og:image:width"] == "640"
    assert page.select_one('meta[name="twitter:card"]')["content"] == "summary_large_image"


def test_a_text_cannot_break_out_of_the_linked_data(client, tx):
    with tx() as t:
        make.product(t, "evil", title="</script><script>alert(1)</script>")
    page, found = read(client, "/p/evil")
    assert "alert(1)" not in "".join(tag.string or "" for tag in page.select("script:not([type])"))
    assert of_type(found, "Product")["name"] == "</script><script>alert(1)</script>"


# --- files ------------------------------------------------------------------------------------------------


def test_every_address_of_the_sitemap_answers(client, shelf):
    index = ElementTree.fromstring(client.get("/sitemap.xml").data)
    addresses, pictures = [], []
    for part in index.iter(f"{S}loc"):
        tree = ElementTree.fromstring(client.get(urlsplit(part.text).path).data)
        addresses += [url.find(f"{S}loc").text for url in tree.iter(f"{S}url")]
        pictures += [tag.text for tag in tree.iter("{http://www.google.com/schemas/sitemap-image/1.1}loc")]
    assert len(addresses) == len(set(addresses)) == 2 * (1 + 1 + 1 + 30)
    assert f"{ORIGIN}/p/draft" not in addresses and f"{ORIGIN}/zh/p/cup-3" in addresses
    assert set(pictures) == {f"{ORIGIN}/media/{'a' * 64}-640.webp"}
    for address in addresses:
        assert client.get(urlsplit(address).path).status_code == 200, address


def test_robots_point_to_the_sitemap_of_the_mounted_shop(client, shelf):
    assert client.get("/robots.txt").get_data(as_text=True).endswith(f"Sitemap: {ORIGIN}/sitemap.xml\n")
    mounted = client.get("/robots.txt", environ_overrides={"SCRIPT_NAME": "/shop"}).get_data(as_text=True)
    assert "Disallow: /shop/zh/search\n" in mounted and mounted.endswith(
        f"Sitemap: {ORIGIN}/shop/sitemap.xml\n"
    )


def test_the_feed_lists_every_variant_on_show(client, shelf):
    answer = client.get("/zh/feeds/merchant.xml")
    assert answer.mimetype == "application/xml"
    tree = ElementTree.fromstring(answer.data)
    items = {item.find(f"{G}id").text: item for item in tree.iter("item")}
    assert len(items) == 31
    red = items["C-red"]
    assert red.find(f"{G}item_group_id").text == "cup-29" and red.find(f"{G}color").text.startswith("Red")
    assert red.find(f"{G}link").text == f"{ORIGIN}/zh/p/cup-29?sku=C-red"
    assert (
        items["C-1"].find(f"{G}title").text == "1号杯" and items["C-1"].find(f"{G}price").text == "12.90 GBP"
    )
    assert red.find(f"{G}product_type").text == "杯子"


@pytest.mark.parametrize(
    "path", ["/robots.txt", "/sitemap.xml", "/feeds/merchant.xml", "/c/cups", "/p/cup-1", "/search?q=x"]
)
def test_head_answers_like_get_without_a_body(client, shelf, path):
    answer = client.head(path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.mimetype == client.get(path).mimetype


def test_the_address_of_the_shop_is_the_one_in_its_settings(tmp_path, sqlite_template):
    from storefront.app import create_app

    stores.copy_databases(sqlite_template, tmp_path)
    app = create_app(stores.settings(tmp_path, base_url="https://shop.test"))
    text = app.test_client().get("/", base_url="https://shop.test").get_data(as_text=True)
    assert '<link rel="canonical" href="https://shop.test/">' in text
