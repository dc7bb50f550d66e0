"""Lists, products and feeds on both databases: the statements of the pages, with everything in them."""

from __future__ import annotations

import time
from collections import OrderedDict
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from storefront.catalog import models, service
from storefront.catalog.service.facets import CountMemory
from storefront.core.errors import Gone, NotFound
from tests import factories as make

pytestmark = pytest.mark.both


@pytest.fixture
def shelf(tx) -> None:
    with tx() as t:
        home = make.category(t, "home", title="Home", zh="家")
        cups = make.category(t, "cups", title="Cups", zh="杯子", parent=home)
        for number in range(6):
            thing = make.product(
                t, f"cup-{number}", title=f"Cup {number}", zh=f"杯子{number}", category=cups, sku=f"C-{number}",
                price=1000 + 100 * number, brand="Acme" if number % 2 else "Zenith", stock=number,
                variant={"compare_at_minor": 5000} if number == 5 else None,
            )  # fmt: skip
            red, blue = make.option(t, thing, "colour", "red", "blue")
            make.variant_of(t, thing).value1_id = (red if number < 3 else blue).id
            service.set_attribute(
                t,
                thing.id,
                "volume",
                str(number % 3),
                names={"en": "Volume", "zh": "容量"},
                texts={"zh": f"{number % 3}升"},
            )
        make.product(t, "old", status="archived")
        make.product(t, "bare-shelf")
        service.reindex_all(t)


@pytest.fixture
def here(app: Flask):
    """A request in Chinese."""
    from storefront.core.i18n import ENVIRON_KEY

    chinese = app.extensions["regulars_languages"][1]
    with app.test_request_context("/", environ_overrides={ENVIRON_KEY: chinese, "SCRIPT_NAME": "/zh"}):
        yield


def listed(query: dict) -> tuple[list[str], dict]:
    answer = service.show_category("home", MultiDict(query).items(multi=True))
    facets = {
        facet.key: {value.value: value.count for value in facet.values} for facet in answer.listing.facets
    }
    return [card.sku for card in answer.listing.page.items], facets


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ({"sort": "price"}, ["C-0", "C-1", "C-2", "C-3", "C-4", "C-5"]),
        ({"sort": "-price", "available": "1"}, ["C-5", "C-4", "C-3", "C-2", "C-1"]),
        ({"sort": "name", "brand": "Acme", "o-colour": "blue"}, ["C-3", "C-5"]),
        ({"sort": "new", "a-volume": ["0", "1"]}, ["C-4", "C-3", "C-1", "C-0"]),
        ({"sort": "price", "price_min": "11", "price_max": "13"}, ["C-1", "C-2", "C-3"]),
        ({"sale": "1"}, ["C-5"]),
        ({"category": "cups", "sort": "price", "price_max": "10"}, ["C-0"]),
        ({"category": "nothing"}, []),
    ],
)
def test_filters_and_sorts(shelf, here, query, skus):
    assert listed(query)[0] == skus


def test_each_facet_counts_under_the_choices_of_the_others(shelf, here):
    _, facets = listed({})
    assert facets["brand"] == {"Acme": 3, "Zenith": 3}
    assert facets["o-colour"] == {"red": 3, "blue": 3}
    assert facets["a-volume"] == {"0": 2, "1": 2, "2": 2}
    assert facets["available"] == {"1": 5} and facets["sale"] == {"1": 1}
    _, facets = listed({"brand": "Acme", "o-colour": "red"})
    assert facets["brand"] == {"Acme": 1, "Zenith": 2}
    assert facets["o-colour"] == {"red": 1, "blue": 2}
    assert "a-volume" not in facets  # one value is left: nothing to choose


def test_facets_speak_the_language_of_the_page(shelf, here):
    answer = service.show_category("home", [("a-volume", "1")])
    volume = next(facet for facet in answer.listing.facets if facet.key == "a-volume")
    assert volume.title == "容量" and {value.label for value in volume.values} == {"0升", "1升", "2升"}
    assert answer.listing.chips == (("1升", "/zh/c/home"),)
    assert [crumb[0] for crumb in answer.head.breadcrumbs][1:] == ["家"]


