"""Carts on both databases: adding, changing, undoing, the merge table, what orders take and give back."""

from __future__ import annotations

from itertools import product as pairs

import pytest
import sqlalchemy as sa

from storefront.cart import service
from storefront.cart.errors import CartFull, NoneLeft, NotForSale
from storefront.cart.models import Cart, CartLine
from storefront.cart.rules import MOST_LINES, holder_of
from storefront.cart.service.visiting import COOKIE
from storefront.catalog import service as catalog
from storefront.core.database import db, transaction
from storefront.core.errors import NotFound
from storefront.inventory import service as inventory
from tests import factories as make

pytestmark = pytest.mark.both
GUEST = "a-visitors-token"


class Things:
    """Variants by name, and a customer."""

    def __init__(self, tx):
        for name, stock in {"cup": 10, "pot": 3, "gone": 0, "free": None}.items():
            row = make.product(tx, name, sku=name.upper(), price=1000, stock=stock)
            setattr(self, name, make.variant_of(tx, row).id)
        hidden = make.product(tx, "hidden", status="draft")
        self.hidden = make.variant_of(tx, hidden).id
        self.customer = make.customer(tx).id
        self.stranger = make.customer(tx).id


@pytest.fixture
def things(app_context):
    with transaction() as tx:
        found = Things(tx)
        stranger = service.CartRef(None, customer_id=found.stranger)
    service.add_to_cart(stranger, found.cup, 7)  # somebody else's, never to be seen below
    return found


def guest(token=GUEST):
    return service.CartRef(None, token=token)


def member(things):
    return service.CartRef(None, customer_id=things.customer)


def lines(ref, saved=False):
    """Pieces by variant."""
    cart = service.find_cart(db.session, ref)
    which = (CartLine.cart_id == (cart.id if cart else -1), CartLine.saved_for_later.is_(saved))
    query = sa.select(CartLine.variant_id, CartLine.quantity).where(*which)
    return dict(db.session.execute(query).all())


def key(ref, variant_id):
    cart = service.find_cart(db.session, ref)
    which = (CartLine.cart_id == cart.id, CartLine.variant_id == variant_id)
    return db.session.execute(sa.select(CartLine.key).where(*which)).scalar_one()


# --- adding ------------------------------------------------------------------------------------------------


def test_adding_twice_adds_up(things):
    first = service.add_to_cart(guest(), things.cup, 2)
    again = service.add_to_cart(guest(), things.cup, 3)
    assert (first.in_cart, again.in_cart, again.added) == (2, 5, 3)
    assert first.ref.cart_id == again.ref.cart_id
    assert lines(guest()) == {things.cup: 5}


def test_no_more_than_there_are_come_in(things):
    added = service.add_to_cart(guest(), things.pot, 5)
    assert (added.added, added.in_cart) == (3, 3)
    with pytest.raises(NoneLeft):
        service.add_to_cart(guest(), things.pot, 1)
    with pytest.raises(NoneLeft):
        service.add_to_cart(guest(), things.gone, 1)
    service.add_to_cart(guest(), things.free, 999)
    with pytest.raises(NoneLeft):
        service.add_to_cart(guest(), things.free, 1)
    assert lines(guest()) == {things.pot: 3, things.free: 999}


def test_what_is_not_on_show_is_not_sold(things):
    for variant_id in (things.hidden, 10**9):
        with pytest.raises(NotForSale):
            service.add_to_cart(guest(), variant_id, 1)
    assert service.find_cart(db.session, guest()) is None


def test_a_cart_holds_a_hundred_lines(things):
    with transaction() as tx:
        ids = [make.variant_of(tx, make.product(tx)).id for _ in range(MOST_LINES)]
    for variant_id in ids:
        service.add_to_cart(guest(), variant_id, 1)
    with pytest.raises(CartFull):
        service.add_to_cart(guest(), things.cup, 1)
    service.add_to_cart(guest(), ids[0], 1)  # more of what is there fits


def test_what_is_set_aside_for_a_cart_is_there_for_that_cart(things):
    ref = service.add_to_cart(guest(), things.pot, 3).ref
    with transaction() as tx:
        inventory.hold(tx, holder_of(ref.cart_id), {things.pot: 3})
    with pytest.raises(NoneLeft):
        service.add_to_cart(guest("another"), things.pot, 1)
    view = service.load_cart(ref)
    assert [(line.state, line.counted) for line in view.lines] == [("ok", 3)]


# --- one line ----------------------------------------------------------------------------------------------


def test_a_line_is_set_stepped_and_held_to_what_there_is(things):
    ref = service.add_to_cart(guest(), things.pot, 1).ref
    assert service.set_quantity(ref, key(ref, things.pot), 9).left == 3
    assert lines(ref) == {things.pot: 3}
    with pytest.raises(NoneLeft):
        service.step_quantity(ref, key(ref, things.pot), 1)
    for _ in range(5):
        service.step_quantity(ref, key(ref, things.pot), -1)
    assert lines(ref) == {things.pot: 1}, "fewer than one is a removal, and has a button of its own"


