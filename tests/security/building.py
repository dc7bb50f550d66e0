"""Builds the town: people, orders, carts, wishes, links, and what the staff made. Through services and forms."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.exceptions import HTTPException

from storefront.catalog.service.desk_imports import keep_upload
from storefront.core import clock
from storefront.core.database import transaction
from storefront.core.store import store_settings, store_values
from storefront.customers import service as customers
from storefront.customers.models import Customer, Passkey
from storefront.customers.rules import Address
from storefront.ordering import service as ordering
from storefront.ordering.models import Attention, Order, Refund
from storefront.personalization.service.rule_editing import RuleValues, save_rule
from storefront.pricing.service.discounts import DiscountValues, add_coupon, save_discount
from storefront.reviews.service import REMOVE
from storefront.reviews.service.tokens import link_token
from tests import factories as make
from tests.conftest import Browser, new_versions
from tests.pages.sold import BUSINESS
from tests.security.town import EVERYBODY, HASH, HOME, PASSWORD, STAFF, Person, Town
from tests.services import selling


def build(app: Flask) -> Town:
    """Everything that can be somebody's."""
    app.test_client_class = Browser
    town = Town(app)
    with app.app_context():
        store_settings()
        town.keys["/console/first/<token>"] = {"token": customers.invite_first_owner()}
        with transaction() as tx:
            things = _fill(tx)
            _people(tx)
            discount = save_discount(tx, None, DiscountValues("percent", {"en": "Ten"}, percent_bp=1000))
            coupon = add_coupon(tx, discount, "TENNER")
            new_versions(tx)
        with transaction() as tx:
            save_rule(tx, None, RuleValues("Lamps first", "pin", "product", sku="SKU-LAMP", place=1))
        _sign_ins(town)
        _orders(town, things)
    _belongings(town)
    _staff_things(town, discount, coupon)
    town.work()
    _links(town)
    _secrets(town)
    town.write("UPDATE customer SET disabled = true WHERE email_key = 'disabled@example.test'")
    return town


def _fill(tx: Any) -> dict[str, int]:
    selling.open_for_business(tx)
    store_values(tx, {**BUSINESS, **selling.BANK, "cash_on_delivery": True})
    shelf = make.category(tx, "shelf", title="Shelf")
    make.page(tx, "delivery", title="Delivery")
    things = {}
    for name, price, stock in (("lamp", 4990, 60), ("cup", 1250, 60), ("rug", 12900, 60), ("gone", 900, 0)):
        row = make.product(
            tx,
            name,
            title=f"Fine {name}",
            price=price,
            sku=f"SKU-{name.upper()}",
            stock=stock,
            category=shelf,
        )
        things[name] = make.variant_of(tx, row).id
    return things


def _people(tx: Any) -> None:
    for name in ("unverified", "bert", "disabled", "carol"):
        customers.give_account(
            tx, email=f"{name}@example.test", password_hash=HASH, name=f"{name.title()} Other"
        )
    anna = customers.give_account(
        tx, email="anna-qanary@example.test", password_hash=HASH, name="Anna Qanary"
    )
    customers.keep_address(tx, anna, Address("Anna Qanary", **HOME))
    bert = tx.execute(sa.select(Customer.id).where(Customer.email_key == "bert@example.test")).scalar_one()
    customers.keep_address(
        tx, bert, Address("Bert Other", "1 Long Lane", "Oldtown", "GB", postcode="EC1A 1HQ")
    )
    for role in STAFF:
        customers.give_account(
            tx, email=f"{role}@staff.test", password_hash=HASH, name=f"{role.title()} Worker", role=role
        )
    unverified = sa.update(Customer).where(Customer.email_key == "unverified@example.test")
    tx.execute(unverified.values(confirmed_at=None))


def _sign_ins(town: Town) -> None:
    for name in EVERYBODY:
        person = Person(town.app, name)
        if name != "anonymous":
            email = {"anna": "anna-qanary@example.test"}.get(name, f"{name}@example.test")
            person.sign_in(f"{name}@staff.test" if name in STAFF else email)
        town.people[name] = person
    ids = {row.email_key: row.id for row in town.rows("SELECT email_key, id FROM customer")}
    for person in town.people.values():
        person.id = ids.get(person.email, 0)


