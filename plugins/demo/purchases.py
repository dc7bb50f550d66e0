"""What one person buys and when: needs of a stage, free choices, complements, things used up, May gifts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from .people import Person, numbers_of, pick
from .shelves import Article, Shelves, Variant

LUXURY = {"value": -2.2, "usual": -0.2, "premium": 2.6}
ONE_TO_FOUR = np.cumsum([0.58, 0.26, 0.11, 0.05])


@dataclass
class Purchase:
    """One line to be, at a day of the window."""

    day: float
    article: Article
    variant: Variant
    quantity: int
    why: str


@dataclass
class Order:
    """Purchases of one person at one moment; a `customer` of None is a guest."""

    at: datetime
    customer: Person | None
    purchases: list[Purchase]
    country: str
    number: str = ""


class Choice:
    """Free purchases of a stage: what is likely, by purse, month and the taste of the time."""

    def __init__(self, structure: dict[str, Any], shelves: Shelves) -> None:
        self.structure, self.shelves = structure, shelves
        decoys = {handle for pair in structure["decoys"]["pairs"] for handle in pair}
        self.articles = [article for article in shelves.articles if article.handle not in decoys]
        self._tables: dict[tuple[str, str, int, int], np.ndarray] = {}

    def weights(self, stage: str, tier: str, month: int, year: int) -> np.ndarray:
        """Cumulative weights of the articles; `year` is 0 or 1, the half of the window."""
        key = (stage, tier, month, year)
        if key not in self._tables:
            self._tables[key] = np.cumsum([self._weight(article, *key) for article in self.articles])
        return self._tables[key]

    def _weight(self, article: Article, stage: str, tier: str, month: int, year: int) -> float:
        likes = self.structure["stages"][stage]["likes"]
        weight = (
            likes.get(article.department, 0.12) * article.appeal() * np.exp(LUXURY[tier] * article.luxury)
        )
        season = self.structure["season"].get(article.department)
        trends = self.structure["trend"]["rising"] | self.structure["trend"]["falling"]
        trend = trends.get(article.handle, (1.0, 1.0))
        return float(weight * (season[month - 1] if season else 1.0) * trend[year])

    def pick(self, rng: np.random.Generator, stage: str, tier: str, month: int, year: int) -> Article:
        return self.articles[pick(rng, self.weights(stage, tier, month, year))]


class Shopping:
    """All that a person buys."""

    def __init__(self, structure: dict[str, Any], shelves: Shelves, seed: int, until: datetime) -> None:
        self.structure, self.shelves, self.seed = structure, shelves, seed
        self.days = float(structure["window"]["days"])
        self.start = until - timedelta(days=self.days)
        self.choice = Choice(structure, shelves)
        self.needs: dict[str, list[tuple[str, float]]] = {}
        for of, adds, chance in structure["complements"]["pairs"]:
            self.needs.setdefault(of, []).append((adds, chance))

    def month_of(self, day: float) -> int:
        return (self.start + timedelta(days=day)).month

    def variant(self, rng: np.random.Generator, person: Person, article: Article, day: float) -> Variant:
        """Mostly what the eye of this person falls on first; what grows goes by the months since joining."""
        grows = self.structure["growing"].get(article.handle)
        if grows:
            months = (day - person.joined) / 30.4
            size = sum(months >= first for first in grows) - 1
            return article.variants[max(0, min(size, len(article.variants) - 1))]
        count = len(article.variants)
        if rng.random() < 0.75:
            return article.variants[int(person.taste**1.5 * count) % count]
        return article.variants[int(rng.integers(count))]

    def one(self, rng: np.random.Generator, person: Person, handle: str, day: float, why: str) -> Purchase:
        article = self.shelves[handle]
        return Purchase(day, article, self.variant(rng, person, article, day), 1, why)

    def of(self, person: Person) -> list[Purchase]:
        """Everything the person buys, in order of time."""
        rng = numbers_of(self.seed, person.number, 1)
        wanted = list(self._scripted(rng, person) if person.role else self._natural(rng, person))
        if not person.role:
            wanted += self._followed(rng, person, wanted)
        wanted += self._may(rng, person)
        return sorted((p for p in wanted if 0 <= p.day <= person.left), key=lambda p: p.day)

    def _natural(self, rng: np.random.Generator, person: Person) -> Iterable[Purchase]:
        stage = self.structure["stages"][person.stage]
        last = person.left - 12
        for handle, (chance, first, after) in stage["core"].items():
            day = person.joined + first + rng.random() * (after - first)
            if rng.random() < chance:
                # somebody who came late still has the need, only sooner
                day = day if day < last else person.joined + rng.random() * max(1.0, last - person.joined)
                yield self.one(rng, person, handle, day, "need")
        for handle, chance in self.structure["universal"]["core"].items():
            if rng.random() < chance:
                yield self.one(
                    rng, person, handle, person.joined + rng.random() * (last - person.joined), "popular"
                )
        yield from self._free(rng, person, stage["rate"])

    def _free(self, rng: np.random.Generator, person: Person, rate: float) -> Iterable[Purchase]:
        years = max(0.0, person.left - person.joined) / 365
        for _ in range(int(rng.poisson(rate * years * rng.gamma(2.0, 0.5)))):
            day = person.joined + rng.random() * (person.left - person.joined)
            for _ in range(1 + pick(rng, ONE_TO_FOUR)):
                half = int(day > self.days / 2)
                article = self.choice.pick(rng, person.stage, person.tier, self.month_of(day), half)
                yield self.one(rng, person, article.handle, day, "choice")

    def _followed(self, rng: np.random.Generator, person: Person, first: list[Purchase]) -> list[Purchase]:
        """Complements of what was bought, and what is used up and bought again, of both."""
        added: list[Purchase] = []
        owned = {purchase.article.handle for purchase in first}
        for purchase in sorted(first, key=lambda p: p.day):
            for adds, chance in self.needs.get(purchase.article.handle, ()):
                if rng.random() < chance and adds not in owned:
                    owned.add(adds)
                    added.append(self.one(rng, person, adds, purchase.day + self._gap(rng), "complement"))
        seen: set[str] = set()
        for purchase in sorted(first + added, key=lambda p: p.day):
            if purchase.article.handle not in seen:
                seen.add(purchase.article.handle)
                added += self._again(rng, person, purchase)
        return added

    def _gap(self, rng: np.random.Generator) -> float:
        basket = self.structure["basket"]
        if rng.random() < basket["at_once"]:
            return 0.0
        low, high = basket["gap_days"]
        return float(low + rng.random() * (high - low))

    def _again(self, rng: np.random.Generator, person: Person, first: Purchase) -> Iterable[Purchase]:
        days, spread, chance = self.structure["replenishment"].get(first.article.handle, (0, 0, 0))
        if not days or rng.random() > chance:
            return
        own = days * float(np.exp(rng.normal(0, 0.12)))
        day = first.day
        while True:
            day += own * max(0.4, 1 + rng.normal(0, spread))
            if day > person.left or rng.random() < 0.04:
                return
            yield self.one(rng, person, first.article.handle, day, "again")

    def _may(self, rng: np.random.Generator, person: Person) -> Iterable[Purchase]:
        """One gift each May, always the same kind of thing, a few days around their day."""
        if not person.may_day:
            return
        may = self.structure["may_gifts"]
        handle = (
            person.script["may"][1]
            if person.role
            else may["handles"][int(person.taste * len(may["handles"]))]
        )
        for year in range(self.start.year, self.start.year + 4):
            moment = datetime(year, 5, person.may_day, tzinfo=self.start.tzinfo)
            day = (moment - self.start).days + float(rng.integers(-3, 4)) + 0.4 + 0.4 * rng.random()
            if person.joined <= day <= min(person.left, self.days):
                yield self.one(rng, person, handle, day, "may")

    def _scripted(self, rng: np.random.Generator, person: Person) -> Iterable[Purchase]:
        script = person.script
        for before, *handles in script.get("orders", []):
            for handle in handles:
                yield self.one(rng, person, handle, self.days - before - 0.3, "script")
        for handle, (every, first, last) in script.get("every", {}).items():
            for before in range(first, last - 1, -every):
                day = self.days - before - 0.3 + rng.random()
                yield self.one(rng, person, handle, day, "again")
