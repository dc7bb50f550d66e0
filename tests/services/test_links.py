"""A link that is worth something proves it once, to whoever comes first, until its time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.customers.service import links

pytestmark = pytest.mark.both
PURPOSE = ("reset",)


@pytest.fixture
def token(app_context, clock, tx):
    with tx() as t:
        return links.token_of(links.issue(t, "reset", email_key="ann@example.test"))


def take(tx, token, purposes=PURPOSE):
    with tx() as t:
        return links.take(t, purposes, token)


def test_whoever_comes_second_gets_nothing(tx, token):
    assert links.find(PURPOSE, token) is not None, "looking uses nothing up"
    first = take(tx, token)
    assert first is not None and first["email_key"] == "ann@example.test"
    assert take(tx, token) is None and links.find(PURPOSE, token) is None


def test_a_link_is_worth_something_for_its_own_purpose_alone(tx, token):
    assert take(tx, token, ("invite", "confirm")) is None
    assert take(tx, token) is not None


def test_a_link_is_over_after_its_time(tx, token, clock):
    clock.shift(links.LASTING["reset"] + timedelta(seconds=1))
    assert links.find(PURPOSE, token) is None and take(tx, token) is None


def test_the_database_holds_no_link(token, rows):
    assert token not in repr(rows("SELECT * FROM account_token"))
