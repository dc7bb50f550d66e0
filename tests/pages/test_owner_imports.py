"""Importing a file in the console: nothing happens before somebody has seen what would happen."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests import factories as make
from tests.pages.owners import PACKER, audited, form_to, hire, send, sign_in

FILE = """kind,handle,status,title@en,title@zh,sku,price,stock
product,kettle,active,Kettle <b>,水壶,,,
variant,kettle,,,,KET-1,24.90,7
product,pan,active,Pan,平底锅,,,
variant,pan,,,,PAN-1,nonsense,1
"""


@pytest.fixture
def owner(tx, webtest) -> Any:
    with tx() as t:
        hire(t)
        make.product(t, "mug", sku="MUG-1")
    return sign_in(webtest)


def work(app: Any) -> None:
    """What the worker would do."""
    queue = app.extensions["regulars_jobs"].huey
    while queue.pending_count():
        queue.execute(queue.dequeue())


def upload(owner: Any, data: bytes, name: str = "goods.csv", kind: str = "catalog") -> Any:
    page = owner.get("/console/imports")
    token = form_to(page, "/console/imports")["csrf_token"].value if form_has(page) else ""
    fields = {"csrf_token": token, "kind": kind}
    return owner.post("/console/imports", fields, upload_files=[("file", name, data)], expect_errors=True)


def form_has(page: Any) -> bool:
    for form in page.forms.values():
        if "kind" in form.fields:
            form.action = "/console/imports"
            return True
    return False


def looked_at(owner: Any, app: Any, data: bytes, **more: Any) -> Any:
    """The page of an upload after the worker looked at it."""
    page = upload(owner, data, **more).follow()
    page = form_to(page, "/check").submit(status=303).follow()
    assert "being looked at" in page and 'http-equiv="refresh"' in page
    work(app)
    return owner.get(page.request.path)


GOOD = FILE.replace("nonsense", "18.00")


def test_a_file_is_seen_applied_and_taken_back(owner, app, rows):
    page = looked_at(owner, app, GOOD.encode())
    assert "What would happen" in page
    assert rows("SELECT count(*) AS n FROM product")[0].n == 1, "looking changes nothing"
    page = form_to(page, "/apply").submit(status=303).follow()
    assert "Being written into the shop" in page
    work(app)
    assert "What was done" in owner.get(page.request.path)
    assert {row.slug for row in rows("SELECT slug FROM product")} == {"mug", "kettle", "pan"}
    assert "Kettle &lt;b&gt;" in owner.get("/p/kettle").text
    page = owner.get("/console/imports")
    form_to(page, "/undo").submit(status=303)
    work(app)
    assert [row.slug for row in rows("SELECT slug FROM product")] == ["mug"]
    assert "taken back" in owner.get("/console/imports")
    assert len(audited(rows, "import.apply")) == len(audited(rows, "import.undo")) == 1


def test_bad_rows_are_named_and_handed_back(owner, app, rows):
    page = looked_at(owner, app, FILE.encode())
    assert "refused" in page and "nonsense" in page
    assert "/apply" not in page.text
    rejects = owner.get(f"{page.request.path}/rejects")
    assert "PAN-1" in rejects and rejects.content_type == "text/csv"
    form = form_to(page, "/check")
    form["keep_good"] = True
    page = form.submit(status=303).follow()
    work(app)
    page = owner.get(page.request.path)
    form_to(page, "/apply").submit(status=303)
    work(app)
    assert rows("SELECT sku FROM variant WHERE sku='KET-1'")


def test_columns_are_told_by_hand(owner, app, rows):
    data = "no,article,many,day\n1,MUG-1,2,2025-01-05\n"
    page = upload(owner, data.encode(), name="old orders.csv", kind="orders").follow()
    assert "MUG-1" in page and "old orders.csv" in page
    form = form_to(page, "/check")
    for at, field in enumerate(("order", "sku", "quantity", "at")):
        form[f"means_{at}"] = field
    page = form.submit(status=303).follow()
    work(app)
    page = owner.get(page.request.path)
    assert form_to(page, "/check")["means_1"].value == "sku"
    assert "does not know" not in page


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 500,
        b"\xff\xfe" * 50,
        b"PK\x03\x04 no zip",
        gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6],
        b'"' * 3000,
        b"," * 5000,
    ],
)
def test_files_that_are_none_are_refused_in_words(owner, app, rows, data):
    page = looked_at(owner, app, data)
    assert "refused" in page
    assert rows("SELECT count(*) AS n FROM import_batch")[0].n == 0


def test_names_of_files_lead_nowhere(owner, app):
    page = upload(owner, GOOD.encode(), name="../../<b>etc</b>/passwd").follow()
    assert "<b>etc" not in page.text
    folder = app.extensions["regulars_settings"].folder / "imports" / "uploads"
    assert all(path.resolve().is_relative_to(folder) for path in folder.rglob("*"))
    assert not (folder / "passwd").exists()


def test_without_a_file_or_a_kind_it_says_so(owner):
    page = owner.get("/console/imports")
    token = next(f for f in page.forms.values() if "kind" in f.fields)["csrf_token"].value
    assert 'href="#f-file"' in owner.post(
        "/console/imports", {"csrf_token": token, "kind": "catalog"}, status=422
    )
    assert upload(owner, b"a,b\n", kind="staff").status_int == 422


def test_only_who_may_change_products_imports_and_nobody_guesses(owner, app, webtest):
    page = upload(owner, GOOD.encode()).follow()
    path = page.request.path
    packer = sign_in(webtest, PACKER)
    packer.get(path, status=403)
    owner = sign_in(webtest)
    for token in ("x", "a" * 32, "..", path.rsplit("/", 1)[1][:-1] + "_"):
        owner.get(f"/console/imports/{token}", status=404)
    page = owner.get(path)
    assert send(owner, page, f"{path}/apply").follow().status_int == 200
    assert "Look at the file first" in send(owner, page, f"{path}/apply").follow()
    send(owner, page, f"{path}/forget")
    owner.get(path, status=404)


def test_the_pages_speak_chinese_and_ask_few_questions(owner, app, count_queries):
    page = upload(owner, GOOD.encode()).follow()
    for path in ("/console/imports", page.request.path):
        owner.get(path)
        with count_queries() as queries:
            assert 'lang="zh-CN"' in owner.get(f"/zh{path}")
        assert len(queries) <= 8, f"{path}: {len(queries)}"
