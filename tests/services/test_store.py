"""What an owner sets for the shop counts at once, in every process, and nonsense is refused by field."""

from __future__ import annotations

import pytest

from storefront.core.database import transaction
from storefront.core.errors import Refusal
from storefront.core.store import store_settings, store_value, store_values

pytestmark = pytest.mark.both


def test_a_value_counts_from_the_moment_it_is_kept(app, app_context):
    assert store_value("returns_days") == 30
    with transaction() as tx:
        store_values(tx, {"returns_days": 14, "business_name": " Corner shop "})
    with app.test_request_context():
        assert (store_value("returns_days"), store_value("business_name")) == (14, "Corner shop")


def test_two_owners_keep_both_their_fields(app, app_context):
    for values in ({"returns_days": 7}, {"returns_free": True}):
        with transaction() as tx:
            store_values(tx, values)
    with app.test_request_context():
        assert (store_value("returns_days"), store_value("returns_free")) == (7, True)


@pytest.mark.parametrize("value", [-1, 366, "14", True, None])
def test_what_does_not_fit_is_refused_by_name(app_context, value):
    with pytest.raises(Refusal) as refusal, transaction() as tx:
        store_values(tx, {"business_name": "kept?", "returns_days": value})
    assert refusal.value.field == "returns_days"
    assert store_value("business_name") == ""


def test_settings_have_words(app_context):
    assert all(str(item.label) for item in store_settings().values())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("contact_email", "no address"),
        ("contact_phone", "ring me"),
        ("business_country", "Narnia"),
        ("business_country", "XX"),
    ],
)
def test_what_others_could_not_use_is_refused(app_context, key, value):
    with pytest.raises(Refusal) as refusal, transaction() as tx:
        store_values(tx, {key: value})
    assert refusal.value.field == key


def test_countries_are_kept_in_capitals_and_nothing_may_be_empty_again(app, app_context):
    with transaction() as tx:
        store_values(
            tx, {"business_country": "gb", "contact_email": "a@b.example", "contact_phone": "020 7946 0181"}
        )
    with transaction() as tx:
        store_values(tx, {"contact_email": ""})
    with app.test_request_context():
        assert (store_value("business_country"), store_value("contact_email")) == ("GB", "")
