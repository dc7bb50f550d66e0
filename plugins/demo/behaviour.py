"""What people look at and search for before they buy, and the noise around it: visitors and bots."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from . import history
from .people import Person, numbers_of, pick
from .purchases import Order, Shopping
from .shelves import Article

COLUMNS = (
    "event", "event_id", "at", "visitor", "session", "customer", "sku", "query", "hits", "list", "position",
    "user_agent",
)  # fmt: skip
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
)
BOTS = (
    "Mozilla/5.0 (compatible; PriceSpider/2.1; +https://bots.example/spider)",
    "Mozilla/5.0 (compatible; Indexbot/1.0; +https://bots.example/index)",
    "python-requests/2.32.3",
)
VISITS, CRAWLS = 900_004, 900_005


@dataclass
class Visit:
    """One session of one visitor."""

    at: datetime
    visitor: str
    customer: str
    agent: str
    looked: list[Article]
    bought: list[str]
    query: str = ""
    hits: int = 0


class Street:
    """The visits of the last months, with and without a purchase."""

    def __init__(self, shopping: Shopping, until: datetime) -> None:
        self.shopping, self.until = shopping, until
        self.plan: dict[str, Any] = shopping.structure["behaviour"]
        self.since = until - timedelta(days=shopping.structure["window"]["events_days"])
        self.rng = numbers_of(shopping.seed, VISITS)
        self.searches = [(query, shopping.shelves[handle]) for query, handle in self.plan["searches"].items()]
        self.near: dict[str, list[Article]] = {}
        for article in shopping.shelves.articles:
            self.near.setdefault(article.category, []).append(article)

    def before(self, order: Order) -> Visit:
        """The visit that led to an order: its neighbours are looked at, then what was bought."""
        looked: list[Article] = []
        for purchase in order.purchases:
            for _ in range(int(self.rng.poisson(self.plan["views_before_purchase"] / len(order.purchases)))):
                neighbours = self.near[purchase.article.category]
                looked.append(neighbours[int(self.rng.integers(len(neighbours)))])
            looked.append(purchase.article)
        bought = [purchase.variant.sku for purchase in order.purchases]
        person = order.customer
        visitor = f"v{person.number:06d}" if person else f"g{order.number}"
        started = order.at - timedelta(minutes=2 + len(looked) * 1.5)
        agent = AGENTS[(person.number if person else 0) % len(AGENTS)]
        visit = Visit(started, visitor, person.email if person else "", agent, looked, bought)
        return self._maybe_searched(visit, order.purchases[0].article)

    def _maybe_searched(self, visit: Visit, article: Article) -> Visit:
        if self.rng.random() < self.plan["search_share"]:
            fitting = [query for query, found in self.searches if found is article]
            if fitting:
                visit.query, visit.hits = fitting[int(self.rng.integers(len(fitting)))], 1
        return visit

    def wandering(self, number: int, people: list[Person]) -> Visit:
        """A visit that ends without a purchase; a third of them by people we know."""
        rng = self.rng
        seconds = (self.until - self.since).total_seconds() - 7200
        at = self.since + timedelta(seconds=float(rng.random() * seconds))
        person = self._known(people, at)
        stages = list(self.shopping.structure["stages"])
        stage = person.stage if person else stages[int(rng.integers(len(stages)))]
        looked = self._browsed(stage, person.tier if person else "usual", at.month)
        agent = AGENTS[int(rng.integers(len(AGENTS)))]
        stranger = f"w{int(rng.integers(number * 2 + 500)):06d}"
        visit = Visit(at, stranger, "", agent, looked, [])
        if person:
            visit.visitor, visit.customer = f"v{person.number:06d}", person.email
        if rng.random() < self.plan["search_share"]:
            self._searched(visit)
        return visit

    def _browsed(self, stage: str, tier: str, month: int) -> list[Article]:
        count = 1 + int(self.rng.poisson(2.2))
        return [self.shopping.choice.pick(self.rng, stage, tier, month, 1) for _ in range(count)]

    def _known(self, people: list[Person], at: datetime) -> Person | None:
        """Somebody signed in, for a third of the visits, and only while they are customers."""
        person = people[int(self.rng.integers(len(people)))]
        if self.rng.random() > 0.35 or person.role or not self._is_there(person, at):
            return None
        return person

    def _is_there(self, person: Person, at: datetime) -> bool:
        day = (at - self.shopping.start).total_seconds() / 86400
        return person.joined <= day <= person.left

    def _searched(self, visit: Visit) -> None:
        """Some search for what the shop does not have, and leave."""
        words = self.plan["nothing_found"]
        if self.rng.random() < 0.2:
            visit.query, visit.hits, visit.looked = (
                words[int(self.rng.integers(len(words)))],
                0,
                visit.looked[:1],
            )
        else:
            weights = np.cumsum([article.appeal() for _, article in self.searches])
            visit.query, article = self.searches[pick(self.rng, weights)]
            visit.hits, visit.looked = 1, [article, *visit.looked]

    def shown(self, people: list[Person]) -> list[Visit]:
        """What the demo accounts looked at in the last days."""
        visits = []
        for person in people:
            looked = [self.shopping.shelves[handle] for handle in person.script.get("viewed", [])]
            if person.role and looked:
                at = self.until - timedelta(days=2, hours=person.number)
                visits.append(
                    Visit(at, f"v{person.number:06d}", person.email, AGENTS[person.number % 4], looked, [])
                )
        return visits

    def crawls(self) -> list[Visit]:
        """Bots: they say so, read page after page, and never rest."""
        rng, articles = numbers_of(self.shopping.seed, CRAWLS), self.shopping.shelves.articles
        visits = []
        for i in range(self.plan["bots"]):
            at = self.since + timedelta(days=float(5 + 90 * rng.random()))
            looked = [articles[(i * 31 + k) % len(articles)] for k in range(self.plan["bot_views"])]
            visits.append(Visit(at, f"b{i:06d}", "", BOTS[i % len(BOTS)], looked, []))
        return visits


def _rows(visit: Visit, session: str) -> list[tuple]:
    """(moment, cells without event_id) of one visit."""
    rows: list[tuple] = []
    pause = 2 if visit.agent in BOTS else 41
    at = visit.at

    def add(
        event: str, *, sku: str = "", query: str = "", hits: str = "", shelf: str = "", position: str = ""
    ) -> None:
        cells = (visit.visitor, session, visit.customer, sku, query, hits, shelf, position, visit.agent)
        rows.append((at, event, cells))

    if visit.query:
        add("search", query=visit.query, hits=str(visit.hits))
        at += timedelta(seconds=pause)
    for place, article in enumerate(visit.looked, 1):
        shelf = "search" if visit.query and place == 1 else "category"
        add("view_item", sku=article.variants[0].sku, shelf=shelf, position=str(1 + (place * 7) % 24))
        at += timedelta(seconds=pause + len(article.handle))
    for sku in visit.bought:
        add("add_to_cart", sku=sku)
        at += timedelta(seconds=5)
    return rows


def write_events(
    path: Path, orders: list[Order], people: list[Person], shopping: Shopping, until: datetime
) -> dict[str, Any]:
    """Writes the events of the last months by time; returns how many, and which visitors are bots."""
    street = Street(shopping, until)
    visits = [street.before(o) for o in orders if o.at > street.since and not _bulk(o)]
    count = int(len(visits) * street.plan["visits_without_purchase"])
    visits += [street.wandering(count, people) for _ in range(count)]
    visits += street.shown(people) + street.crawls()
    rows = []
    for number, visit in enumerate(visits):
        rows += [row for row in _rows(visit, f"s{number:07d}") if row[0] < until]
    rows.sort(key=lambda row: (row[0], row[2][1]))
    with history.packed(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, (at, event, cells) in enumerate(rows):
            writer.writerow((event, f"e{number:08d}", history.stamp(at), *cells))
    return {"events": len(rows), "bots": sorted({v.visitor for v in visits if v.agent in BOTS})}


def _bulk(order: Order) -> bool:
    return order.customer is not None and order.customer.stage == "reseller"
