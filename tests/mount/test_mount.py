"""The shop inside somebody's app: it works there, and the app answers as it did before."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask

from storefront import Storefront
from storefront.core.database import dispose
from tests import stores
from tests.mount.host import make_host

ROOT = Path(__file__).resolve().parents[2]

# One visit of a person who signs in; (method, path, form or None). Cookies are kept along the way.
VISIT = [
    ("GET", "/", None),
    ("GET", "/", None),
    ("HEAD", "/", None),
    ("OPTIONS", "/", None),
    ("POST", "/no-token-needed", "said=hello"),
    ("PUT", "/no-token-needed", "said=hello"),
    ("GET", "/members", None),
    ("GET", "/sign-in", None),
    ("GET", "/members", None),
    ("GET", "/robots.txt", None),
    ("GET", "/shopping", None),
    ("GET", "/shoppin", None),
    ("GET", "/sho", None),
    ("GET", "/nothing/here?x=1", None),
    ("GET", "/static/nothing.css", None),
    ("GET", "/zh/", None),
    ("GET", "/search?q=%E8%8C%B6", None),
    ("GET", "//shopping", None),
    ("GET", "/boom", None),
    ("GET", "/healthz", None),
    ("GET", "/metrics", None),
]
Answer = tuple[int, list[tuple[str, str]], bytes]


@pytest.mark.parametrize("server", ["test client", "gunicorn", "waitress"])
def test_every_answer_of_the_host_is_what_it_was(server: str, visits: Callable[..., list[Answer]]) -> None:
    before, after = visits(server, mounted=False), visits(server, mounted=True)
    for (method, path, _form), one, two in zip(VISIT, before, after, strict=True):
        assert one == two, f"{method} {path} under {server}"
    assert any(status == 200 for status, _headers, _body in before)
    assert b"hello ada@example.org" in after[8][2]


@pytest.mark.parametrize("server", ["gunicorn", "waitress"])
def test_the_shop_answers_under_a_real_server(server: str, folder: Path) -> None:
    with serving(server, folder, mounted=True) as port:
        talk = Talk(port)
        assert talk.get("/shop/healthz")[0] == 200
        for path in ("/shop/", "/shop/zh/"):
            status, _headers, body = talk.get(path)
            assert status == 200, path
            assert b'data-page="home"' in body
        status, headers, _body = talk.get("/shop")
        assert status in {301, 302, 307, 308}
        assert dict(headers)["location"].endswith("/shop/")


def test_pages_of_the_shop_carry_its_prefix_and_language(host: Flask) -> None:
    client = host.test_client()
    english, chinese = client.get("/shop/"), client.get("/shop/zh/")
    assert english.status_code == chinese.status_code == 200
    assert 'lang="en"' in english.text
    assert 'lang="zh-CN"' in chinese.text
    assert 'href="/shop/zh/' in english.text
    for page in (english.text, chinese.text):
        for attribute in ('href="/', 'src="/', 'action="/'):
            parts = page.split(attribute)[1:]
            assert all(part.startswith("shop/") for part in parts), "a link leads out of the shop"


@pytest.mark.parametrize(
    ("path", "target"),
    [("/shop", "/shop/"), ("/shop/zh", "/shop/zh/"), ("/shop?a=1", "/shop/?a=1")],
)
def test_without_its_slash_the_shop_sends_to_its_first_page(host: Flask, path: str, target: str) -> None:
    response = host.test_client().get(path)
    assert response.status_code in {301, 302, 307, 308}
    assert response.location.endswith(target)


def test_static_files_of_the_shop_are_served_once_for_all_languages(host: Flask) -> None:
    client = host.test_client()
    page = client.get("/shop/zh/").text
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert style.startswith("/shop/static/")
    assert client.get(style, buffered=True).status_code == 200


def test_cookies_of_the_shop_stay_in_the_shop(host: Flask) -> None:
    client = host.test_client()
    for path in ("/shop/", "/shop/account/login", "/shop/zh/"):
        for cookie in client.get(path).headers.getlist("Set-Cookie"):
            assert "Path=/shop" in cookie, cookie
    client.get("/")
    assert client.get_cookie("session", path="/") is not None, "the host's own session"


def test_the_shops_missing_page_is_the_shops_and_the_hosts_is_the_hosts(host: Flask) -> None:
    client = host.test_client()
    lost = client.get("/shop/nothing/here")
    assert lost.status_code == 404
    assert "says the host" not in lost.text
    assert "X-Host" not in lost.headers
    assert "Lost, says the host" in client.get("/nothing").text


def test_the_shop_asks_for_its_token_and_the_host_does_not(host: Flask) -> None:
    client = host.test_client()
    assert client.post("/no-token-needed", data={"said": "x"}).json == {"said": "x", "rows": 1}
    assert client.post("/shop/account/login", data={"email": "a@b.c", "password": "x"}).status_code == 400


def test_the_host_links_to_the_shop(host: Flask) -> None:
    assert host.test_client().get("/to-the-shop").text == "/shop/ /shop/zh/"
    url = host.jinja_env.globals["storefront_url"]
    with host.test_request_context("/", base_url="https://example.org/app/"):
        assert url() == "/app/shop/"
        assert url("ops.healthz", language="zh") == "/app/shop/zh/healthz"
        assert url("ops.healthz", _external=True) == "https://example.org/app/shop/healthz"
        assert url("ops.healthz", page=2) == "/app/shop/healthz?page=2"
    with host.app_context():
        assert url("ops.healthz") == "/shop/healthz"


def test_who_is_signed_in_at_the_host_is_told_to_the_shop(folder: Path, told: list[Any]) -> None:
    host = make_host(folder, mounted=True)
    _listen(host, told)
    client = host.test_client()
    client.get("/shop/healthz")
    client.get("/sign-in")
    client.get("/shop/zh/healthz")
    assert told == [None, "ada@example.org"]
    dispose(host.extensions["regulars"].shop)


def test_a_visitor_cannot_name_themselves(folder: Path, told: list[Any]) -> None:
    host = make_host(folder, mounted=True)
    _listen(host, told)
    host.test_client().get("/shop/healthz", headers={"Regulars.Identity": "owner@example.org"})
    assert told == [None]
    dispose(host.extensions["regulars"].shop)


def test_a_host_that_cannot_say_who_is_there_does_not_stop_the_shop(folder: Path, told: list[Any]) -> None:
    host = make_host(folder, mounted=True, identity=lambda environ: environ["no such key"])
    _listen(host, told)
    assert host.test_client().get("/shop/healthz").status_code == 200
    assert told == [None]
    dispose(host.extensions["regulars"].shop)


def test_commands_of_the_shop_are_under_one_name_of_the_host(host: Flask) -> None:
    runner = host.test_cli_runner()
    assert set(host.cli.commands) == {"regulars"}
    outcome = runner.invoke(args=["regulars", "doctor", "--json"])
    assert outcome.exit_code == 0, outcome.output
    refused = runner.invoke(args=["regulars", "serve"])
    assert refused.exit_code == 1
    assert "flask regulars worker" in refused.output


@pytest.mark.parametrize("prefix", ["", "/", "shop"])
def test_a_prefix_that_would_swallow_the_host_is_refused(folder: Path, prefix: str) -> None:
    with pytest.raises(ValueError, match="url_prefix"):
        Storefront().init_app(make_host(folder), url_prefix=prefix)


def test_the_shop_makes_no_promise_for_other_names_of_the_host(folder: Path) -> None:
    host = make_host(folder, mounted=True, settings={"base_url": "https://site.test/shop"})
    answer = host.test_client().get("/shop/", base_url="https://site.test")
    assert (answer.status_code, answer.headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
    dispose(host.extensions["regulars"].shop)


def test_two_shops_in_one_host_do_not_disturb_each_other(folder: Path, sqlite_template: Path) -> None:
    host = make_host(folder, mounted=True)
    stores.copy_databases(sqlite_template, folder / "second")
    second = Storefront()
    config = stores.settings(folder / "second", shop_name="Second", languages="zh,en")
    second.init_app(host, url_prefix="/outlet", config=config)
    client = host.test_client()
    assert 'lang="en"' in client.get("/shop/").text
    assert 'lang="zh-CN"' in client.get("/outlet/").text
    assert "Second" in client.get("/outlet/en/").text
    assert "Second" not in client.get("/shop/").text
    assert "Lost, says the host" in client.get("/nothing").text
    for storefront in (host.extensions["regulars"], second):
        dispose(storefront.shop)


def test_the_hosts_own_logging_stays_as_it_is(folder: Path) -> None:
    before = structlog.get_config()
    try:
        structlog.configure(processors=[structlog.processors.KeyValueRenderer()], logger_factory=list)
        host = make_host(folder, mounted=True)
        assert structlog.get_config()["logger_factory"] is list
        dispose(host.extensions["regulars"].shop)
    finally:
        structlog.configure(**before)


def test_limits_of_one_shop_are_not_spent_in_another(make_shop: Callable[..., Flask]) -> None:
    one, two = make_shop(search_limit="2 per hour"), make_shop(search_limit="2 per hour")
    statuses = [one.test_client().get("/search?q=x").status_code for _ in range(3)]
    assert statuses[-1] == 429
    assert two.test_client().get("/search?q=x").status_code == 200


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """A place for the host, with an empty shop in it."""
    stores.copy_databases(sqlite_template, tmp_path / "shop")
    return tmp_path


@pytest.fixture
def host(folder: Path) -> Iterator[Flask]:
    made = make_host(folder, mounted=True)
    yield made
    dispose(made.extensions["regulars"].shop)


@pytest.fixture
def told() -> list[Any]:
    return []


def _listen(host: Flask, told: list[Any]) -> None:
    shop = host.extensions["regulars"].shop
    inner = shop.view_functions["ops.healthz"]

    def hear() -> Any:
        from flask import request

        told.append(request.environ.get("regulars.identity"))
        return inner()

    shop.view_functions["ops.healthz"] = hear


@pytest.fixture
def visits(tmp_path: Path, sqlite_template: Path) -> Callable[..., list[Answer]]:
    """Make the whole visit under one of the servers, with or without the shop."""

    def visit(server: str, *, mounted: bool) -> list[Answer]:
        place = tmp_path / f"{server}-{mounted}"
        stores.copy_databases(sqlite_template, place / "shop")
        if server == "test client":
            return _visit_in_process(place, mounted)
        with serving(server, place, mounted=mounted) as port:
            talk = Talk(port)
            return [talk.ask(method, path, form) for method, path, form in VISIT]

    return visit


def _visit_in_process(place: Path, mounted: bool) -> list[Answer]:
    app = make_host(place, mounted=mounted)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    answers = []
    for method, path, form in VISIT:
        kind = "application/x-www-form-urlencoded" if form else None
        response = client.open(path, method=method, data=form, content_type=kind, buffered=True)
        answers.append((response.status_code, _compared(response.headers.items()), response.data))
    if mounted:
        dispose(app.extensions["regulars"].shop)
    return answers


def _compared(headers: Any) -> list[tuple[str, str]]:
    """Headers but Date; of the signed session cookie the content, without the second it was signed in."""
    signed = re.compile(r"^(session=.*)\.[^.;]+\.[^.;]+;")
    found = [(name.lower(), signed.sub(r"\1;", value)) for name, value in headers]
    return sorted(pair for pair in found if pair[0] != "date")


class Talk:
    """A client that keeps cookies and shows every byte."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, dict[str, str]()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path, None)

    def ask(self, method: str, path: str, form: str | None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers: Mapping[str, str] = {
            **({"Content-Type": "application/x-www-form-urlencoded"} if form else {}),
            **({"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}),
        }
        connection.request(method, path, body=form, headers=dict(headers))
        response = connection.getresponse()
        answer = (response.status, _compared(response.getheaders()), response.read())
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        connection.close()
        return answer


@contextmanager
def serving(server: str, place: Path, *, mounted: bool) -> Iterator[int]:
    """The host in a server process of its own, on a free port; gone at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        command = [sys.executable, "-m", "tests.mount.host", server, str(place)]
        process = subprocess.Popen(
            [*command, "yes" if mounted else "no", str(listener.fileno())],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
            pass_fds=(listener.fileno(),),
            stderr=subprocess.DEVNULL,
        )
    try:
        Talk(port).get("/robots.txt")  # waits in the socket's queue until the server is up
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)
