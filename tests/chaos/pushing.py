"""P5: robots push one product. What honest people's lists become, which looks are left out, how many of people.

The robots have a browser's name and headers, consent, an account (every fiftieth view) and a new visit for each view,
spread over ten days: what the server can tell from a single request is refused before a row is written, and
is tried on the pages (`refused`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from flask import Flask

from recommender import Engine, Interactions, train
from storefront.core import clock
from storefront.core.database import JOURNAL, snapshot, transaction, write_engine
from storefront.journal.models import JournalEvent
from storefront.journal.service.rushes import list_rushes
from storefront.personalization.service.feed import interactions, leave_out_rushes
from tests import factories as make
from tests.chaos.drills import Progress, Result, quiet
from tests.conftest import new_versions

EVENT = JournalEvent.__table__
SETTINGS = {"holdout_customers": 0, "factors": 8, "iterations": 3, "threads": 1}
DAYS, PRODUCTS, PEOPLE, ACCOUNTS, DEPTH = 6, 120, 300, 1_000, 120
MOST_SHIFT, MOST_HITS, LEAST_OUT, MOST_LOST = 5.0, 0.01, 0.95, 0.01
SCRIPTS = (
    {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0"},
    {"User-Agent": "python-requests/2.32"},
    {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Accept": "*/*"},
    {"User-Agent": ""},
)


def pushed(
    app: Flask, *, views: int, people_views: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """One round: lists before, `views` of robots beside `people_views` of people, lists after. The control looks
    for no rushes and lets looks weigh as purchases do."""
    result = Result("P5 pushed product" + (", unguarded" if control else ""))
    with app.app_context():
        products, customers = _shop()
        target = products[-1]
        _people_look(products, people_views)
        before = _engine(control)
        _robots_look(products, target, views)
        progress(result.name, 1, 2)
        if not control:
            leave_out_rushes()
        after = _engine(control)
        (out, lost), rushes = _left_out(), len(list_rushes())
        ranks = [_ranks(engine, target, products, customers) for engine in (before, after)]
    shift = float(np.mean(ranks[0]) - np.mean(ranks[1]))
    hits = float(np.mean(ranks[1] < 10) - np.mean(ranks[0] < 10))
    result.acts = views + people_views
    result.notes |= {
        "rank up by": round(shift, 2),
        "hit rate more by": round(hits, 4),
        "of robots left out": round(out / views, 4),
        "of people lost": round(lost / people_views, 4),
        "rushes listed": rushes,
    }
    found = [] if shift <= MOST_SHIFT else [f"the product rose by {shift:.1f} places"]
    found += [] if hits <= MOST_HITS else [f"it stands in {hits:.1%} more lists"]
    found += [] if out >= LEAST_OUT * views or control else [f"only {out / views:.1%} of robots are left out"]
    found += [] if lost <= MOST_LOST * people_views else [f"{lost / people_views:.1%} of people are lost"]
    result.note(found)
    progress(result.name, 2, 2)
    return result


def refused(app: Flask, *, requests: int, progress: Progress = quiet) -> Result:
    """Scripts and crawlers open pages, with consent: no row of the journal, no cart."""
    result = Result("P5 crawlers on the pages")
    client = app.test_client()
    client.set_cookie("regulars_visit", "forged")
    before = _noted(app)
    for number in range(requests):
        headers = {"Accept": "text/html", "Accept-Language": "en", **SCRIPTS[number % len(SCRIPTS)]}
        client.get(("/p/pushed-1", "/", "/cart", "/cart/add?sku=PUSHED-1")[number % 4], headers=headers)
    found = _noted(app)
    result.acts = requests
    result.note([] if found == before else [f"(rows, lines in carts) were {before}, are {found}"])
    progress(result.name, 1, 1)
    return result


def _noted(app: Flask) -> tuple[int, int]:
    """Rows of the journal, and of carts."""
    with app.app_context():
        with snapshot(JOURNAL) as journal:
            rows = journal.execute(sa.select(sa.func.count()).select_from(EVENT)).scalar_one()
        with snapshot() as shop:
            return rows, shop.execute(sa.text("SELECT COUNT(*) FROM cart_line")).scalar_one()


def _shop() -> tuple[list[int], list[str]]:
    """Products of a few shelves, and members with three orders each. The last product was bought by few."""
    chance = np.random.default_rng(3)
    with transaction() as tx:
        shelves = [make.category(tx, f"pushed-shelf-{n}") for n in range(4)]
        things = [
            make.product(tx, f"pushed-{n}", category=shelves[n % 4], sku=f"PUSHED-{n}")
            for n in range(PRODUCTS)
        ]
        people = [make.customer(tx) for _ in range(PEOPLE)]
        for place, person in enumerate(people):
            for visit in range(3):
                picked = {int((PRODUCTS - 1) * one**2) // 4 * 4 + place % 4 for one in chance.random(3)}
                bought = [(things[min(one, PRODUCTS - 1)], 1) for one in sorted(picked)]
                when = clock.now() - timedelta(days=40 - 10 * visit)
                make.order(tx, *bought, customer=person, placed_at=when)
        new_versions(tx)
        return [thing.id for thing in things], [str(person.id) for person in people]


def _people_look(products: list[int], views: int) -> None:
    chance = np.random.default_rng(4)
    rows = []
    for number in range(views):
        visit, day = number // 3, 20 * (number // 3 * 3) // views
        product = products[int(len(products) * chance.random() ** 2)]
        rows.append(_look(f"p{number}", f"person{visit}", product, 19 - day))
    _write(rows)


def _robots_look(products: list[int], target: int, views: int) -> None:
    """Half of them pass a best-seller on their way, so that the two are seen together."""
    rows = []
    for number in range(views):
        visit = number // 2
        product = target if number % 2 else products[visit % 20]
        account = 1_000_000 + visit % ACCOUNTS if visit % 50 == 0 else None
        rows.append(_look(f"r{number}", f"robot{visit}", product, DAYS * number // views, account))
    _write(rows)


def _look(event: str, visit: str, product: int, days_ago: int, customer: int | None = None) -> dict[str, Any]:
    row = dict.fromkeys(EVENT.c.keys())
    row.pop("id")
    at = clock.now() - timedelta(days=days_ago)
    return {
        **row,
        "event_id": event,
        "name": "view_item",
        "at": at,
        "product_id": product,
        "visitor": f"b-{visit}",
        "session": visit,
        "customer_id": customer,
    }


def _write(rows: list[dict[str, Any]]) -> None:
    with write_engine(JOURNAL).connect() as connection:
        for start in range(0, len(rows), 1_000):
            connection.execute(sa.insert(EVENT), rows[start : start + 1_000])


def _engine(control: bool) -> Engine:
    data = Interactions.read(interactions())
    if control:  # as if everybody who looks had bought
        from recommender.training import popular
        from tests.chaos.damage import swapped

        with swapped((popular, "worth_of_looks", lambda lookers: lookers)):
            return train(data, SETTINGS)
    return train(data, SETTINGS)


def _left_out() -> tuple[int, int]:
    """Looks of robots and of people that are left out."""
    query = "SELECT COUNT(*) FROM journal_event e JOIN journal_left_out_visit v ON v.visit = e.session WHERE v.visit "
    with snapshot(JOURNAL) as session:
        robots, people = (
            session.execute(sa.text(f"{query} LIKE :who"), {"who": f"{who}%"}).scalar_one()
            for who in ("robot", "person")
        )
    return robots, people


def _ranks(engine: Engine, target: int, products: list[int], customers: list[str]) -> Any:
    """Where the product stands, from 0, in long lists of honest people: their own, of visits, of the shop."""
    lists = list(engine.for_customers(customers, "for_you", DEPTH).values())
    lists += [engine.for_session([str(product)], DEPTH) for product in products[:60]]
    lists += [engine.goes_with([str(product)], DEPTH) for product in products[:60]]
    lists += [engine.popular(DEPTH)] * 30
    found = [[one.product for one in row] for row in lists]
    return np.array([row.index(str(target)) if str(target) in row else DEPTH for row in found])