def test_somebody_elses_line_is_no_line(things):
    theirs = key(service.CartRef(None, customer_id=things.stranger), things.cup)
    mine = service.add_to_cart(guest(), things.pot, 1).ref
    for act in (service.remove_line, service.save_for_later, service.back_to_cart):
        with pytest.raises(NotFound):
            act(mine, theirs)
    with pytest.raises(NotFound):
        service.set_quantity(mine, theirs, 1)
    assert lines(service.CartRef(None, customer_id=things.stranger)) == {things.cup: 7}


def test_a_removal_is_undone_once_and_in_its_own_cart_only(things):
    ref = service.add_to_cart(guest(), things.cup, 4).ref
    removed = service.remove_line(ref, key(ref, things.cup))
    assert lines(ref) == {}
    other = service.add_to_cart(guest("other"), things.pot, 1).ref
    assert not service.restore_line(other, removed)
    assert service.restore_line(ref, removed) and service.restore_line(ref, removed)
    assert lines(ref) == {things.cup: 4} and lines(other) == {things.pot: 1}


def test_a_line_is_put_aside_and_taken_back(things):
    ref = service.add_to_cart(guest(), things.cup, 4).ref
    service.save_for_later(ref, key(ref, things.cup))
    assert (lines(ref), lines(ref, saved=True)) == ({}, {things.cup: 4})
    service.add_to_cart(ref, things.cup, 1)
    with transaction() as tx:
        aside = tx.execute(sa.select(CartLine.key).where(CartLine.saved_for_later)).scalar_one()
    service.back_to_cart(ref, aside)
    assert (lines(ref), lines(ref, saved=True)) == ({things.cup: 5}, {})
    assert service.count_pieces(ref.cart_id) == 5


def test_a_page_says_what_changed_since_a_line_was_seen(things):
    ref = service.add_to_cart(guest(), things.cup, 4).ref
    service.add_to_cart(ref, things.pot, 3)
    service.add_to_cart(ref, things.free, 1)
    with transaction() as tx:
        catalog.set_price(tx, things.cup, 900)
        inventory.take(tx, {things.pot: 2})
        tx.execute(sa.text("UPDATE product SET status = 'archived' WHERE slug = 'free'"))
    cup, pot, free = service.load_cart(ref).lines
    assert "less" in cup.notices[0] and cup.state == "ok"
    assert (pot.state, pot.counted, pot.stock) == ("short", 1, "low")
    assert (free.state, free.counted, free.stock) == ("gone", 0, "out")
    service.set_quantity(ref, cup.key, 4)
    assert service.load_cart(ref).lines[0].notices == (), "who changed the line has seen its price"


# --- orders ------------------------------------------------------------------------------------------------


def test_an_order_takes_what_was_ordered_and_leaves_what_came_in_since(things):
    ref = service.add_to_cart(guest(), things.cup, 5).ref
    service.add_to_cart(ref, things.pot, 1)
    before = service.order_token(service.get_cart(db.session, ref.cart_id))
    with transaction() as tx:
        service.take_lines(tx, ref.cart_id, [(things.cup, 3), (things.pot, 1)])
    assert lines(ref) == {things.cup: 2}
    assert service.order_token(service.get_cart(db.session, ref.cart_id)) != before


def test_an_order_that_came_to_nothing_gives_its_lines_back_once(things):
    ref = service.add_to_cart(guest(), things.cup, 2).ref
    with transaction() as tx:
        service.take_lines(tx, ref.cart_id, [(things.cup, 2)])
    for _ in range(2):
        with transaction() as tx:
            assert service.give_back_lines(tx, ref.cart_id, [(things.cup, 2), (10**9, 1)])
    assert lines(ref) == {things.cup: 2}
    with transaction() as tx:
        assert not service.give_back_lines(tx, 10**9, [(things.cup, 2)])


# --- merging -----------------------------------------------------------------------------------------------

# What a side may hold: nothing at all, an empty cart, and lines.
SIDES = {
    "none": None,
    "empty": {},
    "one": {"cup": 2},
    "other": {"free": 3},
    "scarce": {"pot": 2},
    "full": {"cup": 2, "pot": 3, "free": 999},
    "gone": {"gone": 2, "hidden": 1},
}
# What may happen between the last look and the sign-in.
MEANWHILE = ("nothing", "price", "sold")


def fill(things, ref, side):
    if SIDES[side] is None:
        return
    service.add_to_cart(ref, things.cup, 1)  # so that there is a cart
    cart = service.find_cart(db.session, ref)
    with transaction() as tx:
        tx.execute(sa.delete(CartLine).where(CartLine.cart_id == cart.id))
        for number, (name, quantity) in enumerate(SIDES[side].items()):
            values = {"key": f"{cart.id}-{number}", "cart_id": cart.id, "price_seen_minor": 1000}
            more = {"quantity": quantity, "saved_for_later": False, "added_at": make.LONG_AGO}
            tx.execute(sa.insert(CartLine).values(variant_id=getattr(things, name), **values, **more))


