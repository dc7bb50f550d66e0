"""Buyers in processes of their own who all want the same code, for the races of `test_pricing_race.py`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from storefront.app import create_app
from storefront.core.clock import now
from storefront.core.database import db, dispose, transaction
from storefront.core.models import Counter as CounterRow
from storefront.pricing import service
from storefront.pricing.errors import ClaimSpent
from storefront.pricing.models import ClaimUse
from storefront.pricing.rules import Claim

Round = tuple[str, ...]


def redeem(
    settings: dict[str, Any], rounds: list[Round], buyers: range, start: Any, answers: Any, guarded: bool
) -> None:
    """Each buyer of this process claims one of each counter of a round, all at once, round by round."""
    app = create_app(settings)
    spend = _spend_guarded if guarded else _spend_unguarded
    everybody_read = threading.Barrier(len(buyers))
    for number, counters in enumerate(rounds):
        found: list[str] = []
        arguments = (app, spend, counters, start, everybody_read, found)
        threads = [
            threading.Thread(target=_one, args=(*arguments, f"order:{number}:{buyer}")) for buyer in buyers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answers.put((number, Counter(found)))
    dispose(app)


def _one(
    app: Any,
    spend: Callable,
    counters: Round,
    start: Any,
    everybody_read: Any,
    found: list[str],
    reference: str,
) -> None:
    with app.app_context():
        start.wait(60)
        try:
            spend(counters, everybody_read, reference)
            found.append("used")
        except ClaimSpent:
            found.append("spent")
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}"[:200])


def _spend_guarded(counters: Round, _everybody_read: Any, reference: str) -> None:
    with transaction() as tx:
        service.spend_claims(tx, [Claim(name, 1) for name in counters], reference)


def _spend_unguarded(counters: Round, everybody_read: Any, reference: str) -> None:
    """The negative control: read, decide, write. More than allowed must get it, or the race is none."""
    name = counters[0]
    left = db.session.execute(sa.select(CounterRow.remaining).where(CounterRow.name == name)).scalar_one()
    db.session.remove()  # its connection is for the other buyers
    everybody_read.wait(60)
    if left < 1:
        raise ClaimSpent(name)
    with transaction() as tx:
        tx.execute(sa.update(CounterRow).where(CounterRow.name == name).values(remaining=left - 1))
        tx.add(ClaimUse(counter=name, amount=1, reference=reference, claimed_at=now()))
