"""How many queries a page of a signed-in customer costs, and that the number does not grow with the shop."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from storefront.core.database import db
from tests.pages.walking import OWN

# The bound is 8; what stands here is what the pages cost now, so that a query more is noticed.
PAGES = {
    "/": 2,
    "/c/books-shelf": 3,
    "/c/books-shelf?brand=Maker+1&sort=newest&page=1": 3,
    "/search?q=thing": 4,
    "/p/row-3": 6,
    "/p/choices": 5,
}


@pytest.fixture
def counted(site):
    """`counted(client, path)`: statements of one warm page."""

    def count(client, path):
        client.get(path, base_url=OWN)  # what a process remembers is remembered now
        statements = []

        def note(_connection, _cursor, statement, *_rest):
            statements.append(statement)

        with site.app.app_context():
            engines = [*db.engines.values(), *site.app.extensions["regulars_write"].values()]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            assert client.get(path, base_url=OWN).status_code == 200
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)
        # After the answer: what the journal writes does not keep the reader waiting.
        return [s for s in statements if not s.startswith("INSERT INTO journal_event")]

    return count


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("prefix", ["", "/zh"])
def test_a_page_of_a_signed_in_customer_costs_few_queries(site, counted, path, prefix):
    statements = counted(site.regular(), prefix + path)
    assert len(statements) <= PAGES[path], "\n\n".join(statements)


@pytest.mark.parametrize("path", PAGES)
def test_and_so_does_a_visitors(site, counted, path):
    assert len(counted(site.visitor(), path)) <= PAGES[path]


def test_more_products_on_a_page_cost_no_more_queries(site, counted):
    """Eight and all thirty of one shelf, by the page size of the settings."""
    shop = site.app.extensions["regulars_settings"]
    client = site.regular()
    few = len(counted(client, "/c/inner"))
    many = len(counted(client, "/c/books-shelf"))
    assert shop.page_size == 24
    assert many <= few + 1


def test_a_count_that_grew_would_be_seen(site, counted):
    assert len(counted(site.visitor(), "/p/row-3")) > 0
    assert sa.__version__
