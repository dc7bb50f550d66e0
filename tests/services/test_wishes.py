"""Wish lists and back-in-stock requests: what is kept, who is told, and that nobody is told twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.catalog import service as catalog
from storefront.core import mail
from storefront.core.database import snapshot, transaction
from storefront.core.errors import NotFound
from storefront.core.events import sweep
from storefront.inventory import service as inventory
from storefront.reviews import service
from storefront.reviews.errors import BadAddress, ListFull, TakenAlready
from storefront.reviews.rules import MOST_WISHES, Kept
from storefront.reviews.service import checks
from storefront.reviews.service.tokens import link_token, read_token
from tests import factories as make

pytestmark = pytest.mark.both


# --- lists ------------------------------------------------------------------------------------------------


def test_the_newest_wish_stands_on_top_and_each_stands_there_once(ada, ids):
    assert [service.add_wish(ada, card(one)) for one in (ids[0], ids[1], ids[0])] == [True, True, False]
    assert on_list(ada) == [ids[1], ids[0]]
    service.move_wish(ada, ids[0], up=True)
    assert on_list(ada) == [ids[0], ids[1]]
    service.move_wish(ada, ids[0], up=True)
    service.move_wish(ada, ids[0], up=False)
    assert on_list(ada) == [ids[1], ids[0]]


def test_lists_are_of_one_person(ada, bob, ids):
    service.add_wish(ada, card(ids[0]))
    service.add_wish(bob, card(ids[1]))
    service.remove_wish(bob, ids)
    service.move_wish(bob, ids[0], up=False)
    with pytest.raises(NotFound):
        service.change_wish(bob, ids[0], wanted=3, note="mine")
    assert (on_list(ada), on_list(bob)) == ([ids[0]], [])


def test_taking_off_can_be_undone_for_a_day_with_place_note_and_marks(ada, ids, clock):
    for one in ids[:3]:
        service.add_wish(ada, card(one))
    service.change_wish(ada, ids[1], wanted=2, note="the red one")
    service.give(service.share_list(ada, ""), ids[1], 1)
    assert service.remove_wish(ada, [ids[1]]) == [ids[1]]
    assert on_list(ada) == [ids[2], ids[0]]
    assert service.undo_removal(ada, [ids[1]]) == 1
    assert on_list(ada) == [ids[2], ids[1], ids[0]]
    line = service.list_of(ada)[1]
    assert (line.wanted, line.given, line.note) == (2, 1, "the red one")
    service.remove_wish(ada, [ids[1]])
    clock.shift(timedelta(days=1, minutes=1))
    with transaction() as tx:
        assert service.forget_removed(tx) == 1
    assert service.undo_removal(ada, [ids[1]]) == 0


def test_what_became_of_a_wish_since(ada, ids, tx):
    sold_out, other = ids[3], ids[0]
    for one in (sold_out, other):
        service.add_wish(ada, card(one))
    with transaction() as t:
        inventory.receive(t, sold_out, 2)
    with tx() as t:
        catalog.set_price(t, other, card(other).price.minor - 250)
    first, second = service.list_of(ada)
    assert (first.cheaper.minor, first.is_back, first.stock) == (250, False, "in")
    assert (second.cheaper, second.is_back, second.stock) == (None, True, "in")


def test_a_visitors_list_joins_the_members_and_joining_again_changes_nothing(ada, ids, clock):
    service.add_wish(ada, card(ids[1]))
    kept = [service.kept_of(card(one)) for one in (ids[0], ids[1], ids[2])]
    gone = Kept(999_999, 1, 100, kept[0].added)
    assert service.merge_kept(ada, [*kept, gone]) == 2
    assert on_list(ada) == [ids[0], ids[2], ids[1]]
    assert service.merge_kept(ada, kept) == 0
    clock.shift(timedelta(hours=1))
    service.remove_wish(ada, [ids[0]])
    assert service.merge_kept(ada, kept) == 0, "what was taken off after it was kept stays off"
    clock.shift(timedelta(hours=1))
    assert service.merge_kept(ada, [service.kept_of(card(ids[0]))]) == 1


def test_a_list_has_an_end(ada, ids, app):
    rows = [{"customer_id": ada, "variant_id": one} for one in many(app, MOST_WISHES)]
    fill(rows)
    with pytest.raises(ListFull):
        service.add_wish(ada, card(ids[0]))
    assert service.add_wish(ada, card(rows[0]["variant_id"])) is False, "what is on it may be pressed again"
    assert service.merge_kept(ada, [service.kept_of(card(ids[0]))]) == 0


# --- shared -----------------------------------------------------------------------------------------------


def test_a_link_leads_to_the_list_until_it_is_taken_back(ada, ids):
    service.add_wish(ada, card(ids[0]))
    token = service.share_list(ada, "Ada turns nine")
    assert service.share_list(ada, "Ada turns ten") == token
    share = service.get_share(token)
    assert (share.customer_id, share.title) == (ada, "Ada turns ten")
    service.stop_sharing(ada)
    for link in (token, "", "x" * 500, "nöt", "a\0b", "../x"):
        with pytest.raises(NotFound):
            service.get_share(link)
    assert service.share_list(ada, "") != token


def test_marks_never_exceed_what_is_wanted_and_are_taken_back_with_their_key(ada, bob, ids):
    service.add_wish(ada, card(ids[0]))
    service.change_wish(ada, ids[0], wanted=2, note="")
    service.add_wish(bob, card(ids[1]))
    token = service.share_list(ada, "")
    key = service.give(token, ids[0], 1)
    service.give(token, ids[0], 1)
    with pytest.raises(TakenAlready):
        service.give(token, ids[0], 1)
    with pytest.raises(NotFound):
        service.give(token, ids[1], 1)  # of another list
    assert service.list_of(ada)[0].open == 0
    assert (service.take_back("not a key"), service.take_back(key), service.take_back(key)) == (
        False,
        True,
        False,
    )
    assert service.list_of(ada)[0].open == 1
    assert findings() == []


# --- waiting ----------------------------------------------------------------------------------------------


def test_a_member_with_a_proven_address_waits_at_once(ada, ids, letters):
    ask_as_member(ada, ids[3])
    ask_as_member(ada, ids[3])
    assert [line.card.variant_id for line in service.requests_of(ada)] == [ids[3]]
    assert letters() == []
    arrive(ids[3], 1)
    (letter,) = letters()
    assert letter["To"] == "ada@example.org"
    assert service.requests_of(ada) == []
    assert findings() == []


def test_nobody_is_written_to_before_they_confirmed(ids, letters, requests):
    ask_as_visitor("eve@example.org", ids[3])
    ask_as_visitor("EVE@example.org", ids[3])
    (letter,) = letters()
    assert letter["Subject"] == "Shall we tell you when it is back?"
    arrive(ids[3], 5)
    assert len(letters()) == 1, "stock came in, and the address is not confirmed"
    (row,) = requests()
    token = link_token(service.CONFIRM, row.public_id, row.round)
    assert service.confirm(token) and service.confirm(token)
    assert service.tell_next_waves() == 1
    assert [one["Subject"] for one in letters()][1:] == [f"{card(ids[3]).title} is back"]
    assert findings() == []


def test_an_account_that_only_claims_an_address_must_confirm_it_too(mallory, ids, letters, requests):
    ask_as_visitor("victim@example.org", ids[3])
    confirm_all(requests)
    ask_as_member(mallory, ids[3])
    ask_as_member(mallory, ids[4])
    assert service.requests_of(mallory) == []
    assert service.state_for(mallory, ids[3]) is None
    service.remove_mine(mallory, ids[3])
    assert [row.state for row in requests()] == ["waiting", "unconfirmed"]


def test_at_most_three_people_for_each_piece_in_the_order_of_asking(ids, letters, requests, clock):
    people = [f"p{number}@example.org" for number in range(8)]
    for person in people:
        clock.shift(timedelta(minutes=1))
        ask_as_visitor(person, ids[3])
    confirm_all(requests)
    clock.shift(timedelta(minutes=1))
    arrive(ids[3], 2)
    assert told(letters) == people[:6]
    sell(ids[3], 2)
    arrive(ids[3], 1)
    assert told(letters) == people
    sell(ids[3], 1)
    arrive(ids[3], 9)
    assert told(letters) == people, "each was told once"
    assert findings() == []


def test_what_is_sold_again_or_not_on_show_is_told_to_nobody(ids, letters, requests, tx):
    ask_as_visitor("eve@example.org", ids[3])
    confirm_all(requests)
    with transaction() as t:
        inventory.receive(t, ids[3], 1)
    sell(ids[3], 1)
    work()
    with tx() as t:
        catalog.set_status(t, card(ids[3]).product_id, "draft")
    arrive(ids[3], 4)
    assert told(letters) == []
    with tx() as t:
        catalog.set_status(t, card(ids[3]).product_id, "active")
    assert service.tell_next_waves() == 1


def test_who_bought_it_meanwhile_is_left_in_peace(ada, ids, letters, requests, tx, clock):
    """By account, as a guest, before and after asking; a cancelled order does not count."""
    people = ["early@example.org", "late@example.org", "gave-up@example.org", "never@example.org"]
    with tx() as t:
        order(t, ids[3], email_key="early@example.org", placed_at=clock.now())
    clock.shift(timedelta(minutes=1))
    ask_as_member(ada, ids[3])
    for person in people:
        ask_as_visitor(person, ids[3])
    confirm_all(requests)
    clock.shift(timedelta(minutes=1))
    with tx() as t:
        order(t, ids[3], email_key="other@example.org", customer_id=ada, placed_at=clock.now())
        order(t, ids[3], email_key="late@example.org", placed_at=clock.now(), status="pending")
        order(t, ids[3], email_key="gave-up@example.org", placed_at=clock.now(), status="cancelled")
        order(t, ids[4], email_key="never@example.org", placed_at=clock.now())
    arrive(ids[3], 1)
    work()
    assert told(letters) == ["early@example.org", "gave-up@example.org", "never@example.org"]
    assert findings() == []


def test_the_next_wave_comes_a_day_later_while_there_are_some_left(ids, letters, requests, clock):
    people = [f"p{number}@example.org" for number in range(4)]
    for person in people:
        ask_as_visitor(person, ids[3])
    confirm_all(requests)
    arrive(ids[3], 1)
    assert told(letters) == people[:3]
    clock.shift(timedelta(hours=23))
    assert service.tell_next_waves() == 0
    clock.shift(timedelta(hours=2))
    assert service.tell_next_waves() == 1
    work()
    assert told(letters) == people


def test_who_was_told_may_ask_again_and_is_told_again(ada, ids, letters):
    for times in (1, 2):
        ask_as_member(ada, ids[3])
        arrive(ids[3], 1)
        assert len(letters()) == times
        sell(ids[3], 1)
    arrive(ids[3], 1)
    assert len(letters()) == 2
    assert findings() == []


def test_a_link_to_leave_works_at_once_and_for_whatever_was_asked_since(ids, letters, requests):
    ask_as_visitor("eve@example.org", ids[3])
    confirm_all(requests)
    (row,) = requests()
    token = link_token(service.REMOVE, row.public_id, row.round)
    assert read_token(service.CONFIRM, token) is None, "good for one purpose"
    assert service.remove_by_link(token)
    arrive(ids[3], 1)
    assert told(letters) == []
    assert requests() == []
    assert service.remove_by_link(token), "again is no error"
    assert not service.remove_by_link(token[:-2] + "xx")


def test_requests_end(ids, requests, clock):
    ask_as_visitor("late@example.org", ids[3])
    (row,) = requests()
    late = link_token(service.CONFIRM, row.public_id, row.round)
    clock.shift(timedelta(days=8))
    assert not service.confirm(late)
    ask_as_visitor("late@example.org", ids[3])
    assert service.confirm(late), "asked again, the same link is good again"
    clock.shift(timedelta(days=366))
    with transaction() as tx:
        assert service.forget_requests(tx) == 1


def test_a_queue_too_long_for_one_command_goes_on_in_the_next(ids, letters, requests, monkeypatch):
    from storefront.reviews.service import telling

    monkeypatch.setattr(telling, "AT_ONCE", 2)
    for number in range(7):
        ask_as_visitor(f"p{number}@example.org", ids[3])
    confirm_all(requests)
    arrive(ids[3], 2)
    for _ in range(6):
        work()
    assert len(told(letters)) == 6


def test_what_is_no_address_is_refused(ids):
    for text in ("", "x", "a@b", "a@b.c, d@e.f", "<a@b.de>", "a\r\nBcc: x@y.zz@b.de"):
        with pytest.raises(BadAddress):
            service.as_visitor(text, "en")


@pytest.mark.parametrize(("locale", "language", "start"), [("en", "en", "/p/"), ("zh", "zh-CN", "/zh/p/")])
def test_mails_have_both_parts_in_the_readers_language_and_a_way_out(
    ids, letters, requests, locale, language, start
):
    ask_as_visitor("eve@example.org", ids[3], locale)
    confirm_all(requests)
    arrive(ids[3], 1)
    assert len(letters()) == 2
    for letter in letters():
        text = letter.get_body(("plain",)).get_content()
        html = letter.get_body(("html",)).get_content()
        address = letter["List-Unsubscribe"].strip(" <>")
        assert "/back-in-stock/remove/" in address
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["Content-Language"] == language
        for part in (text, html):
            assert address in part
            assert catalog.load_variants([ids[3]], locale)[ids[3]].title in part
        assert "<" not in text
    texts = [letter.get_body(("plain",)).get_content() for letter in letters()]
    # The two were written at the same moment; which lies first in the box is nobody's promise.
    (asked, told_of) = sorted(texts, key=lambda text: "/back-in-stock/confirm/" not in text)
    assert "/back-in-stock/confirm/" in asked
    assert f"http://127.0.0.1:5000{start}" in told_of


# --- the shop ---------------------------------------------------------------------------------------------


@pytest.fixture
def ids(app_context, tx, clock) -> list[int]:
    """Three variants that can be had, two that are sold out; and one more person who waits for another."""
    with tx() as t:
        things = [make.product(t, stock=stock) for stock in (5, 10, None, 0, 0)]
        other = make.product(t, stock=0)
        found = [make.variant_of(t, thing).id for thing in [*things, other]]
    return found[:5]


@pytest.fixture
def ada(tx, ids) -> int:
    return member(tx, "ada@example.org", confirmed=True)


@pytest.fixture
def bob(tx, ids) -> int:
    return member(tx, "bob@example.org", confirmed=True)


@pytest.fixture
def mallory(tx, ids) -> int:
    return member(tx, "victim@example.org", confirmed=False)


def member(tx, email, confirmed):
    with tx() as t:
        return make.customer(t, email, confirmed_at=make.LONG_AGO if confirmed else None).id


@pytest.fixture
def letters(mailbox):
    """Mails in the order in which they were written down, delivered first."""

    def read():
        mail.deliver_due()
        return mailbox()

    return read


@pytest.fixture
def requests(rows):
    return lambda: rows("SELECT * FROM stock_request ORDER BY asked_at, id")


def card(variant_id):
    return catalog.load_variants([variant_id])[variant_id]


def on_list(customer_id):
    return [line.card.variant_id for line in service.list_of(customer_id)]


def ask_as_member(customer_id, variant_id):
    service.ask(card(variant_id), service.as_member(customer_id, "en"))


def ask_as_visitor(email, variant_id, locale="en"):
    shown = catalog.load_variants([variant_id], locale)[variant_id]
    service.ask(shown, service.as_visitor(email, locale))


def confirm_all(requests):
    for row in requests():
        assert service.confirm(link_token(service.CONFIRM, row.public_id, row.round))


def order(tx, variant_id, **more):
    from storefront.catalog.models import Product, Variant

    customer_id = more.pop("customer_id", None)
    thing = tx.get(Product, tx.get(Variant, variant_id).product_id)
    row = make.order(tx, (thing, 1), **{"status": "confirmed", "origin": "shop", **more})
    row.customer_id = customer_id


def arrive(variant_id, pieces):
    with transaction() as t:
        inventory.receive(t, variant_id, pieces)
    work()


def sell(variant_id, pieces):
    with transaction() as t:
        inventory.take(t, {variant_id: pieces})


def work():
    sweep()


def told(letters):
    return sorted(letter["To"] for letter in letters() if letter["Subject"].endswith("is back"))


def findings():
    found = (checks.told_too_often, checks.told_unconfirmed, checks.marks_miscounted)
    with snapshot() as session:
        return [line for check in found for line in check(session)]


def many(app, count):
    with transaction() as t:
        thing = make.product(t)
        return [make.add_variant(t, thing, sku=f"MANY-{number}", stock=None).id for number in range(count)]


def fill(rows):
    from storefront.reviews.models import Wish

    with transaction() as t:
        for place, row in enumerate(rows):
            t.add(Wish(position=place, price_minor=1, added_at=make.LONG_AGO, **row))
