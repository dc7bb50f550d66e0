"""S1: every role asks every rule by every method; and a right that was taken is gone with the next request."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

from storefront.core.permissions import may
from tests.security.amount import EVERYTHING, part
from tests.security.town import EVERYBODY, STAFF, changes

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
RARE = ("PUT", "PATCH", "DELETE")
SMUGGLED = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
SIGNED_IN = {"unverified", "anna", "bert", *STAFF}
# Answered before the shop is asked at all, whatever the method.
PROBES = {"/healthz", "/readyz", "/metrics"}
# Those for whom the difference between a page, a wrong method and no page is looked at in full.
EACH_KIND = ("anonymous", "bert", "owner")


@pytest.fixture(scope="module")
def rules(place):
    """rule -> (its address, {method: route})."""
    found = {}
    for route, path in place.routes():
        found.setdefault(route.rule, (path, {}))[1][route.method] = route
    return found


def tried_by(rules, who):
    """The console by its owner, the rest by visitors and members in turns; or everything by everybody."""
    found = []
    for turn, (rule, (path, methods)) in enumerate(rules.items()):
        console = any(route.audience == "owner" for route in methods.values())
        usual = "owner" if console else ("anonymous", "bert")[turn % 2]
        if EVERYTHING or who == usual:
            found.append((turn, rule, path, methods))
    return found


def answering(place, path, method):
    """Which rule answers: `/console/staff/invite` by GET is somebody whose key is "invite"."""
    try:
        return place.app.url_map.bind("127.0.0.1:5000").match(path, method, return_rule=True)[0].rule
    except (MethodNotAllowed, NotFound):
        return None


def refused(route, who, answer):
    """What is wrong with an answer to somebody whom this page is not for; None when it refuses as it should."""
    to_sign_in = "/account/login" in answer.headers.get("Location", "")
    if who in {"anonymous", "disabled"}:
        return None if answer.status_code in {302, 303} and to_sign_in else answer.status
    if route.audience == "owner" and who not in STAFF:
        return None if answer.status_code == 404 else answer.status
    return None if answer.status_code == 403 else answer.status


def is_for(route, who):
    """Whether the table lets this person in."""
    if route.audience == "owner":
        return who in STAFF and may(who, route.permission)
    return route.audience != "customer" or who in SIGNED_IN


@pytest.mark.parametrize("who", EVERYBODY)
def test_nobody_gets_what_is_not_theirs(place, rules, who):
    """Real things, the right token: only the gate stands between. And nothing at all changes."""
    person, before, wrong, asked = place[who], place.contents(), [], 0
    for rule, (path, methods) in rules.items():
        for method in METHODS:
            route = methods.get(method)
            if route is None or answering(place, path, method) != rule or is_for(route, who):
                continue
            asked += 1
            answer = person.open(
                method, path, data={"csrf_token": person.token} if method == "POST" else None
            )
            if (problem := refused(route, who, answer)) is not None:
                wrong.append(f"{method} {path}: {problem}")
    assert not wrong, "\n".join(wrong)
    assert asked > 60 or who in {"manager", "owner"}
    assert changes(before, place.contents()) == {}


@pytest.mark.parametrize("who", [name for name in EVERYBODY if name not in {"bert", "anna"}])
def test_who_may_look_is_shown_something(place, rules, who):
    """No error, no refusal; what is not theirs to see is not found."""
    person, wrong = place[who], []
    for path, methods in part(list(rules.values()), EVERYBODY.index(who), 2):
        route = methods.get("GET")
        if route is None or not is_for(route, who) or route.audience == "operator":
            continue
        answer = person.get(path)
        # 422: a page about things that were ticked, and nothing was.
        if answer.status_code not in {200, 302, 303, 304, 404, 410, 422}:
            wrong.append(f"{path}: {answer.status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", EACH_KIND)
def test_a_wrong_method_is_none(place, rules, who):
    """GET for what is posted and the other way round; of the rest one each."""
    person, wrong, before = place[who], [], place.contents()
    for turn, rule, path, methods in tried_by(rules, who):
        for method in ("GET", "POST", RARE[turn % len(RARE)]):
            if method in methods or answering(place, path, method) not in {None, rule}:
                continue
            answer = person.open(method, path, data={"csrf_token": person.token})
            if answer.status_code != 405:
                wrong.append(f"{method} {path}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    assert changes(before, place.contents()) == {}


@pytest.mark.parametrize("who", EACH_KIND)
def test_head_is_get_without_its_words_and_options_only_lists(place, rules, who):
    person, wrong = place[who], []
    for _turn, rule, path, methods in tried_by(rules, who):
        if "GET" in methods:
            shown, head = person.get(path), person.open("HEAD", path)
            if (head.status_code, head.get_data()) != (shown.status_code, b""):
                wrong.append(f"HEAD {path}: {head.status}, GET {shown.status}")
        if rule in PROBES:
            continue
        listed = person.open("OPTIONS", path)
        allowed = {word.strip() for word in listed.headers.get("Allow", "").split(",")}
        if listed.status_code != 200 or listed.get_data() or not set(methods) <= allowed:
            wrong.append(f"OPTIONS {path}: {listed.status} {allowed}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", EACH_KIND)
def test_a_method_cannot_be_smuggled_in(place, rules, who):
    """By a header, a field or the address: a look stays a look."""
    person, wrong, before = place[who], [], place.contents()
    for number, _rule, path, methods in tried_by(rules, who):
        if "POST" not in methods:
            continue
        header, method = SMUGGLED[number % 3], ("POST", "DELETE", "PUT")[number % 3]
        plain = person.get(path)
        asked = f"{path}?_method={method}&csrf_token={person.token}"
        answer = person.open("GET", asked, headers={header: method})
        if answer.status_code != plain.status_code:
            wrong.append(f"{header}: {method} {path}: {answer.status}, plain GET {plain.status}")
    assert not wrong, "\n".join(wrong)
    assert changes(before, place.contents()) == {}


def test_a_strangers_own_page_of_the_machine_stays_closed(place):
    """Figures of the machine are for this machine or whoever has the token."""
    answer = place["anonymous"].client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code in {403, 404}


# --- last: these take rights away ----------------------------------------------------------------------------


def test_a_right_that_was_taken_is_gone_with_the_next_request_everywhere(place, rules):
    person = place["manager"]
    pages = [
        (path, methods["GET"])
        for path, methods in rules.values()
        if "GET" in methods and methods["GET"].audience == "owner"
    ]
    place.write("UPDATE customer SET role = 'moderator' WHERE email_key = 'manager@staff.test'")
    for path, route in pages:
        if not may("moderator", route.permission):
            assert person.get(path).status_code == 403, path
    place.write("UPDATE customer SET role = 'customer' WHERE email_key = 'manager@staff.test'")
    assert {person.get(path).status_code for path, _route in pages} == {404}
    place.write("UPDATE customer SET disabled = true WHERE email_key = 'manager@staff.test'")
    assert {person.get(path).status_code for path, _route in pages} == {303}
