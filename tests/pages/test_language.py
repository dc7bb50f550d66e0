"""Both languages: each page once, under its prefix; formats, marks and what is not translated."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.browser.places import FILLED
from tests.pages.walking import OWN, spoken_in

PATHS = [path for name, path in FILLED.items() if name != "not found"]


def soup(site, path):
    return BeautifulSoup(site.visitor().get(path, base_url=OWN).get_data(as_text=True), "html.parser")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_its_language_and_where_the_other_is(site, path):
    for prefix, tag in (("", "en"), ("/zh", "zh-CN")):
        page = soup(site, prefix + path)
        assert page.html["lang"] == tag
        switch = {a["href"] for a in page.find_all("a", hreflang=True)}
        addresses = {OWN + link if link.startswith("/") else link for link in switch}
        assert addresses >= {OWN + path, OWN + "/zh" + path}


@pytest.mark.parametrize("path", ["/", "/c/books-shelf", "/p/row-3", "/pages/delivery"])
def test_search_engines_are_told_of_both(site, path):
    for prefix in ("", "/zh"):
        head = soup(site, prefix + path).head
        links = {
            link["hreflang"]: link["href"] for link in head.find_all("link", rel="alternate", hreflang=True)
        }
        assert links["en"] == links["x-default"] == OWN + path
        assert links["zh-CN"] == OWN + "/zh" + path
        assert head.find("link", rel="canonical")["href"] == OWN + prefix + path


def test_links_stay_in_the_language_of_the_page(site):
    page = soup(site, "/zh/")
    own = [
        a["href"]
        for a in page.find_all("a", href=True)
        if a["href"].startswith("/") and not a.get("hreflang")
    ]
    assert own and all(link.startswith("/zh") for link in own), [x for x in own if not x.startswith("/zh")]


def test_what_is_not_translated_is_shown_in_the_first_language_and_marked(site):
    heading = soup(site, "/zh/p/english-only").h1
    assert heading.get_text(strip=True) == "Untranslated kettle"
    assert (heading.find(lang="en") or heading).get("lang") == "en" or spoken_in(heading) == "en"


def test_prices_are_written_as_the_language_writes_them(site):
    for prefix in ("", "/zh"):
        price = soup(site, f"{prefix}/p/row-3").find("data", class_="price")
        assert price["value"] == "510" and price["data-currency"] == "GBP"
        assert "5.10" in price.get_text()


def test_an_unknown_prefix_is_no_language(site):
    assert site.visitor().get("/fr/", base_url=OWN).status_code == 404
    for path in ("/zhx", "/zhangs", "/ZH/"):
        assert site.visitor().get(path, base_url=OWN).status_code == 404
        assert soup(site, path).html["lang"] == "en"


def test_a_shop_may_speak_chinese_first(make_shop):
    client = make_shop(languages="zh,en").test_client()
    assert BeautifulSoup(client.get("/").get_data(as_text=True), "html.parser").html["lang"] == "zh-CN"
    assert BeautifulSoup(client.get("/en/").get_data(as_text=True), "html.parser").html["lang"] == "en"
    assert client.get("/zh/").status_code == 404


def test_a_shop_may_speak_one_language(make_shop):
    client = make_shop(languages="en").test_client()
    page = BeautifulSoup(client.get("/").get_data(as_text=True), "html.parser")
    assert client.get("/zh/").status_code == 404
    assert not page.find_all("a", hreflang=True)


def test_the_answer_of_an_error_speaks_the_language_of_the_address(site):
    page = soup(site, "/zh/nowhere")
    assert page.html["lang"] == "zh-CN"
    assert page.body["data-page"] == "error"
