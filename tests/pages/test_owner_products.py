"""Owners' pages of products, driven as a person would: without scripts, with mistakes, by two at once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from tests import factories as make
from tests.pages.owners import OWNER, PACKER, audited, form_to, hire, send, sign_in

MARKUP = '<script>alert(1)</script><b>"Cup"</b>'


@pytest.fixture
def shop(tx) -> dict[str, int]:
    with tx() as t:
        hire(t)
        shelf = make.category(t, "cups", title="Cups")
        below = make.category(t, "mugs", title="Mugs", parent=shelf)
        mug = make.product(t, "mug", title="Mug", category=below, sku="MUG-1", brand="Kiln")
        hat = make.product(t, "hat", title="Hat", sku="HAT-1", price=2000, stock=0, status="draft")
        return {"mug": mug.id, "hat": hat.id, "cups": shelf.id, "mugs": below.id}


@pytest.fixture
def owner(shop, webtest) -> Any:
    return sign_in(webtest)


def png(colour: str = "red", size: tuple[int, int] = (600, 400)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def page_of(owner: Any, shop: dict[str, int], name: str = "mug") -> Any:
    return owner.get(f"/console/products/{shop[name]}")


def shown(page: Any) -> list[str]:
    """Titles on the list."""
    return [
        link.find("span", recursive=False).find_all(string=True)[0] for link in page.html.select(".row-link")
    ]


# --- the list ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?status=active", 1),
        ("?status=draft", 1),
        ("?stock=out", 1),
        ("?stock=in", 1),
        ("?stock=low", 0),
        ("?brand=Kiln", 1),
        ("?lacks=picture", 2),
        ("?lacks=category", 1),
        ("?lacks=text-zh", 0),
        ("?q=hat-", 1),
        ("?q=mug", 1),
        ("?q=%25", 0),
        ("?q=%E4%B8%9C%E8%A5%BF", 2),
        ("?sort=-stock", 2),
        ("?sort=price&page=99", 2),
        ("?sort=title&cols=status,nonsense", 2),
        ("?category=99999999999999999999", 2),
    ],
)
def test_the_list_is_narrowed_by_its_address(owner, query, count):
    assert owner.get(f"/console/products{query}").text.count("data-row") == count


def test_a_category_holds_what_is_below_it(owner, shop):
    assert owner.get(f"/console/products?category={shop['cups']}").text.count("data-row") == 1


@pytest.mark.both
def test_many_are_shown_and_archived_at_once(owner, shop, rows):
    page = owner.get("/console/products")
    form = form_to(page, "")
    page = send(owner, page, "/console/products/bulk", action="archive", all="1", state="").follow()
    assert "2 products were changed" in page
    assert {row.status for row in rows("SELECT status FROM product")} == {"archived"}
    assert len(audited(rows, "product.status")) == 2
    assert owner.get("/p/mug", expect_errors=True).status_int == 410
    assert form is not None


@pytest.mark.both
def test_prices_of_what_a_filter_matches_change_by_a_percentage(owner, shop, rows):
    page = owner.get("/console/products?status=active")
    page = send(
        owner, page, "/console/products/bulk", action="price", all="1", state="status=active"
    ).follow()
    assert "1 product is chosen" in page
    form = (
        form_to(page, page.request.path_qs) if page.forms.get("x") else page.forms[max(page.forms, key=str)]
    )
    form = next(f for f in page.forms.values() if "percent" in f.fields)
    form["percent"], form["way"] = "12.5", "less"
    page = form.submit(status=303).follow()
    assert "1 price was changed" in page
    assert rows("SELECT sku, price_minor FROM variant ORDER BY sku") == [("HAT-1", 2000), ("MUG-1", 1129)]
    assert "11.29" in owner.get("/p/mug")


@pytest.mark.parametrize("percent", ["", "0", "-5", "100", "nan", "1e400", "１２", "99.999"])
def test_a_percentage_that_cannot_be_changes_nothing(owner, shop, rows, percent):
    page = owner.get(f"/console/products/bulk/price?picked={shop['mug']}")
    form = next(f for f in page.forms.values() if "percent" in f.fields)
    form["percent"], form["way"] = percent, "less"
    assert 'href="#f-percent"' in form.submit(status=422)
    assert rows("SELECT price_minor FROM variant WHERE sku='MUG-1'")[0].price_minor == 1290


def test_many_move_to_another_category(owner, shop, rows):
    page = owner.get(f"/console/products/bulk/category?picked={shop['mug']},{shop['hat']}")
    form = next(f for f in page.forms.values() if "category" in f.fields and "pick" in f.fields)
    form["category"] = str(shop["cups"])
    assert "2 products were moved" in form.submit(status=303).follow()
    assert {row.category_id for row in rows("SELECT category_id FROM product")} == {shop["cups"]}
    assert len(rows("SELECT * FROM product_category")) == 2


def test_the_view_is_taken_away_in_the_format_of_the_shop(owner, shop, app):
    page = owner.get("/console/products?status=active")
    table = form_to(page, "/console/products/export").submit()
    assert table.content_type == "text/csv"
    lines = table.text.splitlines()
    assert lines[0].startswith("kind,handle")
    assert [line.split(",")[1] for line in lines[1:]] == ["mug", "mug"]


# --- one product ------------------------------------------------------------------------------------------


def test_a_product_is_made_written_and_shown(owner, shop):
    page = owner.get("/console/products/new")
    form = next(f for f in page.forms.values() if "title_en" in f.fields)
    form["title_en"], form["price"], form["category"] = "Tea pot", "34.50", str(shop["mugs"])
    page = form.submit(status=303).follow()
    assert "This is the draft" in page and "TEA-POT" in page
    preview = page.click("Preview")
    assert "Tea pot" in preview and 'content="noindex"' in preview
    owner.get("/p/tea-pot", status=404)
    form = next(f for f in page.forms.values() if "slug" in f.fields)
    form["status"], form["title_zh"], form["description_en"] = (
        "active",
        "茶壶",
        "Holds a litre.\n\nPours well.",
    )
    form["tags"], form["age_limit"] = "tea, pot,tea", ""
    form.submit(status=303)
    public = owner.get("/p/tea-pot")
    assert "34.50" in public and "<p>Pours well.</p>" in public
    assert "茶壶" in owner.get("/zh/p/tea-pot")


def test_another_address_leaves_a_redirect_and_a_taken_one_is_refused(owner, shop):
    page = page_of(owner, shop)
    form = next(f for f in page.forms.values() if "slug" in f.fields)
    form["slug"] = "hat"
    page = form.submit(status=422)
    assert 'href="#f-slug"' in page
    form = next(f for f in page.forms.values() if "slug" in f.fields)
    form["slug"] = "big-mug"
    form.submit(status=303)
    assert owner.get("/p/mug", status=301).location.endswith("/p/big-mug")


def test_markup_in_names_shows_as_typed_and_scripts_in_texts_are_gone(owner, shop):
    form = next(f for f in page_of(owner, shop).forms.values() if "slug" in f.fields)
    form["title_en"] = MARKUP
    form["description_en"] = "<p onclick=x>Hi <script>alert(1)</script><img src=x onerror=y></p>"
    page = form.submit(status=303).follow()
    for shown_on in (
        page,
        owner.get("/console/products"),
        owner.get("/p/mug"),
        owner.get("/console/search?q=Cup"),
    ):
        assert "<script>alert" not in shown_on.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "onclick" not in owner.get("/p/mug").text


@pytest.mark.both
def test_of_two_who_change_the_same_thing_the_second_is_told(owner, shop):
    first = next(f for f in page_of(owner, shop).forms.values() if "slug" in f.fields)
    second = next(f for f in page_of(owner, shop).forms.values() if "slug" in f.fields)
    first["brand"] = "Oven"
    first.submit(status=303)
    second["brand"] = "Stove"
    page = second.submit(status=422)
    assert "Somebody changed this" in page
    assert "Oven" in owner.get("/console/products?brand=Oven")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title_en": "", "title_zh": ""}, "f-title_en"),
        ({"slug": "a b"}, "f-slug"),
        ({"age_limit": "-1"}, "f-age_limit"),
        ({"age_limit": "²"}, "f-age_limit"),
        ({"visible_from": "2026-05-01T00:00", "visible_until": "2026-04-01T00:00"}, "f-visible_until"),
        ({"visible_from": "0000-00-00T99:00"}, "f-visible_from"),
    ],
)
def test_a_product_that_cannot_be_says_where_and_keeps_what_was_typed(owner, shop, fields, wrong):
    form = next(f for f in page_of(owner, shop).forms.values() if "slug" in f.fields)
    form["subtitle_en"] = "kept"
    for name, value in fields.items():
        form[name] = value
    page = form.submit(status=422)
    assert f'href="#{wrong}"' in page
    assert next(f for f in page.forms.values() if "slug" in f.fields)["subtitle_en"].value == "kept"


def test_nothing_foreign_is_stored(owner, shop, rows):
    page = page_of(owner, shop)
    form = next(f for f in page.forms.values() if "slug" in f.fields)
    fields = dict(form.submit_fields())
    more = {"id": "9", "version": "-5", "created_at": "2001-01-01", "price_minor": "1", "role": "owner"}
    owner.post(f"/console/products/{shop['mug']}", {**fields, **more}, status=303)
    row = rows("SELECT id, version, created_at FROM product WHERE slug='mug'")[0]
    assert row.id == shop["mug"] and row.version > 0 and "2025" in str(row.created_at)


@pytest.mark.both
def test_a_copy_is_a_draft_with_skus_of_its_own(owner, shop, rows):
    page = page_of(owner, shop)
    copy = form_to(page, "/duplicate").submit(status=303).follow()
    assert "This is the copy" in copy and "Mug (copy)" in copy
    found = rows("SELECT v.sku, p.status FROM variant v JOIN product p ON p.id = v.product_id ORDER BY v.id")
    assert found[-1] == ("MUG-1-copy", "draft")


# --- variants and options ---------------------------------------------------------------------------------


def grid(page: Any) -> Any:
    return next(f for f in page.forms.values() if f.action.endswith("/variants"))


@pytest.mark.both
def test_the_grid_saves_prices_and_skus_may_be_swapped(owner, shop, rows):
    page = page_of(owner, shop)
    add = form_to(page, "/variants/add")
    add["sku"], add["price"] = "MUG-2", "15"
    page = add.submit(status=303).follow()
    form, ids = (
        grid(page),
        [row.id for row in rows("SELECT id FROM variant WHERE sku LIKE 'MUG%' ORDER BY id")],
    )
    form[f"sku_{ids[0]}"], form[f"sku_{ids[1]}"] = "MUG-2", "MUG-1"
    form[f"price_{ids[0]}"], form[f"compare_{ids[0]}"] = "9.99", "12.90"
    form[f"weight_{ids[0]}"], form[f"barcode_{ids[0]}"] = "350", "4006381333931"
    assert "The variants are saved" in form.submit(status=303).follow()
    found = rows(
        "SELECT sku, price_minor, compare_at_minor, weight_grams FROM variant WHERE id=:at", at=ids[0]
    )
    assert found == [("MUG-2", 999, 1290, 350)]
    assert "9.99" in owner.get("/p/mug")
    before = audited(rows, "product.variants")
    assert len(before) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", "-1"),
        ("price", "NaN"),
        ("price", "1e9"),
        ("sku", ""),
        ("sku", "HAT-1"),
        ("compare", "1"),
        ("weight", "x"),
    ],
)
def test_a_row_that_cannot_be_is_marked_and_nothing_is_saved(owner, shop, rows, name, value):
    form = grid(page_of(owner, shop))
    at = form["variant"].value
    form[f"barcode_{at}"] = "typed"
    form[f"{name}_{at}"] = value
    page = form.submit(status=422)
    assert page.html.select_one(f"#f-{name}_{at}")["aria-invalid"] == "true"
    assert grid(page)[f"barcode_{at}"].value == "typed"
    assert rows("SELECT sku, price_minor, barcode FROM variant WHERE sku='MUG-1'") == [("MUG-1", 1290, None)]


def test_variants_of_others_are_out_of_reach(owner, shop, rows):
    other = rows("SELECT id FROM variant WHERE sku='HAT-1'")[0].id
    page = page_of(owner, shop)
    base = f"/console/products/{shop['mug']}"
    assert send(owner, page, f"{base}/variants/{other}/remove").status_int == 404
    fields = {"variant": str(other), f"sku_{other}": "X", f"price_{other}": "1", f"compare_{other}": ""}
    assert send(owner, page, f"{base}/variants", **fields).status_int == 404
    assert rows("SELECT price_minor FROM variant WHERE id=:at", at=other)[0].price_minor == 2000


@pytest.mark.both
def test_options_make_a_grid_and_are_called_otherwise(owner, shop, rows):
    form = form_to(page_of(owner, shop), "/options/add")
    form["option_en"], form["option_zh"] = "Colour", "颜色"
    form["values_en"], form["values_zh"] = "Red\nBlue\nGreen", "红\n蓝\n绿"
    page = form.submit(status=303).follow()
    assert [row.sku for row in rows("SELECT sku FROM variant WHERE sku LIKE 'MUG%' ORDER BY position")] == [
        "MUG-1",
        "MUG-1-blue",
        "MUG-1-green",
    ]
    option = rows("SELECT id FROM option")[0].id
    form = form_to(page, f"/options/{option}")
    value = rows("SELECT id FROM option_value WHERE key='blue'")[0].id
    form[f"label_{value}_en"], form[f"swatch_{value}"], form["new_en"] = "Navy", "#102040", "Black"
    page = form.submit(status=303).follow()
    assert "Navy" in owner.get("/p/mug") and "蓝" in owner.get("/zh/p/mug")
    page = send(owner, page, f"/console/products/{shop['mug']}/options/{option}/remove").follow()
    assert "differ in this option only" in page
    page = send(owner, page, f"/console/products/{shop['mug']}/values/{value}/remove").follow()
    assert "A variant has this value" in page


def test_the_last_variant_stays(owner, shop, rows):
    at = rows("SELECT id FROM variant WHERE sku='MUG-1'")[0].id
    page = page_of(owner, shop)
    page = send(owner, page, f"/console/products/{shop['mug']}/variants/{at}/remove").follow()
    assert "last variant" in page
    assert rows("SELECT id FROM variant WHERE sku='MUG-1'")


# --- attributes, pictures, versions -----------------------------------------------------------------------


def test_attributes_are_a_table(owner, shop):
    form = form_to(page_of(owner, shop), "/attributes")
    form["fact_key_0"], form["fact_value_0"] = "volume", "0.3 l"
    form["fact_name_0_en"], form["fact_name_0_zh"] = "Volume", "容量"
    page = form.submit(status=303).follow()
    assert "0.3 l" in owner.get("/p/mug") and "容量" in owner.get("/zh/p/mug")
    form = form_to(page, "/attributes")
    form["fact_key_0"] = form["fact_value_0"] = ""
    form.submit(status=303)
    assert "0.3 l" not in owner.get("/p/mug")


def test_the_page_tells_who_changed_the_product_to_those_who_may_read_the_log(owner, shop, webtest):
    form = form_to(page_of(owner, shop), f"/products/{shop['mug']}")
    form["brand"] = "Potter"
    page = form.submit(status=303).follow()
    story = page.html.select_one("#timeline").get_text(" ", strip=True)
    assert "changed" in story and OWNER in story and "brand" in story
    page = sign_in(webtest, PACKER).get(f"/console/products/{shop['mug']}")
    assert OWNER not in page.html.select_one("#timeline").get_text()


@pytest.mark.both
def test_an_option_with_a_long_name_is_taken(owner, shop, rows):
    form = form_to(page_of(owner, shop), "/options/add")
    form["option_en"], form["values_en"] = "x" * 4000, "颜" * 120
    form.submit(status=303)
    assert [len(row.key) for row in rows("SELECT key FROM option")] == [60]
    assert len(rows("SELECT key FROM option_value")[0].key) <= 60


@pytest.mark.both
@pytest.mark.parametrize("what", ["pictures", "options"])
def test_of_two_who_edit_pictures_or_options_the_second_is_told(owner, shop, rows, what):
    form = form_to(page_of(owner, shop), "/options/add")
    form["option_en"], form["values_en"] = "Colour", "Red\nBlue"
    page = form.submit(status=303).follow()
    path = f"/console/products/{shop['mug']}/pictures"
    data = {"csrf_token": form["csrf_token"].value}
    owner.post(f"{path}/add", data, upload_files=[("pictures", "a.png", png())], status=303)
    unused = rows("SELECT id FROM option_value ORDER BY id")[-1].id
    fields = {
        "pictures": (f"alt_{rows('SELECT id FROM product_picture')[0].id}_en", "/pictures"),
        "options": (f"label_{unused}_en", f"/options/{rows('SELECT id FROM option')[0].id}"),
    }
    field, ending = fields[what]
    first, second = (form_to(page_of(owner, shop), ending) for _ in range(2))
    first[field], second[field] = "Early bird", "Late owl"
    first.submit(status=303)
    page = second.submit(status=422)
    assert "Somebody changed this while you did." in page
    assert form_to(page, ending)[field].value == "Early bird"
    assert "Late owl" in page.html.select_one(".yours").get_text()
    again = form_to(page, ending)
    again[field] = "Late owl"
    assert again.submit(status=303).follow().status_int == 200


def test_pictures_are_hung_ordered_described_and_taken_away(owner, shop, rows):
    form = form_to(page_of(owner, shop), "/pictures/add")
    token = form["csrf_token"].value
    path = f"/console/products/{shop['mug']}/pictures"
    files = [
        ("pictures", "a.png", png("red")),
        ("pictures", "b.png", png("blue")),
        ("pictures", "c.png", b"no picture"),
    ]
    page = owner.post(f"{path}/add", {"csrf_token": token}, upload_files=files, status=303).follow()
    assert "2 pictures were added" in page and "c.png" in page
    first, second = (row.id for row in rows("SELECT id FROM product_picture ORDER BY position"))
    page = send(owner, page, f"{path}/{second}/move", way="up").follow()
    assert [row.id for row in rows("SELECT id FROM product_picture ORDER BY position")] == [second, first]
    form = form_to(page, "/pictures")
    form[f"alt_{second}_en"] = 'A "blue" <mug>'
    form.submit(status=303)
    assert "A &#34;blue&#34; &lt;mug&gt;" in owner.get("/p/mug")
    send(owner, page, f"{path}/{first}/remove")
    assert [row.id for row in rows("SELECT id FROM product_picture")] == [second]


@pytest.mark.parametrize("what", ["svg", "html", "bomb", "polyglot", "gps"])
def test_files_that_are_no_pictures_stay_out(owner, shop, rows, what, app):
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    exif = Image.Exif()
    exif[0x010E] = "taken at my home"
    gps = io.BytesIO()
    Image.new("RGB", (50, 50)).save(gps, "JPEG", exif=exif)
    data = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "html": b"<html><script>alert(1)</script>",
        "bomb": bomb.getvalue(),
        "polyglot": b"GIF89a/*" + b"\x00" * 100 + b"*/=alert(1)",
        "gps": gps.getvalue(),
    }[what]
    form = form_to(page_of(owner, shop), "/pictures/add")
    files = [("pictures", "../../x.jpg", data)]
    path = f"/console/products/{shop['mug']}/pictures/add"
    owner.post(path, {"csrf_token": form["csrf_token"].value}, upload_files=files, status=303)
    stored = rows("SELECT hash FROM picture")
    assert len(stored) == (1 if what == "gps" else 0)
    for file in (p for p in app.extensions["regulars_settings"].folder.rglob("*.webp")):
        assert b"my home" not in file.read_bytes()


def test_only_staff_may_send_much(shop, webtest):
    page = webtest.get("/account/login")
    token = next(f for f in page.forms.values() if "password" in f.fields)["csrf_token"].value
    path = f"/console/products/{shop['mug']}/pictures/add"
    files = [("pictures", "a.png", b"x" * 3_000_000)]
    assert webtest.post(path, {"csrf_token": token}, upload_files=files, expect_errors=True).status_int == 413


def test_a_version_is_published_once_and_its_words_change(owner, shop, rows):
    form = form_to(page_of(owner, shop), "/releases/add")
    form["version"], form["release_title_en"] = "2.0", "Second edition"
    page = form.submit(status=303).follow()
    assert "The version is out" in page and "Second edition" in owner.get("/p/mug")
    again = form_to(page, "/releases/add")
    again["version"] = "2.0"
    assert "out already" in again.submit(status=303).follow()
    at = rows("SELECT id FROM release")[0].id
    form = form_to(page, f"/releases/{at}")
    form["release_title_en"] = "Revised"
    form.submit(status=303)
    assert "Revised" in owner.get("/p/mug")
    send(owner, page, f"/console/products/{shop['mug']}/releases/{at}", remove="1")
    assert rows("SELECT id FROM release") == []


# --- who may ----------------------------------------------------------------------------------------------


def test_strangers_are_led_away_and_who_only_reads_cannot_write(shop, webtest):
    path = f"/console/products/{shop['mug']}"
    assert "/account/login" in webtest.get(path, status=303).location
    packer = sign_in(webtest, PACKER)
    page = packer.get(path)
    assert "Add pictures" not in page
    form = next(f for f in page.forms.values() if "slug" in f.fields)
    packer.post(path, {"csrf_token": form["csrf_token"].value, "slug": "x"}, status=403)
    packer.get("/console/products/new", status=403)
    assert OWNER != PACKER


@pytest.mark.parametrize("at", ["0", "999", "-1", "abc", "9" * 30])
def test_a_product_that_is_not_there_is_404(owner, at):
    owner.get(f"/console/products/{at}", status=404)


def test_pages_speak_chinese_and_ask_few_questions(owner, shop, count_queries):
    for path, most in (("/console/products", 14), (f"/console/products/{shop['mug']}", 34)):
        owner.get(path)
        with count_queries() as queries:
            page = owner.get(f"/zh{path}")
        assert 'lang="zh-CN"' in page
        assert len(queries) <= most, f"{path}: {len(queries)}"


def test_the_list_costs_the_same_for_more_products(owner, tx, count_queries):
    owner.get("/console/products")
    with count_queries() as few:
        owner.get("/console/products")
    with tx() as t:
        for _number in range(20):
            make.product(t)
    owner.get("/console/products")
    with count_queries() as many:
        owner.get("/console/products")
    assert len(many) <= len(few) + 2
