"""Claims: taken once a reference, given back once, explained at any moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storefront.core.database import snapshot, transaction
from storefront.pricing import service
from storefront.pricing.errors import BadPrice, ClaimSpent
from storefront.pricing.models import Coupon, Discount
from storefront.pricing.rules import Claim, QuoteRequest
from storefront.pricing.service import DiscountValues, checks
from storefront.pricing.service.claims import open_counter, person_mark
from tests import factories as make

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def code(app_context) -> str:
    """The counter of a code that may be used twice, and once by each person."""
    with transaction() as tx:
        lists = {name: [] for name in ("product_ids", "category_ids", "audiences", "countries")}
        rule = Discount(key="d", kind="fixed", amount_minor=100, created_at=NOON, **lists)
        tx.add(rule)
        tx.flush()
        row = Coupon(discount_id=rule.id, code="TWICE", created_at=NOON, uses_limit=2, per_person_limit=1)
        tx.add(row)
        tx.flush()
        open_counter(tx, f"coupon:{row.id}", 2)
        open_counter(tx, "points:1", 100)
    return f"coupon:{row.id}"


def spend(reference: str, *claims: tuple[str, int]) -> None:
    with transaction() as tx:
        service.spend_claims(tx, [Claim(*one) for one in claims], reference)


def give_back(reference: str, *claims: tuple[str, int]) -> None:
    with transaction() as tx:
        service.give_back_claims(tx, [Claim(*one) for one in claims], reference)


def left(rows: Any, name: str) -> int | None:
    found = rows("SELECT remaining FROM counter WHERE name = :name", name=name)
    return found[0].remaining if found else None


def findings() -> list[str]:
    with snapshot() as session:
        return [*checks.beyond_limits(session), *checks.unexplained(session)]


@pytest.mark.both
def test_what_is_claimed_is_gone_and_what_is_given_back_is_there(code, rows):
    spend("order:1", (code, 1), ("points:1", 60))
    assert (left(rows, code), left(rows, "points:1")) == (1, 40)
    give_back("order:1", (code, 1), ("points:1", 60))
    assert (left(rows, code), left(rows, "points:1")) == (2, 100)
    assert findings() == []


@pytest.mark.both
def test_twice_is_once_in_both_directions(code, rows):
    for _ in range(2):
        spend("order:1", (code, 1))
    assert left(rows, code) == 1
    for _ in range(2):
        give_back("order:1", (code, 1))
    give_back("order:2", (code, 1))
    assert left(rows, code) == 2
    spend("order:1", (code, 1))
    assert left(rows, code) == 1
    assert findings() == []


@pytest.mark.both
def test_what_is_spent_is_refused_and_leaves_nothing(code, rows):
    spend("order:1", (code, 1))
    spend("order:2", (code, 1))
    with pytest.raises(ClaimSpent) as refused:
        spend("order:3", (code, 1), ("points:1", 10))
    assert refused.value.counter == code
    with pytest.raises(ClaimSpent):
        spend("order:3", ("points:1", 101), (code, 1))
    assert (left(rows, code), left(rows, "points:1")) == (0, 100)
    assert len(rows("SELECT id FROM claim_use")) == 2


@pytest.mark.both
def test_a_person_has_a_counter_from_the_first_use_on(code, rows):
    mine, yours = (f"{code}:{person_mark(key)}" for key in ("a@b.test", "c@b.test"))
    spend("order:1", (mine, 1), (code, 1))
    assert (left(rows, mine), left(rows, yours), left(rows, code)) == (0, None, 1)
    with pytest.raises(ClaimSpent):
        spend("order:2", (mine, 1), (code, 1))
    assert left(rows, code) == 1
    spend("order:3", (yours, 1), (code, 1))
    assert findings() == []
    assert "@" not in mine


def test_a_counter_that_nobody_opened_is_spent(code):
    with pytest.raises(ClaimSpent):
        spend("order:1", ("gift:404", 1))
    with pytest.raises(ClaimSpent):
        spend("order:1", (f"coupon:999:{'0' * 32}", 1))
    for amount in (0, -5):
        with pytest.raises(ValueError, match="cannot be claimed"):
            spend("order:1", ("points:1", amount))


def of_person(person_limit: int | None, **more: Any) -> int:
    """A discount of 1.00 off everything that counts by itself; returns its id."""
    lists = {name: [] for name in ("product_ids", "category_ids", "audiences", "countries")}
    values = {"kind": "fixed", "amount_minor": 100, "automatic": True, "created_at": NOON, **lists, **more}
    with transaction() as tx:
        rule = Discount(person_limit=person_limit, **values)
        tx.add(rule)
        tx.flush()
        return rule.id


def answer(tx: Any, variant: int, **buyer: Any) -> Any:
    return service.quote(tx, QuoteRequest(lines=((variant, 1),), at=NOON, country="GB", **buyer))


@pytest.fixture
def variant(app_context) -> int:
    with transaction() as tx:
        return make.variant_of(tx, make.product(tx)).id


@pytest.mark.both
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email_key": "a@b.test"}, {"email_key": "a@b.test"}),
        ({"email_key": "a@b.test"}, {"email_key": "a@b.test", "customer_id": 7}),
        ({"email_key": "a@b.test", "customer_id": 7}, {"email_key": "c@d.test", "customer_id": 7}),
    ],
)
def test_of_two_first_orders_at_once_one_is_the_first(variant, one, other):
    of_person(None, key="first", first_order=True)
    of_person(None, key="also", first_order=True)
    with snapshot() as session:
        both = [answer(session, variant, **buyer) for buyer in (one, other)]
    assert [quote.discount_minor for quote in both] == [200, 200], "both began before either was placed"
    spend_all("order:1", both[0])
    with pytest.raises(ClaimSpent, match="first order"):
        spend_all("order:2", both[1])
    assert findings() == []
    with transaction() as tx:
        service.give_back_claims(tx, both[0].claims, "order:1")
    spend_all("order:3", both[1])
    assert findings() == []


def spend_all(reference: str, quote: Any) -> None:
    with transaction() as tx:
        service.spend_claims(tx, quote.claims, reference)


@pytest.mark.both
def test_a_person_has_a_discount_as_often_as_it_says_with_whatever_code(variant, rows):
    number = of_person(2, key="codes", automatic=False)
    with transaction() as tx:
        for code in ("ONE", "TWO", "THREE"):
            service.add_coupon(tx, "codes", code)
    for at, code in enumerate(("ONE", "TWO")):
        with snapshot() as session:
            found = answer(session, variant, email_key="a@b.test", customer_id=7, coupons=(code,))
        assert found.discount_minor == 100
        spend_all(f"order:{at}", found)
    with snapshot() as session:
        refused = answer(session, variant, email_key="a@b.test", coupons=("THREE",))
        moved = answer(session, variant, email_key="new@b.test", customer_id=7, coupons=("THREE",))
        other = answer(session, variant, email_key="c@b.test", coupons=("THREE",))
    assert [one.reason for one in (*refused.coupon_problems, *moved.coupon_problems)] == ["used_by_you"] * 2
    assert other.discount_minor == 100
    assert findings() == []
    assert all(row.remaining >= 0 for row in rows("SELECT remaining FROM counter"))
    assert left(rows, f"discount:{number}:{person_mark('a@b.test')}") == 0


@pytest.mark.both
def test_a_discount_without_code_ends_for_a_person_and_its_limit_may_be_changed(variant):
    of_person(1, key="auto")
    with snapshot() as session:
        first = answer(session, variant, email_key="a@b.test")
    spend_all("order:1", first)
    with snapshot() as session:
        assert answer(session, variant, email_key="a@b.test").discount_minor == 0
    with transaction() as tx:
        service.save_discount(tx, "auto", auto(3))
    with snapshot() as session:
        again = answer(session, variant, email_key="a@b.test")
    assert again.discount_minor == 100
    spend_all("order:2", again)
    with pytest.raises(BadPrice) as below, transaction() as tx:
        service.save_discount(tx, "auto", auto(1))
    assert below.value.field == "person_limit"
    with pytest.raises(BadPrice), transaction() as tx:
        service.remove_discount(tx, "auto")
    assert findings() == []


def auto(limit: int) -> DiscountValues:
    return DiscountValues("fixed", {"en": "Auto"}, automatic=True, amount_minor=100, person_limit=limit)


def test_doctor_notices_what_does_not_add_up(code, tx):
    spend("order:1", (code, 1))
    with tx() as t:
        t.execute(Coupon.__table__.update().values(uses_limit=0))
    assert any("1 uses, 0 are allowed" in found for found in findings())
    with tx() as t:
        t.execute(Coupon.__table__.update().values(uses_limit=3))
    assert any("1 left and 1 used of 3" in found for found in findings())
