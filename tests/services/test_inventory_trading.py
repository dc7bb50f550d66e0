"""Two carts that trade what they hold, at the same moment: PostgreSQL must not find them waiting for each other."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from storefront.core.database import snapshot, transaction, write_engine
from storefront.inventory import service
from storefront.inventory.service import checks
from tests import factories as make

pytestmark = pytest.mark.postgresql


def test_both_get_what_they_want(app: Flask, app_context: None, tx: Any, both_gave_back: None) -> None:
    with tx() as t:
        one, two = (make.variant_of(t, make.product(t, stock=5)).id for _ in range(2))
        service.hold(t, "ann", {one: 1})
        service.hold(t, "bob", {two: 1})
    outcomes: dict[str, str] = {}

    def trade(holder: str, wanted: int) -> None:
        outcomes[holder] = "trades"
        with app.app_context(), transaction() as t:
            service.hold(t, holder, {wanted: 2})
        outcomes[holder] = "has it"

    carts = [threading.Thread(target=trade, args=pair) for pair in (("ann", two), ("bob", one))]
    for cart in carts:
        cart.start()
    for cart in carts:
        cart.join(20)
    assert outcomes == {"ann": "has it", "bob": "has it"}
    with snapshot() as session:
        assert checks.held_by_nobody(session) == []


# --- fixtures ---------------------------------------------------------------------------------------------


@pytest.fixture
def both_gave_back(app_context: None) -> Any:
    """Each cart waits, after its first change of stock, for the other to have come as far (a second at most)."""
    met, been = threading.Barrier(2), threading.local()

    def wait(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        other_thread = threading.current_thread() is not threading.main_thread()
        if other_thread and statement.startswith("UPDATE stock ") and not hasattr(been, "here"):
            been.here = True
            with suppress(threading.BrokenBarrierError):
                met.wait(1)

    engine = write_engine()
    sa.event.listen(engine, "after_cursor_execute", wait)
    yield
    sa.event.remove(engine, "after_cursor_execute", wait)
