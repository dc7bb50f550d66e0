"""Hearts, wish lists, shared lists, and "tell me when it is back", as browsers and mail programs use them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from storefront.core import mail
from storefront.core.database import transaction
from storefront.core.events import sweep
from storefront.customers.models import Customer
from storefront.customers.service import give_account, hash_password
from storefront.inventory import service as inventory
from storefront.reviews.owner import find_todo
from storefront.reviews.service.kept import COOKIE
from tests import factories as make
from tests.conftest import Browser
from tests.pages.walking import OWN

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
ADA, BOB, OWNER = "ada@example.test", "bob@example.test", "olga@example.test"


# --- hearts -----------------------------------------------------------------------------------------------


def test_a_visitor_keeps_things_without_an_account_and_without_a_row(shop, rows):
    visitor = shop.visitor()
    answer = press(visitor, "/p/kettle", add="KETTLE")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/kettle")
    assert "Kettle is on your wish list." in text(visitor, "/p/kettle")
    press(visitor, "/p/kettle", add="LAMP")
    assert skus(visitor, "/wishlist") == ["LAMP", "KETTLE"]
    assert heart(visitor, "/p/kettle") == ("remove", "On my wish list: Kettle. Press to take it off.")
    press(visitor, "/p/kettle", remove="KETTLE")
    assert heart(visitor, "/p/kettle") == ("add", "Put on my wish list: Kettle")
    assert skus(shop.visitor(), "/wishlist") == []
    assert rows("SELECT * FROM wish") == []


def test_with_a_script_the_answer_is_short(shop):
    visitor = shop.visitor()
    answer = press(visitor, "/p/kettle", add="KETTLE", quiet=True)
    assert answer.json == {"on": True, "count": 1, "said": "Kettle is on your wish list."}
    assert press(visitor, "/p/kettle", drop="KETTLE", quiet=True).json["count"] == 0


def test_the_menu_of_phones_leads_to_the_list(shop):
    visitor, ada = shop.visitor(), shop.member(ADA)
    press(visitor, "/p/kettle", add="KETTLE")
    for browser, url, count in ((visitor, "/wishlist", "1"), (ada, "/account/wishlist", "0")):
        [link] = soup(browser, "/c/kitchen").select(".menu a.menu-wish")
        mark = link.select_one("[data-wish-count]")
        assert (link["href"], mark.text, "hidden" in mark.attrs) == (url, count, count == "0")


def test_cards_have_hearts_and_know_what_is_kept(shop):
    visitor = shop.visitor()
    press(visitor, "/p/kettle", add="KETTLE")
    page = soup(visitor, "/c/kitchen")
    found = {b["value"]: (b["name"], b["aria-pressed"]) for b in page.select("article.card .heart")}
    assert found == {"KETTLE": ("drop", "true"), "LAMP": ("add", "false")}
    assert page.select_one("form#wish")["action"] == "/wishes/toggle"


def test_what_cannot_be_a_wish_is_refused_calmly(shop):
    visitor = shop.visitor()
    for sku in ("", "NOTHING", "x" * 500, "a\0b"):
        assert press(visitor, "/p/kettle", add=sku).status_code == 404
    assert (
        press(visitor, "/p/kettle", add="KETTLE", next="https://evil.test/").headers["Location"]
        == "/wishlist"
    )
    assert visitor.post("/wishes/toggle", data={"add": "KETTLE"}, base_url=OWN).status_code == 400


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "W10.AAAA", "W1sxLDIsMyw0LDBdXQ." + "A" * 27])
def test_a_forged_cookie_is_an_empty_list(shop, value):
    visitor = shop.visitor()
    visitor.set_cookie(COOKIE, value, domain="127.0.0.1")
    assert skus(visitor, "/wishlist") == []
    press(visitor, "/p/kettle", add="KETTLE")
    assert skus(visitor, "/wishlist") == ["KETTLE"]


def test_what_a_visitor_kept_is_theirs_after_signing_in(shop):
    browser = shop.visitor()
    press(browser, "/p/kettle", add="KETTLE")
    press(browser, "/p/kettle", add="LAMP")
    sign_in(browser, ADA)
    assert browser.get_cookie(COOKIE, domain="127.0.0.1") is None
    assert skus(browser, "/account/wishlist") == ["LAMP", "KETTLE"]
    assert browser.get("/wishlist", base_url=OWN).headers["Location"] == "/account/wishlist"
    again = shop.visitor()
    press(again, "/p/kettle", add="KETTLE")
    sign_in(again, ADA)
    assert skus(again, "/account/wishlist") == ["LAMP", "KETTLE"]


# --- the list ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["visitor", "ada"])
def test_taking_off_can_be_undone(shop, who):
    browser = shop.visitor() if who == "visitor" else shop.member(ADA)
    page = "/wishlist" if who == "visitor" else "/account/wishlist"
    for sku in ("KETTLE", "LAMP"):
        press(browser, "/p/kettle", add=sku)
    answer = send(browser, page, "/wishes/remove", sku="KETTLE")
    assert (answer.status_code, answer.headers["Location"]) == (303, page + "?removed=1")
    assert skus(browser, page) == ["LAMP"]
    assert "Put it back" in text(browser, page + "?removed=1")
    send(browser, page, "/wishes/undo")
    assert sorted(skus(browser, page)) == ["KETTLE", "LAMP"]
    assert "Put it back" not in text(browser, page + "?removed=1")


def test_a_member_orders_their_list_and_writes_notes(shop):
    ada = shop.member(ADA)
    for sku in ("KETTLE", "LAMP"):
        press(ada, "/p/kettle", add=sku)
    send(ada, "/account/wishlist", "/wishes/move", sku="KETTLE", way="up")
    assert skus(ada, "/account/wishlist") == ["KETTLE", "LAMP"]
    note = {"wanted": "3", "note": "<b>blue</b> one"}
    assert send(ada, "/account/wishlist", "/wishes/change", sku="KETTLE", **note).status_code == 303
    assert "&lt;b&gt;blue&lt;/b&gt; one" in text(ada, "/account/wishlist")
    wrong = send(ada, "/account/wishlist", "/wishes/change", sku="KETTLE", wanted="0")
    assert wrong.status_code == 422
    assert 'href="#wanted-KETTLE"' in wrong.get_data(as_text=True)


def test_the_list_leads_to_the_cart(shop):
    ada = shop.member(ADA)
    press(ada, "/p/kettle", add="KETTLE")
    press(ada, "/p/kettle", add="GONE")
    buttons = soup(ada, "/account/wishlist").select(".wish button[form=quick-add]")
    assert [button["value"] for button in buttons] == ["KETTLE"]
    send(ada, "/account/wishlist", "/cart/add", sku="KETTLE")
    assert "Kettle" in text(ada, "/cart")


def test_members_pages_are_for_members(shop):
    visitor = shop.visitor()
    assert "/account/login" in visitor.get("/account/wishlist", base_url=OWN).headers["Location"]
    for path in (
        "/wishes/move",
        "/wishes/change",
        "/account/wishlist/share",
        "/account/wishlist/share/stop",
    ):
        answer = send(visitor, "/wishlist", path, sku="KETTLE", wanted="2")
        assert "/account/login" in answer.headers["Location"], path


# --- shared -----------------------------------------------------------------------------------------------


def test_a_shared_list_says_only_what_its_owner_wrote(shop):
    ada, guest = shop.member(ADA), shop.visitor()
    press(ada, "/p/kettle", add="KETTLE")
    link = share(ada)
    page = guest.get(link, base_url=OWN)
    body = page.get_data(as_text=True)
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in body
    assert "Kettle" in body
    for secret in ("Ada", "ada@", "Lovelace"):
        assert secret not in body
    assert "Ada turns nine" in text(guest, share(ada, "Ada turns nine"))
    send(ada, "/account/wishlist", "/account/wishlist/share/stop")
    assert guest.get(link, base_url=OWN).status_code == 404


def test_givers_do_not_give_twice_and_the_owner_sees_no_giver(shop, rows):
    ada, guest, bob = shop.member(ADA), shop.visitor(), shop.member(BOB)
    press(ada, "/p/kettle", add="KETTLE")
    link = share(ada)
    assert send(guest, link, link + "/give", sku="KETTLE").status_code == 303
    assert "You give this" in text(guest, link)
    assert "Taken care of" in text(bob, link)
    late = send(bob, link, link + "/give", sku="KETTLE")
    assert late.status_code == 422
    assert "Somebody was faster" in late.get_data(as_text=True)
    for page in (link, "/account/wishlist"):
        assert "Taken care of" not in text(ada, page)
        assert "Bought:" not in text(ada, page)
    assert "Bought: 1 of 1" in text(ada, "/account/wishlist?given=1")
    assert send(ada, "/account/wishlist", link + "/give", sku="KETTLE").status_code == 404
    (mark,) = rows("SELECT * FROM wish_given")
    assert set(mark._mapping) == {"key_hash", "wish_id", "quantity", "at"}
    send(bob, link, link + "/take-back", sku="KETTLE")
    assert "Taken care of" in text(bob, link), "another's mark cannot be taken back"
    send(guest, link, link + "/take-back", sku="KETTLE")
    assert "Taken care of" not in text(bob, link)


# --- back in stock ----------------------------------------------------------------------------------------


def test_a_visitor_hears_of_it_after_confirming_and_only_by_the_button(shop, letters, arrive):
    visitor = shop.visitor()
    assert ask(visitor, "eve@example.test").status_code == 303
    (asked,) = letters()
    link = link_in(asked, "confirm")
    for _ in range(20):
        assert shop.visitor().get(link, base_url=OWN).status_code == 200
    arrive("GONE", 1)
    assert len(letters()) == 1, "programs that look at links confirm nothing"
    form = soup(visitor, link).select_one("main form")
    assert form["method"] == "post"
    assert "It is noted" in text(visitor, send(visitor, link, link).headers["Location"])
    shop.next_day()
    assert len(letters()) == 2
    text_part = letters()[-1].get_body(("plain",)).get_content()
    assert f"{OWN}/p/gone" in text_part


def test_the_answer_is_the_same_whoever_is_known(shop, letters):
    ada = shop.member(ADA)
    ask(ada)
    answers = set()
    for address in (ADA, "new@example.test", "new@example.test"):
        visitor = shop.visitor()
        first = ask(visitor, address)
        body = re.sub(r'value="[^"]{20,}"|nonce="[^"]+"|nonce-[^\']+', "", text(visitor, "/p/gone"))
        answers.add((first.status_code, first.headers["Location"], body))
    assert len(answers) == 1
    assert [letter["To"] for letter in letters()] == ["new@example.test"]


def test_one_press_is_enough_for_a_member(shop, letters, arrive):
    ada = shop.member(ADA)
    assert "waiting-email" not in text(ada, "/p/gone")
    ask(ada)
    assert "We write to you when it is back, once." in text(ada, "/p/gone")
    assert "You are waiting for" in text(ada, "/account/wishlist")
    send(ada, "/account/wishlist", "/account/back-in-stock/remove", sku="GONE")
    assert "You are waiting for" not in text(ada, "/account/wishlist")
    ask(ada)
    arrive("GONE", 1)
    (letter,) = letters()
    assert letter["To"] == ADA
    assert "You are waiting for" not in text(ada, "/account/wishlist")


def test_a_mail_program_takes_its_reader_off_without_cookie_or_token(shop, letters, arrive, rows):
    ask(shop.member(ADA))
    arrive("GONE", 1)
    (letter,) = letters()
    address = letter["List-Unsubscribe"].strip(" <>").removeprefix(OWN)
    body = {"List-Unsubscribe": "One-Click"}
    bare = shop.visitor()
    for _ in range(20):
        bare.get(address, base_url=OWN)
    assert len(rows("SELECT * FROM stock_request")) == 1
    assert bare.post(address[:-3] + "abc", data=body, base_url=OWN).status_code == 404
    assert bare.post(address, data=body, base_url=OWN).status_code == 200
    assert rows("SELECT * FROM stock_request") == []
    assert bare.post(address, data=body, base_url=OWN).status_code == 200
    assert "Nothing is kept about this request" in text(bare, address)


def test_a_person_takes_it_back_by_the_button(shop, letters):
    visitor = shop.visitor()
    ask(visitor, "eve@example.test")
    link = link_in(letters()[0], "remove")
    answer = visitor.post(link, base_url=OWN)
    assert answer.status_code == 303
    assert "Forgotten" in text(visitor, answer.headers["Location"])


def test_what_is_no_address_is_shown_again_with_the_reason(shop):
    answer = ask(shop.visitor(), "eve@")
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 422
    assert page.select_one(".clash[tabindex='-1'] a")["href"] == "#email"
    assert page.select_one("#email")["value"] == "eve@"


def test_only_what_is_sold_out_is_waited_for(shop, rows):
    assert "waiting-title" not in text(shop.visitor(), "/p/kettle")
    visitor = shop.visitor()
    assert ask(visitor, "eve@example.test", sku="KETTLE").headers["Location"] == "/p/kettle"
    assert ask(visitor, "eve@example.test", sku="HIDDEN").status_code == 404
    assert rows("SELECT * FROM stock_request") == []


def test_asking_is_limited_by_origin_and_by_address(shop, make_shop):
    visitor = shop.visitor()
    states = [ask(visitor, f"p{number}@example.test").status_code for number in range(6)]
    assert states == [303] * 5 + [429]
    assert ask(shop.member(ADA)).status_code == 303, "members do not pay for others behind the same address"


@pytest.mark.parametrize("path", ["confirm", "remove"])
@pytest.mark.parametrize("token", ["x", "WzEsMl0.AAAA", "%00", "a" * 900])
def test_links_that_were_never_sent_change_nothing(shop, path, token):
    link = f"/back-in-stock/{path}/{token}"
    # No text of ours holds a NUL: such an address is none of the shop's.
    assert shop.visitor().get(link, base_url=OWN).status_code == (404 if "%00" in token else 200)
    answer = send(shop.visitor(), "/wishlist", link)
    assert answer.status_code in {303, 404}


# --- for those who buy in ---------------------------------------------------------------------------------


def test_staff_see_what_people_wait_for(shop, letters, rows):
    for number in range(3):
        ask(shop.visitor(), f"p{number}@example.test")
    ask(shop.member(ADA))
    for path in ("/console/waiting", "/zh/console/waiting"):
        assert shop.member(BOB).get(path, base_url=OWN).status_code == 404
        assert "/account/login" in shop.visitor().get(path, base_url=OWN).headers["Location"]
    owner = shop.member(OWNER)
    row = soup(owner, "/console/waiting").select_one("tr[data-row]")
    assert [cell.get_text(" ", strip=True) for cell in row.select("th, td")][:2] == ["Gone GONE", "1"]
    assert row.select_one("a")["href"] == "/p/gone?sku=GONE"
    for question in ("?sort=since", "?q=GO", "?stock=none", "?sort=stock", "?sort=-title"):
        assert "GONE" in text(owner, "/console/waiting" + question)
    for question in ("?q=KETTLE", "?stock=some"):
        assert "GONE" not in text(owner, "/console/waiting" + question)
    with shop.app.test_request_context("/console"):
        todo = find_todo()
    assert (todo.count, todo.url) == (1, "/console/waiting")
    assert todo.title == "1 sold-out product that people wait for"
    assert todo.detail.startswith("1 person, the first since ")


# --- what it costs ----------------------------------------------------------------------------------------


def test_wishes_cost_a_page_no_query(shop, count_queries):
    ada = shop.member(ADA)

    def cost(path):
        ada.get(path, base_url=OWN)
        with count_queries() as queries:
            assert ada.get(path, base_url=OWN).status_code == 200
        return [s for s in queries.statements if "wish" in s or "stock_request" in s]

    press(ada, "/p/kettle", add="KETTLE")
    for path in ("/p/kettle", "/c/kitchen", "/"):
        assert len(cost(path)) == 1, "only within the query that loads the person"
    assert len(cost("/p/gone")) == 2, "and whether they wait already"
    assert len(cost("/account/wishlist")) == 4  # the person, wishes, link, requests


# --- the shop ---------------------------------------------------------------------------------------------


class TheShop:
    def __init__(self, app, clock) -> None:
        self.app, self.clock = app, clock

    def visitor(self):
        return Browser(self.app)

    def member(self, email):
        browser = self.visitor()
        sign_in(browser, email)
        return browser

    def next_day(self):
        from storefront.reviews import service

        self.clock.shift(timedelta(hours=25))
        with self.app.app_context():
            service.tell_next_waves()


@pytest.fixture
def shop(app, tx, clock):
    with tx() as t:
        shelf = make.category(t, "kitchen")
        make.product(t, "kettle", title="Kettle", sku="KETTLE", category=shelf)
        make.product(t, "lamp", title="Lamp", sku="LAMP", category=shelf)
        make.product(t, "gone", title="Gone", sku="GONE", stock=0)
        make.product(t, "hidden", sku="HIDDEN", stock=0, status="draft")
        for email, name in ((ADA, "Ada Lovelace"), (BOB, "Bob Stone")):
            number = give_account(t, email=email, password_hash=HASH, name=name)
            t.get(Customer, number).confirmed_at = make.LONG_AGO
        give_account(t, email=OWNER, password_hash=HASH, name="Olga Shop", role="owner")
    return TheShop(app, clock)


@pytest.fixture
def letters(app, mailbox):
    def read():
        with app.app_context():
            mail.deliver_due()
        return mailbox()

    return read


@pytest.fixture
def arrive(app, rows):
    """Pieces come in and the worker sees to it."""

    def come(sku, pieces):
        ((variant_id,),) = rows("SELECT id FROM variant WHERE sku = :sku", sku=sku)
        with app.app_context():
            with transaction() as t:
                inventory.receive(t, variant_id, pieces)
            sweep()

    return come


def sign_in(browser, email):
    form = {"email": email, "password": PASSWORD, "csrf_token": token(browser, "/account/login")}
    assert browser.post("/account/login", data=form, base_url=OWN).status_code in {302, 303}


def token(browser, path):
    page = browser.get(path, base_url=OWN).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def send(browser, page, path, **form):
    return browser.post(path, data={"csrf_token": token(browser, page), **form}, base_url=OWN)


def press(browser, page, quiet=False, **form):
    data = {"csrf_token": token(browser, page), "next": page, **form}
    headers = {"X-Quiet": "1"} if quiet else {}
    return browser.post("/wishes/toggle", data=data, base_url=OWN, headers=headers)


def ask(browser, email=None, sku="GONE"):
    form = {"sku": sku} | ({"email": email} if email else {})
    return send(browser, "/p/gone", "/back-in-stock", **form)


def share(browser, title=""):
    send(browser, "/account/wishlist", "/account/wishlist/share", title=title)
    return soup(browser, "/account/wishlist").select_one("#link")["value"].removeprefix(OWN)


def text(browser, path):
    return browser.get(path, base_url=OWN).get_data(as_text=True)


def soup(browser, path):
    return BeautifulSoup(text(browser, path), "html.parser")


def skus(browser, path):
    return [line["data-sku"] for line in soup(browser, path).select("main .wish")]


def heart(browser, path):
    button = soup(browser, path).select_one(".pdp .heart-words")
    assert "aria-pressed" not in button.attrs, (
        "words that say the state, and a state: one of them is too much"
    )
    [words] = [one for one in button.select("[data-words]") if "hidden" not in one.attrs]
    return button["name"], " ".join(words.get_text().split())


def link_in(letter, what):
    found = re.search(rf"{OWN}(/back-in-stock/{what}/\S+)", letter.get_body(("plain",)).get_content())
    return found[1]
