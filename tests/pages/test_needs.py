"""What owners declare that people need: on the next page, in words of its own, without any history."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from storefront.catalog.models import Product
from storefront.inventory.models import Stock
from storefront.personalization.service.needs import any_declared
from storefront.personalization.service.training import train_shop
from tests import factories as make
from tests.pages.owners import PACKER, audited, form_to, hire, send, sign_in

PERSON = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "Accept": "text/html"}


@pytest.fixture
def shop(app, tx) -> dict[str, int]:
    """A shop without any orders."""
    with tx() as t:
        hire(t)
        bottles, food = make.category(t, "bottles", title="Bottles"), make.category(t, "food", title="Food")
        bottle = make.product(t, "bottle", title="Blue bottle", category=bottles, sku="BOTTLE")
        other = make.product(t, "cup", title="First cup", category=bottles, sku="CUP")
        brush = make.product(t, "brush", title="Long brush", sku="BRUSH")
        for step in range(3):
            make.product(t, f"food-{step}", title=f"Porridge {step}", category=food, sku=f"FOOD-{step}")
        return {
            "bottle": bottle.id,
            "cup": other.id,
            "brush": brush.id,
            "bottles": bottles.id,
            "food": food.id,
        }


@pytest.fixture
def owner(shop, webtest) -> Any:
    return sign_in(webtest)


def declare(owner: Any, **fields: Any) -> Any:
    form = form_to(owner.get("/console/needs"), "/console/needs")
    for name, value in fields.items():
        form[name] = str(value)
    return form.submit(expect_errors=True)


def row(client: Any, path: str = "/p/bottle") -> list[tuple[str, str, str]]:
    """(SKU, source, reason) of what goes with it."""
    page = BeautifulSoup(client.get(path, headers=PERSON).text, "html.parser")
    strip = page.find(attrs={"data-strip": "goes_with"})
    cards = strip.find_all(attrs={"data-sku": True}) if strip else []
    return [(one["data-sku"], one["data-source"], one.find(class_="reason").text) for one in cards]


def test_a_declared_pair_is_there_without_any_history_and_claims_none(owner, client) -> None:
    assert row(client) == []
    assert declare(owner, of_sku="BOTTLE", needs_sku="BRUSH").status_code == 303
    assert row(client) == [("BRUSH", "declared", "The shop recommends this with Blue bottle.")]
    assert row(client, "/p/brush") == [], "the other way round nothing was declared"
    page = BeautifulSoup(client.get("/p/bottle", headers=PERSON).text, "html.parser")
    assert "Nobody was counted." in page.find(class_="why-body").text
    head = page.find(attrs={"data-strip": "goes_with"}).find(class_="block-head").text
    assert "What the shop recommends with it." in head and "buyers" not in head


def test_a_category_needs_a_category(owner, client, shop) -> None:
    declare(owner, of_category=shop["bottles"], needs_category=shop["food"])
    for path, name in (("/p/bottle", "Blue bottle"), ("/p/cup", "First cup")):
        assert [sku for sku, *_ in row(client, path)] == ["FOOD-0", "FOOD-1", "FOOD-2"]
        assert row(client, path)[0][2] == f"The shop recommends this with {name}."


def test_what_is_sold_out_or_hidden_is_not_shown(owner, client, shop, tx) -> None:
    declare(owner, of_sku="BOTTLE", needs_category=shop["food"])
    declare(owner, of_sku="BOTTLE", needs_sku="BRUSH")
    with tx() as t:
        for slug in ("brush", "food-0"):
            product = t.query(Product).filter_by(slug=slug).one()
            t.get(Stock, make.variant_of(t, product).id).available = 0
        t.query(Product).filter_by(slug="food-1").one().status = "draft"
    assert [sku for sku, *_ in row(client)] == ["FOOD-2"]


def test_what_buyers_do_counts_more_and_the_declared_keeps_a_place(app, owner, client, shop, tx) -> None:
    with tx() as t:
        find = lambda slug: t.query(Product).filter_by(slug=slug).one()  # noqa: E731
        fillers = [make.product(t) for _ in range(12)]
        for number in range(60):
            lines = [(find("bottle"), 1), (find("brush"), 1)] if number % 2 else [(fillers[number % 12], 1)]
            make.order(t, *lines, customer=make.customer(t))
    declare(owner, of_sku="BOTTLE", needs_sku="BRUSH")
    declare(owner, of_sku="BOTTLE", needs_sku="FOOD-1")
    with app.app_context():
        train_shop()
    found = row(client)
    assert found[0][:2] == ("BRUSH", "bought_together") and "10 in 10 buyers" in found[0][2]
    assert found[1][:2] == ("FOOD-1", "declared")


def test_off_on_and_away_count_at_once(owner, client, rows) -> None:
    declare(owner, of_sku="BOTTLE", needs_sku="BRUSH")
    page = owner.get("/console/needs")
    assert "Buyers of Blue bottle need Long brush" in " ".join(page.html.text.split())
    page = form_to(page, "/switch").submit().follow()
    assert row(client) == [] and "off" in page.html.text
    page = form_to(page, "/switch").submit().follow()
    assert len(row(client)) == 1
    form_to(page, "/remove").submit().follow()
    assert row(client) == []
    for action, count in (("need.declare", 1), ("need.switch", 2), ("need.remove", 1)):
        assert len(audited(rows, action)) == count


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Choose a category, or give the SKU"),
        ({"of_sku": "BOTTLE"}, "Choose a category, or give the SKU"),
        ({"of_sku": "BOTTLE", "needs_sku": "NO SUCH"}, "There is no product with this SKU."),
        ({"of_sku": "BOTTLE", "needs_sku": "BOTTLE"}, "Nothing needs itself."),
    ],
)
def test_what_cannot_be_declared_is_said_at_its_field(owner, fields, told) -> None:
    answer = declare(owner, **fields)
    assert answer.status_code == 422 and told in answer.text
    assert "Nothing yet." in answer.text


def test_both_a_category_and_a_product_is_one_too_many(owner, shop) -> None:
    answer = declare(owner, of_sku="BOTTLE", of_category=shop["bottles"], needs_sku="BRUSH")
    assert answer.status_code == 422 and 'value="BRUSH"' in answer.text


def test_the_same_is_declared_once(owner, shop) -> None:
    for status in (303, 422):
        answer = declare(owner, of_category=shop["bottles"], needs_sku="BRUSH")
        assert answer.status_code == status
    assert "That is declared already." in answer.text


def test_who_only_packs_may_look_and_not_declare(webtest, shop) -> None:
    packer = sign_in(webtest, PACKER)
    page = packer.get("/console/needs")
    assert "Declare a need" not in page.text
    assert send(packer, page, "/console/needs", of_sku="BOTTLE", needs_sku="BRUSH").status_code == 403


def test_what_is_not_there_cannot_be_switched(owner) -> None:
    page = owner.get("/console/needs")
    for path in ("/console/needs/77/switch", "/console/needs/77/remove"):
        assert send(owner, page, path).status_code == 404


def test_a_product_that_goes_takes_its_needs_along(app, owner, shop, tx, rows) -> None:
    declare(owner, of_sku="BOTTLE", needs_sku="BRUSH")
    with tx() as t:
        t.delete(t.query(Product).filter_by(slug="brush").one())
    assert rows("SELECT id FROM declared_need") == []


def test_pages_pay_no_query_for_needs(app, owner, client, count_queries) -> None:
    declare(owner, of_sku="BOTTLE", needs_sku="BRUSH")
    client.get("/p/bottle", headers=PERSON)
    with count_queries(app) as queries:
        assert len(row(client)) == 1
    assert not [one for one in queries.statements if "declared_need" in one or "product_category" in one]


def test_in_the_cart_too(app, owner, client, shop) -> None:
    from storefront.core.slots import PageContext
    from storefront.personalization.service.strips import plan_strips

    declare(owner, of_sku="BOTTLE", needs_sku="BRUSH")
    with app.test_request_context():
        assert any_declared()
        context = PageContext("en", product_ids=(shop["cup"], shop["bottle"]))
        (strip,) = plan_strips("cart", context)
    assert [(item.card.sku, item.source) for item in strip.items] == [("BRUSH", "declared")]


def test_a_plugin_declares_by_addresses(app, shop, client) -> None:
    from storefront.core.database import transaction
    from storefront.public import NotFound, declare_need

    with app.app_context(), transaction() as tx:
        declare_need(tx, "p/bottle", "c/food")
        for of in ("p/gone", "c/gone", "bottle", ""):
            with pytest.raises(NotFound):
                declare_need(tx, of, "c/food")
    assert [source for _sku, source, _reason in row(client)] == ["declared"] * 3
