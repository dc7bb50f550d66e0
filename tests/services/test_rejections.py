"""What the engine learns of "Not for me", and how much of it is kept; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storefront.customers.service import record_consent
from storefront.personalization.models import ProductRejection
from storefront.personalization.rules.rejecting import MOST_OF_CUSTOMER
from storefront.personalization.service import feed, rejections
from tests import factories as make

_SAID = ProductRejection.__table__


@pytest.fixture
def two(app_context, tx):
    with tx() as t:
        lamps = [make.product(t, f"lamp-{number}").id for number in range(3)]
        ann, bob = (make.customer(t).id for _ in range(2))
        for person in (ann, bob):
            record_consent(t, person, "personalization", given=person == ann, source="test")
    return ann, bob, lamps


@pytest.mark.both
def test_the_engine_learns_it_of_those_who_agreed(two):
    ann, bob, lamps = two
    rejections._reject(ann, (lamps[0], lamps[1]))
    rejections._reject(ann, (lamps[0],))
    rejections._reject(bob, (lamps[2],))
    rows = [
        (customer, product)
        for chunk in feed.interactions()
        for customer, product, kind in zip(chunk["customer"], chunk["product"], chunk["kind"], strict=True)
        if kind == "reject"
    ]
    assert rows == [(str(ann), str(lamps[0])), (str(ann), str(lamps[1]))]
    assert rejections.rejected_by(bob) == {lamps[2]}
    assert rejections.rejected_by(None) == frozenset()


@pytest.mark.both
def test_the_oldest_is_forgotten_when_there_are_too_many(two, tx, clock):
    ann, bob, lamps = two
    rejections._reject(ann, (lamps[0],))
    rejections._reject(bob, (lamps[0],))
    with tx() as t:
        more = tuple(make.product(t).id for _ in range(MOST_OF_CUSTOMER))
    clock.shift(timedelta(seconds=1))
    rejections._reject(ann, more)
    assert rejections.rejected_by(ann) == set(more)
    assert rejections.rejected_by(bob) == {lamps[0]}


@pytest.mark.both
def test_a_product_that_goes_takes_it_along(two, tx, rows):
    ann, _bob, lamps = two
    rejections._reject(ann, (lamps[0],))
    with tx() as t:
        t.execute(sa.delete(make.catalog.Product).where(make.catalog.Product.id == lamps[0]))
    assert rows(sa.select(_SAID)) == []
