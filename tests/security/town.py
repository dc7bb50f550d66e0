"""A shop full of other people's secrets, for tests that ask every address of it as everybody.

Everything is made as it is made in life: through services and forms. What belongs to Anna says so
("qanary" in every text), so that a byte of it in somebody else's answer is found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from storefront.catalog.service.desk_imports import keep_upload
from storefront.core import clock
from storefront.core.database import JOURNAL, snapshot, transaction
from storefront.core.events import sweep
from storefront.core.mail import deliver_due
from storefront.core.routes import Route, classified_routes
from storefront.core.store import store_settings, store_values
from storefront.customers import service as customers
from storefront.customers.models import Customer, Passkey
from storefront.customers.rules import Address
from storefront.ordering import service as ordering
from storefront.ordering.models import Attention, Order, Refund
from storefront.pricing.service.discounts import DiscountValues, add_coupon, save_discount
from storefront.reviews.service import REMOVE
from storefront.reviews.service.tokens import link_token
from tests import factories as make
from tests.conftest import Browser, new_versions
from tests.pages.sold import BUSINESS
from tests.pages.walking import OWN, filled
from tests.security.answers import check
from tests.services import selling

PASSWORD = "correct horse battery"
HASH = customers.hash_password(PASSWORD)
STAFF = ("support", "warehouse", "moderator", "manager", "owner")
MEMBERS = ("unverified", "anna", "bert", "disabled")
EVERYBODY = ("anonymous", *MEMBERS, *STAFF)
HOME = {"line1": "7 Qanary Wharf", "city": "Qanarytown", "postcode": "EC1A 1HQ", "country": "GB"}
# Logs and marks that a look may leave behind: words without a person, what somebody who agreed looked at,
# tries that were counted, and that somebody was here.
NOTES = {"search_miss", "journal_event", "rate_count"}
MARKS = {"sign_in": {"last_seen_at"}}
Rows = dict[str, Counter[str]]


@dataclass
class Person:
    """Somebody with a browser. Each answer is checked for what every answer owes (`answers.check`)."""

    app: Flask
    name: str
    token: str = ""
    email: str = ""
    id: int = 0
    client: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.client = Browser(self.app)
        self.token = self.read_token("/account/login")

    def open(self, method: str, path: str, **more: Any) -> TestResponse:
        """Ask; the answer is checked for what every answer owes."""
        answer = self.client.open(path, method=method, base_url=OWN, **more)
        check(answer, f"{self.name}: {method} {path}")
        return answer

    def get(self, path: str) -> TestResponse:
        return self.open("GET", path)

    def text(self, path: str) -> str:
        return self.get(path).get_data(as_text=True)

    def post(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        """A form with its token."""
        return self.open("POST", path, data={"csrf_token": self.token, **(data or {})})

    def send(self, path: str, data: dict[str, Any]) -> None:
        """A form that has to work."""
        answer = self.post(path, data)
        assert answer.status_code in {302, 303}, f"{self.name} {path}: {answer.status}"

    def read_token(self, path: str) -> str:
        return self.text(path).split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    def sign_in(self, email: str) -> None:
        answer = self.post("/account/login", {"email": email, "password": PASSWORD})
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
        assert self.get("/account").status_code == 200
        self.email, self.token = email, self.read_token("/")


@dataclass
class Town:
    """The shop and everybody in it. `keys` fills rules with what is Anna's or the staff's own."""

    app: Flask
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    orders: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def path(self, route: Route) -> str | None:
        """The address of the real thing behind a rule; None where nobody said which that is.

        Of pages of the staff the table's own samples do: customers must not get that far.
        """
        if "<" not in route.rule or route.audience == "operator" or _is_public(route):
            return filled(route.rule, {**route.sample, "slug": _PUBLIC.get(route.rule)})
        found = [start for start in self.keys if route.rule.startswith(start)]
        if not found:
            return filled(route.rule, route.sample) if route.audience == "owner" else None
        return filled(route.rule, {**route.sample, **self.keys[max(found, key=len)]})

    def routes(self) -> list[tuple[Route, str]]:
        """Every rule and method with the address of its real thing."""
        table = classified_routes(self.app).routes
        return [(route, self.path(route) or filled(route.rule, route.sample)) for route in table]

    def rows(self, statement: Any, **values: Any) -> list[Any]:
        with self.app.app_context(), snapshot() as session:
            query = sa.text(statement) if isinstance(statement, str) else statement
            return list(session.execute(query, values).all())

    def do(self, act: Any, *values: Any, **more: Any) -> Any:
        with self.app.app_context():
            return act(*values, **more)

    def write(self, statement: str, **values: Any) -> None:
        with self.app.app_context(), transaction() as tx:
            tx.execute(sa.text(statement), values)

    def work(self) -> None:
        """What the worker does meanwhile."""
        with self.app.app_context():
            sweep()
            deliver_due()

    def mails(self) -> list[Any]:
        files = sorted((Path(self.app.instance_path) / "mail").glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    def contents(self) -> Rows:
        """Every row of both stores, but for logs and marks of visits."""
        found: Rows = {}
        with self.app.app_context():
            for bind in (None, JOURNAL):
                with snapshot(bind) as session:
                    for table in sa.inspect(session.connection()).get_table_names():
                        if table not in NOTES:
                            found[table] = self._rows_of(session, table)
        return found

    @staticmethod
    def _rows_of(session: Any, table: str) -> Counter[str]:
        rows = session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings()
        skipped = MARKS.get(table, set())
        return Counter(repr({k: v for k, v in row.items() if k not in skipped}) for row in rows)


def changes(before: Rows, after: Rows) -> dict[str, list[str]]:
    """Rows that came, went or became others, by table."""
    found = {}
    for table in after:
        gone, new = before.get(table, Counter()) - after[table], after[table] - before.get(table, Counter())
        if gone or new:
            found[table] = [f"- {row}" for row in gone] + [f"+ {row}" for row in new]
    return found


def leaks(answer: TestResponse, secrets: Iterable[str]) -> list[str]:
    """Which secrets stand in an answer: body, headers, cookies."""
    said = answer.get_data() + "\n".join(f"{k}: {v}" for k, v in answer.headers).encode("utf-8", "replace")
    said = said.lower()
    return [secret for secret in secrets if secret.lower().encode() in said]


_PUBLIC = {"/c/<slug>": "shelf", "/p/<slug>": "lamp", "/pages/<slug>": "delivery"}


def _is_public(route: Route) -> bool:
    return route.audience == "anyone" and route.owner_rule == "none"


# --- building it ------------------------------------------------------------------------------------------


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
    town.keys["/back-in-stock/remove/<token>"] = {"token": gone}
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
