"""S2: what is Anna's stays Anna's. Bert and somebody without an account ask for it, by every way they could know."""

from __future__ import annotations

import math
import re

import pytest

from tests.pages.walking import filled
from tests.security.amount import part
from tests.security.town import HOME, Person, changes, leaks

ASKING = ("bert", "anonymous", "unverified")
# What else a stranger may type where an id stands: too small, too large, of another kind, written otherwise.
STRANGE = (
    "0", "-1", "1", "2", "3", "99999999999999999999", "9223372036854775808", "1e9", "1.0", "01", "+1", "0x1",
    "%31", "NaN", "null", "None", "true", "[1]", "1,2", "%00", "..", "%2e%2e", "*", "%25", "' OR '1'='1", "x" * 300,
    "１", "²", "%F0%9F%92%A9", "%ED%A0%80", "anna-qanary@example.test",
)  # fmt: skip
# Whoever holds one of these links may use it: that is its purpose. It must be beyond guessing.
BITS = 128


def own(place):
    """Rules whose parameter names something that only its owner may have, with the real address."""
    return [
        (route, path)
        for route, path in place.routes()
        if "<" in route.rule and route.audience == "customer" and route.owner_rule == "own"
    ] + [(route, path) for route, path in place.routes() if route.rule.startswith("/cart/lines/")]


def signed(place):
    found = [
        (route, path) for route, path in place.routes() if "<" in route.rule and route.owner_rule == "signed"
    ]
    return [(route, path) for route, path in found if "webhook" not in route.rule]


def body_of(person):
    """Everything that the forms behind these addresses read, so that a missing check would have its effect."""
    return {
        "csrf_token": person.token, "quantity": "9", "step": "more", "use": "shipping", "pieces-0": "1",
        "reason": "mine now", "password": "correct horse battery", "sure": "y", "default_shipping": "1",
        "name": "Eve", **HOME, "city": "Evetown", "gateway": "transfer", "same": "yes", "sku": "SKU-LAMP",
    }  # fmt: skip


def bare(answer):
    """A page without what differs in each answer: nonce, token, number of the request, its own address."""
    page = re.sub(r'(nonce|value|content|href|action)="[^"]*"', "", answer.get_data(as_text=True))
    return re.sub(r"[0-9a-f]{16,32}", "", page)


def ask(person, route, path):
    data = body_of(person) if route.method == "POST" else None
    return person.open(route.method, path, data=data)


def test_there_is_enough_to_steal(place):
    assert len({route.rule for route, _path in own(place)}) >= 12
    assert len({route.rule for route, _path in signed(place)}) >= 15
    assert len(place.secrets) >= 12
    page = place["anna"].get("/account/orders")
    assert len(leaks(page, place.secrets)) >= 3, "Anna herself sees what is hers"


@pytest.mark.parametrize("who", ASKING)
def test_what_is_anothers_is_what_is_not_there(place, who):
    """The same status and the same page as for a thing that does not exist; nothing changed, nothing said."""
    person, before, wrong = place[who], place.contents(), []
    person.get("/")  # takes away what was said once
    for route, path in own(place):
        answer, key = ask(person, route, path), {name: "1" * 16 for name in re.findall(r"(\w+)>", route.rule)}
        missing = ask(person, route, filled(route.rule, key))
        if who == "anonymous" and route.audience == "customer":
            if "/account/login" not in answer.headers.get("Location", ""):
                wrong.append(f"{route.method} {path}: {answer.status} for nobody")
        elif answer.status_code != 404 and answer.status_code != missing.status_code:
            wrong.append(f"{route.method} {path}: {answer.status}, a missing one {missing.status}")
        if bare(answer) != bare(missing) and who != "anonymous":
            wrong.append(f"{route.method} {path}: another page than for a missing one")
        if said := leaks(answer, place.secrets - {path.rsplit("/")[-1], *path.split("/")}):
            wrong.append(f"{route.method} {path}: says {said}")
    assert not wrong, "\n".join(wrong)
    assert changes(before, place.contents()) == {}


