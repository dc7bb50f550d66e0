"""How many queries a page costs with everything on: a trained engine, strips, reasons, consent, a signed-in customer."""

from __future__ import annotations

import pytest

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
def counted(site, count_queries):
    """`counted(client, path)`: statements of one warm page."""

    def count(client, path):
        client.get(path, base_url=OWN)  # what a process remembers is remembered now
        with count_queries(site.app) as queries:
            assert client.get(path, base_url=OWN).status_code == 200
        # After the answer: what the journal writes does not keep the reader waiting.
        return [s for s in queries.statements if not s.startswith("INSERT INTO journal_event")]

    return count


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("prefix", ["", "/zh"])
def test_a_page_of_a_signed_in_customer_costs_few_queries(site, counted, path, prefix):
    statements = counted(site.regular(), prefix + path)
    assert len(statements) <= PAGES[path], "\n\n".join(statements)


@pytest.mark.parametrize("path", PAGES)
def test_and_so_does_a_visitors(site, counted, path):
    assert len(counted(site.visitor(), path)) <= PAGES[path]