def _orders(town: Town, things: dict[str, int]) -> None:
    anna = {
        "customer_id": town["anna"].id,
        "email": "anna-qanary@example.test",
        "shipping_address": {"name": "Anna Qanary", **HOME},
        "note": "qanary in the note",
        "phone": "07700900123",
    }
    guest = {**anna, "customer_id": None, "email": "guest-qanary@example.test"}
    paid = selling.place([(things["lamp"], 1), (things["cup"], 2)], **anna)
    selling.pay(paid.order_id, "approve")
    sent = selling.place([(things["rug"], 2)], **anna)
    selling.pay(sent.order_id, "approve")
    ordering.ship(sent.order_id, carrier="Swift Post", tracking="SP-QANARY-42")
    line = ordering.get_order(sent.order_id).lines[0].id
    back = ordering.request_return(sent.order_id, [(line, 1)], reason="qanary says it is too large")
    ordering.refund_order(paid.order_id, 100, key="first-refund", reason="qanary")
    waiting = selling.place([(things["cup"], 1)], **anna)
    ordering.start_payment(waiting.order_id)
    other = selling.place([(things["cup"], 1)], gateway="transfer", **guest)
    for name, placed in (("paid", paid), ("sent", sent), ("waiting", waiting), ("guest", other)):
        town.orders[name] = ordering.get_order(placed.order_id)
    # Only now: from here on her password alone does not sign her in.
    passkey = {"public_key": "cHVibGlj", "sign_count": 1, "name": "Qanary key", "created_at": clock.now()}
    with transaction() as tx:
        tx.add(
            Passkey(public_id="passkeyofanna", customer_id=town["anna"].id, credential_id="Y3JlZA", **passkey)
        )
        odd = {"kind": "unknown_reference", "data": {}, "created_at": clock.now()}
        tx.add(Attention(dedupe_key="a", order_id=paid.order_id, **odd))
    bert = {"customer_id": town["bert"].id, "email": "bert@example.test"}
    town.orders["berts"] = ordering.get_order(selling.place([(things["cup"], 1)], **bert).order_id)
    pay_key = selling.payment_of(waiting.order_id).idempotency_key
    town.keys |= {
        "/account/orders/<number>": {"number": town.orders["sent"].number},
        "/orders/<signed>": {"signed": town.orders["sent"].public_token},
        "/checkout/pay/<signed>": {"signed": town.orders["waiting"].public_token},
        "/checkout/done/<signed>": {"signed": town.orders["paid"].public_token},
        "/payments/back/<token>": {"token": town.orders["waiting"].public_token},
        "/payments/fake/pay/<key>": {"key": pay_key},
        "/payments/<gateway>/webhook": {"gateway": "fake"},
    }
    refund = town.rows(sa.select(Refund.public_id))[0][0]
    number = {"number": town.orders["paid"].number}
    town.keys |= {
        "/console/orders/<number>": {**number, "public_id": refund, "mail_id": 1},
        "/console/orders/<number>/returns": {"number": town.orders["sent"].number, "back": back},
        "/console/attention": {"number": town.rows(sa.select(Attention.id))[0][0]},
    }


def _belongings(town: Town) -> None:
    """What people put together in the shop's own forms: carts, wishes, what they typed at the checkout."""
    for name, sku in (("anna", "SKU-RUG"), ("bert", "SKU-CUP"), ("anonymous", "SKU-CUP")):
        town[name].send("/cart/add", {"sku": sku, "quantity": "2"})
        town[name].send("/wishes/toggle", {"add": "SKU-LAMP"})
    anna = town["anna"]
    anna.send("/cart/note", {"note": "qanary in the cart"})
    anna.send("/checkout/contact", {"email": anna.email})
    anna.send("/checkout/shipping", {"name": "Anna Qanary", **HOME, "shipping_method": "post"})
    anna.send("/wishes/change", {"sku": "SKU-LAMP", "note": "qanary wish", "wanted": "1"})
    anna.send("/account/wishlist/share", {"title": "For my birthday"})
    anna.send("/back-in-stock", {"sku": "SKU-GONE"})
    anna.send("/account/profile", {"first_name": "Anna", "last_name": "Qanary", "phone": "07700900123"})
    nobody = Person(town.app, "newcomer")
    nobody.send("/account/forgot", {"email": "anna-qanary@example.test"})
    newcomer = {"email": "new-qanary@example.test", "password": PASSWORD, "name": "New Qanary"}
    nobody.send("/account/register", newcomer)
    nobody.send("/back-in-stock", {"sku": "SKU-GONE", "email": "new-qanary@example.test"})
    with town.app.app_context(), transaction() as tx:
        customers.ask_for_news(tx, "new-qanary@example.test", "en", "checkout")
    key = re.search(r"/cart/lines/(\w+)/", anna.text("/cart"))
    address = re.search(r"/account/addresses/(\w{12,})", anna.text("/account/addresses"))
    share = town.rows("SELECT token FROM wish_share")
    assert key and address and share
    town.keys |= {
        "/cart/lines/<key>/": {"key": key[1]},
        "/account/addresses/<public_id>": {"public_id": address[1]},
        "/account/security/passkeys/<public_id>": {"public_id": "passkeyofanna"},
        "/wishlist/<token>": {"token": share[0][0]},
    }


