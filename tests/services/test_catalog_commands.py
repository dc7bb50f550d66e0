"""Commands of the catalogue: what they write, refuse, and make stale."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from storefront.catalog import models, service
from storefront.catalog.errors import BadAmount, BadCategory, BadSlug, SkuTaken, SlugTaken
from storefront.catalog.service import NewProduct, load_cards
from storefront.core.database import transaction
from storefront.core.errors import NotFound
from storefront.core.models import Outbox, ShopState
from tests import factories as make

pytestmark = pytest.mark.both

CUP = {"en": {"title": "A  Cup\n", "description": "<p>Fine<script>x</script></p>"}, "zh": {"title": "杯子"}}


@pytest.fixture
def cup(app_context, tx) -> int:
    with tx() as t:
        product_id = service.create_product(t, NewProduct(texts=CUP, brand="Acme"))
        service.add_variant(t, product_id, sku="C-1", price=1290, compare_at=1500)
    return product_id


def version(rows, product_id: int) -> int:
    return rows(sa.select(models.Product.version).where(models.Product.id == product_id))[0].version


def test_a_product_is_shown_from_its_first_variant_on(app_context, tx, rows):
    with tx() as t:
        product_id = service.create_product(t, NewProduct(texts=CUP))
    assert load_cards([product_id]) == {}
    with transaction() as t:
        service.add_variant(t, product_id, sku="C-1", price=1290)
    card = load_cards([product_id])[product_id]
    assert (card.title, card.url) == ("A Cup", "/p/a-cup")
    (text,) = rows(sa.select(models.ProductText.description).where(models.ProductText.locale == "en"))
    assert text.description == "<p>Fine</p>"


def test_two_products_of_one_name_get_two_addresses(app_context, tx, rows):
    with tx() as t:
        for _ in range(3):
            service.create_product(t, NewProduct(texts=CUP))
    slugs = [row.slug for row in rows(sa.select(models.Product.slug).order_by(models.Product.id))]
    assert slugs == ["a-cup", "a-cup-2", "a-cup-3"]


@pytest.mark.parametrize(("slug", "error"), [("a-cup", SlugTaken), ("a/b", BadSlug), ("x" * 161, BadSlug)])
def test_an_address_must_be_free_and_plain(cup, slug, error):
    with pytest.raises(error), transaction() as t:
        service.create_product(t, NewProduct(texts=CUP, slug=slug))


def test_every_change_that_a_card_shows_raises_its_version(cup, rows):
    seen = [version(rows, cup)]
    variant_id = rows(sa.select(models.Variant.id))[0].id
    changes = (
        lambda t: service.set_price(t, variant_id, 1100),
        lambda t: service.set_texts(t, cup, {"en": {"subtitle": "new"}}),
        lambda t: service.update_product(t, cup, brand="Zenith"),
        lambda t: service.rename_product(t, cup, "beaker"),
        lambda t: service.set_status(t, cup, "draft"),
        lambda t: service.set_categories(t, cup, make.category(t).id),
    )
    for change in changes:
        with transaction() as t:
            change(t)
        seen.append(version(rows, cup))
    assert seen == sorted(set(seen))


def test_a_price_is_not_below_zero_and_a_number_is_used_once(cup):
    with pytest.raises(BadAmount), transaction() as t:
        service.add_variant(t, cup, sku="C-2", price=-1)
    with pytest.raises(SkuTaken), transaction() as t:
        service.add_variant(t, cup, sku="C-1", price=1)
    with pytest.raises(NotFound), transaction() as t:
        service.set_price(t, 10**6, 1)


def test_texts_that_are_not_given_stay(cup, rows):
    with transaction() as t:
        service.set_texts(t, cup, {"en": {"subtitle": "With a handle"}})
    (row,) = rows(sa.select(models.ProductText.__table__).where(models.ProductText.locale == "en"))
    assert (row.title, row.subtitle, row.description) == ("A Cup", "With a handle", "<p>Fine</p>")


def test_variants_are_made_of_option_values(cup, rows):
    with transaction() as t:
        values = [
            {"key": key, "labels": {"en": key.title()}, "swatch": swatch}
            for key, swatch in (("red", "#a00"), ("blue", None))
        ]
        service.add_option(t, cup, "colour", {"en": "Colour"}, values)
        service.add_variant(t, cup, sku="C-red", price=1, values={"colour": "red"})
        service.add_variant(t, cup, sku="C-none", price=1, values={"colour": "green"})
    found = {row.sku: row.value1_id for row in rows(sa.select(models.Variant.sku, models.Variant.value1_id))}
    assert found["C-red"] is not None and found["C-none"] is None


# --- categories -------------------------------------------------------------------------------------------


def test_a_moved_category_takes_everything_below_it_along(app_context, tx, rows):
    with tx() as t:
        ids = {}
        for slug, parent in (("a", None), ("b", "a"), ("c", "b"), ("d", None)):
            ids[slug] = service.create_category(t, slug, {"en": {"title": slug}}, parent_id=ids.get(parent))
        service.move_category(t, ids["b"], ids["d"])
    paths = {row.slug: row.path for row in rows(sa.select(models.Category.slug, models.Category.path))}
    a, b, c, d = (ids[slug] for slug in "abcd")
    assert paths == {"a": f"/{a}/", "d": f"/{d}/", "b": f"/{d}/{b}/", "c": f"/{d}/{b}/{c}/"}
    with pytest.raises(BadCategory), transaction() as t:
        service.move_category(t, d, c)


def test_what_every_process_remembers_becomes_stale(app_context, tx, rows):
    def versions():
        return {row.key: row.version for row in rows(sa.select(ShopState.key, ShopState.version))}

    with tx() as t:
        service.save_page(t, "about", {"en": {"title": "About"}})
    first = versions()
    assert [page.title for page in [service.find_page("about")]] == ["About"]
    with tx() as t:
        service.save_page(t, "about", {"en": {"title": "About us"}})
        service.set_menu(t, "main", [("pages/about", {"en": "About"}), ("c/x", {"en": "X"})])
    second = versions()
    assert second["navigation"] > first["navigation"]


def test_a_menu_is_replaced_as_a_whole(app_context, tx, rows):
    with tx() as t:
        service.set_menu(t, "main", [("pages/about", {"en": "About"}), ("c/x", {"en": "X", "zh": "某"})])
        service.set_menu(t, "main", [("c/y", {"en": "Y"})])
    assert [row.target for row in rows(sa.select(models.MenuItem.target))] == ["c/y"]
    assert len(rows(sa.select(models.MenuItemText))) == 1


def test_a_release_is_published_once(cup, rows):
    for _ in range(2):
        with transaction() as t:
            service.publish_release(t, cup, "2.0", {"en": {"title": "Two"}})
    assert len(rows(sa.select(models.Release))) == 1
    assert [row.event for row in rows(sa.select(Outbox.event))] == ["catalog.ReleasePublished"]


def test_a_chain_of_redirects_is_one_step_and_no_circle(app_context, tx, rows):
    with tx() as t:
        service.add_redirect(t, "/p/a", "/p/b")
        service.add_redirect(t, "/p/b", "/p/c")
        service.add_redirect(t, "/p/c", "/p/a")
    found = {row.old_path: row.new_path for row in rows(sa.select(models.Redirect.__table__))}
    assert found == {"/p/b": "/p/a", "/p/c": "/p/a"}
