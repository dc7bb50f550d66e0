"""Alive, ready, numbers: what a load balancer and a monitor are told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.database import dispose
from storefront.core.metrics import count


def test_a_living_process_says_so_without_a_query(client: FlaskClient, count_queries: Any) -> None:
    with count_queries() as queries:
        response = client.get("/healthz")
    assert (response.status_code, response.data) == (200, b"ok\n")
    assert len(queries) == 0


@pytest.mark.both
def test_a_shop_that_is_set_up_is_ready(client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json == {"ready": True, "failing": []}


def test_without_a_database_it_lives_but_is_not_ready(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop()
    dispose(shop)
    for path in Path(shop.instance_path).glob("shop.db*"):
        path.unlink()
    client = shop.test_client()
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json["failing"] == ["migrations"]


def test_a_folder_that_cannot_be_written_is_named(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop()
    folder = Path(shop.instance_path)
    client = shop.test_client()
    assert client.get("/readyz").json["ready"]
    moved = folder.rename(folder.with_name(folder.name + "-away"))
    try:
        response = client.get("/readyz")
        assert response.status_code == 503
        assert "instance" in response.json["failing"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        moved.rename(folder)


def test_numbers_are_for_this_machine_only(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 403
    proxied = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert proxied.status_code == 403, "a proxy on this machine does not make its visitors local"


def test_with_a_token_numbers_are_for_its_holder(make_shop: Callable[..., Flask]) -> None:
    client = make_shop(metrics_token="t0ken-for-tests").test_client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    far = {"REMOTE_ADDR": "203.0.113.7"}
    given = client.get("/metrics", headers={"Authorization": "Bearer t0ken-for-tests"}, environ_base=far)
    assert given.status_code == 200


def test_requests_are_counted_by_endpoint_and_status_never_by_path(make_shop: Callable[..., Flask]) -> None:
    client = make_shop().test_client()
    client.get("/healthz")
    client.get("/no/such/page-1234")
    client.open("/no/such/page-5678", method="BREW")
    text = client.get("/metrics").text
    assert 'regulars_request_seconds_count{endpoint="ops.healthz",method="GET",status="200"} 1.0' in text
    assert 'endpoint="none"' in text
    assert "page-1234" not in text
    assert "BREW" not in text


def test_a_feature_can_count_and_a_wrong_name_harms_nobody(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop()
    with shop.app_context():
        count("journal_dropped", reason="busy")
        count("no_such_counter")
    text = shop.test_client().get("/metrics").text
    assert 'regulars_journal_dropped_total{reason="busy"} 1.0' in text


def test_every_log_line_of_a_request_carries_its_id(app: Flask) -> None:
    with app.test_request_context("/", headers={"X-Request-ID": "from-the-proxy-1"}):
        app.preprocess_request()
        line: Any = {"event": "listener_failed"}
        for process in structlog.get_config()["processors"]:
            line = process(None, "error", line)
    assert "from-the-proxy-1" in line


def test_two_shops_in_one_process_count_apart(make_shop: Callable[..., Flask]) -> None:
    one, two = make_shop(), make_shop()
    one.test_client().get("/healthz")
    assert 'endpoint="ops.healthz"' not in two.test_client().get("/metrics").text


@pytest.mark.both
def test_what_waits_is_shown(app: Flask, client: FlaskClient) -> None:
    from storefront.core import mail
    from storefront.core.database import transaction

    with app.app_context(), transaction() as tx:
        mail.send(tx, "test_mail", "a@example.org", locale="en", context={}, dedupe_key="x")
    text = client.get("/metrics").text
    assert 'regulars_mail_waiting{state="new"} 1.0' in text
