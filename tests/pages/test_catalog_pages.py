"""Category, product, search and content pages as people get them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup

from storefront.catalog import service
from tests import factories as make


def soup(answer) -> BeautifulSoup:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def skus(page: BeautifulSoup) -> list[str]:
    return [article["data-sku"] for article in page.select("main article[data-sku]")]


@pytest.fixture
def shelf(tx):
    """A category 'cups' below 'kitchen' with five products, and one that stands elsewhere."""
    with tx() as t:
        kitchen = make.category(t, "kitchen", title="Kitchen", zh="厨房")
        cups = make.category(t, "cups", title="Cups", zh="杯子", parent=kitchen)
        for number in range(4):
            thing = make.product(
                t, f"cup-{number}", title=f"Cup {number}", category=cups, price=1000 * (number + 1),
                sku=f"CUP-{number}", brand=("Acme", "Zenith")[number % 2], stock=number,
            )  # fmt: skip
            red, blue = make.option(t, thing, "colour", "red", "blue")
            make.variant_of(t, thing).value1_id = (red, blue)[number % 2].id
        make.product(
            t, "pan", title="Pan", category=kitchen, sku="PAN", price=9000, variant={"compare_at_minor": 9900}
        )
        make.product(t, "book", title="Book", sku="BOOK")
        make.product(t, "draft", title="Draft cup", category=cups, sku="DRAFT", status="draft")
        service.reindex_all(t)


# --- category ---------------------------------------------------------------------------------------------


def test_a_category_shows_what_stands_in_it_and_below(client, shelf):
    page = soup(client.get("/c/kitchen"))
    assert page.body["data-page"] == "category"
    assert set(skus(page)) == {"CUP-0", "CUP-1", "CUP-2", "CUP-3", "PAN"}
    assert set(skus(soup(client.get("/c/cups")))) == {"CUP-0", "CUP-1", "CUP-2", "CUP-3"}
    assert [crumb.get_text() for crumb in page.select(".crumbs li")] == ["Home", "Kitchen"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("brand=Acme", ["CUP-0", "CUP-2"]),
        ("brand=Acme&brand=Zenith&sort=-price", ["CUP-3", "CUP-2", "CUP-1", "CUP-0"]),
        ("o-colour=blue&sort=price", ["CUP-1", "CUP-3"]),
        ("price_min=20&price_max=30&sort=price", ["CUP-1", "CUP-2"]),
        ("available=1&sort=name", ["CUP-1", "CUP-2", "CUP-3", "PAN"]),
        ("sale=1", ["PAN"]),
        ("brand=Nobody", []),
        ("o-colour=red&brand=Zenith", []),
    ],
)
def test_a_list_is_narrowed_down_by_its_url(client, shelf, query, found):
    got = skus(soup(client.get(f"/c/kitchen?{query}")))
    assert (got if "sort" in query else sorted(got)) == found


def test_counts_say_what_a_choice_would_leave(client, shelf):
    page = soup(client.get("/c/kitchen?o-colour=red"))

    def counts(facet):
        return {
            box.input["value"]: int(box.select_one("small").get_text().strip(", "))
            for box in page.select(f'[data-facet="{facet}"] label')
        }

    assert counts("o-colour") == {"red": 2, "blue": 2}  # as if nothing was chosen here
    assert page.select_one("#facets input[value=red]").has_attr("checked")
    assert counts("brand") == {}  # all of these are of one brand: nothing to choose
    page = soup(client.get("/c/kitchen"))
    assert counts("brand") == {"Acme": 2, "Zenith": 2}
    assert "Price" not in [chip.get_text() for chip in page.select(".chip")]


def test_a_chip_takes_its_choice_away_and_one_link_all(client, shelf):
    page = soup(client.get("/c/kitchen?brand=Acme&price_min=5&sort=price"))
    links = [chip["href"] for chip in page.select(".chip")]
    assert links == ["/c/kitchen?price_min=5.00&sort=price", "/c/kitchen?brand=Acme&sort=price"]
    assert page.select_one(".chips .quiet")["href"] == "/c/kitchen"


def test_pages_are_numbered_and_end(client, tx):
    with tx() as t:
        category = make.category(t, "many")
        for number in range(60):
            make.product(t, category=category, sku=f"S-{number:02}", price=100 + number)
    first = soup(client.get("/c/many?sort=price"))
    assert (
        len(skus(first)) == 24 and first.select_one("link[rel=next]")["href"] == "/c/many?sort=price&page=2"
    )
    third = soup(client.get("/c/many?page=3&sort=price"))
    assert skus(third) == [f"S-{number}" for number in range(48, 60)]
    assert third.select_one('.pages [aria-current="page"]').get_text(strip=True).endswith("3")
    assert skus(soup(client.get("/c/many?sort=price&page=" + "9" * 100))) == skus(third)
    assert skus(soup(client.get("/c/many?sort=price&page=" + "9" * 5000))) == skus(first)


def test_counts_are_fresh_after_a_change(client, shelf, tx):
    assert "CUP-1" in skus(soup(client.get("/c/cups")))
    with tx() as t:
        product_id = t.connection().exec_driver_sql("SELECT id FROM product WHERE slug = 'cup-1'").scalar()
        service.archive_product(t, product_id)
    page = soup(client.get("/c/cups"))
    assert "CUP-1" not in skus(page) and page.select_one("[data-count]").get_text(strip=True).startswith("3")


# --- product ----------------------------------------------------------------------------------------------


@pytest.fixture
def shirt(tx):
    """Red in S and M, blue in M only (sold out), and a draft of another product."""
    with tx() as t:
        thing = make.product(t, "shirt", title="Shirt", zh="衬衫", sku="R-S", price=2000, brand="Acme")
        red, blue = make.option(t, thing, "colour", "red", "blue", position=1)
        small, medium = make.option(t, thing, "size", "s", "m", position=2)
        first = make.variant_of(t, thing)
        first.value1_id, first.value2_id = red.id, small.id
        make.add_variant(t, thing, sku="R-M", price=2100, value1_id=red.id, value2_id=medium.id, position=1)
        make.add_variant(
            t, thing, sku="B-M", price=1900, stock=0, value1_id=blue.id, value2_id=medium.id, position=2
        )
        service.set_attribute(
            t, thing.id, "fabric", "cotton", names={"en": "Fabric", "zh": "面料"}, texts={"zh": "棉"}
        )
        service.publish_release(
            t, thing.id, "2.0", {"en": {"title": "Softer", "description": "<p>New yarn</p>"}}
        )
        make.product(t, "hidden", status="draft", sku="H")
        make.product(t, "gone", status="archived", sku="G")
        make.product(t, "english", title="English only", zh=None, sku="E")
    return None


@pytest.mark.parametrize(
    ("query", "sku", "stock", "price"),
    [
        ("", "R-S", "in", "2000"),
        ("?sku=B-M", "B-M", "out", "1900"),
        ("?colour=red&size=m", "R-M", "in", "2100"),
        ("?colour=blue", "B-M", "out", "1900"),
        ("?colour=nonsense&size=m", "R-M", "in", "2100"),
        ("?sku=H", "R-S", "in", "2000"),
        ("?sku=&colour=&size=%00", "R-S", "in", "2000"),
    ],
)
def test_the_url_chooses_the_variant(client, shirt, query, sku, stock, price):
    page = soup(client.get(f"/p/shirt{query}"))
    assert page.body["data-page"] == "product"
    assert page.select_one("main article")["data-sku"] == sku
    assert page.select_one("main article [data-stock]")["data-stock"] == stock
    tag = page.select_one("main article data.price")
    assert (tag["value"], tag["data-currency"]) == (price, "GBP")


def test_each_value_leads_to_a_variant_or_says_why_not(client, shirt):
    page = soup(client.get("/p/shirt?sku=B-M"))
    ways = {way.get_text(strip=True): way.get("href") for way in page.select(".way")}
    assert ways["Red"] == "/p/shirt?sku=R-M"  # the size is kept
    small = next(way for way in page.select(".way") if way.get_text(strip=True).startswith("S"))
    assert (
        small.name == "span" and "S is not made in Blue." in page.select_one(".option ~ .option").get_text()
    )


def test_the_page_speaks_its_language_and_marks_what_does_not(client, shirt):
    page = soup(client.get("/zh/p/shirt"))
    assert page.html["lang"] == "zh-CN" and page.h1.get_text() == "衬衫" and not page.h1.has_attr("lang")
    assert "面料" in page.select_one(".specs").get_text() and "棉" in page.select_one(".specs").get_text()
    assert soup(client.get("/zh/p/english")).h1["lang"] == "en"
    releases = soup(client.get("/p/shirt")).select_one(".releases").get_text()
    assert "2.0" in releases and "New yarn" in releases


@pytest.mark.parametrize(("path", "status"), [("/p/hidden", 404), ("/p/gone", 410), ("/p/none", 404)])
def test_what_is_not_on_show_is_not_there(client, shirt, path, status):
    assert client.get(path).status_code == status
    assert client.head(path).status_code == status


def test_a_product_appears_and_disappears_by_the_clock(client, tx, clock):
    now = clock.now()
    with tx() as t:
        make.product(t, "now", visible_from=now + timedelta(hours=1), visible_until=now + timedelta(hours=2))
    seen = []
    for _ in range(3):
        seen.append(client.get("/p/now").status_code)
        clock.shift(timedelta(hours=1))
    assert seen == [404, 200, 404]


def test_an_old_address_leads_to_the_new_one_for_ever(client, tx):
    with tx() as t:
        category = make.category(t, "old-shelf")
        product_id = make.product(t, "old", title="Thing").id
        service.rename_product(t, product_id, "newer")
        service.rename_product(t, product_id, "newest")
        service.rename_category(t, category.id, "new-shelf")
        service.add_redirect(t, "/products/imported.html", "/p/newest")
    for old, new in (("/p/old", "/p/newest"), ("/p/newer", "/p/newest"), ("/c/old-shelf", "/c/new-shelf")):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, new)
        assert client.get("/zh" + old).headers["Location"] == "/zh" + new
    assert client.get("/products/imported.html").headers["Location"] == "/p/newest"
    assert client.get("/p/newest").status_code == 200


# --- search and pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "first"), [("cup 2", "CUP-2"), ("pan", "PAN"), ("CUP-3", "CUP-3")])
def test_a_search_finds_by_words_and_codes(client, shelf, query, first):
    page = soup(client.get("/search", query_string={"q": query}))
    assert page.body["data-page"] == "search" and skus(page)[0] == first
    assert page.select_one("meta[name=robots]")["content"].startswith("noindex")
    assert page.select_one("input[name=q]")["value"] == query


def test_a_search_is_narrowed_down_like_a_category(client, shelf):
    page = soup(client.get("/search?q=cup&brand=Zenith&sort=-price"))
    assert skus(page) == ["CUP-3", "CUP-1"]


def test_nothing_found_offers_a_near_word_and_is_counted(client, shelf, app, rows):
    page = soup(client.get("/search?q=pam"))
    assert page.select_one('a[href="/search?q=pan"]').get_text() == "pan"
    soup(client.get("/zh/search?q=独角兽"))
    queue = app.extensions["regulars_jobs"].huey
    while queue.pending_count():
        queue.execute(queue.dequeue())
    found = rows("SELECT query, locale, count FROM search_miss ORDER BY locale")
    assert [tuple(row) for row in found] == [("pam", "en", 1), ("独角兽", "zh", 1)]


def test_suggestions_come_in_groups(client, shelf):
    answer = client.get("/search/suggest?q=cu")
    options = soup(answer).select('[role="option"]')
    assert [option["href"] for option in options if option["href"].startswith("/p/")]
    assert "/c/cups" in [option["href"] for option in options]
    assert "private" in answer.headers["Cache-Control"]
    assert client.get("/search/suggest?q=").get_data(as_text=True).strip() == ""


def test_a_search_says_no_more_than_so_often(make_shop):
    client = make_shop(search_limit="3 per minute").test_client()
    assert [client.get("/search?q=x").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_content_page_and_the_menus_show_their_words(client, tx):
    with tx() as t:
        make.page(t, "delivery", title="Delivery", zh="配送")
        make.menu_item(t, "footer-help", "pages/delivery", title="Delivery", zh="配送")
    page = soup(client.get("/zh/pages/delivery"))
    assert page.body["data-page"] == "page" and page.h1.get_text() == "配送"
    entry = page.select_one('footer a[href="/zh/pages/delivery"]')
    assert entry.get_text() == "配送" and entry["aria-current"] == "page"
    assert client.get("/pages/none").status_code == 404


# --- bad input --------------------------------------------------------------------------------------------

HOSTILE = [
    {"q": "word " * 1_500},
    {"q": '" OR * NEAR(1) AND {x}:^y'},
    {"q": "'; DROP TABLE product; --"},
    {"q": "{{7*191}} ${7*191} <script>alert(1)</script>"},
    {"q": "a\x00b\r\nSet-Cookie: x=1"},
    {"q": "\u202e\u200b\ud7ff" + "e\u0301" * 300},
    {"page": "9" * 5_000},
    {"page": "-1", "sort": "price;drop", "price_min": "1e400", "price_max": "NaN"},
    {"o-colour": "' OR 1=1", "a-x": "%", "brand": "_" * 300},
    {"q[]": "1", "page[0]": "2", "": "x"},
    [("q", "one"), ("q", "two"), ("page", "2"), ("page", "3")],
    [(f"o-k{n}", f"v{n}") for n in range(400)],
]


@pytest.mark.parametrize("path", ["/search", "/zh/search", "/c/cups", "/p/cup-1", "/search/suggest"])
@pytest.mark.parametrize("arguments", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_query_gets_a_calm_page(client, shelf, path, arguments):
    query = urlencode(arguments)
    answer = client.get(f"{path}?{query}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == (414 if len(query) > 8_000 else 200), text[:300]
    assert "1337" not in text and "<script>alert" not in text and "x=1" not in str(answer.headers)
    for word in ("Traceback", "sqlalchemy", "sqlite", "syntax error"):
        assert word not in text


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=%ff%fe", "/c/%ff", "/p/%00", "/c/" + "x" * 3_000, "/p/..%2f..%2fetc", "/search?%ff=%ff",
        "/media/../shop.db", "/media/" + "a" * 64 + "-640.webp", "/media/x", "/sitemap-products-0.xml",
        "/sitemap-products-99999999.xml", "/sitemap-products-x.xml", "/sitemap-.xml", "/pages/%0d%0aX:1",
    ],
)  # fmt: skip
def test_a_hostile_address_gets_a_calm_page(client, shelf, path):
    answer = client.get(path)
    assert answer.status_code in {200, 400, 404}, answer.status_code


def test_ten_thousand_terms_are_too_long_an_address(client, shelf):
    assert client.get("/search?q=" + "word+" * 10_000).status_code == 414


def test_further_pages_of_a_list_have_a_title_of_their_own(client, tx):
    with tx() as t:
        shelf = make.category(t, "long-shelf", title="Long shelf")
        for _number in range(30):
            make.product(t, category=shelf)
    first, second = (client.get(f"/c/long-shelf{more}").get_data(as_text=True) for more in ("", "?page=2"))
    assert "<title>Long shelf · Regulars</title>" in first
    assert "<title>Long shelf, page 2 · Regulars</title>" in second
