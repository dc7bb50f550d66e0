"""How many statements a page sends: the same for 24 and 48 products, signed in or not (PERFORMANCE.md goal 10)."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from storefront.app import create_app
from storefront.catalog import service
from storefront.core.database import db, dispose, transaction
from storefront.customers.service import give_account, hash_password, record_consent
from tests import factories as make
from tests import stores
from tests.conftest import Browser

MOST, PRODUCT_GOAL = 8, 5
EMAIL, PASSWORD = "counted@example.test", "a-long-enough-password"
HASH = hash_password(PASSWORD)


@pytest.fixture(scope="module", params=[24, 48])
def shop(request, tmp_path_factory, sqlite_template):
    """A shop whose pages hold 24 or 48 products, each with options, words in two languages, variants."""
    folder = tmp_path_factory.mktemp("counted")
    stores.copy_databases(sqlite_template, folder)
    app = create_app(stores.settings(folder, page_size=request.param, search_limit="1000 per minute"))
    with app.app_context(), transaction() as tx:
        top = make.category(tx, "all", title="All")
        inner = make.category(tx, "inner", title="Inner", parent=top)
        for number in range(60):
            thing = make.product(
                tx, f"cup-{number}", title=f"Cup {number}", category=inner, price=1000 + number
            )
            red, blue = make.option(tx, thing, "colour", "red", "blue")
            red.swatch = "#a00000"
            make.add_variant(tx, thing, sku=f"R-{number}", value1_id=red.id, position=1)
            make.add_variant(tx, thing, sku=f"B-{number}", value1_id=blue.id, position=2)
        make.menu_item(tx, "main", "c/inner", title="Inner")
        make.page(tx, "delivery")
        service.reindex_all(tx)
        customer = give_account(tx, email=EMAIL, password_hash=HASH, name="Ada")
        record_consent(tx, customer, "personalization", given=True, source="test")
    yield app
    dispose(app)


@pytest.fixture(scope="module", params=["anonymous", "signed in"])
def client(request, shop):
    client = Browser(shop)
    if request.param == "signed in":
        page = client.get("/account/login").get_data(as_text=True)
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token}
        assert client.post("/account/login", data=form).status_code == 302
    return client


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/c/all", MOST),
        ("/zh/c/all?o-colour=red&sort=price&page=2", MOST),
        ("/search?q=cup", MOST),
        ("/search?q=nothingtofind", MOST),
        ("/search/suggest?q=cu", MOST),
        ("/p/cup-1", PRODUCT_GOAL),
        ("/zh/p/cup-1?sku=B-1", PRODUCT_GOAL),
        ("/pages/delivery", MOST),
        ("/", MOST),
    ],
)
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_a_page_sends_few_statements(shop, client, counted, path, most, state):
    if state == "cold":
        for forget in shop.extensions["regulars_forget"]:
            forget()
    else:
        client.get(path)
    with counted(shop) as statements:
        assert client.get(path).status_code == 200
    sent = [text for text in statements if not text.startswith(("BEGIN", "PRAGMA", "COMMIT"))]
    # This shop has no trained model: what sells is asked for once in ten minutes.
    bound = most if state == "warm" else MOST + 1
    assert len(sent) <= bound, "\n\n".join(sent)


@pytest.fixture
def counted():
    """`with counted(app) as statements:` for a shop of one's own."""

    @contextmanager
    def counting(app):
        found: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            found.append(statement)

        with app.app_context():
            engines = [*db.engines.values(), *app.extensions["regulars_write"].values()]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        yield found
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)

    return counting