def expected(things, theirs, mine, sold):
    """Sums clamped to what there is and to 999, never less than either side had: an oracle of its own."""
    most = {"cup": 10, "pot": 1 if sold else 3, "gone": 0, "free": 999, "hidden": 10}
    result = dict(SIDES[mine] or {})
    for name, quantity in (SIDES[theirs] or {}).items():
        had = result.get(name, 0)
        result[name] = min(had + quantity, max(most[name], had, quantity), 999)
    return {getattr(things, name): quantity for name, quantity in result.items()}


@pytest.mark.parametrize(("theirs", "mine"), list(pairs(SIDES, SIDES)))
def test_merging_loses_nothing_and_doubles_nothing(things, theirs, mine):
    fill(things, guest(), theirs)
    fill(things, member(things), mine)
    merged = service.merge_carts(GUEST, things.customer)
    want = expected(things, theirs, mine, sold=False)
    assert lines(member(things)) == want
    again = service.merge_carts(GUEST, things.customer)
    assert (again.cart_id, again.lines) == (None, 0)
    assert lines(member(things)) == want, "a second merge changes nothing"
    assert service.find_cart(db.session, guest()) is None
    sums = sum((SIDES[theirs] or {}).values()) + sum((SIDES[mine] or {}).values())
    assert bool(merged.clamped) == (sum(want.values()) < sums)


@pytest.mark.parametrize(
    ("theirs", "mine", "meanwhile"), list(pairs(("one", "scarce", "full"), SIDES, MEANWHILE))
)
def test_merging_after_prices_or_stock_changed(things, theirs, mine, meanwhile):
    fill(things, guest(), theirs)
    fill(things, member(things), mine)
    with transaction() as tx:
        if meanwhile == "price":
            catalog.set_price(tx, things.cup, 1500)
        elif meanwhile == "sold":
            inventory.take(tx, {things.pot: 2})
    service.merge_carts(GUEST, things.customer)
    assert lines(member(things)) == expected(things, theirs, mine, sold=meanwhile == "sold")
    if meanwhile == "price" and "cup" in (SIDES[theirs] or {}):
        view = service.load_cart(service.CartRef(service.find_cart(db.session, member(things)).id))
        [cup] = [line for line in view.lines if line.card.sku == "CUP"]
        assert any("more than" in words for words in cup.notices), "the page still says what changed"


def test_two_devices_with_carts_of_their_own_end_up_with_one(things):
    for token in ("phone", "laptop"):
        service.add_to_cart(guest(token), things.cup, 2)
        service.merge_carts(token, things.customer)
    assert lines(member(things)) == {things.cup: 4}


def test_codes_country_note_and_saved_lines_come_along(things):
    ref = service.add_to_cart(guest(), things.cup, 1).ref
    service.set_coupon(ref, "mine")
    service.set_note(ref, "ring twice")
    service.save_for_later(ref, key(ref, things.cup))
    own = service.add_to_cart(member(things), things.pot, 1).ref
    service.set_coupon(own, "theirs")
    service.merge_carts(GUEST, things.customer)
    cart = service.find_cart(db.session, member(things))
    assert cart.coupons == ("THEIRS", "MINE") and cart.note == "ring twice"
    assert lines(member(things), saved=True) == {things.cup: 1}


def test_what_was_set_aside_goes_with_the_cart(things):
    ref = service.add_to_cart(guest(), things.pot, 2).ref
    with transaction() as tx:
        inventory.hold(tx, holder_of(ref.cart_id), {things.pot: 2})
    merged = service.merge_carts(GUEST, things.customer)
    assert inventory.held_until(db.session, holder_of(merged.cart_id)) is not None
    assert inventory.availability([things.pot])[things.pot].available == 1


def test_a_customers_cart_goes_with_the_customer(things):
    service.add_to_cart(member(things), things.cup, 1)
    with transaction() as tx:
        tx.execute(sa.text("DELETE FROM customer WHERE id = :id"), {"id": things.customer})
    assert db.session.execute(sa.select(Cart).where(Cart.customer_id == things.customer)).first() is None


def test_visitors_carts_that_nobody_touches_go(things, clock):
    from storefront.cart.service.carts import KEPT_FOR

    ref = service.add_to_cart(guest(), things.cup, 1).ref
    clock.shift(KEPT_FOR * 2)
    fresh = service.add_to_cart(guest("fresh"), things.cup, 1).ref
    with transaction() as tx:
        assert service.forget_idle_carts(tx) == 1
    assert service.get_cart(db.session, ref.cart_id) is None
    assert service.get_cart(db.session, fresh.cart_id) is not None
    assert COOKIE == "regulars_cart"