def test_a_search_is_sorted_by_fitness_and_narrowed_down(shelf, here):
    answer = service.show_search([("q", "杯子3")])
    assert answer.listing.page.items[0].sku == "C-3"
    answer = service.show_search([("q", "杯子"), ("brand", "Acme"), ("sort", "-price")])
    assert [card.sku for card in answer.listing.page.items] == ["C-5", "C-3", "C-1"]
    assert [link.title for link in answer.also] == ["杯子"]


def test_a_product_with_all_that_belongs_to_it(shelf, here):
    view = service.get_product("cup-5", {})
    assert (view.title, view.variant.sku, view.variant.stock, view.variant.left) == ("杯子5", "C-5", "low", 5)
    assert view.variant.compare_at.minor == 5000 and view.attributes == (("容量", "2升"),)
    assert [value.label for value in view.options[0].values] == ["Blue（中）"]
    with pytest.raises(Gone):
        service.get_product("old", {})
    with pytest.raises(NotFound):
        service.get_product("never", {})


def test_feeds_and_sitemaps_are_well_formed(shelf, here):
    feed = ElementTree.fromstring("".join(service.merchant_feed()))
    assert len(list(feed.iter("item"))) == 7
    for name in ("shop", "products-1"):
        ElementTree.fromstring(service.sitemap_part(name))
    assert service.sitemap_index().count("<sitemap>") == 2


def test_departments_have_counts(shelf, here):
    assert [(alcove.title, alcove.count, alcove.url) for alcove in service.department_alcoves()] == [
        ("家", 6, "/zh/c/home")
    ]


def test_narrowing_stays_quick_where_many_products_share_option_names(app_context, tx, app):
    """Asked per product, SQLite once walked all values of one name each time: minutes for 2,000 products."""
    many = 1_500
    with tx() as t:
        shelf = make.category(t, "many").id
        moment = make.LONG_AGO
        rows = [
            {"id": n, "slug": f"m{n}", "status": "active", "category_id": shelf, "tags": "", "version": 1}
            for n in range(1, many + 1)
        ]
        t.execute(
            sa.insert(models.Product), [{**row, "created_at": moment, "updated_at": moment} for row in rows]
        )
        options = [{"id": n, "product_id": n, "position": 1, "key": "colour"} for n in range(1, many + 1)]
        t.execute(sa.insert(models.Option), options)
        values = [
            {"id": 2 * n + k, "option_id": n, "position": k, "key": key}
            for n in range(1, many + 1)
            for k, key in enumerate(("red", "blue"))
        ]
        t.execute(sa.insert(models.OptionValue), values)
        variants = [
            {
                "product_id": value["option_id"],
                "sku": f"V{value['id']}",
                "price_minor": 100,
                "value1_id": value["id"],
            }
            for value in values
        ]
        t.execute(sa.insert(models.Variant), [{"position": 0, "version": 1, **row} for row in variants])
    with app.test_request_context("/"):
        begin = time.process_time()
        answer = service.show_category("many", [("o-colour", "red"), ("brand", ""), ("sort", "price")])
        assert answer.listing.page.total == many
        assert time.process_time() - begin < 5


def test_what_another_thread_forgets_meanwhile_is_counted_anew_or_shown(app_context):
    """Threads of one process share the memory: one may throw out what another has just found."""

    class Crowded(OrderedDict):
        def get(self, key, default=None):
            return self.pop(key, default)

    memory = CountMemory()
    memory.known = Crowded()
    memory.put("list", "counts")
    assert memory.get("list") == "counts"
    assert memory.get("list") is None


def test_a_page_that_has_only_the_other_language_is_marked_as_that(app, tx):
    with tx() as t:
        make.page(t, "delivery", zh="送货")
        t.execute(sa.delete(models.ContentPageText).where(models.ContentPageText.locale == "en"))
    with app.test_request_context("/"):
        assert (service.get_page("delivery").title, service.get_page("delivery").lang) == ("送货", "zh-CN")
