"""Search on both databases: Chinese, stems, languages, the index, misses."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from storefront.catalog import service
from storefront.catalog.models import SearchMiss
from storefront.catalog.service import searching
from storefront.core.database import transaction
from tests import factories as make

pytestmark = pytest.mark.both

TITLES = {
    "bt": ("Bluetooth headphones", "无线蓝牙耳机"),
    "box": ("Bluetooth speaker", "蓝牙音箱"),
    "shoe": ("Running shoes", "跑步鞋"),
    "cup": ("Children's cup", "儿童杯"),
    "press": ("Espresso machine", "意式咖啡机"),
}


@pytest.fixture
def found(app_context, tx):
    """`found("耳机")`: slugs of the products that a search finds, best first."""
    slugs = {}
    with tx() as t:
        shelf = make.category(t, "audio", title="Audio", zh="音响")
        for slug, (english, chinese) in TITLES.items():
            category = shelf if slug in {"bt", "box"} else None
            row = make.product(
                t, slug, title=english, zh=chinese, category=category, sku=f"SKU-{slug}", brand="Acme"
            )
            slugs[row.id] = slug
        make.page(t, "delivery", title="Delivery", zh="配送")
        service.reindex_all(t)
    return lambda query: [slugs[product_id] for product_id in searching.search(query).products]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("耳机", {"bt"}),
        ("蓝牙", {"bt", "box"}),
        ("蓝牙耳机", {"bt"}),
        ("机", {"bt", "press"}),
        ("headphone", {"bt"}),
        ("BLUETOOTH", {"bt", "box"}),
        ("running shoe", {"shoe"}),
        ("sku-press", {"press"}),
        ("children's", {"cup"}),
        ("ｓｐｅａｋｅｒ", {"box"}),
        ("音响", {"bt", "box"}),
    ],
)
def test_two_characters_stems_and_codes_hit(found, query, slugs):
    assert set(found(query)) == slugs


def test_words_that_stand_apart_find_the_right_thing_first(found):
    assert found("降噪耳机")[0] == "bt"
    assert not searching.search("降噪耳机").strict
    assert found("跑鞋")[0] == "shoe"


@pytest.mark.parametrize(
    "query", ["", "   ", "\x00", "%", "*", '"', "()", "zzzz", "'; DROP TABLE product; --x"]
)
def test_what_cannot_be_found_is_no_error(found, query):
    assert found(query) == []


@pytest.mark.parametrize(
    "query", ["cup OR box", "NOT cup", "NEAR(cup, 3)", "cup*", "title:cup", "cup & | !box", "{cup}", "^cup"]
)
def test_operators_are_only_words(found, query):
    assert isinstance(found(query), list)


def test_categories_and_pages_are_found_too(found):
    assert searching.search("音响").categories and searching.search("delivery").pages
    assert searching.search("配送").pages


def test_a_word_may_go_on_while_it_is_typed(found):
    assert searching.suggest("blueto").products and searching.suggest("espresso mach").products
    assert searching.suggest("耳").products == searching.search("耳").products


def test_the_index_follows_commands(found, app_context):
    with transaction() as t:
        new = service.create_product(t, service.NewProduct(texts={"en": {"title": "Garden gnome"}}))
        service.add_variant(t, new, sku="G-1", price=500)
    assert searching.search("gnome").products == [new]
    with transaction() as t:
        service.set_texts(t, new, {"en": {"title": "Stone frog"}, "zh": {"title": "石蛙"}})
    assert searching.search("gnome").empty and searching.search("石蛙").products == [new]
    with transaction() as t:
        service.archive_product(t, new)
    assert searching.search("frog").empty


def test_rebuilding_gives_the_same_index(found, app_context):
    document = searching.t.search_document

    def everything(t):
        columns = (
            document.c.kind,
            document.c.object_id,
            document.c.locale,
            document.c.title,
            document.c.body,
        )
        return sorted(map(tuple, t.execute(sa.select(*columns))))

    with transaction() as t:
        before = everything(t)
        assert service.reindex_all(t) == len(TITLES)
        service.reindex(t, service.products_by_sku(["SKU-bt", "SKU-cup"]).values())
        assert everything(t) == before


def test_a_near_word_of_the_shop_is_offered(found):
    assert searching.corrections_of("blutooth") == ["bluetooth"]
    assert searching.corrections_of("bluetooth") == []
    assert searching.corrections_of("qqqqqqqq") == []


def test_misses_are_counted_by_day_language_and_folded_query(app_context, tx, rows, clock):
    with tx() as t:
        for query in ("Unicorn", "unicorn ", "ＵＮＩＣＯＲＮ", "独角兽", "", "\x00"):
            service.record_miss(t, query, "en")
    found = rows(sa.select(SearchMiss.day, SearchMiss.query, SearchMiss.count).order_by(SearchMiss.count))
    assert [tuple(row) for row in found] == [("2026-03-02", "独角兽", 1), ("2026-03-02", "unicorn", 3)]
    with tx() as t:
        service.record_miss(t, "x" * 500, "zh")
    assert [(row.query, row.count) for row in service.list_misses(1)] == [("unicorn", 3)]


def test_a_day_holds_only_so_many_misses(app_context, tx, rows, monkeypatch):
    monkeypatch.setattr(searching, "MISSES_A_DAY", 3)
    with tx() as t:
        for number in range(6):
            service.record_miss(t, f"nothing {number}", "en")
        service.record_miss(t, "nothing 1", "en")
    counts = {row.query: row.count for row in rows(sa.select(SearchMiss.query, SearchMiss.count))}
    assert counts == {"nothing 0": 1, "nothing 1": 2, "nothing 2": 1}
