"""Every page of the console that a link leads to: it answers, it is guarded, looking changes nothing."""

from __future__ import annotations

from tests.pages.test_headers import directives
from tests.pages.test_routes import contents
from tests.pages.walking import rule_of, walk


def test_no_page_fails_and_no_link_leads_nowhere(console_visits):
    wrong = [
        (visit.path, visit.response.status)
        for visit in console_visits
        # What is done with many rows says so when it is asked for without any.
        if visit.response.status_code not in ({200, 303, 422} if "/bulk/" in visit.path else {200, 303})
    ]
    assert wrong == []


def test_the_navigation_leads_to_pages_and_from_there_to_things(site, console_visits):
    reached = {rule_of(site.app, visit.path) for visit in console_visits}
    assert len([rule for rule in reached if "<" in rule]) >= 4
    (today,) = [visit for visit in console_visits if visit.path == "/console"]
    linked = {link["href"] for link in today.soup.select(".side a.go")}
    assert linked <= {visit.path for visit in console_visits}
    assert len(linked) >= 8


def test_every_answer_is_guarded_and_kept_by_nobody(console_visits):
    nonces = set()
    for visit in console_visits:
        headers, policy = visit.response.headers, directives(visit.response)
        assert headers["Cache-Control"] == "private, no-store", visit.path
        assert headers["X-Content-Type-Options"] == "nosniff", visit.path
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"], (
            visit.path
        )
        assert "unsafe" not in str(policy), visit.path
        nonces.add(str(policy["script-src"]))
    assert len(nonces) == len([visit for visit in console_visits if "<script" in visit.response.text])


def test_no_page_holds_an_inline_style_or_handler(console_visits):
    for visit in filter(lambda v: v.is_html, console_visits):
        assert not visit.soup.find_all(style=True), visit.path
        for element in visit.soup.find_all(True):
            assert not [name for name in element.attrs if name.startswith("on")], visit.path


def test_every_page_has_one_heading_a_title_and_at_most_one_first_action(console_visits):
    for visit in filter(lambda v: v.is_html and v.response.status_code == 200, console_visits):
        assert len(visit.soup.find_all("h1")) == 1, visit.path
        assert len(visit.soup.select(".head .btn-go")) <= 1, visit.path
        if not visit.path.endswith(("/invoice", "/slip")):  # paper has no frame
            assert (visit.soup.body.get("data-page") or "").startswith("console-"), visit.path


def test_every_field_has_a_label(console_visits):
    for visit in filter(lambda v: v.is_html, console_visits):
        labels = {label.get("for") for label in visit.soup.find_all("label")}
        for field in visit.soup.select("input:not([type=hidden]), select, textarea"):
            named = field.get("id") in labels or field.find_parent("label") or field.get("aria-label")
            assert named or field.get("aria-hidden"), f"{visit.path}: {field}"


def test_looking_changes_nothing(site):
    owner = site.owner()
    before = contents(site)
    walk(owner, "/console", (), lambda path: path.startswith("/console") and "?" not in path)
    after = contents(site)
    assert {table for table in after if after[table] != before[table]} == set()
