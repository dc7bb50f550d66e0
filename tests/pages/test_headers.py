"""S9, headers: every answer carries the policy, and nothing personal is kept by anybody in between."""

from __future__ import annotations

import re

import pytest
import structlog

from storefront.core.routes import classified_routes
from tests.pages.walking import OWN, rule_of

NONCE = re.compile(r"'nonce-([\w-]+)'")


def directives(response):
    parts = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {words[0]: words[1:] for words in parts if words}


def test_every_answer_carries_the_policy(visits):
    for visit in visits:
        policy = directives(visit.response)
        assert policy["object-src"] == ["'none'"], visit.path
        assert policy["base-uri"] == ["'none'"]
        assert policy["frame-ancestors"] == ["'none'"]
        assert policy["form-action"] == ["'self'"]
        allowed = " ".join(word for words in policy.values() for word in words)
        assert "unsafe" not in allowed and "*" not in allowed and "http" not in allowed


def test_every_answer_is_guarded(visits):
    for visit in visits:
        headers = visit.response.headers
        assert headers["X-Content-Type-Options"] == "nosniff", visit.path
        assert headers["Referrer-Policy"] in {"same-origin", "strict-origin-when-cross-origin", "no-referrer"}
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Server" not in headers and "X-Powered-By" not in headers


def test_each_page_has_a_nonce_of_its_own(visits):
    nonces = [
        match.group(1)
        for visit in visits
        if visit.is_html and (match := NONCE.search(visit.response.headers["Content-Security-Policy"]))
    ]
    assert len(nonces) == len(set(nonces)) > 10


def test_scripts_of_a_page_carry_its_nonce_or_come_from_here(visits):
    for visit in visits:
        if not visit.is_html:
            continue
        nonce = NONCE.search(visit.response.headers["Content-Security-Policy"])
        for script in visit.soup.find_all("script"):
            if script.get("type") in {"application/ld+json", "application/json"}:
                continue
            own = (script.get("src") or "").startswith("/")
            assert own or (nonce and script.get("nonce") == nonce.group(1)), f"{visit.path}: {script}"
        assert not visit.soup.find_all(style=True) and not visit.soup.find_all("style"), visit.path


def test_pages_are_kept_by_nobody_and_files_for_long(site, visits):
    promised = {r.rule: r.cacheable for r in classified_routes(site.app).routes if r.method == "GET"}
    for visit in visits:
        if visit.response.status_code >= 300:
            continue
        control = visit.response.headers.get("Cache-Control", "")
        kept = promised[rule_of(site.app, visit.path)]
        if kept == "public":
            assert "no-store" not in control and "private" not in control, f"{visit.path}: {control}"
            assert "Set-Cookie" not in visit.response.headers, visit.path
        elif kept == "private":
            assert control.startswith("private") and visit.response.mimetype == "text/html", visit.path
        else:
            assert "no-store" in control and "private" in control, f"{visit.path}: {control}"


def test_nothing_of_a_person_stands_in_what_may_be_kept(site, visits):
    promised = {r.rule: r.cacheable for r in classified_routes(site.app).routes if r.method == "GET"}
    for visit in visits:
        if visit.response.status_code < 300 and promised[rule_of(site.app, visit.path)] == "public":
            body = visit.response.get_data()
            assert b"regular@example.test" not in body and b"nonce" not in body.split(b"*/")[0][:2000], (
                visit.path
            )


def test_cookies_are_for_this_shop_only(site):
    for header in site.regular().get("/account/login", base_url=OWN).headers.getlist("Set-Cookie"):
        assert "HttpOnly" in header and "SameSite=Lax" in header


@pytest.fixture
def https(make_shop):
    return make_shop(base_url="https://shop.test").test_client()


@pytest.mark.parametrize("path", ["/", "/account/login", "/nowhere", "/static/css/shop.css", "/healthz"])
def test_over_https_the_browser_is_told_to_stay_there(https, path):
    answer = https.get(path, base_url="https://shop.test")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_over_https_cookies_are_secure_and_bound_to_the_host(https):
    cookies = https.get("/account/login", base_url="https://shop.test").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "Secure" in cookie
    assert any(cookie.startswith("__Host-regulars=") for cookie in cookies)


def test_plain_http_carries_no_promise_of_https(client):
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "shop.test@evil.test"])
def test_a_foreign_host_is_refused(https, host):
    with structlog.testing.capture_logs() as logged:
        assert https.get("/", headers={"Host": host}).status_code == 400
    assert not [line for line in logged if line["log_level"] == "error"], "anybody may send any host"


def test_a_file_is_kept_for_a_year_under_the_address_that_names_its_content_only(client):
    def age(path):
        return client.get(path).cache_control.max_age

    assert age("/static/css/shop.css?v=0123456789ab") == 31_536_000
    assert age("/static/css/shop.css") <= 86_400


def test_a_request_that_is_too_large_is_refused_before_it_is_read(site):
    client = site.visitor()
    assert client.get("/search?q=" + "x" * 9000, base_url=OWN).status_code == 414
    assert client.post("/account/login", data=b"x" * 2_100_000, base_url=OWN).status_code in {400, 413}
