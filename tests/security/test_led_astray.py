"""S5: nobody is led to another site, by a link to come back to or by the name of a host; twins stay strangers."""

from __future__ import annotations

import re

import pytest

from storefront.core.security import limiter
from storefront.customers.rules import own_path
from storefront.customers.service import give_account
from tests import factories as make
from tests.conftest import Browser
from tests.pages.accounts import send, sign_in, token_of, work
from tests.pages.walking import OWN
from tests.security.amount import part
from tests.security.town import HASH, PASSWORD
from tests.selling import Shopper, open_for_sale

ANN = "ann@example.test"
EVIL = "evil.test"
STARTS = (
    "http://", "https://", "//", "///", "////", "/\\", "\\\\", "\\/", "/\\/", "http:", "https:/", "http:\\\\", "ftp://", "ws://",
    "javascript://", "data:text/html,", "mailto:", "vbscript:", "blob:", "file://", "HTTPS://", "hTTp:", "//127.0.0.1:5000@",
    "http://127.0.0.1:5000@", "http://127.0.0.1:5000.", "//127.0.0.1.", "@", ":", "://", "http:///", "https:///",
)  # fmt: skip
MEANT = (
    "", "\t", "\n", "\r", " ", "\x00", "\x0b", "\x1f", "\u2028", "\ufeff", "\u00a0", "\u3000",
)  # fmt: skip
OTHERS = (
    f"/\t/{EVIL}", f"/\n/{EVIL}", f"/\r/{EVIL}", f"/\r\n/{EVIL}", f"/\x00/{EVIL}", f"/ /{EVIL}\\@x", f"/x\\..\\//{EVIL}",
    f"//{EVIL}/%2f..", f"///{EVIL}@127.0.0.1", "http://[::1]/", "http://2130706433/", "//0x7f.1", f"//{EVIL}:80", f"//{EVIL}?x",
    f"//{EVIL}#x", f"/\\\t{EVIL}", f"\t//{EVIL}", f"\x01//{EVIL}", f"//xn--evil-test/{EVIL}", f"//evil。test/{EVIL}",
    f"/x\r\nLocation: https://{EVIL}", f"/x\nSet-Cookie: a={EVIL}", f"?next=//{EVIL}", f"#//{EVIL}", EVIL, f"%2f%2f{EVIL}",
    f"http:%2f%2f{EVIL}", f"%09//{EVIL}", f"..//{EVIL}", f"./{EVIL}", f";//{EVIL}", f"\\{EVIL}", f"\\\\\\{EVIL}",
)  # fmt: skip
TARGETS = [
    *(f"{start}{EVIL}" for start in STARTS),
    *(f"{start}127.0.0.1:5000@{EVIL}/cart" for start in STARTS[:16]),
    *(f"{sign}//{EVIL}" for sign in MEANT),
    *(f"/{sign}/{EVIL}" for sign in MEANT),
    *(f"/{sign}\\{EVIL}" for sign in MEANT),
    *OTHERS,
]


def away(place: str) -> bool:
    """Whether a browser that is told to go there leaves the shop: it drops blanks and reads \\ as /."""
    plain = re.sub(r"[\t\r\n]", "", place.strip("".join(map(chr, range(33))))).replace("\\", "/")
    if plain.startswith(OWN + "/") or plain == OWN:
        return False
    return plain.startswith("//") or re.match(r"[a-z][a-z0-9+.-]*:", plain, re.IGNORECASE) is not None


def test_there_are_enough_targets_and_the_measure_bites():
    assert len(set(TARGETS)) >= 100
    assert sum(map(away, TARGETS)) > 60
    assert not away("/cart?x=//evil.test") and away("/\t/evil.test") and away(f"{OWN}.evil.test/")


def test_no_target_is_taken_for_a_path_of_this_shop_that_is_none():
    assert [target for target in TARGETS if away(own_path(target, "/home"))] == []


# Every form that leads on to where one came from: its address, its field, and what else it needs.
LEADING_ON = (
    ("/account/login", "next", {"email": ANN, "password": PASSWORD}),
    ("/consent", "next", {"choice": "none"}),
    ("/cart/add", "next", {"sku": "CUP", "quantity": "1"}),
    ("/wishes/toggle", "next", {"add": "CUP"}),
    ("/account/login", "next", {"email": "owner@example.test", "password": PASSWORD}),
    ("/console/confirm", "next", {"password": PASSWORD}),
    ("/console/views", "back", {"page": "audit", "query": "", "name": "Mine"}),
    ("/theme", "next", {"theme": "dark"}),
    ("/account/login/passkey", "next", {"credential": "{}"}),
    ("/not-for-me", "next", {"sku": "CUP"}),
    ("/not-for-me/undo", "next", {"sku": "CUP"}),
)


