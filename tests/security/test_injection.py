"""S10: the corpus in every query parameter, part of a path, header, cookie and field; and what is too much of it."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from werkzeug.test import EnvironBuilder

from storefront.core.requests import ShopRequest
from storefront.core.security import LIMITS
from tests.pages.authenticator import encode as b64
from tests.security.amount import EVERYTHING, part
from tests.security.corpus import CANARY_HEADER, MARKUP, TEMPLATE_RESULT, VICTIM, cases, raw, some
from tests.security.discovery import LAST, forms_of, pages
from tests.security.town import Person

PEOPLE = ("anonymous", "anna", "owner")
# What pages of this shop read from their address; taken together from all of them.
PARAMETERS = (
    "q", "page", "sort", "size", "cols", "since", "until", "view", "next", "sku", "price_min", "price_max", "brand",
    "category", "colour", "status", "todo", "country", "language", "part", "list", "v", "id", "who", "subject", "state",
)  # fmt: skip
HEADERS = (
    "User-Agent", "Referer", "Accept-Language", "Accept", "X-Forwarded-For", "X-Forwarded-Host", "X-Request-ID",
    "If-None-Match", "If-Modified-Since", "Range", "Content-Type", "DNT", "Authorization", "X-Real-IP", "Forwarded",
)  # fmt: skip
COOKIES = (
    "regulars",
    "regulars_cart",
    "regulars_consent",
    "regulars_wishes",
    "regulars_theme",
    "remember_token",
    "theme",
)


def problem(answer, text):
    """What is wrong with an answer to a hostile text; `town.Person` has looked at status, headers, insides."""
    body = answer.get_data()
    if TEMPLATE_RESULT.encode() in body:
        return "a template was evaluated"
    if CANARY_HEADER in answer.headers or CANARY_HEADER in "".join(answer.headers.getlist("Set-Cookie")):
        return "a header was planted"
    if any(mark in body for mark in MARKUP) and answer.mimetype == "text/html":
        return "markup stands in the page as it was sent"
    if answer.headers.get("Location", "").startswith(("//", "/\\", "https://evil", "http://evil")):
        return f"leads away: {answer.headers['Location']}"
    return None


def looked_at(place):
    return [(route, path) for route, path in place.routes() if route.method == "GET"]


def person_for(place, route):
    return place["owner" if route.audience == "owner" else "anna"]


def test_the_corpus_is_large_enough():
    assert len(cases()) > 110


def test_in_every_query_parameter(place):
    """Each page gets cases in all parameters at once; which ones differs from page to page."""
    wrong, count = [], 0
    for turn, (route, path) in enumerate(looked_at(place)):
        for name, text in some(turn, 4):
            query = "&".join(
                f"{key}={quote(raw(text)[: 8000 // len(PARAMETERS) // 3])}" for key in PARAMETERS
            )
            answer = person_for(place, route).get(f"{path}?{query}")
            count += 1
            if found := problem(answer, text):
                wrong.append(f"{path}, {name}: {found}")
    assert not wrong, "\n".join(wrong)
    assert count > 300


@pytest.mark.parametrize(
    "path", ["/search", "/search/suggest", "/c/shelf", "/console/search", "/console/orders"]
)
def test_each_case_in_what_searches(place, path):
    wrong = []
    for name, text in part(cases(), len(path), 2):
        answer = place["owner"].get(
            f"{path}?q={quote(raw(text)[:2400])}&sort={quote(raw(text)[:200])}&part=1"
        )
        if found := problem(answer, text):
            wrong.append(f"{name} {text[:30]!r}: {found}")
    assert not wrong, "\n".join(wrong)


def test_in_every_part_of_a_path(place):
    wrong = []
    with_parts = [route for route, _path in place.routes() if "<" in route.rule and route.method != "HEAD"]
    for turn, route in enumerate(with_parts):
        person = person_for(place, route)
        for name, text in some(turn, 4):
            word = quote(raw(text)[:700], safe="")
            path = re.sub(r"<[^>]+>", lambda _match, word=word: word, route.rule)
            answer = person.open(
                route.method, path, data={"csrf_token": person.token} if route.method == "POST" else None
            )
            if found := problem(answer, text):
                wrong.append(f"{route.method} {route.rule}, {name}: {found}")
    assert not wrong, "\n".join(wrong)


def test_in_every_header(place):
    """Bytes that no header may hold never reach an app; the rest does."""
    wrong = []
    for turn, (name, text) in enumerate(cases()):
        value = re.sub(r"[\r\n\x00]", " ", text).encode("utf-8", "replace").decode("latin-1")[:2000]
        for path in part(("/", "/search?q=lamp", "/account", "/nowhere"), turn, 4):
            answer = place["anna"].open("GET", path, headers=dict.fromkeys(HEADERS, value))
            if found := problem(answer, text):
                wrong.append(f"{name} {text[:30]!r} at {path}: {found}")
    assert not wrong, "\n".join(wrong)


def test_in_every_cookie(place):
    wrong = []
    for turn, (name, text) in enumerate(cases()):
        value = re.sub(r"[\r\n\x00;,\s]", "_", text).encode("utf-8", "replace").decode("latin-1")[:3000]
        cookies = "; ".join(f"{cookie}={value}" for cookie in COOKIES)
        for path in part(("/", "/cart", "/wishlist", "/account", "/checkout/payment", "/p/lamp"), turn, 4):
            visitor = Person.__new__(Person)
            visitor.name, visitor.client = "visitor", place.app.test_client(use_cookies=False)
            answer = visitor.open("GET", path, headers={"Cookie": cookies})
            if found := problem(answer, text):
                wrong.append(f"{name} {text[:30]!r} at {path}: {found}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", PEOPLE)
def test_in_every_field_of_every_form(place, who):
    """Each form gets cases in all its fields at once (the token is right)."""
    person, wrong, count = place[who], [], 0
    for turn, form in enumerate(forms_of(person, pages(place, person))):
        if LAST.search(form.action):
            continue
        for name, text in some(turn, 3):
            body = {field: raw(text) for field in form.names}
            answer = person.open("POST", form.action, data={**body, "csrf_token": person.token})
            count += 1
            if found := problem(answer, text):
                wrong.append(f"{form.action}, {name}: {found}")
    assert not wrong, "\n".join(wrong)
    assert count > 50
    _nobody_else_is_written_to(place)


@pytest.mark.parametrize("who", PEOPLE)
def test_in_one_field_while_the_others_are_right(place, who):
    """What is wrong in the first field hides what the others would do. Fields of one name count as one kind."""
    person, wrong, known = place[who], [], set()
    for form in forms_of(person, pages(place, person)):
        kinds = [re.sub(r"\d+", "*", name) for name in form.names]
        for kind, field in zip(kinds, form.names, strict=True):
            if LAST.search(form.action) or field == "csrf_token" or (kind in known and not EVERYTHING):
                continue
            known.add(kind)
            for name, text in some(len(known), 5):
                body = {**form.values, field: raw(text), "csrf_token": person.token}
                answer = person.open("POST", form.action, data=body)
                if found := problem(answer, text):
                    wrong.append(f"{form.action}, {field}, {name}: {found}")
    assert not wrong, "\n".join(wrong)
    assert len(known) > {"anonymous": 8, "anna": 12, "owner": 60}[who]
    _nobody_else_is_written_to(place)


def _nobody_else_is_written_to(place):
    place.work()
    reached = [
        mail for mail in place.mails() if VICTIM in "".join(map(str, (mail["To"], mail["Cc"], mail["Bcc"])))
    ]
    assert all(str(mail["To"]) == VICTIM for mail in reached), "nobody is written to beside somebody else"
    assert not [mail for mail in place.mails() if mail["Bcc"] or mail["Cc"] or mail[CANARY_HEADER]]


def test_sign_in_registration_and_forgotten_passwords_too(place):
    """The forms that the walk leaves out: the addresses that are typed there lead into mails and counts."""
    visitor = Person(place.app, "visitor")
    for turn, (name, text) in enumerate(cases()):
        for path in part(
            ("/account/login", "/account/forgot", "/account/register", "/back-in-stock"), turn, 3
        ):
            form = {
                "email": raw(text),
                "password": raw(text),
                "name": raw(text),
                "next": raw(text),
                "sku": "SKU-GONE",
            }
            answer = visitor.open("POST", path, data={**form, "csrf_token": visitor.token})
            assert problem(answer, text) is None, f"{path}, {name}: {text!r}"


def test_bytes_that_are_no_text(place):
    """As no browser writes an address: raw bytes in the query, in the path, in a form."""
    wrong = []
    for path in (
        "/",
        "/search",
        "/c/shelf",
        "/cart",
        "/account/login",
        "/zh/search",
        "/nowhere",
        "/console/orders",
    ):
        for query in (
            "q=\xff",
            "q=\xc3\x28&page=\x80",
            "\xff=\xfe",
            "q=%ff%00",
            "q=\xed\xa0\x80",
            "next=/\xff",
            "q=a b\tc",
        ):
            asked = {"environ_overrides": {"QUERY_STRING": query}}
            answer = place["owner"].open("GET", path, **asked)
            if answer.status_code not in {200, 302, 303, 404}:
                wrong.append(f"{path}?{query!r}: {answer.status}")
    for body in (b"\xff=\xfe", b"note=\xff", b"%ff=%00", b"note=%ed%a0%80", b"=&=&;", b"\x00"):
        answer = place["anna"].open(
            "POST", "/cart/note", data=body, content_type="application/x-www-form-urlencoded"
        )
        wrong += [] if answer.status_code == 400 else [f"{body!r}: {answer.status}"]
    assert not wrong, "\n".join(wrong)


def test_nothing_that_is_read_holds_a_nul():
    fields = {"name\0": "a\0b", "note": "\0"}
    sent = EnvironBuilder(method="POST", query_string="q=a%00b&%00=1", data=fields).get_environ()
    request = ShopRequest(sent)
    read = [
        *request.args.items(multi=True),
        *request.form.items(multi=True),
        *request.values.items(multi=True),
    ]
    assert len(read) == 8 and request.args["q"] == "a\ufffdb"
    assert not [pair for pair in read if "\0" in "".join(pair)]


@pytest.mark.parametrize(
    "name", ["\\u0000", "a\\u0000b", "\\ud800", "' OR 1=1 --", "x" * 3000, "%", "\u212a"]
)
def test_a_passkey_is_called_as_browsers_call_them(place, name):
    """Its name comes as JSON, which can say what no form can. Without the key nobody gets in."""
    visitor = Person(place.app, "visitor")
    options = visitor.post("/account/login/passkey/options").get_json()
    client_data = b64(json.dumps({"type": "webauthn.get", "challenge": options["challenge"]}).encode())
    response = f'{{"clientDataJSON": "{client_data}", "authenticatorData": "", "signature": ""}}'
    answer = f'{{"id": "{name}", "rawId": "{name}", "type": "public-key", "response": {response}}}'
    assert visitor.post("/account/login/passkey", {"credential": answer}).status_code == 422


# --- too much ------------------------------------------------------------------------------------------------


def test_too_much_is_refused_before_it_is_read(place):
    """The body, the memory of a form, its parts, the address: each with its limit."""
    anna, token = place["anna"], place["anna"].token
    asked = {
        "a large body": {"data": b"x" * (LIMITS["forms"] + 1)},
        "a large field": {"data": {"csrf_token": token, "note": "x" * (LIMITS["form_memory"] + 1)}},
        "many parts": {
            "data": {"csrf_token": token, **{f"f{n}": "x" for n in range(LIMITS["form_parts"] + 1)}},
            "content_type": "multipart/form-data",
        },
    }
    for name, more in asked.items():
        answer = anna.open("POST", "/cart/note", **more)
        assert answer.status_code in {400, 413}, f"{name}: {answer.status}"
    assert anna.open("POST", "/cart/note", data=b"x" * (LIMITS["forms"] + 1)).status_code == 413
    assert anna.get("/search?q=" + "x" * LIMITS["url"]).status_code == 414


def test_ten_thousand_of_everything(place):
    """Parameters in the address and in a form, words in a search, cookies, levels of JSON."""
    anna = place["anna"]
    many = "&".join(f"p{n}=1" for n in range(10_000))
    assert anna.get("/search?" + many).status_code == 414
    assert anna.get("/search?q=" + "+".join(["a"] * 3_000)).status_code == 200
    assert anna.get("/search?" + "&".join(f"p{n}=1" for n in range(900))).status_code == 200
    form = {"data": f"csrf_token={anna.token}&{many}", "content_type": "application/x-www-form-urlencoded"}
    assert anna.open("POST", "/cart/note", **form).status_code in {303, 413}
    deep = "[" * 100_000 + "]" * 100_000
    for path in ("/payments/fake/webhook", "/account/login/passkey", "/checkout/hold"):
        answer = anna.open("POST", path, data=deep, content_type="application/json")
        assert answer.status_code in {400, 413, 422}, path
    form = {"csrf_token": anna.token, "credential": "[" * 15_000 + "]" * 15_000}
    assert anna.post("/account/login/passkey", form).status_code == 422


def test_a_signed_message_as_deep_as_the_sea_is_refused(place):
    """Even whoever knows the key of a gateway gets no error out of the shop."""
    import hashlib
    import hmac

    from storefront.ordering.service.gateways.fake_party import SIGNATURE

    for body in (
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"\xff\xfe",
        b"null",
        b"1e999",
    ):
        signed = hmac.new(b"guess", body, hashlib.sha256).hexdigest()
        answer = place["anonymous"].open(
            "POST", "/payments/fake/webhook", data=body, headers={SIGNATURE: signed}
        )
        assert answer.status_code == 400


def test_logs_hold_one_line_for_each_request(place, capsys):
    place["anonymous"].get("/search?q=" + quote('x\n{"event": "forged"}') + "&x=%0aforged")
    place["anonymous"].open("GET", "/nowhere/%0a%0dforged", headers={"User-Agent": "x forged"})
    for line in capsys.readouterr().err.splitlines() + capsys.readouterr().out.splitlines():
        if line.startswith("{"):
            assert json.loads(line).get("event") != "forged"
        assert not line.startswith("forged")
