"""Cards: one query for a whole page, and what it leaves out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.catalog import models, service
from storefront.catalog.service import ON_A_SHELF, Viewer, load_cards
from storefront.catalog.service.pieces import card_part
from storefront.core.versions import raise_version
from tests import factories as make

pytestmark = pytest.mark.both


def test_a_card_says_what_a_shelf_needs(app_context, tx):
    with tx() as t:
        shelf = make.category(t, "cups", hue="home")
        thing = make.product(
            t, "cup", title="Cup", zh="杯子", category=shelf, price=1290, sku="C-1", brand="Acme"
        )
        make.product(t, "other")
        ids = [thing.id]
    card = load_cards(ids)[ids[0]]
    assert (card.sku, card.url, card.title, card.brand, card.hue) == ("C-1", "/p/cup", "Cup", "Acme", "home")
    assert (card.price.minor, card.price.currency, card.stock, card.left) == (1290, "GBP", "in", None)
    assert (card.lang, card.compare_at, card.price_from, card.badges, card.picture) == (
        None,
        None,
        False,
        (),
        None,
    )


def test_a_remembered_picture_follows_the_colour_of_its_category(app, tx):
    with tx() as t:
        shelf = make.category(t, "cups", hue="home")
        cup, shelf_id = make.product(t, category=shelf).id, shelf.id

    def wall() -> str:
        with app.test_request_context("/"):
            return card_part("picture", load_cards([cup])[cup], "50vw", False)

    assert 'data-hue="home"' in wall()
    with tx() as t:
        t.get(models.Category, shelf_id).hue = "garden"
        raise_version(t, "navigation")
    assert 'data-hue="garden"' in wall()


def test_cards_come_in_the_order_they_were_asked_for_in_one_query(app_context, tx, count_queries):
    with tx() as t:
        ids = [make.product(t).id for _ in range(30)]
    wanted = [ids[7], ids[2], ids[20], ids[2], 10**6]
    with count_queries() as queries:
        assert list(load_cards(wanted)) == [ids[7], ids[2], ids[20]]
    assert len(queries) == 1
    with count_queries() as queries:
        assert load_cards([]) == {}
    assert len(queries) == 0


def test_words_fall_back_to_the_first_language_and_say_so(app_context, tx):
    with tx() as t:
        both = make.product(t, title="Cup", zh="杯子").id
        english = make.product(t, title="Plate", zh=None).id
    cards = load_cards([both, english], "zh")
    assert (cards[both].title, cards[both].lang) == ("杯子", None)
    assert (cards[english].title, cards[english].lang) == ("Plate", "en")
    assert cards[both].url.startswith("/zh/p/")


def test_what_is_not_on_show_is_left_out(app_context, tx, clock):
    now = clock.now()
    with tx() as t:
        shown = make.product(t, visible_from=now, visible_until=now + timedelta(hours=1)).id
        hidden = [
            make.product(t, status="draft").id,
            make.product(t, status="archived").id,
            make.product(t, visible_from=now + timedelta(seconds=1)).id,
            make.product(t, visible_until=now).id,
        ]
        bare = make.product(t)
        t.execute(models.Variant.__table__.delete().where(models.Variant.product_id == bare.id))
        hidden.append(bare.id)
    assert list(load_cards([shown, *hidden])) == [shown]


@pytest.mark.parametrize(
    ("viewer", "shown"),
    [(Viewer(), False), (Viewer(age=17), False), (Viewer(age=18), True), (ON_A_SHELF, True)],
)
def test_a_limit_of_age_is_kept_in_strips_for_those_of_unknown_age(app_context, tx, viewer, shown):
    with tx() as t:
        wine = make.product(t, age_limit=18).id
        tea = make.product(t).id
    assert (wine in load_cards([wine, tea], viewer=viewer)) is shown
    assert tea in load_cards([wine, tea], viewer=viewer)


def test_sold_out_cards_may_be_left_out(app_context, tx):
    with tx() as t:
        gone = make.product(t, stock=0).id
        there = make.product(t, stock=3).id
        endless = make.product(t, stock=None).id
    assert set(load_cards([gone, there, endless])) == {gone, there, endless}
    assert set(load_cards([gone, there, endless], only_in_stock=True)) == {there, endless}
    assert load_cards([gone])[gone].badges == ("sold_out",)
    assert (load_cards([there])[there].stock, load_cards([there])[there].left) == ("low", 3)


def test_of_variants_the_cheapest_gives_the_price_and_one_that_is_there_the_sku(app_context, tx):
    with tx() as t:
        thing = make.product(t, sku="A", price=2000, stock=0)
        red, blue = make.option(t, thing, "colour", "red", "blue")
        red.swatch, blue.swatch = "#a00000", "#0000a0"
        make.add_variant(
            t, thing, sku="B", price=1500, stock=4, value1_id=red.id, position=1, compare_at_minor=1800
        )
        make.add_variant(t, thing, sku="C", price=1900, stock=9, value1_id=blue.id, position=2)
        product_id = thing.id
    card = load_cards([product_id])[product_id]
    assert (card.sku, card.price.minor, card.price_from) == ("B", 1500, True)
    assert (card.compare_at.minor, card.badges, card.stock) == (1800, ("sale",), "in")
    assert card.swatches == (("Red", "#a00000"), ("Blue", "#0000a0"))
    chinese = load_cards([product_id], "zh")[product_id]
    assert chinese.swatches[0] == ("Red（中）", "#a00000")


def test_the_first_two_pictures_stand_on_the_card(app_context, tx):
    with tx() as t:
        thing = make.product(t)
        for place in (2, 0, 1):
            picture = models.Picture(hash=f"{place}" * 64, width=1000, height=500, widths="320,640,1280")
            t.add(picture)
            t.flush()
            t.add(models.ProductPicture(product_id=thing.id, picture_id=picture.id, position=place))
        product_id = thing.id
    card = load_cards([product_id])[product_id]
    assert card.picture.src == f"/media/{'0' * 64}-640.webp" and (
        card.picture.width,
        card.picture.height,
    ) == (640, 320)
    assert card.picture.srcset.endswith(f"/media/{'0' * 64}-1280.webp 1000w")
    assert card.second_picture.src.startswith("/media/1")


def test_lookups_answer_by_sku_and_id(app_context, tx):
    with tx() as t:
        cup = make.product(t, title="Cup", sku="C-1").id
        plate = make.product(t, title="Plate", sku="P-1", created_at=make.LONG_AGO + timedelta(days=1)).id
    assert service.products_by_sku(["C-1", "P-1", "nope"]) == {"C-1": cup, "P-1": plate}
    assert service.skus_of([cup, plate]) == {cup: "C-1", plate: "P-1"}
    assert service.titles_of([cup], "en") == {cup: "Cup"}
    assert [card.title for card in service.newest_cards(1)] == ["Plate"]