def test_every_form_that_leads_on_is_tried():
    """Who reads another target from a request adds its form above."""
    from tests.house.source import ROOT

    used = [
        path.stem
        for path in (ROOT / "storefront").rglob("*.py")
        if "own_path(" in path.read_text("utf-8") and "def own_path" not in path.read_text("utf-8")
    ]
    assert set(used) == {
        "attention", "wishlist", "choices", "frame", "signing", "registering", "views", "notes", "entry",
        "rejecting",
    }  # fmt: skip


@pytest.mark.parametrize("turn", range(len(LEADING_ON)), ids=[path for path, *_rest in LEADING_ON])
def test_no_form_leads_away(shop, turn, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", False)
    path, name, more = LEADING_ON[turn]
    browser, wrong, led = Browser(shop), [], 0
    if path.startswith("/console"):
        sign_in(browser, "owner@example.test", PASSWORD)
    for target in part(TARGETS, turn, 6):
        body = {name: target.encode("utf-8", "surrogatepass"), **more}
        answer = send(browser, path, **body)
        place = answer.headers.get("Location", "")
        led += bool(place)
        if answer.status_code >= 500 or away(place):
            wrong.append(f"{target!r} leads to {place!r} ({answer.status_code})")
        if f"a={EVIL}" in answer.headers.get("Set-Cookie", ""):
            wrong.append(f"{target!r} sets a cookie")
    assert not wrong, "\n".join(wrong)
    assert led or "passkey" in path, "some of them lead somewhere"


def test_no_page_links_to_where_it_was_told_to_lead(shop):
    """The field for it keeps what was typed; no link, no form and no refresh goes there."""
    browser, wrong = Browser(shop), []
    for turn, path in enumerate(("/account/login", "/account/register", "/cart", "/search", "/account")):
        for target in part(TARGETS, turn, 10):
            answer = browser.get(path, base_url=OWN, query_string={"next": target, "q": "x"})
            page = answer.get_data(as_text=True)
            links = re.findall(r'(?:href|action|src|formaction|content)="([^"]*)"', page)
            wrong += [f"{path} {target!r}: {link}" for link in links if away(link) and EVIL in link]
            if away(answer.headers.get("Location", "/")):
                wrong.append(f"{path} {target!r}: {answer.headers['Location']}")
    assert not wrong, "\n".join(wrong)


# --- hosts -------------------------------------------------------------------------------------------------

FOREIGN = ("X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Forwarded-Server", "Forwarded", "X-Original-URL",
           "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Forwarded-Port", "Via", "X-HTTP-Host-Override")  # fmt: skip
TOLD = dict.fromkeys(FOREIGN, EVIL) | {
    "Forwarded": f"host={EVIL};proto=https",
    "Referer": f"https://{EVIL}/x",
}
HOSTS = (
    EVIL, f"127.0.0.1:5000.{EVIL}", f"127.0.0.1:5000@{EVIL}", f"{EVIL}:5000", f"127.0.0.1:5000, {EVIL}", f"127.0.0.1:80#{EVIL}",
    f"127.0.0.1/{EVIL}", f"{EVIL}\\127.0.0.1", "[::1", "", "x" * 300, f"127.0.0.1 {EVIL}",
)  # fmt: skip


def told(shop, browser, path, **form):
    """A form as a poisoned request sends it: every header names the other host."""
    data = {"csrf_token": token_of(browser), **form}
    return browser.post(path, data=data, base_url=OWN, headers=TOLD)


@pytest.mark.parametrize("host", HOSTS)
def test_a_foreign_host_gets_no_page_and_no_mail(shop, mailbox, host):
    browser = Browser(shop)
    form = {"csrf_token": token_of(browser), "email": ANN}
    for answer in (
        browser.get("/", base_url=OWN, headers={"Host": host}),
        browser.post("/account/forgot", base_url=OWN, data=form, headers={"Host": host}),
    ):
        assert answer.status_code in {400, 404}, answer.status
        assert EVIL not in answer.headers.get("Location", "")
    work(shop)
    assert mailbox() == []


def test_no_header_gets_a_foreign_host_into_a_mail_or_a_redirect(shop, mailbox):
    """Everything that writes to somebody: a new password, a new account, a new address, an order, a wait."""
    browser, shopper = Browser(shop), Shopper(shop)
    answers = [
        told(shop, browser, "/account/forgot", email=ANN),
        told(shop, browser, "/account/register", email="new@example.test", password=PASSWORD + "s", name="N"),
        told(shop, browser, "/account/register", email=ANN, password=PASSWORD + "s", name="N"),
        told(shop, browser, "/back-in-stock", sku="GONE", email="wait@example.test"),
        told(shop, browser, "/account/login", email=ANN, password=PASSWORD),
        told(shop, browser, "/account/security/email", email="other@example.test", password=PASSWORD),
    ]
    shopper.add("CUP")
    shopper.to_payment()
    form = shopper.payment_form()
    answers.append(shopper.client.post("/checkout/payment", data=form, base_url=OWN, headers=TOLD))
    answers += [
        browser.get(path, base_url=OWN, headers=TOLD)
        for path in ("/account/orders", "/zh/c/shelf/", "/C/shelf")
    ]
    work(shop)
    places = [answer.headers.get("Location", "") for answer in answers]
    assert len([place for place in places if place]) >= 7
    assert [place for place in places if EVIL in place or away(place)] == []
    texts = [str(item.get_content()) for mail in mailbox() for item in mail.walk() if not item.is_multipart()]
    assert len({mail["To"] for mail in mailbox()}) >= 5, "they were written to"
    assert [text for text in texts if EVIL in text] == []
    assert all(EVIL not in str(mail.items()) for mail in mailbox())


@pytest.mark.parametrize(
    "path", ["/", "/p/cup", "/c/shelf", "/sitemap.xml", "/robots.txt", "/account/login", "/zh/"]
)
def test_no_header_gets_a_foreign_host_into_a_page(shop, path):
    answer = Browser(shop).get(path, base_url=OWN, headers=TOLD)
    assert answer.status_code == 200
    assert EVIL.encode() not in answer.get_data() and EVIL not in str(answer.headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-Host": "shop.test"}, 200),
        ({"X-Forwarded-Host": EVIL}, 400),
        ({"X-Forwarded-Host": f"{EVIL}, shop.test"}, 200),
        ({"X-Forwarded-Host": f"shop.test, {EVIL}"}, 400),
    ],
)
def test_behind_a_proxy_only_its_own_word_of_the_host_counts(make_shop, headers, status):
    shop = make_shop(base_url="https://shop.test", proxy_count=1)
    answer = shop.test_client().get("/account/login", headers={"X-Forwarded-Proto": "https", **headers})
    assert answer.status_code == status
    assert EVIL.encode() not in answer.get_data()


