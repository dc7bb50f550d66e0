"""S9: what another site makes a browser send does nothing here, and looking at a page changes nothing."""

from __future__ import annotations

import pytest

from tests.pages.walking import OWN
from tests.security.amount import EVERYTHING, part
from tests.security.town import Person, changes

# Every way in which another site can make a browser send something, and what our own forms would add.
WAYS = {
    "no token": ({}, {}),
    "empty": ({"csrf_token": ""}, {}),
    "wrong": ({"csrf_token": "IjAi.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"}, {}),
    "of another": ({"csrf_token": "{other}"}, {}),
    "twice": ({"csrf_token": ["", "{own}"]}, {}),
    "in the address": ({}, {"path": "?csrf_token={own}"}),
    "as text": ('{{"csrf_token": "{own}"}}', {"content_type": "text/plain"}),
    "as JSON": ('{{"csrf_token": "{own}"}}', {"content_type": "application/json"}),
    "from another site": ({"csrf_token": "{own}"}, {"headers": {"Origin": "https://evil.test"}}),
    "from a look-alike": (
        {"csrf_token": "{own}"},
        {"headers": {"Origin": "http://127.0.0.1:5000.evil.test"}},
    ),
    "from nowhere": ({"csrf_token": "{own}"}, {"headers": {"Origin": "null"}}),
    "cross-site": ({"csrf_token": "{own}"}, {"headers": {"Sec-Fetch-Site": "cross-site", "Origin": OWN}}),
    "next door": ({"csrf_token": "{own}"}, {"headers": {"Sec-Fetch-Site": "same-site"}}),
}
# Tried at every address; each of the others at every third, the next one at the next third.
OFTEN = {"no token", "of another", "from another site"}


def guarded(place):
    return [(route, path) for route, path in place.routes() if route.state_changing and route.csrf]


def send(place, person, path, way):
    body, more = WAYS[way]
    words = {"own": person.token, "other": place["bert"].token}
    filled = (
        body.format(**words)
        if isinstance(body, str)
        else {
            k: [v.format(**words) for v in ([value] if isinstance(value, str) else value)]
            for k, value in body.items()
        }
    )
    more = dict(more)
    path += more.pop("path", "").format(**words)
    return person.open("POST", path, data=filled, **more)


def test_every_rule_that_changes_something_is_tried(place):
    assert len(guarded(place)) > 80
    exempt = {route.rule for route, _path in place.routes() if route.state_changing and not route.csrf}
    # What machines send, and what a page says with a token of its own as it is left.
    by_machines = {"/payments/<gateway>/webhook", "/back-in-stock/remove/<token>", "/news/<token>"}
    assert exempt == {*by_machines, "/journal/dwell"}


@pytest.mark.parametrize("way", WAYS)
def test_what_another_site_sends_is_refused(place, way):
    """As whoever may do it: the owner for the console, Anna for the rest. Real things, and nothing happens."""
    before, wrong, turn = place.contents(), [], list(WAYS).index(way)
    for route, path in guarded(place) if way in OFTEN else part(guarded(place), turn, 3):
        person = place["owner" if route.audience == "owner" else "anna"]
        answer = send(place, person, path, way)
        if answer.status_code != 400:
            wrong.append(f"{path}: {answer.status}")
        if any(
            "session" in cookie or "regulars=" in cookie for cookie in answer.headers.getlist("Set-Cookie")
        ):
            wrong.append(f"{path}: sets a cookie")
    assert not wrong, "\n".join(wrong)
    assert changes(before, place.contents()) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": OWN},
        {"Sec-Fetch-Site": "none"},
        {"Origin": OWN},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {},
    ],
)
def test_our_own_forms_get_through(place, headers):
    """Without it the refusals above would prove nothing."""
    person = place["anna"]
    data = {"theme": "dark", "csrf_token": person.token}
    assert person.open("POST", "/theme", data=data, headers=headers).status_code in {302, 303}


