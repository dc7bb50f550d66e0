"""Writes the history of the demo shop from structure.toml: who bought, returned, looked and searched.

How it is made: every person has numbers of their own (`people.numbers_of`) and buys what
`purchases.Shopping` says; what they buy within hours of each other becomes one order. Guests and resellers
are added, returns are drawn per line, behaviour is written for the last months (`behaviour.py`). What was
planted goes to ground_truth.json.
"""

from __future__ import annotations

import csv
import gzip
import io
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from . import behaviour, truth
from .people import Person, everybody, numbers_of
from .purchases import Order, Purchase, Shopping
from .shelves import Shelves

STRUCTURE = Path(__file__).with_name("structure.toml")
CUSTOMER_COLUMNS = (
    "email", "first_name", "last_name", "locale", "country", "joined_at",
    "consent_marketing", "consent_personalization", "consent_statistics",
)  # fmt: skip
ORDER_COLUMNS = (
    "order", "at", "customer", "sku", "title", "quantity", "price", "currency", "country", "returns_order"
)  # fmt: skip
GUESTS, RESELLERS, RETURNS = 900_001, 900_002, 900_003


def structure() -> dict[str, Any]:
    """What is planted, as structure.toml says it."""
    return tomllib.loads(STRUCTURE.read_text(encoding="utf-8"))


def write(out: Path, rows: list[Mapping[str, str]], *, customers: int, seed: int, until: datetime) -> Path:
    """See `storefront.bundled.demo.write_history`."""
    if until.tzinfo is None:
        raise ValueError("`until` needs a time zone")
    plan = structure()
    shopping = Shopping(plan, Shelves(rows), seed, until)
    people = everybody(plan, customers, seed)
    resellers = resell(shopping, customers, until)
    orders = numbered([*_of_people(shopping, people, until), *(o for _, theirs in resellers for o in theirs)])
    out.mkdir(parents=True, exist_ok=True)
    sellers = [person for person, _ in resellers]
    write_customers(out / "customers.csv", people + sellers, shopping.start)
    returned = write_orders(out / "orders.csv.gz", orders, shopping, until)
    counts = behaviour.write_events(out / "events.csv.gz", orders, people, shopping, until)
    made = truth.Outcome(people, sellers, orders, returned, counts)
    return truth.write(out / "ground_truth.json", shopping, made)


def _of_people(shopping: Shopping, people: list[Person], until: datetime) -> list[Order]:
    orders = [order for person in people for order in baskets(shopping, person, until)]
    return orders + guests(shopping, len(orders), until)


def numbered(orders: list[Order]) -> list[Order]:
    """In order of time, with the numbers that customers see."""
    orders.sort(key=lambda order: (order.at, order.customer.email if order.customer else ""))
    for number, order in enumerate(orders, 10_001):
        order.number = f"R{number}"
    return orders


def moment(shopping: Shopping, person_number: int, day: float, until: datetime) -> datetime:
    """A time of that day at which this person usually has time for a shop."""
    rng = numbers_of(shopping.seed, person_number, 2 + int(day))
    usual = 7 + (person_number * 7919) % 15
    seconds = int(np.clip(usual + rng.normal(0, 1.3), 0.2, 23.8) * 3600)
    midnight = (shopping.start + timedelta(days=int(day))).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(midnight + timedelta(seconds=seconds), until - timedelta(minutes=5))


def baskets(shopping: Shopping, person: Person, until: datetime) -> list[Order]:
    """The purchases of one person, those within hours of each other in one order."""
    orders: list[Order] = []
    first = -1e9
    for purchase in shopping.of(person):
        if (purchase.day - first) * 24 > shopping.structure["basket"]["join_hours"]:
            first = purchase.day
            at = moment(shopping, person.number, first, until)
            orders.append(Order(at, person, [], person.country))
        same = [p for p in orders[-1].purchases if p.variant.sku == purchase.variant.sku]
        if same:
            same[0].quantity = min(4, same[0].quantity + 1)
        else:
            orders[-1].purchases.append(purchase)
    return orders


def guests(shopping: Shopping, known: int, until: datetime) -> list[Order]:
    """Orders of people who did not leave a name: a free choice or two each."""
    rng = numbers_of(shopping.seed, GUESTS)
    stages = list(shopping.structure["stages"])
    orders = []
    for i in range(int(known * shopping.structure["window"]["guest_share"])):
        day = float(rng.random() * shopping.days)
        stage = stages[int(rng.integers(len(stages)))]
        purchases = []
        for _ in range(1 + int(rng.integers(2))):
            article = shopping.choice.pick(
                rng, stage, "usual", shopping.month_of(day), int(day > shopping.days / 2)
            )
            purchases.append(Purchase(day, article, article.variants[0], 1, "guest"))
        if len({purchase.variant.sku for purchase in purchases}) == len(purchases):
            orders.append(Order(moment(shopping, 50_000 + i, day, until), None, purchases, "GB"))
    return orders


