"""Whoever wants to write draws a number: nobody is passed by those who write all the time."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from storefront.core import turns
from storefront.core.database import transaction, write_engine

pytestmark = pytest.mark.skipif(not turns._KEEPS_ORDER, reason="no queue on this system")


def test_who_writes_again_and_again_lets_those_before_them(shop):
    order, threads = [], []
    with shop.app_context():
        queue = Path(f"{write_engine().url.database}{turns.SUFFIX}")
        with transaction():
            for name in ("first", "second", "third"):
                threads.append(threading.Thread(target=_write, args=(shop, name, order)))
                numbers = drawn(queue)
                threads[-1].start()
                while drawn(queue) == numbers:
                    pass
        with transaction():
            order.append("the same again")
    for thread in threads:
        thread.join()
    # The first waited for the database alone; whoever wants to write again comes after all of them.
    assert order == ["first", "second", "third", "the same again"]


def _write(shop, name, order):
    with shop.app_context(), transaction():
        order.append(name)


def drawn(queue):
    return int.from_bytes(queue.read_bytes()[:8], "little")


def test_a_queue_that_stands_is_walked_past(tmp_path):
    path = str(tmp_path / "queue")
    with turns._turn(path, 5), turns._turn(path, 0.05), turns._turn(path, 0.05):
        pass


def test_whoever_died_in_the_queue_holds_up_nobody(tmp_path):
    path = str(tmp_path / "queue")
    child = os.fork()
    if child == 0:
        with turns._turn(path, 5):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert drawn(Path(path)) == 1
    with turns._turn(path, 600):
        assert drawn(Path(path)) == 2


def test_a_process_forked_meanwhile_holds_up_nobody(tmp_path):
    path = str(tmp_path / "queue")
    reader, writer = os.pipe()
    with turns._turn(path, 5):
        child = os.fork()
        if child == 0:  # it lives on with everything open that its parent had open
            os.read(reader, 1)
            os._exit(0)
    came = time.monotonic()
    with turns._turn(path, 60):
        assert time.monotonic() - came < 30
    os.write(writer, b"x")
    os.waitpid(child, 0)
    for end in (reader, writer):
        os.close(end)


def test_where_no_queue_can_be_kept_one_writes_without(tmp_path):
    with turns._turn(str(tmp_path / "no-such-folder" / "queue"), 600), turns._turn("", 600):
        pass


@pytest.fixture
def shop(make_shop):
    return make_shop()
