"""Owners' pages of the stock: the list, what is noted in it, one variant with its movements and rules."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.inventory.models import Stock
from tests import factories as make
from tests.pages.owners import PACKER, SUPPORT, audited, form_to, hire, send, sign_in


@pytest.fixture
def shop(tx) -> dict[str, int]:
    with tx() as t:
        hire(t)
        cup = make.product(t, "cup", title="<i>Cup</i>", sku="CUP-1", stock=4)
        jug = make.product(t, "jug", title="Jug", sku="JUG-1", stock=None)
        cap = make.product(t, "cap", title="Cap", sku="CAP-1", stock=0)
        ids = {
            "cup": make.variant_of(t, cup).id,
            "jug": make.variant_of(t, jug).id,
            "cap": make.variant_of(t, cap).id,
        }
        t.get(Stock, ids["cup"]).reorder_point = 5
        return {**ids, "product": cup.id}


@pytest.fixture
def packer(shop, webtest) -> Any:
    return sign_in(webtest, PACKER)


def stock_of(rows: Any, variant: int) -> list[Any]:
    return [tuple(row) for row in rows("SELECT available, held FROM stock WHERE variant_id=:v", v=variant)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?state=low", 1),
        ("?state=out", 1),
        ("?state=untracked", 1),
        ("?state=owed", 0),
        ("?state=held", 0),
        ("?backorder=yes", 0),
        ("?q=jug", 1),
        ("?q=cap-1", 1),
        ("?sort=-available", 3),
        ("?sort=on_hand&q=nothing", 0),
    ],
)
def test_the_list_is_narrowed_by_its_address(packer, query, count):
    page = packer.get(f"/console/stock{query}")
    assert page.text.count("data-row") == count
    assert "<i>Cup" not in page.text


@pytest.mark.both
def test_pieces_are_received_and_counted_in_the_list(packer, shop, rows):
    page = packer.get("/console/stock?q=cup")
    token = {"csrf_token": form_to(page, f"/{shop['cup']}/move")["csrf_token"].value, "state": "q=cup"}
    path = f"/console/stock/{shop['cup']}/move"
    received = {"what": "receive", "pieces": "6", "reference": "note <7>"}
    page = packer.post(path, {**token, **received}, status=303).follow()
    assert page.request.query_string == "q=cup" and "CUP-1 is changed" in page
    assert stock_of(rows, shop["cup"]) == [(10, 0)]
    packer.post(path, {**token, "what": "correct", "pieces": "9", "reference": "count"}, status=303)
    assert stock_of(rows, shop["cup"]) == [(9, 0)]
    moves = rows(
        "SELECT delta, kind, reference FROM stock_move WHERE variant_id=:v ORDER BY id", v=shop["cup"]
    )
    assert [tuple(move) for move in moves[1:]] == [(6, "receipt", "note <7>"), (-1, "correction", "count")]
    assert len(audited(rows, "stock.receive")) == len(audited(rows, "stock.correct")) == 1
    page = packer.get(f"/console/stock/{shop['cup']}")
    assert "note &lt;7&gt;" in page.text and "Counted anew" in page


@pytest.mark.parametrize("pieces", ["", "-1", "1.5", "1e3", "NaN", "²", "１２", "1_0", "9" * 5000, "1000001"])
def test_a_number_that_cannot_be_changes_nothing(packer, shop, rows, pieces):
    page = packer.get(f"/console/stock/{shop['cup']}")
    fields = {"what": "receive", "pieces": pieces, "reference": "kept"}
    answer = send(packer, page, f"/console/stock/{shop['cup']}/move", **fields)
    assert answer.status_int == 422
    assert 'href="#f-pieces"' in answer and "kept" in answer
    assert stock_of(rows, shop["cup"]) == [(4, 0)]


def test_what_nobody_counted_is_counted_from_the_first_number_on(packer, shop, rows):
    page = packer.get(f"/console/stock/{shop['jug']}")
    assert "Nobody counts this variant" in page
    form = form_to(page, "/move")
    form["what"], form["pieces"] = "correct", "3"
    form.submit(status=303)
    assert stock_of(rows, shop["jug"]) == [(3, 0)]


@pytest.mark.both
def test_backorders_are_allowed_and_not_refused_while_pieces_are_owed(packer, shop, rows, app, tx):
    form = form_to(packer.get(f"/console/stock/{shop['cap']}"), "/rules")
    form["backorder"], form["reorder_point"] = True, "2"
    page = form.submit(status=303).follow()
    with tx() as t:
        t.get(Stock, shop["cap"]).available = -2
    form = form_to(page, "/rules")
    form["backorder"] = False
    assert "still owed" in form.submit(status=422)
    page = packer.get("/console/stock?state=owed")
    assert "CAP-1" in page
    answer = send(packer, page, "/console/stock/bulk", action="refuse", all="1", state="state=owed")
    assert "still owed" in answer
    assert rows("SELECT backorder FROM stock WHERE variant_id=:v", v=shop["cap"])[0].backorder


def test_many_may_be_sold_beyond_their_stock(packer, shop, rows):
    page = packer.get("/console/stock")
    page = send(packer, page, "/console/stock/bulk", action="allow", all="1", state="").follow()
    assert "2 variants were changed" in page
    assert packer.get("/console/stock?backorder=yes").text.count("data-row") == 2


def test_a_product_shows_its_stock_and_takes_all_counts_at_once(packer, shop, rows):
    page = packer.get(f"/console/products/{shop['product']}")
    form = form_to(page, f"/console/stock/product/{shop['product']}")
    form[f"pieces_{shop['cup']}"], form["what"], form["reference"] = "12", "correct", "stocktaking"
    assert "The stock is changed" in form.submit(status=303).follow()
    assert stock_of(rows, shop["cup"]) == [(12, 0)]


def test_what_should_be_ordered_stands_on_the_page_of_today(packer, shop):
    assert "1 variant should be ordered" in packer.get("/console")


def test_the_view_is_taken_away_without_formulas(packer, shop, tx):
    with tx() as t:
        make.product(t, title="=1+1", sku="@SUM")
    table = form_to(packer.get("/console/stock"), "/console/stock/export").submit()
    assert "'@SUM" in table.text and ",'=1+1," in table.text


def test_who_may_only_look_cannot_change(shop, webtest):
    assert "/account/login" in webtest.get("/console/stock", status=303).location
    support = sign_in(webtest, SUPPORT)
    page = support.get(f"/console/stock/{shop['cup']}")
    assert "Change the stock" not in page
    assert (
        send(support, page, f"/console/stock/{shop['cup']}/move", pieces="1", what="receive").status_int
        == 403
    )
    for at in ("0", "999", "9" * 30):
        support.get(f"/console/stock/{at}", status=404)


def test_pages_speak_chinese_and_ask_few_questions(packer, shop, count_queries):
    for path in ("/console/stock", f"/console/stock/{shop['cup']}"):
        packer.get(path)
        with count_queries() as queries:
            assert 'lang="zh-CN"' in packer.get(f"/zh{path}")
        assert len(queries) <= 12, f"{path}: {len(queries)}"
