"""Two tabs that put things into one cart, each from many threads of many processes, for `test_cart_race.py`."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import sqlalchemy as sa

from storefront.app import create_app
from storefront.cart import service
from storefront.cart.models import CartLine
from storefront.core.database import db, dispose, transaction


def add(settings: dict[str, Any], job: dict[str, Any], start: Any, answers: Any) -> None:
    """`job["threads"]` threads of this process each put one piece of each variant in, all at once."""
    app = create_app(settings)
    together = threading.Barrier(job["threads"])
    act = _add if job["guarded"] else _add_unguarded
    found: list[str] = []
    threads = [
        threading.Thread(target=_run, args=(app, act, job, start, together, found))
        for _ in range(job["threads"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(Counter(found))
    dispose(app)


def _run(app: Any, act: Any, job: dict[str, Any], start: Any, together: Any, found: list[str]) -> None:
    with app.app_context():
        for variant_id in job["variants"]:
            start.wait(60)
            try:
                act(job["token"], variant_id, together)
                found.append("added")
            except Exception as error:
                found.append(f"{type(error).__name__}: {error}"[:200])


def _add(token: str, variant_id: int, _together: Any) -> None:
    service.add_to_cart(service.CartRef(None, token=token), variant_id, 1)


def _add_unguarded(token: str, variant_id: int, together: Any) -> None:
    """The negative control: read, decide, write. It must lose pieces, or the race is none."""
    cart = service.find_cart(db.session, service.CartRef(None, token=token))
    which = (CartLine.cart_id == cart.id, CartLine.variant_id == variant_id)  # type: ignore[union-attr]
    seen = db.session.execute(sa.select(CartLine.quantity).where(*which)).scalar_one()
    db.session.remove()
    together.wait(60)
    with transaction() as tx:
        tx.execute(sa.update(CartLine).where(*which).values(quantity=seen + 1))


def merge(settings: dict[str, Any], job: dict[str, Any], start: Any, answers: Any) -> None:
    """Every thread signs the same visitor in at the same moment."""
    app = create_app(settings)
    found: list[str] = []

    def run() -> None:
        with app.app_context():
            start.wait(60)
            try:
                merged = service.merge_carts(job["token"], job["customer"])
                found.append("merged" if merged.cart_id else "nothing")
            except Exception as error:
                found.append(f"{type(error).__name__}: {error}"[:200])

    threads = [threading.Thread(target=run) for _ in range(job["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(Counter(found))
    dispose(app)
