"""P4: what public lists tell of single people, after Calandrino et al., "You Might Also Like" (2011).

An attacker reads every public list of an invented shop each day for weeks. Of each target they know a few
purchases; a product that enters or climbs the lists of several of these on one day is guessed to be another.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from recommender import Engine, ragged, train
from recommender.evaluation import synthetic
from recommender.interactions import Interactions
from tests.chaos.damage import swapped
from tests.chaos.drills import Progress, Result, quiet

DAY = 86_400
PER_PRODUCT = 10  # purchases of each: what few people buy is what gives them away
HIT = 0.5  # how often a product that was bought comes up in the list of another of the same order
LENGTH, GUESSES, KNOWN = 10, 20, (5, 10)
MOST_OF_BASELINE, CLEARLY = 1.2, 1.3
SMALL = {"holdout_customers": 0, "factors": 8, "iterations": 1, "threads": 1}
UNGUARDED = {"min_buyers": 1, "min_significance": 0.0}
Lists = dict[tuple[str, str], list[str]]


@dataclass(frozen=True)
class Target:
    """What the attacker knows of somebody, and what they bought besides in the weeks of the attack."""

    known: frozenset[str]
    hidden: frozenset[str]


def inference(
    *, days: int, targets: int, rows: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """One round: precision of GUESSES guesses a target beside those of the best-selling products.

    The control shows pairs from the first buyer on, surely or not, in exact order.
    """
    result = Result("P4 inference" + (", unguarded" if control else ""))
    data = synthetic.history(rows, customers=rows // 20, products=rows // PER_PRODUCT)
    end = int(data.at.max())
    chosen = _targets(data, end - days * DAY, targets)
    settings = {**SMALL, **(UNGUARDED if control else {})}
    scores: list[dict[str, float]] = [{} for _ in chosen]
    before: Lists | None = None
    with swapped(*([(ragged, "ROUNDED_BELOW", 0)] if control else [])):
        for number in range(days + 1):
            seen = data.where(data.at <= end - (days - number) * DAY)  # type: ignore[arg-type]
            engine = train(seen, settings)
            now = public_lists(engine)
            if before is not None:
                _watch(before, now, chosen, scores)
            before = now
            progress(result.name, number, days)
    popular = [one.product for one in engine.popular(len(engine.products))]
    shelves = [_shelves(engine, target, popular) for target in chosen]
    attack = _precision(chosen, [_guessed(*both) for both in zip(scores, shelves, strict=True)])
    everywhere, baseline = _precision(chosen, [popular] * len(chosen)), _precision(chosen, shelves)
    ratio = attack / max(everywhere, baseline, 1e-9)
    result.acts = days * len(now)
    result.notes |= {"attack": round(attack, 4), "popularity": round(everywhere, 4)}
    result.notes |= {"popularity on the shelves known": round(baseline, 4), "ratio": round(ratio, 2)}
    bad = ratio > (CLEARLY if control else MOST_OF_BASELINE)
    result.note([f"{GUESSES} guesses are right {ratio:.2f} times as often as best-sellers"] if bad else [])
    return result


def public_lists(engine: Engine) -> Lists:
    """Everything that anybody may read of each product: what goes with it, what stands in for it, what its
    page leads a stranger to."""
    found: Lists = {}
    for product in engine.products:
        for name, ask in (
            ("goes_with", engine.goes_with),
            ("instead_of", engine.instead_of),
            ("because_you_viewed", engine.for_session),
        ):
            found[name, product] = [one.product for one in ask(product, LENGTH)]
    return found


def _targets(data: Interactions, since: int, count: int) -> list[Target]:
    """People who bought enough; known is a sample of all they bought, hidden the rest of these weeks."""
    chance = np.random.default_rng(11)
    bought: defaultdict[int, set[str]] = defaultdict(set)
    lately: defaultdict[int, set[str]] = defaultdict(set)
    names = list(data.products)
    for customer, product, at in zip(
        data.customer.tolist(), data.product.tolist(), data.at.tolist(), strict=True
    ):
        bought[customer].add(names[product])
        if at > since:
            lately[customer].add(names[product])
    found = []
    for customer in chance.permutation(sorted(lately)).tolist():
        known = int(chance.integers(KNOWN[0], KNOWN[1] + 1))
        if len(bought[customer]) < known + 3 or len(lately[customer]) < 4:
            continue
        aux = frozenset(chance.permutation(sorted(bought[customer]))[:known].tolist())
        hidden = frozenset(lately[customer]) - aux
        if hidden:
            found.append(Target(aux, hidden))
        if len(found) == count:
            break
    return found


def _watch(before: Lists, now: Lists, targets: list[Target], scores: list[dict[str, float]]) -> None:
    """One day: how surprising it is that a product came up in the lists of what is known of a target, when in so
    many lists of the shop it came up today. The most surprising day counts.
    """
    risen: defaultdict[str, set[str]] = defaultdict(set)
    for (name, product), fresh in now.items():
        old = {one: place for place, one in enumerate(before.get((name, product), ()))}
        risen[product] |= {one for place, one in enumerate(fresh) if place < old.get(one, LENGTH)}
    everywhere = Counter(one for came in risen.values() for one in came)
    lists = len({product for _name, product in now})
    for target, score in zip(targets, scores, strict=True):
        today = Counter(one for product in target.known for one in risen.get(product, ()))
        for one, times in today.items():
            surprise = times * math.log(HIT * lists / (everywhere[one] + 1))
            score[one] = max(score.get(one, 0.0), surprise)


def _shelves(engine: Engine, target: Target, popular: list[str]) -> list[str]:
    """Best sellers of the shelves that most of what is known stands on: anybody may guess that."""
    shelf = dict(zip(engine.products, engine.catalogue.category_of.tolist(), strict=True))
    known = Counter(shelf[product] for product in target.known)
    place = {one: rank for rank, one in enumerate(popular)}
    return sorted(popular, key=lambda one: ((place[one] + 1) / (0.05 + known[shelf[one]]), one))


def _guessed(score: dict[str, float], shelves: list[str]) -> list[str]:
    """By what the lists gave away beside what anybody may guess."""
    worth = {one: score.get(one, 0.0) - math.log(place) for place, one in enumerate(shelves, 1)}
    return sorted(shelves, key=lambda one: (-worth[one], one))


def _precision(targets: list[Target], guesses: list[list[str]]) -> float:
    """Mean share of GUESSES guesses, none twice and none known, that were bought in secret."""
    shares = []
    for target, guessed in zip(targets, guesses, strict=True):
        named = [one for one in dict.fromkeys(guessed) if one not in target.known][:GUESSES]
        shares.append(len(set(named) & target.hidden) / GUESSES)
    return float(np.mean(shares))
