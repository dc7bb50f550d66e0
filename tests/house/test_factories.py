"""The factories make rows that both databases take."""

from __future__ import annotations

import pytest

from tests import factories


@pytest.mark.both
def test_a_small_shop_can_be_made(tx, rows):
    with tx() as t:
        shelf = factories.category(t, title="Shelf")
        inner = factories.category(t, parent=shelf)
        thing = factories.product(t, category=inner, price=500, stock=3)
        values = factories.option(t, thing, "colour", "red", "blue")
        factories.add_variant(t, thing, sku="T-RED", value1_id=values[0].id, position=1)
        factories.page(t, "delivery", zh=None)
        factories.menu_item(t, "main", f"c/{shelf.slug}", title="Shelf")
        person = factories.customer(t)
        factories.order(t, (thing, 2), customer=person)
    assert rows("SELECT total_minor FROM orders") == [(1000,)]
    assert rows("SELECT locale FROM content_page_text") == [("en",)]
