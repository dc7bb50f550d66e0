"""Buyers in processes of their own, for the races of `test_inventory_race.py`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from storefront.app import create_app
from storefront.core.database import db, dispose, transaction
from storefront.inventory import service
from storefront.inventory.errors import SoldOut
from storefront.inventory.models import Stock


def buy(
    settings: dict[str, Any], variant_ids: list[int], buyers: int, start: Any, answers: Any, guarded: bool
) -> None:
    """`buyers` threads of this process each want one piece of each variant in turn, all at once."""
    app = create_app(settings)
    take = _take_guarded if guarded else _take_unguarded
    everybody_read = threading.Barrier(buyers)
    for variant_id in variant_ids:
        found: list[str] = []
        threads = [
            threading.Thread(target=_one, args=(app, take, variant_id, start, everybody_read, found))
            for _ in range(buyers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answers.put((variant_id, Counter(found)))
    dispose(app)


def _one(
    app: Any, take: Callable, variant_id: int, start: Any, everybody_read: Any, found: list[str]
) -> None:
    with app.app_context():
        start.wait(60)
        try:
            take(variant_id, everybody_read)
            found.append("bought")
        except SoldOut:
            found.append("sold out")
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}"[:200])


def _take_guarded(variant_id: int, _everybody_read: Any) -> None:
    with transaction() as tx:
        service.take(tx, {variant_id: 1}, reference="race")


def _take_unguarded(variant_id: int, everybody_read: Any) -> None:
    """The negative control: read, decide, write. It must oversell, or the race is none."""
    seen = db.session.execute(sa.select(Stock.available).where(Stock.variant_id == variant_id)).scalar_one()
    db.session.remove()  # its connection is for the other buyers
    everybody_read.wait(60)
    if seen < 1:
        raise SoldOut(variant_id, seen)
    with transaction() as tx:
        tx.execute(sa.update(Stock).where(Stock.variant_id == variant_id).values(available=seen - 1))
