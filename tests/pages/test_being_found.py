"""What search engines and link previews read (UX.md, Being found)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from storefront.catalog import models, service
from storefront.core.database import transaction
from storefront.core.delivery import DeliveryOffer
from storefront.core.store import store_values
from storefront.hookspecs import hookimpl
from storefront.inventory.models import Stock
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


# --- terms: delivery, returns, prices ---------------------------------------------------------------------


class Carrier:
    """Who brings things, as a feature or plugin would say it."""

    def __init__(self) -> None:
        self.offers = [
            DeliveryOffer("Express", "GB", 890, "GBP", 1, 1),
            DeliveryOffer("Standard", "GB", 390, "GBP", 2, 4, 0, 1, free_from_minor=4000),
            DeliveryOffer("Dollars", "US", 100, "USD", 1, 1),
        ]

    @hookimpl
    def register_delivery_offers(self):
        return self.offers


@pytest.fixture
def carrier(app, clock):
    """The only one who brings things, on Monday 2 March 2026."""
    manager, only = app.extensions["regulars_plugins"], Carrier()
    others = {
        name: part for name, part in manager.list_name_plugin() if hasattr(part, "register_delivery_offers")
    }
    for name in others:
        manager.unregister(name=name)
    manager.register(only, name="carrier")
    yield only
    manager.unregister(name="carrier")
    for name, part in others.items():
        manager.register(part, name=name)


def test_an_offer_says_how_it_comes_how_it_goes_back_and_how_long_the_price_is_good(client, shelf, carrier):
    _, found = read(client, "/p/cup-1")
    offer = of_type(found, "Product")["offers"]
    rates = [(way["shippingRate"]["value"], way["shippingDestination"]["addressCountry"]) for way in offer["shippingDetails"]]  # fmt: skip
    assert rates == [("8.90", "GB"), ("3.90", "GB")]
    assert offer["priceValidUntil"] == "2027-12-31"
    policy = offer["hasMerchantReturnPolicy"]
    assert (policy["applicableCountry"], policy["merchantReturnDays"]) == (["GB"], 30)
    assert policy["returnPolicyCategory"] == "https://schema.org/MerchantReturnFiniteReturnWindow"
    _, found = read(client, "/p/cup-29")
    for part in of_type(found, "ProductGroup")["hasVariant"]:
        assert len(part["offers"]["shippingDetails"]) == 2 and part["offers"]["hasMerchantReturnPolicy"]


def test_the_page_says_when_it_arrives_and_how_long_it_may_go_back(client, shelf, carrier):
    page, _ = read(client, "/p/cup-1")
    words = " ".join(page.select_one(".arrive").get_text(" ").split())
    assert words == (
        "With you between Wednesday 4 March and Monday 9 March. "
        "Standard (United Kingdom): £3.90, free from £40.00. 30 days to send it back."
    )


def test_the_feed_says_what_delivery_costs(client, shelf, carrier):
    tree = ElementTree.fromstring(client.get("/feeds/merchant.xml").data)
    for item in tree.iter("item"):
        prices = [way.findtext(f"{G}price") for way in item.iter(f"{G}shipping")]
        assert prices == ["8.90 GBP", "3.90 GBP"]


def test_without_anybody_who_delivers_nothing_is_said_of_delivery(client, shelf, carrier):
    carrier.offers = []
    page, found = read(client, "/p/cup-1")
    offer = of_type(found, "Product")["offers"]
    assert "shippingDetails" not in offer and "hasMerchantReturnPolicy" not in offer
    assert page.select_one(".arrive").get_text(" ", strip=True) == "30 days to send it back."
    assert b"g:shipping>" not in client.get("/feeds/merchant.xml").data


def test_what_the_owner_set_for_returns_is_what_pages_and_machines_read(client, shelf, carrier, tx):
    with tx() as t:
        store_values(t, {"returns_days": 60, "returns_free": True, "business_country": "FR"})
        make.page(t, "returns", title="Returns")
    page, found = read(client, "/p/cup-1")
    assert "60 days to send it back, free of charge." in page.select_one(".arrive").get_text()
    policy = of_type(found, "Product")["offers"]["hasMerchantReturnPolicy"]
    assert policy["applicableCountry"] == ["FR", "GB"] and policy["returnPolicyCountry"] == "FR"
    assert policy["returnFees"] == "https://schema.org/FreeReturn"
    assert policy["merchantReturnLink"] == f"{ORIGIN}/pages/returns"
    with tx() as t:
        store_values(t, {"returns_days": 0})
    page, found = read(client, "/p/cup-1")
    assert "only if it is faulty" in page.select_one(".arrive").get_text()
    policy = of_type(found, "Product")["offers"]["hasMerchantReturnPolicy"]
    assert policy["returnPolicyCategory"].endswith("MerchantReturnNotPermitted")


def test_what_cannot_be_had_now_has_no_day_of_arrival(client, carrier, tx):
    with tx() as t:
        make.product(t, "gone", stock=0)
        awaited = make.product(t, "awaited", stock=0)
        t.get(Stock, make.variant_of(t, awaited).id).backorder = True
        letter = {"extra": {"shopify": {"Variant Requires Shipping": "false"}}}
        make.product(t, "letter", variant=letter)
    for path in ("/p/gone", "/p/awaited"):
        assert read(client, path)[0].select_one(".arrive").get_text(strip=True) == "30 days to send it back."
    page, found = read(client, "/p/letter")
    assert page.select_one(".arrive").get_text(strip=True) == ""
    assert "shippingDetails" not in of_type(found, "Product")["offers"]
    _, found = read(client, "/p/awaited")
    assert of_type(found, "Product")["offers"]["availability"].endswith("/BackOrder")


def test_a_price_ends_with_the_product(client, tx, clock):
    with tx() as t:
        make.product(t, "advent", visible_until=datetime(2026, 12, 25, tzinfo=UTC))
    assert of_type(read(client, "/p/advent")[1], "Product")["offers"]["priceValidUntil"] == "2026-12-24"


def test_terms_cost_a_warm_product_page_no_query(client, shelf, carrier, count_queries):
    def warm() -> int:
        client.get("/p/cup-1")
        with count_queries() as queries:
            client.get("/p/cup-1")
        return len([text for text in queries.statements if "journal_event" not in text])

    told, carrier.offers = warm(), []
    assert told == warm() <= 5


# --- what files and attributes say for advertisements -----------------------------------------------------


def test_words_for_advertisements_reach_the_feed_and_no_page(client, tx):
    file = {
        "Google Shopping / Google Product Category": "Home & Garden > Kitchen", "Google Shopping / Gender": "Unisex",
        "Google Shopping / Custom Label 4": "margin-high", "Google Shopping / MPN": "M-7",
    }  # fmt: skip
    with tx() as t:
        shelf = make.category(t, "mugs")
        make.product(t, "imported", sku="I-1", category=shelf, extra={"shopify": file})
        for number, label in enumerate(("campaign-a", "campaign-b")):
            own = make.product(t, f"own-{number}", sku=f"O-{number}", category=shelf)
            service.set_attribute(t, own.id, "custom_label_0", label, names={}, texts={})
            service.set_attribute(t, own.id, "age_group", "", names={}, texts={"en": "Kids"})
        service.reindex_all(t)
    tree = ElementTree.fromstring(client.get("/feeds/merchant.xml").data)
    items = {item.findtext(f"{G}id"): item for item in tree.iter("item")}
    names = ("google_product_category", "gender", "custom_label_4", "mpn", "custom_label_0", "age_group")
    said = {sku: [item.findtext(f"{G}{name}") for name in names] for sku, item in items.items()}
    assert said["I-1"] == ["Home & Garden > Kitchen", "unisex", "margin-high", "M-7", None, None]
    assert said["O-0"] == [None, None, None, None, "campaign-a", "kids"]
    for path in ("/p/own-0", "/c/mugs", "/search?q=campaign-a"):
        page, _ = read(client, path)
        assert "campaign-b" not in page.main.get_text() and "custom_label" not in str(page.main)
    assert "campaign-a" not in read(client, "/p/own-0")[0].main.get_text()


def test_a_price_per_measure_stands_beside_the_price(client, tx):
    cells = {
        "Unit Price Total Measure": "250", "Unit Price Total Measure Unit": "ml",
        "Unit Price Base Measure": "100", "Unit Price Base Measure Unit": "ml",
    }  # fmt: skip
    with tx() as t:
        make.product(t, "oil", price=3000, variant={"extra": {"shopify": cells}})
        make.product(t, "jar", price=3000)
    assert "£12.00 / 100 ml" in read(client, "/p/oil")[0].select_one(".buy-price").get_text()
    assert " / " not in read(client, "/p/jar")[0].select_one(".buy-price").get_text()


# --- previews and dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/pages/delivery", "/zh/"])
def test_a_link_to_the_shop_shows_a_picture_of_its_first_department(client, shelf, path):
    page, _ = read(client, path)
    tags = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert tags["og:image"] == f"{ORIGIN}/media/{'a' * 64}-640.webp"
    assert (tags["og:image:width"], tags["og:image:height"]) == ("640", "512")
    assert page.select_one('meta[name="twitter:card"]')["content"] == "summary_large_image"


@pytest.mark.parametrize("path", ["/", "/p/plain", "/c/bare", "/pages/about"])
def test_without_pictures_it_shows_the_mark_of_the_shop(make_shop, path):
    shop = make_shop(base_url="https://shop.test")
    with shop.app_context(), transaction() as t:
        make.product(t, "plain", category=make.category(t, "bare"))
        make.page(t, "about")
    client = shop.test_client()
    page = BeautifulSoup(client.get(path, base_url="https://shop.test").data, "html.parser")
    tags = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
    assert tags["og:image"] == tags["og:image:secure_url"]
    assert tags["og:image"].startswith("https://shop.test/static/icons/mark.png")
    answer = client.get(tags["og:image"].removeprefix("https://shop.test"), base_url="https://shop.test")
    size = (int(tags["og:image:width"]), int(tags["og:image:height"]))
    assert answer.status_code == 200 and Image.open(BytesIO(answer.data)).size == size
    assert page.select_one('meta[name="twitter:card"]')["content"] == "summary"


def test_every_page_says_when_it_changed(client, tx):
    late, later = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2))
    with tx() as t:
        top = make.category(t, "top")
        inner = make.category(t, "inner", parent=top)
        make.category(t, "empty")
        make.product(t, "old", category=make.category(t, "cups"))
        make.page(t, "delivery")
        make.product(t, "fresh", category=inner, updated_at=late)
        make.product(t, "hidden", category=top, status="draft", updated_at=later)
    tree = ElementTree.fromstring(client.get("/sitemap-shop.xml").data)
    changed = {url.findtext(f"{S}loc").removeprefix(ORIGIN): url.findtext(f"{S}lastmod") for url in tree}
    assert None not in changed.values()
    assert changed["/"] == changed["/c/top"] == changed["/zh/c/inner"] == late.isoformat()
    assert changed["/c/empty"] == late.isoformat() and changed["/c/cups"] == make.LONG_AGO.isoformat()
    index = ElementTree.fromstring(client.get("/sitemap.xml").data)
    assert next(iter(index)).findtext(f"{S}lastmod") == late.isoformat()


@pytest.mark.parametrize("path", ["/account/login", "/zh/account/login"])
def test_a_page_that_is_not_listed_describes_itself_too(client, path):
    words = read(client, path)[0].select_one("meta[name=description]")["content"]
    assert 20 < len(words) <= 155