def test_a_webhook_needs_no_browser_and_no_lie_about_one(place):
    for headers in ({"Origin": "https://gateway.test"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        answer = place["anonymous"].open(
            "POST", "/payments/fake/webhook", data=b"{}", headers={**headers, "X-Signature": "no"}
        )
        assert (answer.status_code, answer.get_data()) == (400, b"bad signature\n")


def test_nobody_is_signed_in_or_out_by_another_site(place):
    """Login and logout CSRF: the victim stays who they are, and is not made somebody else."""
    victim, stranger = place["bert"], Person(place.app, "stranger")
    for token in ("", stranger.token):
        form = {"csrf_token": token, "email": "disabled@example.test", "password": "correct horse battery"}
        for path in ("/account/login", "/account/logout"):
            assert victim.open("POST", path, data=form).status_code == 400
    other = {"csrf_token": victim.token, "email": "support@staff.test", "password": "correct horse battery"}
    answer = victim.open("POST", "/account/login", data=other, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 400
    assert "bert@example.test" in victim.text("/account/security/email") + victim.text(
        "/account/profile"
    ) + victim.text("/account")


@pytest.mark.parametrize("who", ["anonymous", "anna", "owner"])
def test_looking_changes_nothing(place, who):
    """Every GET and HEAD of the shop on real things.

    What looking may write is listed in `town.NOTES` and `town.MARKS`: searches that found nothing, what
    somebody who agreed looked at, counted tries, and when a sign-in was last seen. Coming back from the bank is
    left out: there the shop asks the bank, and what the bank says is written down.
    """
    person, before = place[who], place.contents()
    asked = 0
    for _round in range(2 if EVERYTHING else 1):
        for route, path in place.routes():
            if route.method in {"GET", "HEAD"} and not route.rule.startswith("/payments/back/"):
                person.open(route.method, path)
                asked += 1
    assert asked > 150
    assert changes(before, place.contents()) == {}


def test_a_change_would_be_seen(place):
    before = place.contents()
    place["anonymous"].send("/cart/add", {"sku": "SKU-RUG", "quantity": "1"})
    assert "cart_line" in changes(before, place.contents())


# --- what may be kept, what https adds -----------------------------------------------------------------------


def test_what_is_personal_is_kept_by_nobody(place):
    """Whatever page says a word of Anna to Anna forbids every cache to keep it."""
    from tests.security.town import leaks

    wrong, personal = [], 0
    for route, path in place.routes():
        if route.method != "GET" or route.audience in {"owner", "operator"}:
            continue
        answer = place["anna"].get(path)
        if leaks(answer, place.secrets) or b"Anna" in answer.get_data():
            personal += 1
            if answer.headers.get("Cache-Control") != "private, no-store":
                wrong.append(f"{path}: {answer.headers.get('Cache-Control')}")
        if "public" in answer.headers.get("Cache-Control", "") and answer.headers.get("Set-Cookie"):
            wrong.append(f"{path}: a cookie in what may be kept")
    assert not wrong, "\n".join(wrong)
    assert personal > 25


@pytest.fixture(scope="module")
def secure(tmp_path_factory, sqlite_template):
    from storefront.app import create_app
    from storefront.core.database import dispose
    from tests import stores

    folder = tmp_path_factory.mktemp("https")
    stores.copy_databases(sqlite_template, folder)
    app = create_app(stores.settings(folder, base_url="https://shop.test"))
    yield app
    dispose(app)


def test_over_https_every_answer_says_so_and_every_cookie_stays_there(secure, place):
    client, wrong = secure.test_client(), []
    for route, path in place.routes():
        answer = client.open(path, method=route.method, base_url="https://shop.test", buffered=True)
        if not answer.headers.get("Strict-Transport-Security", "").startswith("max-age=31536000"):
            wrong.append(f"{route.method} {path}: no HSTS")
        for cookie in answer.headers.getlist("Set-Cookie"):
            if "Secure" not in cookie or "SameSite=Lax" not in cookie:
                wrong.append(f"{path}: {cookie}")
    assert not wrong, "\n".join(wrong)