@pytest.mark.parametrize("who", ["bert", "anonymous"])
def test_ids_are_not_guessed(place, who):
    """Where an id or a link stands, anything else: never a page of somebody's, never an error, no change.

    Each rule gets some of the guesses, beginning with another one.
    """
    person, before, wrong = place[who], place.contents(), []
    order = place.orders["paid"]
    guesses = [*STRANGE, order.number, str(order.id), order.public_token[:-1], order.public_token.swapcase()]
    todo = {(route.rule, route.method): route for route, _path in own(place) + signed(place)}
    for number, route in enumerate(todo.values()):
        if route.method == "HEAD":
            continue
        for guess in part(guesses, number + (who == "bert"), 6):
            path = re.sub(r"<[^>]+>", lambda _match, guess=guess: guess, route.rule)
            answer = ask(person, route, path)
            if said := leaks(answer, place.secrets - {order.number, order.public_token} - {"qanary"}):
                wrong.append(f"{route.method} {path[:80]}: says {said}")
            if b"Qanary" in answer.get_data() and "qanary" not in path:
                wrong.append(f"{route.method} {path[:80]}: says Anna's name")
    assert not wrong, "\n".join(wrong)
    assert changes(before, place.contents()) == {}


def test_links_are_beyond_guessing(place):
    """What opens a thing without a sign-in is at least 128 bits of chance, or signed by the shop."""
    weak = {}
    for route, _path in signed(place):
        if "/fake/" in route.rule:
            continue  # the test bank, which no live shop has
        start = max((start for start in place.keys if route.rule.startswith(start)), key=len)
        token = str(next(iter(place.keys[start].values())))
        letters = 16 if re.fullmatch(r"[0-9a-f]+", token) else 64
        if "." not in token and len(token) * math.log2(letters) < BITS:
            weak[route.rule] = token
    assert weak == {}


def test_a_withdrawn_link_opens_nothing(place):
    """The shop gives an order another link; the old one is what is not there."""
    from storefront.ordering import service

    old = place.orders["guest"].public_token
    assert place["anonymous"].get(f"/orders/{old}").status_code == 200
    place.do(service.renew_link, place.orders["guest"].id)
    for path in (f"/orders/{old}", f"/orders/{old}/invoice", f"/checkout/done/{old}", f"/checkout/pay/{old}"):
        assert place["anonymous"].get(path).status_code == 404, path
    assert place["anonymous"].post(f"/orders/{old}/cancel").status_code == 404


# --- other people's ids inside of forms ----------------------------------------------------------------------


def test_no_page_of_bert_says_a_word_of_anna(place):
    """Lists, searches, exports and suggestions: every page that needs no id, with words that would find her."""
    wrong = []
    words = (
        "?q=qanary",
        f"?q={place.orders['paid'].number}",
        "?next=/account",
        "?customer=5&id=5&email=qanary",
    )
    for who in ("bert", "anonymous", "unverified"):
        for route, path in part(place.routes(), 0, 3) if who == "unverified" else place.routes():
            if route.method != "GET" or "<" in route.rule or route.audience in {"owner", "operator"}:
                continue
            for query in ("", words[len(path) % len(words)]):
                answer = place[who].get(path + query)
                sought = set() if not query else {"qanary", place.orders["paid"].number}
                if said := leaks(answer, place.secrets - sought):
                    wrong.append(f"{who} {path}{query}: says {said}")
                if b"Anna" in answer.get_data():
                    wrong.append(f"{who} {path}{query}: names Anna")
    assert not wrong, "\n".join(wrong)