def _staff_things(town: Town, discount: str, coupon: int) -> None:
    owner = town["owner"]
    view = {"page": "audit", "query": "q=qanary", "back": "/console/audit", "name": "Mine"}
    owner.send("/console/views", view)
    invited = {"name": "Newcomer", "email": "new@staff.test", "role": "support"}
    owner.send("/console/staff/invite", invited)
    member = _key_of(town, "moderator@staff.test")
    asked = re.search(r"/console/staff/invitations/([^/\"]+)/withdraw", owner.text("/console/staff"))
    assert asked
    one = {name: town.rows(f"SELECT id FROM {name} LIMIT 1")[0][0] for name in ("tax_rate", "shipping_zone")}
    town.keys |= {
        "/console/views/": {"number": town.rows("SELECT id FROM saved_view")[0][0]},
        "/console/staff/<key>": {"key": member},
        "/console/staff/invitations/<key>": {"key": asked[1]},
        "/console/tax/": {"rate_id": one["tax_rate"]},
        "/console/shipping/zones/": {"zone_id": one["shipping_zone"]},
        "/console/shipping/methods/": {"key": "post"},
        "/console/discounts/<key>": {"key": discount, "coupon_id": coupon},
        "/console/merchandising/<key>": {"key": town.rows("SELECT public_id FROM merchandising_rule")[0][0]},
        "/console/settings/<group>": {"group": "business"},
        "/console/customers/<key>": {"key": _key_of(town, "carol@example.test")},
        "/console/imports/<token>": {
            "token": town.do(keep_upload, BytesIO(b"sku,stock\n"), "x.csv", "orders", "en")
        },
    }


def _key_of(town: Town, email: str) -> str:
    [(key,)] = town.rows("SELECT public_id FROM customer WHERE email_key = :email", email=email)
    return str(key)


def _links(town: Town) -> None:
    """Whatever mails and invitations lead to."""
    asked = town.rows("SELECT public_id, round FROM stock_request ORDER BY id")[0]
    gone = town.do(link_token, REMOVE, asked.public_id, asked.round)
    news = town.do(customers.news_token, _key_of(town, town["anna"].email))
    town.keys |= {"/back-in-stock/remove/<token>": {"token": gone}, "/news/<token>": {"token": news}}
    texts = [part.get_content() for mail in town.mails() for part in mail.walk() if not part.is_multipart()]
    adapter = town.app.url_map.bind("127.0.0.1:5000")
    for link in re.findall(r"http://127\.0\.0\.1:5000(/[^\s\"'<>]*)", "\n".join(map(str, texts))):
        try:
            rule, values = adapter.match(link.split("?")[0].replace("=\n", ""), "GET", return_rule=True)
        except HTTPException:
            continue
        if values and not any(rule.rule.startswith(known) for known in town.keys):
            town.keys[rule.rule] = values


def _secrets(town: Town) -> None:
    """Every word that is Anna's alone."""
    mine = [town.orders[name] for name in ("paid", "sent", "waiting", "guest")]
    town.secrets = {"qanary", "07700900123", "passkeyofanna"}
    town.secrets |= {order.number for order in mine} | {order.public_token for order in mine}
    town.secrets |= {
        row[0]
        for row in town.rows(sa.select(Order.invoice_number).where(Order.email.like("%qanary%")))
        if row[0]
    }
    town.secrets |= {
        str(next(iter(values.values()))) for rule, values in town.keys.items() if _is_annas(rule)
    }


def _is_annas(rule: str) -> bool:
    return rule.startswith(("/cart/lines", "/account/addresses", "/wishlist"))
