"""The feed, training, and the numbers behind a reason: recomputed from the shop's orders by plain SQL."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from storefront.catalog.models import Product, ProductAttribute
from storefront.core.behaviour import Behaviour
from storefront.customers.models import Consent
from storefront.journal.service.recording import record
from storefront.ordering.models import Order, OrderLine, OrderReturn, ReturnLine
from storefront.personalization.errors import NotEnoughHistory, SuspiciousEngine
from storefront.personalization.service.engine import holder
from storefront.personalization.service.feed import interactions
from storefront.personalization.service.surfaces import candidates
from storefront.personalization.service.training import train_shop
from tests import factories as make

Rows = Callable[..., list[Any]]
# Bought and kept: what a shopkeeper would write to check a sentence.
KEPT = """
    WITH kept AS (
        SELECT DISTINCT o.customer_id AS customer, o.id AS "order", l.product_id AS product
        FROM orders o JOIN order_line l ON l.order_id = o.id
        WHERE o.customer_id IS NOT NULL AND o.status <> 'cancelled' AND l.kind = 'product'
          AND l.quantity > l.returned_quantity
    )
"""


def fed(listed: bool = False) -> list[dict[str, Any]]:
    return [
        dict(zip(chunk, row, strict=True))
        for chunk in interactions()
        for row in zip(*chunk.values(), strict=True)
        if ("listed" in chunk["kind"]) == listed
    ]


@pytest.mark.both
class TestFeed:
    def test_what_came_back_is_taken_off(self, app_context: None, tx: Any) -> None:
        with tx() as t:
            mug, lamp = make.product(t), make.product(t)
            order = make.order(t, (mug, 3), (lamp, 1), customer=make.customer(t))
            lines = t.query(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position).all()
            lines[0].returned_quantity = 2
            lines[1].returned_quantity = 1
            wanted = str(mug.id)
        assert [(row["product"], row["kind"], row["quantity"]) for row in fed()] == [(wanted, "purchase", 1)]

    def test_cancelled_orders_and_charges_teach_nothing(self, app_context: None, tx: Any) -> None:
        with tx() as t:
            mug, ann = make.product(t), make.customer(t)
            make.order(t, (mug, 1), customer=ann, status="cancelled")
            order = make.order(t, (mug, 1), customer=ann)
            t.query(OrderLine).filter_by(order_id=order.id).one().kind = "charge"
        assert fed() == []

    def test_who_refused_is_counted_without_a_name(self, app_context: None, tx: Any) -> None:
        with tx() as t:
            mug, ann, bob = make.product(t), make.customer(t), make.customer(t)
            for person in (ann, bob):
                make.order(t, (mug, 1), customer=person)
            for given in (True, False):
                row = Consent(
                    customer_id=ann.id,
                    purpose="personalization",
                    given=given,
                    source="test",
                    at=make.LONG_AGO,
                )
                t.add(row)
                t.flush()
            t.add(
                Consent(
                    customer_id=bob.id, purpose="personalization", given=True, source="test", at=make.LONG_AGO
                )
            )
            kept = str(bob.id)
        assert sorted(row["customer"] for row in fed()) == ["", kept]

    def test_what_the_shop_lists_is_told_in_words_once_anything_happened(
        self, app_context: None, tx: Any
    ) -> None:
        with tx() as t:
            mug = make.product(t, brand="Brindle")
            make.product(t, status="draft")
            t.add(ProductAttribute(product_id=mug.id, key="material", value="stoneware"))
            wanted = (str(mug.id), "")
        assert fed(listed=True) == []
        with tx() as t:
            make.order(t, (t.get(Product, int(wanted[0])), 1), customer=make.customer(t))
        (row,) = fed(listed=True)
        assert (row["product"], row["customer"]) == wanted
        assert "Brindle" in row["about"] and "material stoneware" in row["about"]
        assert row["price"] > 0

    def test_what_was_shown_again_and_again_is_told_until_it_is_looked_at(
        self, app_context: None, tx: Any
    ) -> None:
        with tx() as t:
            ann, seen, left = make.customer(t), make.product(t), make.product(t)
            ids, person = [seen.id, left.id], ann.id
        lists = Behaviour("view_item_list", {"surface": "for_you", "list_name": "home", "product_ids": ids})
        shelf = Behaviour("view_item_list", {"list_name": "category:mugs", "product_ids": ids})
        for _page in range(4):
            record([lists, shelf], customer_id=person)
        record([lists], customer_id=None, visitor="somebody")
        record([Behaviour("view_item", {"product_id": ids[0]})], customer_id=person)
        told = [row for row in fed() if row["kind"] == "ignore"]
        assert [(row["customer"], row["product"], row["quantity"]) for row in told] == [
            (str(person), str(ids[1]), 4)
        ]

    def test_what_came_back_whole_is_also_a_return(self, app_context: None, tx: Any) -> None:
        with tx() as t:
            mug, ann = make.product(t), make.customer(t)
            order = make.order(t, (mug, 2), customer=ann)
            line = t.query(OrderLine).filter_by(order_id=order.id).one()
            back = OrderReturn(number="R1", customer_id=ann.id, returned_at=make.LONG_AGO, total_minor=100)
            t.add(back)
            t.flush()
            some = {"return_id": back.id, "position": 0, "product_id": mug.id, "sku": "x", "quantity": 1}
            t.add(ReturnLine(**some, unit_price_minor=50, total_minor=50, order_line_id=line.id))
            line.returned_quantity, line_id = 1, line.id
        assert [row["kind"] for row in fed()] == ["purchase"]
        with tx() as t:
            t.get(OrderLine, line_id).returned_quantity = 2
        assert [(row["kind"], row["order"]) for row in fed()] == [("return", "")]

    def test_a_return_that_no_purchase_covers_is_a_return(self, app_context: None, tx: Any) -> None:
        with tx() as t:
            mug, ann = make.product(t), make.customer(t)
            back = OrderReturn(number="R1", customer_id=ann.id, returned_at=make.LONG_AGO, total_minor=100)
            t.add(back)
            t.flush()
            line = {"return_id": back.id, "position": 0, "product_id": mug.id, "sku": "x", "quantity": 2}
            t.add(ReturnLine(**line, unit_price_minor=50, total_minor=100))
        assert [(row["kind"], row["quantity"], row["order"]) for row in fed()] == [("return", 2, "")]


def history(t: Any, *, people: int = 60, things: int = 14, seed: int = 3) -> tuple[list[Any], list[Any]]:
    """Random orders with one planted pair (0 with 1), returns, a bulk buyer and unknown customers."""
    luck = random.Random(seed)
    products = [make.product(t) for _ in range(things)]
    customers = [make.customer(t) for _ in range(people)]
    for place, person in enumerate(customers):
        for visit in range(luck.randint(1, 3)):
            bought = set(luck.sample(products[2:], luck.randint(1, 3)))
            if luck.random() < 0.5:
                bought |= {products[0]} | ({products[1]} if luck.random() < 0.7 else set())
            when = make.LONG_AGO + timedelta(days=place + 20 * visit)
            who = person if luck.random() < 0.9 else None
            order = make.order(
                t, *((thing, luck.randint(1, 4)) for thing in bought), customer=who, placed_at=when
            )
            for line in t.query(OrderLine).filter_by(order_id=order.id):
                if luck.random() < 0.1:
                    line.returned_quantity = luck.randint(1, line.quantity)
    make.order(t, *((thing, 500) for thing in products), customer=customers[0])
    return products, customers


@pytest.mark.both
def test_every_number_of_the_evidence_is_what_sql_counts(app_context: None, tx: Any, rows: Rows) -> None:
    with tx() as t:
        products, _customers = history(t)
        ids = [product.id for product in products]
    train_shop()
    checked = 0
    for product in ids:
        for found in candidates(holder().current(), "goes_with", products=(product,), n=20):
            if found.source == "bought_together":
                check_pair(rows, product, found.product_id, found.evidence)
                checked += 1
    assert checked >= 2


def check_pair(rows: Rows, first: int, second: int, evidence: Any) -> None:
    """Buyers, base, share and lift of one pair, counted again."""
    assert evidence["because"] == (str(first),)
    both = KEPT + (
        'SELECT COUNT(DISTINCT a.customer) FROM kept a JOIN kept b ON b.customer = a.customer AND b."order" = a."order" '
        "WHERE a.product = :a AND b.product = :b"
    )
    buyers_of = KEPT + "SELECT COUNT(DISTINCT customer) FROM kept WHERE product = :a"
    everyone = KEPT + "SELECT COUNT(DISTINCT customer) FROM kept"
    buyers = rows(both, a=first, b=second)[0][0]
    base = rows(buyers_of, a=first)[0][0]
    share = buyers / base
    lift = share / (rows(buyers_of, a=second)[0][0] / rows(everyone)[0][0])
    assert (evidence["buyers"], evidence["base"]) == (buyers, base)
    assert evidence["share"] == pytest.approx(share, rel=1e-6)
    assert evidence["lift"] == pytest.approx(lift, rel=1e-6)
    assert buyers >= 5


def test_the_planted_pair_comes_first(app_context: None, tx: Any) -> None:
    with tx() as t:
        products, _customers = history(t)
        first, second = products[0].id, products[1].id
    train_shop()
    assert candidates(holder().current(), "goes_with", products=(first,), n=3)[0].product_id == second


def test_training_says_how_many_places_go_to_new_products(app_context: None, tx: Any) -> None:
    with tx() as t:
        products, _customers = history(t)
        newest = max(order.placed_at for order in t.query(Order))
        shelf = make.category(t)
        for product in products:
            product.category_id = shelf.id
        for _number in range(5):
            make.product(t, category=shelf, created_at=newest)
    told = train_shop().exploration
    assert told["new_products"] == 5
    assert 0 <= told["places"] <= told["of"]
    assert told["share"] == pytest.approx(told["places"] / told["of"], abs=1e-4)


def test_without_history_nothing_is_published(app_context: None) -> None:
    with pytest.raises(NotEnoughHistory):
        train_shop()
    assert holder().current() is None


def test_a_shrunken_engine_does_not_replace_a_good_one(app_context: None, tx: Any) -> None:
    with tx() as t:
        history(t)
    good = train_shop().version
    with tx() as t:
        t.execute(sa.delete(OrderLine).where(OrderLine.order_id > 20))
    with pytest.raises(SuspiciousEngine, match="fell from"):
        train_shop()
    assert holder().current() is not None
    assert holder().version == good
    assert train_shop(force=True).version != good