def test_foreign_ids_in_forms_reach_nothing(place):
    """Anna's address in Bert's checkout, her line in his cart, her order in his return, her wish, her sign-in."""
    bert, before, keys = place["bert"], place.contents(), place.keys
    address = keys["/account/addresses/<public_id>"]["public_id"]
    line, order = keys["/cart/lines/<key>/"]["key"], place.orders["sent"]
    sign_in = place.rows("SELECT token_hash FROM sign_in WHERE customer_id = :id", id=place["anna"].id)[0][0]
    foreign = {
        "address": address, "address_id": "1", "public_id": address, "saved": address, "book": address,
        "key": sign_in[:16], "line": line, "line_id": "1", "order": order.number, "order_id": str(order.id),
        "number": order.number, "signed": order.public_token, "customer_id": str(place["anna"].id),
        "customer": str(place["anna"].id), "user_id": str(place["anna"].id), "email_key": place["anna"].email,
        "cart_id": "1", "id": "1", "pieces-0": "1", "token": order.public_token, "pick": order.number,
    }  # fmt: skip
    wrong = []
    forms = [
        "/checkout/contact", "/checkout/shipping", "/checkout/payment", "/checkout/hold", "/cart/add", "/cart/undo",
        "/cart/note", "/wishes/move", "/wishes/change", "/wishes/remove", "/account/wishlist/share",
        "/account/security/sign-ins/end", "/account/addresses/new", "/account/privacy", "/account/confirm",
        f"/account/orders/{place.orders['berts'].number}/return", f"/account/orders/{place.orders['berts'].number}/cancel",
    ]  # fmt: skip
    for path in forms:
        answer = bert.post(path, {**foreign, "email": "bert@example.test"})
        if said := leaks(answer, place.secrets - set(foreign.values())):
            wrong.append(f"{path}: says {said}")
    for page in ("/cart", "/checkout/shipping", "/checkout/payment", "/account/addresses", "/account/orders"):
        if said := leaks(bert.get(page), place.secrets):
            wrong.append(f"{page}: says {said}")
    assert not wrong, "\n".join(wrong)
    found = changes(before, place.contents())
    anna = place["anna"].id
    hers = [
        row
        for rows in found.values()
        for row in rows
        if f"'customer_id': {anna}" in row or "qanary" in row.lower()
    ]
    assert hers == []


def test_berts_export_holds_nothing_of_anna(place):
    answer = place["bert"].post("/account/privacy/export", {"password": "correct horse battery"})
    assert answer.status_code == 200
    assert b"bert@example.test" in answer.get_data() or answer.mimetype == "application/zip"
    import io
    import zipfile

    data = answer.get_data()
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    assert b"bert@example.test" in data
    assert [secret for secret in place.secrets if secret.lower().encode() in data.lower()] == []


def test_after_signing_out_the_machine_knows_nothing_of_anna(place):
    """On a shared machine: the next visitor sees neither her name, her cart nor her list."""
    anna = place["anna"]
    anna.post("/account/logout")
    for page in ("/", "/cart", "/wishlist", "/account", "/checkout/shipping", "/account/orders", "/p/lamp"):
        answer = anna.get(page)
        assert leaks(answer, place.secrets) == [], page
        assert b"Anna" not in answer.get_data(), page


def test_a_new_cart_is_not_an_old_one_again(place):
    """An order remembers the cart it came of. A cart made after that one is gone is nobody's but its owner's."""
    first, second = Person(place.app, "first"), Person(place.app, "second")
    first.send("/cart/add", {"sku": "SKU-CUP", "quantity": "1"})
    [(old,)] = place.rows("SELECT max(id) FROM cart")
    place.write("UPDATE orders SET cart_id = :old WHERE id = :id", old=old, id=place.orders["waiting"].id)
    place.write("DELETE FROM cart WHERE id = :old", old=old)
    second.send("/cart/add", {"sku": "SKU-CUP", "quantity": "1"})
    assert place.rows("SELECT max(id) FROM cart")[0][0] > old
    assert leaks(second.get("/cart"), place.secrets) == []
