"""Merchandising rules in the database: saved, ordered, removed, and read into memory with what they are about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storefront.core.database import transaction
from storefront.core.errors import NotFound
from storefront.personalization.errors import BadRule, RuleChanged
from storefront.personalization.service.audiences import audiences_as_of, audiences_of
from storefront.personalization.service.merchandising import active_rules, all_rules
from storefront.personalization.service.rule_editing import (
    RuleValues,
    copy_rule,
    get_row,
    list_rows,
    move_rule,
    remove_rule,
    save_rule,
    switch_rule,
)
from tests import factories as make

pytestmark = pytest.mark.both
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shelf(app_context: None, tx: Any) -> dict[str, int]:
    with tx() as t:
        top = make.category(t, "top", title="Top")
        below = make.category(t, "below", title="Below", parent=top)
        things = [
            make.product(
                t, f"thing-{n}", sku=f"T{n}", category=below if n else top, brand="Quill" if n == 2 else None
            )
            for n in range(3)
        ]
        other = make.product(t, "other", sku="OTHER")
        return {"top": top.id, "other": other.id, **{f"T{n}": one.id for n, one in enumerate(things)}}


def save(**values: Any) -> str:
    usual = {"name": "One", "action": "pin", "target": "product", "sku": "T0", "place": 1}
    with transaction() as tx:
        return save_rule(tx, None, RuleValues(**{**usual, **values}))


def names() -> list[str]:
    return [rule.name for rule in active_rules()]


def test_a_rule_knows_what_it_is_about(shelf: dict[str, int]) -> None:
    save(name="product")
    save(name="shelf", target="category", category_id=shelf["top"])
    save(name="brand", target="brand", brand="Quill", action="boost", factor=150, starts_at=MARCH)
    found = {rule.name: rule for rule in active_rules()}
    assert found["product"].products == {shelf["T0"]} and found["product"].product_id == shelf["T0"]
    assert found["shelf"].products == {shelf["T0"], shelf["T1"], shelf["T2"]}
    assert found["brand"].products == {shelf["T2"]} and found["brand"].factor == 150
    assert found["brand"].starts_at == MARCH


def test_rules_stand_in_order_of_precedence_and_can_be_moved(shelf: dict[str, int]) -> None:
    keys = {
        name: save(name=name, action=action, factor=200)
        for name, action in (("c", "boost"), ("a", "pin"), ("b", "pin"), ("x", "exclude"))
    }
    assert names() == ["x", "a", "b", "c"]
    with transaction() as tx:
        move_rule(tx, keys["b"], up=True)
    assert names() == ["x", "b", "a", "c"]
    for up in (True, False):
        with transaction() as tx:
            move_rule(tx, keys["c"], up=up)
    assert names() == ["x", "b", "a", "c"], "alone of its kind it stays"


def test_off_copied_and_removed(shelf: dict[str, int]) -> None:
    key = save()
    with transaction() as tx:
        switch_rule(tx, key, enabled=False)
    assert names() == [] and [rule.name for rule in all_rules()] == ["One"]
    with transaction() as tx:
        copy = copy_rule(tx, key)
    assert get_row(copy).enabled is False
    with transaction() as tx:
        remove_rule(tx, key)
    assert [row.public_id for row in list_rows()] == [copy]
    for gone in (remove_rule, copy_rule):
        with pytest.raises(NotFound), transaction() as tx:
            gone(tx, key)


def test_who_saves_an_old_form_is_told(shelf: dict[str, int]) -> None:
    key = save()
    values = RuleValues("Two", "pin", "product", sku="T1", place=2)
    seen = get_row(key).version
    with transaction() as tx:
        save_rule(tx, key, values, seen)
    with pytest.raises(RuleChanged), transaction() as tx:
        save_rule(tx, key, RuleValues("Three", "pin", "product", sku="T1", place=2), seen)
    assert get_row(key).name == "Two"


@pytest.mark.parametrize(
    "wrong",
    [{"place": 0}, {"place": 999}, {"name": "\n"}, {"sku": "NO"}, {"action": "boost", "factor": 10**11}],
)
def test_what_cannot_be_is_refused_and_nothing_written(shelf: dict[str, int], rows: Any, wrong: Any) -> None:
    with pytest.raises(BadRule):
        save(**wrong)
    assert rows("SELECT id FROM merchandising_rule") == []


def test_what_is_gone_leaves_a_rule_that_says_so(shelf: dict[str, int], tx: Any) -> None:
    from storefront.catalog.models import Product

    save(sku="OTHER")
    with tx() as t:
        t.delete(t.get(Product, shelf["other"]))
    [rule] = all_rules()
    assert not rule.known and rule.products == frozenset()


def test_a_product_that_moves_is_followed(shelf: dict[str, int], tx: Any) -> None:
    from storefront.catalog import service as catalog

    save(target="category", category_id=shelf["top"], action="exclude")
    assert shelf["other"] not in active_rules()[0].products
    with transaction() as t:
        catalog.set_categories(t, shelf["other"], shelf["top"])
    assert shelf["other"] in active_rules()[0].products


def test_new_is_who_kept_nothing_yet(app_context: None, tx: Any) -> None:
    from storefront.ordering.models import OrderLine

    with tx() as t:
        mug = make.product(t)
        nobody, buyer, cancelled, sent_back = (make.customer(t) for _ in range(4))
        make.order(t, (mug, 1), customer=buyer)
        make.order(t, (mug, 1), customer=cancelled, status="cancelled")
        back = make.order(t, (mug, 2), customer=sent_back)
        t.query(OrderLine).filter_by(order_id=back.id).one().returned_quantity = 2
        ids = [one.id for one in (nobody, buyer, cancelled, sent_back)]
    assert [sorted(audiences_of(one)) for one in ids] == [
        ["customer", "new"],
        ["customer", "returning"],
        ["customer", "new"],
        ["customer", "new"],
    ]
    assert audiences_of(None) == audiences_as_of(None, personal=True) == {"visitor"}
    assert audiences_as_of(ids[1], personal=False) == {"customer"}