def resell(shopping: Shopping, customers: int, until: datetime) -> list[tuple[Person, list[Order]]]:
    """People who buy by the dozen to sell again: many different things, in large numbers, at random."""
    plan = shopping.structure["resellers"]
    goods = [a for a in shopping.shelves.articles if a.department in plan["likes"] and a.price < 3000]
    found = []
    for i in range(max(1, round(plan["count"] * customers / 3000))):
        number = 90_000 + i
        rng = numbers_of(shopping.seed, number, RESELLERS)
        person = Person(
            number, f"orders.{number}@wholesale.example", f"Market Stall {i + 1}", "en", "GB", "reseller",
            "value", 0.0, shopping.days, False,
        )  # fmt: skip
        orders = []
        for day in np.sort(rng.random(int(plan["orders_a_year"] * shopping.days / 365)) * shopping.days):
            chosen = rng.choice(len(goods), size=min(plan["products"], len(goods)), replace=False)
            low, high = plan["quantity"]
            purchases = [
                Purchase(float(day), goods[j], goods[j].variants[0], int(rng.integers(low, high)), "resale")
                for j in chosen
            ]
            orders.append(Order(moment(shopping, number, float(day), until), person, purchases, "GB"))
        found.append((person, orders))
    return found


def price_then(purchase: Purchase, at: datetime, until: datetime) -> int:
    """What it cost at the time: before the last two months a reduced thing cost what it cost before."""
    variant = purchase.variant
    return variant.was if variant.was and at < until - timedelta(days=60) else variant.price


def return_chance(plan: Mapping[str, Any], purchase: Purchase) -> float:
    article, chances = purchase.article, plan["returns"]
    return float(chances.get(article.category, chances.get(article.department, chances["default"])))


@contextmanager
def packed(path: Path) -> Iterable[TextIO]:
    """A gzip file for text whose bytes depend on the text alone: no name, no time inside."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=5) as zipped,
        io.TextIOWrapper(zipped, encoding="utf-8", newline="") as text,
    ):
        yield text


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_customers(path: Path, people: list[Person], start: datetime) -> None:
    """All of them agreed to be remembered; to be written to, some did."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CUSTOMER_COLUMNS)
        for person in people:
            first, _, last = person.name.partition(" ")
            joined = stamp(start + timedelta(days=person.joined))
            marketing = "yes" if person.marketing else "no"
            cells = (person.email, first, last, person.locale, person.country, joined)
            writer.writerow((*cells, marketing, "yes", "yes"))


def write_orders(path: Path, orders: list[Order], shopping: Shopping, until: datetime) -> int:
    """Lines in order of time; what came back of an order is an order of its own. Says how many lines did."""
    rng = numbers_of(shopping.seed, RETURNS)
    low, high = shopping.structure["returns"]["days"]
    rows: list[tuple[datetime, tuple]] = []
    returned = 0
    for order in orders:
        rows += [(order.at, _line(order, purchase, until)) for purchase in order.purchases]
        back = order.at + timedelta(days=float(low + rng.random() * (high - low)))
        sent = [p for p in order.purchases if rng.random() < return_chance(shopping.structure, p)]
        if back < until and not _kept(order):
            returned += len(sent)
            rows += [(back, _line(order, purchase, until, back)) for purchase in sent]
    rows.sort(key=lambda row: row[0])
    with packed(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ORDER_COLUMNS)
        writer.writerows(row for _, row in rows)
    return returned


def _line(order: Order, purchase: Purchase, until: datetime, back: datetime | None = None) -> tuple:
    """The cells of one line, or of its return at `back`."""
    price = price_then(purchase, order.at, until)
    return (
        f"C{order.number}" if back else order.number,
        stamp(back or order.at),
        order.customer.email if order.customer else "",
        purchase.variant.sku,
        purchase.article.title,
        -purchase.quantity if back else purchase.quantity,
        f"{price // 100}.{price % 100:02d}",
        "GBP",
        order.country,
        order.number if back else "",
    )


def _kept(order: Order) -> bool:
    """Demo accounts keep what they bought, as cast.toml says; what guests send back cannot be told apart."""
    return order.customer is None or bool(order.customer.role)
