"""Merchandising rules: kept in the console, counted on the next page, and each says why it did not fire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from storefront.catalog.models import Product
from storefront.customers.service import record_consent
from storefront.inventory.models import Stock
from storefront.personalization.service.training import train_shop
from tests import factories as make
from tests.pages.owners import HASH, PACKER, SUPPORT, audited, form_to, hire, send, sign_in

PERSON = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "Accept": "text/html"}
LIST = "/console/merchandising"
KNOWN, NOBODY = "known@example.test", "stranger@example.test"


@pytest.fixture
def shelf(app, tx) -> dict[str, int]:
    """Eight things, the first sold most; one that nobody bought."""
    with tx() as t:
        hire(t)
        pens = make.category(t, "pens", title="Pens")
        fine = make.category(t, "fine", title="Fine pens", parent=pens)
        things = [
            make.product(
                t,
                f"thing-{n}",
                title=f"Thing {n}",
                sku=f"T{n}",
                category=fine if n in (3, 4) else None,
                brand="Quill" if n == 5 else None,
            )
            for n in range(8)
        ]
        make.product(t, "new-one", title="New one", sku="NEW")
        people = [make.customer(t) for _ in range(40)]
        for place, person in enumerate(people):
            for n, thing in enumerate(things):
                if place < 40 - 4 * n:
                    make.order(t, (thing, 1), customer=person)
        for email in (KNOWN, NOBODY):
            row = make.customer(t, email, password_hash=HASH)
            record_consent(t, row.id, "personalization", given=email == KNOWN, source="test")
            make.order(t, (things[0], 1), customer=row)
        return {"pens": pens.id, "fine": fine.id}


@pytest.fixture
def shop(app, shelf) -> dict[str, int]:
    """The same, and what buyers do is learned."""
    with app.app_context():
        train_shop()
    return shelf


@pytest.fixture
def owner(shop, webtest) -> Any:
    return sign_in(webtest)


@pytest.fixture
def keeper(shelf, webtest) -> Any:
    """The owner where no row is asked for."""
    return sign_in(webtest)


def fill(owner: Any, path: str = f"{LIST}/new", **fields: Any) -> Any:
    page = owner.get(path)
    form = next(f for f in page.forms.values() if "action" in f.fields)
    for name, value in fields.items():
        if name in ("surfaces", "pages", "audiences"):
            for box in form.fields[name]:
                box.checked = box._value in value
        else:
            form[name] = value
    return form


def add(owner: Any, **fields: Any) -> Any:
    return fill(owner, **{"name": "A rule", **fields}).submit(expect_errors=True)


def added(owner: Any, **fields: Any) -> str:
    answer = add(owner, **fields)
    assert answer.status_code == 303, answer.html.find(class_="wrong-box")
    return answer.location.rsplit("/", 1)[1]


def row(client: Any, path: str = "/", surface: str = "popular") -> list[str]:
    page = BeautifulSoup(client.get(path, headers=PERSON).text, "html.parser")
    strip = page.find(attrs={"data-strip": surface})
    return [one["data-sku"] for one in strip.find_all(attrs={"data-sku": True})] if strip else []


USUAL = [f"T{n}" for n in range(8)]


def test_a_pinned_product_stands_there_with_an_honest_reason(owner, client) -> None:
    assert row(client) == USUAL
    added(owner, action="pin", place="2", sku="NEW")
    assert row(client) == ["T0", "NEW", *USUAL[1:7]]
    page = BeautifulSoup(client.get("/", headers=PERSON).text, "html.parser")
    card = page.find(attrs={"data-strip": "popular"}).find(attrs={"data-sku": "NEW"})
    assert card["data-source"] == "pinned"
    assert card.find(class_="reason").text.strip() == "Chosen by the shop."
    assert "A rule" not in page.text, "what owners call it is theirs"


def test_a_category_with_all_below_it_is_excluded_and_a_brand_is_buried(owner, client, shop) -> None:
    added(owner, action="exclude", target="category", category_id=str(shop["pens"]))
    assert row(client) == ["T0", "T1", "T2", "T5", "T6", "T7", "NEW"]
    added(owner, action="bury", target="brand", brand="Quill", factor="100")
    assert row(client) == ["T0", "T1", "T2", "T6", "T7", "NEW", "T5"]


def test_a_boost_counts_only_in_its_rows_on_its_pages(owner, client) -> None:
    key = added(owner, action="boost", factor="3.5", sku="T6", surfaces=["for_you"], pages=[])
    assert row(client) == USUAL
    fill(owner, f"{LIST}/{key}", surfaces=["popular"], pages=["cart"]).submit()
    assert row(client) == USUAL
    fill(owner, f"{LIST}/{key}", surfaces=["popular"], pages=["home"]).submit()
    assert row(client) == ["T0", "T6", "T1", "T2", "T3", "T4", "T5", "T7"]


def test_dates_count_on_the_shops_clock(owner, client, clock) -> None:
    added(owner, action="pin", sku="NEW", starts_at="2026-03-02T13:00", ends_at="2026-03-02T14:00")
    for hours, first in ((0, "T0"), (1, "NEW"), (1, "T0")):
        clock.shift(timedelta(hours=hours))
        assert row(client)[0] == first


def test_who_is_signed_in_sees_what_is_meant_for_them(owner, client) -> None:
    usual = {"action": "pin", "sku": "NEW", "surfaces": ["popular"]}
    added(owner, **usual, audiences=["visitor"])
    assert row(client)[0] == "NEW"
    assert "NEW" not in row_of(sign_in(owner, KNOWN))
    added(sign_in(owner), **usual, audiences=["returning"])
    assert "NEW" in row_of(sign_in(owner, KNOWN))
    assert "NEW" not in row_of(sign_in(owner, NOBODY)), "what they bought is not used"


def row_of(browser: Any) -> list[str]:
    page = browser.get("/").html
    return [
        one["data-sku"]
        for one in page.find(attrs={"data-strip": "popular"}).find_all(attrs={"data-sku": True})
    ]


def test_sold_out_hidden_and_adult_products_are_not_pinned(owner, client, tx) -> None:
    added(owner, action="pin", sku="NEW")
    for spoil in ("stock", "draft", "age"):
        with tx() as t:
            product = t.query(Product).filter_by(slug="new-one").one()
            product.status = "draft" if spoil == "draft" else "active"
            product.age_limit = 18 if spoil == "age" else None
            stock = t.get(Stock, make.variant_of(t, product).id)
            stock.available = 0 if spoil == "stock" else 5
        assert row(client) == USUAL, spoil


def test_the_product_of_the_page_is_not_pinned_to_it(owner, client) -> None:
    added(owner, action="pin", sku="T7")
    assert "T7" not in row(client, "/p/thing-7", "goes_with")


def test_precedence_is_visible_and_can_be_changed_without_a_script(owner, client, rows) -> None:
    added(owner, name="First pin", action="pin", sku="T5")
    added(owner, name="Second pin", action="pin", sku="T6")
    added(owner, name="Away", action="exclude", sku="T1")
    page = owner.get(LIST)
    assert [one.text.split()[0] for one in page.html.select(".rules b")] == ["Away", "First", "Second"]
    assert row(client)[:2] == ["T5", "T6"]
    second = page.html.select(".rules form")[2]["action"]
    form = next(f for f in page.forms.values() if f.action == second and f["way"].value == "up")
    page = form.submit().follow()
    assert [one.text.split()[0] for one in page.html.select(".rules b")] == ["Away", "Second", "First"]
    assert row(client)[:2] == ["T6", "T5"]
    assert len(audited(rows, "merchandising.move")) == 1


def test_off_on_copied_and_away_count_at_once(owner, client, rows) -> None:
    key = added(owner, action="pin", sku="NEW")
    form_to(owner.get(f"{LIST}/{key}"), "/switch").submit()
    assert row(client) == USUAL
    form_to(owner.get(f"{LIST}/{key}"), "/switch").submit()
    assert row(client)[0] == "NEW"
    copy = form_to(owner.get(f"{LIST}/{key}"), "/copy").submit().follow()
    assert "Switched off" in copy.text and "A rule, copy" in copy.text
    form_to(owner.get(f"{LIST}/{key}"), "/remove").submit().follow()
    assert row(client) == USUAL
    told = {"create": 2, "change": 2, "remove": 1}
    assert {name: len(audited(rows, f"merchandising.{name}")) for name in told} == told


def test_what_is_tried_is_not_saved(owner, client, rows) -> None:
    form = fill(owner, name="Try me", action="pin", sku="NEW")
    page = form.submit("do", value="try")
    assert page.status_code == 200
    before, after = page.html.select("#tried ol.tried")
    assert [one.text for one in before.select("[translate=no]")][:2] == ["T0", "T1"]
    assert [one.text for one in after.select("[translate=no]")][:2] == ["NEW", "T0"]
    assert "New one: from place 9 to place 1." in page.text
    assert rows("SELECT id FROM merchandising_rule") == []
    assert row(client) == USUAL
    form = next(f for f in page.forms.values() if "action" in f.fields)
    assert form["name"].value == "Try me", "what was typed is still there"
    assert form.submit().status_code == 303


WHY: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"enabled": False}, {}, "It is switched off."),
    ({"starts_at": "2027-01-01T00:00"}, {}, "It has not begun yet."),
    ({"ends_at": "2025-01-01T00:00"}, {}, "It is over."),
    ({"surfaces": ["for_you"]}, {}, "Meant for other rows."),
    ({"pages": ["cart"]}, {}, "Meant for other pages."),
    ({"audiences": ["new"]}, {}, "Meant for others: New customers. This is: Not signed in."),
    ({"audiences": ["new"]}, {"try_email": KNOWN}, "This is: Signed in, Returning customers."),
    ({"audiences": ["new"]}, {"try_email": NOBODY}, "This is: Signed in."),
    ({"action": "boost", "sku": "T1"}, {"try_surface": "goes_with", "try_skus": "T0"}, "could be shown"),
    (
        {"sku": "T0"},
        {"try_surface": "goes_with", "try_page": "product", "try_skus": "T0"},
        "on this page already",
    ),
    ({"place": "9"}, {}, "The row has no such place"),
    ({"action": "boost", "sku": "T0"}, {}, "It changes nothing"),
    ({"action": "bury", "sku": "T0", "factor": "3"}, {}, "Thing 0: from place 1 to place 3."),
    ({"action": "exclude", "sku": "T0"}, {}, "Thing 0: taken out, was at place 1."),
]


def test_why_a_rule_fired_or_not(owner) -> None:
    for rule, asked, told in WHY:
        form = fill(owner, **{"name": "This", "action": "pin", "sku": "NEW", **rule, **asked})
        page = form.submit("do", value="try")
        assert told in " ".join(page.html.select_one("#tried").text.split()), (rule, asked)


def test_a_rule_that_is_overruled_names_the_other(owner) -> None:
    added(owner, name="Never", action="exclude", sku="T2")
    page = fill(owner, name="Always", action="pin", sku="T2").submit("do", value="try")
    assert "“Never” decides about it: Exclude comes first." in page.text


def test_any_row_can_be_asked_why(owner, rows) -> None:
    added(owner, name="Never", action="exclude", sku="T2")
    page = owner.get(f"{LIST}/try")
    form = next(f for f in page.forms.values() if "try_surface" in f.fields)
    form["try_email"] = KNOWN
    page = form.submit()
    assert page.status_code == 200 and "Thing 2: taken out" in page.text
    form["try_email"], form["try_skus"] = "who@example.test", "NO-SUCH"
    page = form.submit(expect_errors=True)
    assert page.status_code == 422
    assert "no customer with this e-mail" in page.text and "NO-SUCH" in page.text
    assert rows("SELECT id FROM merchandising_rule WHERE name <> 'Never'") == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": ""}, "Please give it a name."),
        ({"name": "x" * 5000}, "At most 80 characters"),
        ({"place": "0"}, "from 1 to 12"),
        ({"place": "999"}, "from 1 to 12"),
        ({"place": "-1"}, "Please give a whole number."),
        ({"place": ""}, "from 1 to 12"),
        ({"action": "boost", "factor": "0"}, "above 1 and up to 100"),
        ({"action": "boost", "factor": "-2"}, "above 1 and up to 100"),
        ({"action": "bury", "factor": "1"}, "above 1 and up to 100"),
        ({"action": "bury", "factor": "1e9"}, "above 1 and up to 100"),
        ({"action": "bury", "factor": "1000000000"}, "above 1 and up to 100"),
        ({"action": "bury", "factor": "٣"}, "above 1 and up to 100"),
        ({"sku": "NO-SUCH"}, "no product with this SKU"),
        ({"target": "category"}, "This category does not exist."),
        ({"target": "brand"}, "There is no product of this brand."),
        ({"starts_at": "2026-05-02T12:00", "ends_at": "2026-05-01T12:00"}, "It must end after it begins."),
        ({"starts_at": "next week"}, "Please give a date and a time."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(keeper, rows, fields, told) -> None:
    for button in ({}, {"fields": "do", "value": "try"}):
        form = fill(keeper, name="Wrong", action="pin", sku="NEW")
        for name, value in fields.items():
            form[name].force_value(value) if name in ("action", "target") else form.set(name, value)
        answer = form.submit(button.get("fields"), value=button.get("value"), expect_errors=True)
        assert answer.status_code == 422 and told in answer.text
    assert rows("SELECT id FROM merchandising_rule") == []


def test_values_that_no_form_offers_are_refused(keeper) -> None:
    page = keeper.get(f"{LIST}/new")
    usual = {"name": "x", "action": "pin", "place": "1", "target": "product", "sku": "NEW"}
    for wrong in ({"action": "delete"}, {"target": "shop"}, {"surfaces": "all"}, {"pages": "x"}):
        answer = send(keeper, page, f"{LIST}/new", **{**usual, **wrong})
        assert answer.status_code == 422 and "Please choose one of these." in answer.text
    odd = {"target": "category", "category_id": "9" * 11}
    assert send(keeper, page, f"{LIST}/new", **{**usual, **odd}).status_code == 422


def test_names_of_any_script_are_kept_as_they_are(keeper) -> None:
    for name in ("🍵 春茶 <b>", "ä" * 80):
        key = added(keeper, name=name, action="pin", sku="NEW")
        assert keeper.get(f"{LIST}/{key}").html.h1.text.strip() == name


def test_an_old_form_does_not_win(keeper) -> None:
    key = added(keeper, action="pin", sku="NEW")
    old = fill(keeper, f"{LIST}/{key}", name="Mine")
    fill(keeper, f"{LIST}/{key}", name="Theirs").submit()
    answer = old.submit(expect_errors=True)
    assert answer.status_code == 422 and "Somebody changed this while you did." in answer.text
    assert "Mine" in answer.html.select_one(".yours").text
    assert answer.html.h1.text.strip() == "Theirs"


def test_a_rule_about_what_is_gone_says_so_and_harms_nothing(owner, client, tx, rows) -> None:
    key = added(owner, action="pin", sku="NEW")
    with tx() as t:
        t.delete(t.query(Product).filter_by(slug="new-one").one())
    assert row(client) == USUAL
    page = owner.get(f"{LIST}/{key}")
    form = next(f for f in page.forms.values() if "action" in f.fields)
    assert form.submit(expect_errors=True).status_code == 422
    tried = next(f for f in owner.get(f"{LIST}/try").forms.values() if "try_surface" in f.fields).submit()
    assert "What it is about is not there any more." in tried.text


def test_who_may_not_change_products_may_look(webtest, keeper) -> None:
    key = added(keeper, action="pin", sku="NEW")
    packer = sign_in(webtest, PACKER)
    page = packer.get(LIST)
    assert "Add rule" not in page.text and "A rule" in page.text
    for path in (f"{LIST}/new", f"{LIST}/{key}"):
        assert packer.get(path, expect_errors=True).status_code == 403
    for way in ("move", "switch", "copy", "remove"):
        assert send(packer, page, f"{LIST}/{key}/{way}").status_code == 403
    assert "try_email" not in packer.get(f"{LIST}/try").text, "who knows no customers asks for none"
    assert "try_email" in sign_in(webtest, SUPPORT).get(f"{LIST}/try").text


def test_what_is_not_there_is_not_found(keeper) -> None:
    page = keeper.get(LIST)
    assert keeper.get(f"{LIST}/0123456789ab", expect_errors=True).status_code == 404
    for way in ("move", "switch", "copy", "remove"):
        assert send(keeper, page, f"{LIST}/0123456789ab/{way}").status_code == 404


def test_pages_pay_no_query_for_rules_and_who_is_signed_in_neither(app, owner, shop, count_queries) -> None:
    for audience in ("new", "returning"):
        added(owner, name=audience, action="pin", sku="NEW", surfaces=["popular"], audiences=[audience])
    me = sign_in(owner, KNOWN)
    row_of(me)
    with count_queries(app) as queries:
        assert "NEW" in row_of(me)
    asked = [one for one in queries.statements if "merchandising_rule" in one or "product_category" in one]
    assert asked == [] and len(queries) <= 8, str(queries)


def test_a_saved_rule_shows_in_every_process(app, owner, client, make_shop, tx, rows) -> None:
    """Another process remembers by versions: the row it reads says that its memory is old."""
    row(client)
    with tx() as t:
        before = t.execute(sa.text("SELECT version FROM shop_state WHERE key = 'home'")).scalar()
    added(owner, action="pin", sku="NEW")
    [after] = rows("SELECT version FROM shop_state WHERE key = 'home'")
    assert after.version != before
    assert row(client)[0] == "NEW"
