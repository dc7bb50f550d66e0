"""Owners' pages of categories, content pages, menus and redirects, driven as a person would."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from storefront.catalog.models import SearchMiss
from tests import factories as make
from tests.pages.owners import PACKER, audited, form_to, hire, send, sign_in

EVIL = '<p>Fine</p><script>alert(1)</script><a href="javascript:x">x</a>'


@pytest.fixture
def shop(tx) -> dict[str, int]:
    with tx() as t:
        hire(t)
        cups = make.category(t, "cups", title="Cups", position=0)
        pots = make.category(t, "pots", title="Pots", position=1)
        mugs = make.category(t, "mugs", title="Mugs", parent=cups)
        make.product(t, "mug", title="Mug", category=mugs)
        about = make.page(t, "about", title="About us")
        make.menu_item(t, "main", "c/cups", title="Cups")
        t.add(SearchMiss(day="2026-01-01", locale="en", query="<b>kettle</b>", count=4))
        return {"cups": cups.id, "pots": pots.id, "mugs": mugs.id, "about": about.id}


@pytest.fixture
def owner(shop, webtest) -> Any:
    return sign_in(webtest)


def form_with(page: Any, name: str) -> Any:
    return next(form for form in page.forms.values() if name in form.fields and form.method.lower() == "post")


# --- categories -------------------------------------------------------------------------------------------


def test_a_category_is_made_below_another(owner, shop):
    form = form_with(owner.get(f"/console/categories/new?parent={shop['cups']}"), "title_en")
    assert form["parent"].value == str(shop["cups"])
    form["title_en"], form["title_zh"], form["description_en"] = "Tea cups", "茶杯", EVIL
    page = form.submit(status=303).follow()
    assert "<script>alert" not in page.text
    public = owner.get("/c/tea-cups")
    assert "Fine" in public and "javascript:x" not in public.text
    assert "茶杯" in owner.get("/zh/c/tea-cups")


@pytest.mark.both
def test_sisters_change_places(owner, shop, rows):
    page = owner.get("/console/categories")
    send(owner, page, f"/console/categories/{shop['pots']}/move", way="up")
    found = rows("SELECT slug FROM category WHERE parent_id IS NULL ORDER BY position")
    assert [row.slug for row in found] == ["pots", "cups"]


@pytest.mark.both
def test_a_category_is_marked_as_sensitive_and_the_log_says_so(owner, shop, rows):
    for ticked in (True, False):
        form = form_with(owner.get(f"/console/categories/{shop['cups']}"), "title_en")
        assert form["sensitive"].checked is not ticked
        form["sensitive"] = ticked
        form.submit(status=303)
        assert [row.slug for row in rows("SELECT slug FROM category WHERE sensitive")] == ["cups"] * ticked
        assert ("Sensitive" in owner.get("/console/categories")) is ticked
    assert ["sensitive" in str(row.after) for row in audited(rows, "category.change")] == [True, True]


@pytest.mark.both
def test_a_category_moves_with_another_address(owner, shop):
    form = form_with(owner.get(f"/console/categories/{shop['mugs']}"), "title_en")
    form["parent"], form["slug"], form["hue"] = str(shop["pots"]), "big-mugs", "tech"
    form.submit(status=303)
    assert owner.get("/c/mugs", status=301).location.endswith("/c/big-mugs")
    assert "Mug" in owner.get("/c/pots")


def test_a_category_does_not_hang_below_itself_nor_go_while_it_is_used(owner, shop):
    form = form_with(owner.get(f"/console/categories/{shop['cups']}"), "title_en")
    form["parent"] = str(shop["mugs"])
    assert 'href="#f-parent"' in form.submit(status=422)
    page = owner.get(f"/console/categories/{shop['cups']}")
    page = send(owner, page, f"/console/categories/{shop['cups']}/remove").follow()
    assert "Move them first" in page
    page = send(owner, page, f"/console/categories/{shop['pots']}/remove").follow()
    assert "The category is gone" in page
    owner.get("/c/pots", status=404)


def test_a_category_has_a_picture_of_its_own(owner, shop, rows):
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "green").save(out, "PNG")
    page = owner.get(f"/console/categories/{shop['cups']}")
    token = form_to(page, "/picture")["csrf_token"].value
    path = f"/console/categories/{shop['cups']}/picture"
    files = [("picture", "x.png", out.getvalue())]
    page = owner.post(path, {"csrf_token": token}, upload_files=files, status=303).follow()
    assert page.html.select_one("img.cat-pic")
    send(owner, page, path, remove="1")
    assert rows("SELECT picture_id FROM category WHERE id=:c", c=shop["cups"])[0].picture_id is None


# --- pages and menus --------------------------------------------------------------------------------------


def test_a_page_is_looked_at_before_it_is_saved(owner, shop):
    form = form_with(owner.get("/console/pages/new"), "title_en")
    form["title_en"], form["description_en"] = "Delivery", f"{EVIL}<h2>When</h2>"
    page = form.submit("look")
    assert "not saved yet" in page and "<h2>When</h2>" in page and "<script>alert" not in page.text
    owner.get("/pages/delivery", status=404)
    form_with(page, "title_en").submit(status=303)
    assert "<h2>When</h2>" in owner.get("/pages/delivery")


def test_a_page_keeps_its_old_address_and_goes(owner, shop, rows):
    form = form_with(owner.get(f"/console/pages/{shop['about']}"), "title_en")
    form["slug"], form["title_zh"] = "who-we-are", ""
    page = form.submit(status=303).follow()
    assert owner.get("/pages/about", status=301).location.endswith("/pages/who-we-are")
    assert len(rows("SELECT * FROM content_page_text")) == 1
    send(owner, page, f"/console/pages/{shop['about']}/remove")
    owner.get("/pages/who-we-are", status=404)
    assert len(audited(rows, "page.change")) == len(audited(rows, "page.remove")) == 1


@pytest.mark.both
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/console/pages/{about}", "title_en"),
        ("/console/categories/{cups}", "description_en"),
        ("/console/pages", "title_0_en"),
    ],
)
def test_of_two_who_edit_the_same_the_second_is_told(owner, shop, rows, address, field):
    address = address.format(**shop)
    first, second = (form_with(owner.get(address), field) for _ in range(2))
    first[field], second[field] = "Early bird", "Late owl"
    first.submit(status=303)
    page = second.submit(status=422)
    assert "Somebody changed this while you did." in page
    again = form_with(page, field)
    assert "Early bird" in again[field].value, "the form shows what is there now"
    assert "Late owl" in page.html.select_one(".yours").get_text(), "what was typed is not lost"
    again[field] = "Late owl"
    assert again.submit(status=303).follow().status_int == 200
    assert "Late owl" in form_with(owner.get(address), field)[field].value


@pytest.mark.parametrize(
    ("name", "value", "wrong"), [("title_en", "", "title_en"), ("slug", "a/b", "slug"), ("slug", "", "slug")]
)
def test_a_page_that_cannot_be_says_where(owner, shop, name, value, wrong):
    form = form_with(owner.get(f"/console/pages/{shop['about']}"), "title_en")
    form["title_zh"] = ""
    form[name] = value
    assert f'href="#f-{wrong}"' in form.submit(status=422)


@pytest.mark.both
def test_a_menu_is_written_anew_in_its_order(owner, shop):
    page = owner.get("/console/pages")
    form = form_to(page, "/console/menus/main")
    form["place_1"], form["target_1"], form["title_1_en"] = "0", "/pages/about", "<i>Us</i>"
    form["title_1_zh"] = "关于"
    form.submit(status=303)
    public = owner.get("/").text
    assert "&lt;i&gt;Us&lt;/i&gt;" in public and "<i>Us" not in public
    form = form_to(owner.get("/console/pages"), "/console/menus/main")
    assert [form[f"target_{at}"].value for at in (0, 1)] == ["pages/about", "c/cups"]
    form["target_0"] = form["title_0_en"] = form["title_0_zh"] = ""
    form.submit(status=303)
    assert "关于" not in owner.get("/zh/").text


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "//evil.test", "ftp://x", "nowhere"]
)
def test_a_menu_leads_nowhere_bad(owner, shop, target, rows):
    form = form_to(owner.get("/console/pages"), "/console/menus/main")
    form["target_1"], form["title_1_en"] = target, "Bad"
    page = form.submit(status=422)
    assert 'href="#f-target_main_1"' in page and form_to(page, "/menus/main")["title_1_en"].value == "Bad"
    assert len(rows("SELECT * FROM menu_item")) == 1


# --- redirects and searches -------------------------------------------------------------------------------


def test_redirects_are_added_and_removed(owner, shop):
    form = form_with(owner.get("/console/redirects"), "new_path")
    form["old_path"], form["new_path"] = "/old", "/p/mug"
    page = form.submit(status=303).follow()
    assert owner.get("/old", status=301).location.endswith("/p/mug")
    send(owner, page, "/console/redirects/remove", old_path="/old")
    owner.get("/old", status=404)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("old", "/x", "old_path"),
        ("/a", "//evil.test", "new_path"),
        ("/a", "javascript:x", "new_path"),
        ("/a", "/a", "new_path"),
    ],
)
def test_a_redirect_that_cannot_be_says_where(owner, old, new, wrong):
    form = form_with(owner.get("/console/redirects"), "new_path")
    form["old_path"], form["new_path"] = old, new
    assert f'href="#f-{wrong}"' in form.submit(status=422)


def test_what_was_not_found_is_listed_as_it_was_typed(owner):
    page = owner.get("/console/misses")
    assert "&lt;b&gt;kettle&lt;/b&gt;" in page.text and "<b>kettle" not in page.text


# --- who may ----------------------------------------------------------------------------------------------

PAGES = (
    "/console/categories",
    "/console/pages",
    "/console/redirects",
    "/console/misses",
    "/console/pages/new",
)


def test_who_may_not_write_pages_is_refused(shop, webtest):
    assert "/account/login" in webtest.get("/console/pages", status=303).location
    packer = sign_in(webtest, PACKER)
    page = packer.get("/console/categories")
    for path in (
        "/console/pages",
        "/console/redirects",
        "/console/categories/new",
        f"/console/pages/{shop['about']}",
    ):
        packer.get(path, status=403)
    assert send(packer, page, f"/console/categories/{shop['pots']}/move", way="up").status_int == 403


def test_pages_speak_chinese_and_ask_few_questions(owner, shop, count_queries):
    for path in (*PAGES, f"/console/categories/{shop['cups']}", f"/console/pages/{shop['about']}"):
        owner.get(path)
        with count_queries() as queries:
            assert 'lang="zh-CN"' in owner.get(f"/zh{path}")
        assert len(queries) <= 12, f"{path}: {len(queries)}"


def test_what_is_not_there_is_404(owner):
    for path in ("/console/categories/999", "/console/pages/999", "/console/pages/" + "9" * 30):
        owner.get(path, status=404)
    assert send(owner, owner.get("/console/pages"), "/console/menus/other", rows="0").status_int == 404
