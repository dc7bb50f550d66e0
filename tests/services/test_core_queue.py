"""The queue carries hints as JSON: what somebody writes into its file is data, never code."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from huey.registry import Message

from storefront.core.jobs import Job, enqueue, enqueue_quietly
from storefront.core.queue import JsonSerializer


def test_a_job_travels_through_the_file(app: Flask, echo: list[Any]) -> None:
    with app.app_context():
        enqueue("tests.echo", word="hello", number=3)
    queue = app.extensions["regulars_jobs"].huey
    queue.execute(queue.dequeue())
    assert echo == [("hello", 3)]


def test_a_job_that_fails_is_put_back(app: Flask, echo: list[Any]) -> None:
    with app.app_context():
        enqueue("tests.echo", word="fail", number=0)
    queue = app.extensions["regulars_jobs"].huey
    queue.execute(queue.dequeue())
    assert queue.scheduled_count() == 1, "with its delay: a time that must survive the file"
    (again,) = queue.scheduled()
    assert again.eta > datetime.now(UTC).replace(tzinfo=again.eta.tzinfo)


def test_a_message_comes_back_as_it_went() -> None:
    message = Message("1", "name", eta=datetime(2026, 3, 2, 12, 0), retries=3, args=("a",), kwargs={"b": 1})  # noqa: DTZ001
    read = JsonSerializer().deserialize(JsonSerializer().serialize(message))
    assert read.eta == message.eta
    assert (read.id, read.retries, list(read.args), read.kwargs) == ("1", 3, ["a"], {"b": 1})


def test_a_pickle_in_the_file_is_not_loaded(make_shop: Callable[..., Flask], tmp_path: Path) -> None:
    shop = make_shop()
    canary = tmp_path / "canary"
    with sqlite3.connect(Path(shop.instance_path) / "jobs.db") as connection:
        connection.execute(
            "INSERT INTO task (queue, data, priority) VALUES ('regulars', ?, 0)",
            (pickle.dumps(Canary(str(canary))),),
        )
    connection.close()
    with pytest.raises(ValueError):
        shop.extensions["regulars_jobs"].huey.dequeue()
    assert not canary.exists()


def test_an_unknown_job_is_a_bug_and_a_quiet_hint_is_not(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(KeyError):
            enqueue("tests.nobody")
        assert enqueue_quietly("tests.nobody") is False


class Canary:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (Path(self.path),)


@pytest.fixture
def echo(app: Flask) -> Iterator[list[Any]]:
    heard: list[Any] = []

    def run(word: str, number: int) -> None:
        if word == "fail":
            raise ConnectionError("not now")
        heard.append((word, number))

    registry = app.extensions["regulars_jobs"]
    registry.by_name["tests.echo"] = Job("tests.echo", run)
    yield heard
    del registry.by_name["tests.echo"]
