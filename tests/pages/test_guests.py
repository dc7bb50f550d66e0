"""What a guest leaves behind: orders that find their account, and a wish for news that the address confirms."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from storefront.core.database import db
from storefront.core.models import MailMessage
from storefront.customers.models import Consent, Customer
from storefront.customers.service import links, set_consents
from storefront.ordering import service
from storefront.ordering.models import Order
from tests.conftest import Browser
from tests.pages.sold import open_shop, sign_in, token_of
from tests.pages.walking import OWN
from tests.services import selling

ANN = "ann@example.test"


# --- orders -----------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("gateway", ["fake", "transfer"])
def test_an_order_under_a_proven_address_joins_its_account(shop, app, gateway):
    ann = shop.person(ANN)
    order = shop.place(email="Ann@Example.test", gateway=gateway)
    if gateway == "fake":
        assert order.customer_id is None
        shop.do(selling.pay, order.id, "approve")
    order = shop.now(order)
    assert order.customer_id == ann
    assert order.number in sign_in(app, ANN).get("/account/orders", base_url=OWN).text
    if gateway == "fake":
        assert shop.do(service.owned_products, ann)
    assert shop.do(selling.findings) == []


@pytest.mark.parametrize("why", ["unproven", "shut out", "no account", "another address"])
def test_an_order_joins_nobody_who_has_not_proven_the_address(shop, tx, why):
    ann = shop.person(ANN if why != "another address" else "bob@example.test")
    changes = {
        "unproven": {"confirmed_at": None},
        "shut out": {"disabled": True},
        "no account": {"password_hash": None},
    }
    with tx() as t:
        if why in changes:
            t.execute(sa.update(Customer).where(Customer.id == ann).values(changes[why]))
    assert shop.paid(email=ANN).customer_id is None


def test_a_guest_sees_the_same_whether_the_address_has_an_account(shop, app, clock):
    shop.person(ANN)
    seen = []
    for email in (ANN, "nobody@example.test"):
        order = shop.paid(email=email)
        pages = [f"/checkout/done/{order.public_token}", f"/orders/{order.public_token}"]
        text = "".join(Browser(app).get(path, base_url=OWN).text for path in pages)
        for own in (order.number, order.public_token, email):
            text = text.replace(own, "?")
        seen.append(re.sub(r'(nonce|value)="[^"]*"', "", text))
    assert seen[0] == seen[1]


def test_the_same_form_is_the_same_order_also_after_it_joined(shop, tx):
    shop.person(ANN)
    form = {"token": "T" * 24, "email": ANN, "gateway": "transfer", "cart_id": 41}
    assert shop.place(**form).number == shop.place(**form).number
    with tx() as t:
        assert t.execute(sa.select(sa.func.count()).select_from(Order)).scalar_one() == 1


# --- news -------------------------------------------------------------------------------------------------


def wishing(shop, email=ANN, **more):
    return shop.place(email=email, gateway="transfer", marketing=True, **more)


def said(app, email=ANN):
    """Every word on news of the customer with this address, oldest first: (given, source)."""
    with app.app_context():
        query = sa.select(Consent.given, Consent.source).join(Customer).where(Customer.email_key == email)
        return [tuple(row) for row in db.session.execute(query.order_by(Consent.id))]


def asked(app):
    """Mails that ask whether to write, and the link of the newest."""
    with app.app_context():
        query = sa.select(MailMessage).where(MailMessage.template == "confirm_news")
        mails = db.session.execute(query.order_by(MailMessage.id)).scalars().all()
        return len(mails), f"/news/confirm/{links.token_of(mails[-1].context['number'])}" if mails else ""


@pytest.mark.both
def test_a_guests_wish_counts_once_its_address_said_yes(shop, app):
    wishing(shop)
    count, link = asked(app)
    assert count == 1 and said(app) == []
    client = Browser(app)
    for _look in range(5):
        assert ANN in client.get(link, base_url=OWN).text
    assert said(app) == []
    answer = client.post(link, data={"csrf_token": token_of(client)}, base_url=OWN)
    assert answer.status_code == 303 and said(app) == [(True, "checkout")]
    page = client.get(answer.headers["Location"], base_url=OWN).text
    assert "You get news by mail" in page
    assert "This link is over" in client.get(link, base_url=OWN).text


def test_an_order_that_never_counts_asks_nobody(shop, app):
    shop.place(email=ANN, marketing=True)
    assert asked(app)[0] == 0


def test_an_address_is_asked_once_a_day_however_often_it_is_typed(shop, app, clock):
    wishing(shop)
    wishing(shop, "ANN@example.test")
    assert asked(app)[0] == 1
    clock.shift(links.LASTING["news"])
    wishing(shop)
    assert asked(app)[0] == 2


def test_who_agreed_is_not_asked_again_and_an_account_is_asked_like_anybody(shop, app):
    ann = shop.person(ANN)
    wishing(shop)
    assert asked(app)[0] == 1 and said(app) == []
    bob = shop.person("bob@example.test")
    shop.do(set_consents, bob, frozenset({"marketing"}), "privacy")
    wishing(shop, "bob@example.test")
    assert asked(app)[0] == 1
    client = Browser(app)
    client.post(asked(app)[1], data={"csrf_token": token_of(client)}, base_url=OWN)
    assert said(app) == [(True, "checkout")] and ann


def test_news_are_stopped_by_a_button_or_by_the_mail_program_alone(shop, app):
    wishing(shop)
    client = Browser(app)
    stop = client.post(asked(app)[1], data={"csrf_token": token_of(client)}, base_url=OWN).headers["Location"]
    stranger = Browser(app)
    assert stranger.get(stop, base_url=OWN).status_code == 200 and said(app)[-1][0]
    answer = stranger.post(stop, data={"List-Unsubscribe": "One-Click"}, base_url=OWN)
    assert answer.status_code == 200 and said(app) == [(True, "checkout"), (False, "link")]
    assert stranger.post(stop, base_url=OWN).status_code == 303
    assert len(said(app)) == 2 and "No more news" in stranger.get(stop, base_url=OWN).text


@pytest.mark.parametrize("token", ["x", "A" * 400, "ImFubiI.made-up", "%00", "你好"])
def test_a_made_up_link_to_stop_is_not_found(shop, app, token):
    assert Browser(app).get(f"/news/{token}", base_url=OWN).status_code == 404
    assert Browser(app).post(f"/news/{token}", base_url=OWN).status_code == 404


def test_a_made_up_link_to_confirm_is_over(shop, app):
    client = Browser(app)
    assert "This link is over" in client.get("/news/confirm/abc", base_url=OWN).text
    answer = client.post("/news/confirm/abc", data={"csrf_token": token_of(client)}, base_url=OWN)
    assert answer.status_code == 303


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app, tx):
    return open_shop(app, tx)
