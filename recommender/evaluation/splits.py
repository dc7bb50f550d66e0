"""Splits by time: what is before a moment is known, what comes after is to be foreseen. Never at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from recommender import columns
from recommender.catalogue import day_text
from recommender.evaluation.errors import TooLittleHistory
from recommender.evaluation.purchases import Codes, Purchases
from recommender.interactions import Interactions
from recommender.training.baskets import Baskets, net_baskets

DAY = 86_400
WEEK = 7 * DAY
LEAST_BUYERS = 15  # distinct buyers before the split that put a product into the population
LEAST_BASKETS = 3  # baskets before the split that put a customer into it
LEAST_SOLD = 20  # baskets before the split that put a product into that of complements
SMALLER = ((5, 10), (2, 5), (1, 2))  # the same two for shops in which hardly anything sells so often
MOST_LOST = 0.5  # share of the lines that thresholds may leave out
ENOUGH_TESTED = 200  # people below which thresholds of customers are lowered
FEWEST_TESTED = 20  # people in the window below which a figure would be noise


@dataclass(frozen=True)
class Rules:
    """Who and what is measured: thresholds counted before the split, so that the window tells nothing.

    `least_sold` is for complements: baskets before the split that put a product into their population.
    """

    least_buyers: int = LEAST_BUYERS
    least_baskets: int = LEAST_BASKETS
    least_sold: int = LEAST_SOLD


@dataclass(frozen=True)
class Split:
    """Known is before `cut`, the window is from `cut` until before `end` (seconds, UTC)."""

    data: Interactions
    cut: int
    end: int
    rules: Rules = Rules()

    @cached_property
    def known(self) -> Interactions:
        """All rows before the window, with the ids of the whole."""
        return self.data.where(self.data.at < self.cut)

    @cached_property
    def known_lines(self) -> Baskets:
        """Bought and kept before the window; what came back later is not known yet."""
        return net_baskets(self.known)

    @cached_property
    def window_lines(self) -> Baskets:
        """Bought and kept within the window."""
        return net_baskets(self.data.where((self.data.at >= self.cut) & (self.data.at < self.end)))

    @cached_property
    def products(self) -> Codes:
        """Codes of the products with enough distinct buyers before the window."""
        lines = self.known_lines
        named = lines.customer >= 0
        width = max(len(self.data.products), 1)
        pairs = np.unique(lines.customer[named].astype(np.int64) * width + lines.product[named])
        return np.flatnonzero(np.bincount(pairs % width, minlength=width) >= max(self.rules.least_buyers, 1))

    @cached_property
    def before(self) -> Purchases:
        """Purchases before the window of the population: these products, then customers by what is left."""
        lines, products = self.known_lines, self.products
        named = lines.customer >= 0
        everyone = np.unique(lines.customer[named]).astype(np.int64)
        wide = Purchases.of(lines, everyone, products)
        regulars = everyone[wide.baskets_of >= self.rules.least_baskets] if len(wide) else everyone[:0]
        return Purchases.of(lines, regulars, products)

    @cached_property
    def after(self) -> Purchases:
        """Purchases of the same population within the window."""
        return Purchases.of(self.window_lines, self.before.users, self.before.products)

    @cached_property
    def training_rows(self) -> Interactions:
        """What the engine learns from: the rows before the window that the references see too."""
        customers = np.zeros(len(self.data.customers) + 1, np.bool_)  # the last answers for unknown people
        customers[self.before.users] = True
        products = np.zeros(len(self.data.products), np.bool_)
        products[self.before.products] = True
        return self.known.where(customers[self.known.customer] & products[self.known.product])

    def validation(self) -> Split:
        """The same split one window earlier: for every choice that must not see this window."""
        return Split(self.data, self.cut - (self.end - self.cut), self.cut, self.rules)

    def described(self) -> dict[str, str | int]:
        """Sizes and days, for tables and JSON."""
        return {
            "from": day_text(self.cut),
            "until": day_text(self.end - 1),
            "users": len(self.before.users),
            "products": len(self.before.products),
            "baskets": self.before.basket_count,
            "pairs": int(self.before.counts.nnz),
            "lines": len(self.before),
            "least_buyers": self.rules.least_buyers,
            "least_baskets": self.rules.least_baskets,
        }


def last_weeks(data: Interactions, weeks: int = 4, rules: Rules | None = None) -> Split:
    """The window begins at midnight (UTC) `weeks` * 7 days before the day of the last purchase.

    Raises TooLittleHistory.
    """
    last = _last_purchase(data)
    cut = (last // DAY - 7 * weeks) * DAY
    return _checked(Split(data, cut, (last // DAY + 1) * DAY, rules or Rules()))


def split_at(data: Interactions, moment: datetime, rules: Rules | None = None) -> Split:
    """The window begins at `moment` (without zone: UTC) and lasts to the end. Raises TooLittleHistory."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    last = _last_purchase(data)
    return _checked(Split(data, int(aware.timestamp()), (last // DAY + 1) * DAY, rules or Rules()))


def _last_purchase(data: Interactions) -> int:
    """The last purchase that has no odd date: a handful of rows dated years ahead must not be the end."""
    at = data.at[data.kind == columns.PURCHASE]
    if not len(at):
        raise TooLittleHistory("the history holds no purchase")
    latest, usual = int(at.max()), int(np.quantile(at, 0.999, method="lower"))
    return usual if latest - usual > 366 * DAY else latest


def _checked(split: Split) -> Split:
    first = int(split.data.at[split.data.kind == columns.PURCHASE].min())
    if split.cut >= split.end or split.cut <= first:
        raise TooLittleHistory(
            f"nothing is left on one side of {day_text(split.cut)}: purchases run from {day_text(first)} "
            f"to {day_text(split.end - 1)}"
        )
    return split


def fitted_to_size(split: Split) -> Split:
    """The split with the usual thresholds, lowered where a shop is too small for them.

    Those of products, until they keep half of the lines of known customers; that of customers, until enough
    of them bought in the window. The window itself decides nothing but whether there is anybody to ask.
    """
    product = split.known_lines.product[split.known_lines.customer >= 0]
    for buyers, sold in SMALLER:
        if np.isin(product, split.products).mean() >= 1 - MOST_LOST:
            break
        split = replace(split, rules=replace(split.rules, least_buyers=buyers, least_sold=sold))
    while split.rules.least_baskets > 1 and len(np.unique(split.after.user)) < ENOUGH_TESTED:
        split = replace(split, rules=replace(split.rules, least_baskets=split.rules.least_baskets - 1))
    return split


def first_baskets(window: Purchases) -> tuple[Codes, Codes]:
    """(user, product) of each user's first basket in a window."""
    oldest = window.age_of_basket == window.baskets_of[window.basket_user] - 1
    lines = oldest[window.basket]
    return window.user[lines], window.product[lines]