def test_behind_a_proxy_only_its_own_word_of_the_address_counts(make_shop):
    """What a browser wrote before the proxy added its part is made up."""
    browser = Browser(make_shop(proxy_count=1))
    token, statuses = token_of(browser), []
    for number in range(7):
        form = {"csrf_token": token, "email": f"n{number}@example.test", "password": "x", "name": "N"}
        forged = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}
        answer = browser.post("/account/register", data=form, base_url=OWN, headers=forged)
        statuses.append(answer.status_code)
    assert statuses == [422] * 5 + [429] * 2


# --- twins -------------------------------------------------------------------------------------------------

TWINS = (
    "\u212aim@example.test", "k\u0131m@example.test", "k\u0130m@example.test", "\uff4bim@example.test", "\u043aim@example.test",
    "ki\u0301m@example.test", "k\u00adim@example.test", "k\u200bim@example.test", "\ufeffkim@example.test", "kim\u202e@example.test",
    "kim@ex\u0430mple.test", "kim@example\u3002test", "kim@\uff45xample.test", "kim\uff20example.test", "kim@example.te\u017ft",
    "kim@example.test\u0000", "\u24c0im@example.test", "kim+x@example.test", "kim@example.test.", "kim@EXAMPLE.test@example.test",
)  # fmt: skip


def test_a_twin_of_an_address_opens_nothing_and_is_told_nothing(shop, mailbox, tx):
    """Signing in, a new password, a new account, waiting: none reaches Kim, and none is Kim."""
    with tx() as t:
        give_account(t, email="kim@example.test", password_hash=HASH, name="Kim Real")
    for turn, twin in enumerate(TWINS):
        browser = Browser(shop)
        assert sign_in(browser, twin, PASSWORD).status_code == 422, twin
        send(browser, "/account/forgot", email=twin)
        if turn % 5 == 0:
            send(browser, "/account/register", email=twin, password=PASSWORD + "s", name="Twin")
            send(browser, "/back-in-stock", email=twin, sku="GONE")
    work(shop)
    assert "kim@example.test" not in {str(mail["To"]).lower() for mail in mailbox()}


@pytest.mark.parametrize("same", ["KIM@example.test", " kim@example.test ", "Kim@Example.TEST"])
def test_the_same_address_written_otherwise_is_the_same_person(shop, tx, same):
    with tx() as t:
        give_account(t, email="kim@example.test", password_hash=HASH, name="Kim Real")
    assert sign_in(Browser(shop), same, PASSWORD).status_code == 302


# --- fixtures ----------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app, tx):
    with tx() as t:
        open_for_sale(t)
        make.product(
            t, "cup", title="Cup", sku="CUP", price=1290, stock=500, category=make.category(t, "shelf")
        )
        make.product(t, "gone", title="Gone", sku="GONE", stock=0)
        give_account(t, email=ANN, password_hash=HASH, name="Ann Other")
        give_account(t, email="owner@example.test", password_hash=HASH, name="Own Er", role="owner")
    return app
