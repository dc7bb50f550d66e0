"""Pure rules of merchandising: what an owner pins, boosts, buries and excludes, between engine and page.

Per product one rule decides: exclude before pin before bury before boost, then the one that stands higher.
A boost by f moves a product from place p to where p / f stands among the places of the others, burying to
p * f; where two meet, the boosted one goes first and the buried one last, then the engine's order counts. So
only the order of the engine matters, never its scores, whose scale differs by surface. A pin gives its place
to a product even if the engine did not propose it, and makes no row where there would be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from storefront.personalization.rules.ruling import (
    ABSENT,
    BEYOND,
    BOOST,
    BURY,
    EXCLUDE,
    FIRED,
    NO_ROW,
    OUT,
    OVERRULED,
    PIN,
    SHOWN_ALREADY,
    UNMOVED,
    Move,
    Occasion,
    Pin,
    Rule,
    Ruled,
    Verdict,
    obstacle,
)
from storefront.personalization.rules.strips import (
    EXCLUDED,
    GONE,
    PINNED,
    REPEATED,
    Answer,
    Candidate,
    Filled,
)

_TIES = {BOOST: 0, "": 1, BURY: 2}


def reaches_deeper(rules: Iterable[Rule], occasion: Occasion) -> bool:
    """Whether more has to be asked of the engine: to fill what is excluded, to find what is lifted."""
    return any(rule.action in (EXCLUDE, BOOST) and not obstacle(rule, occasion) for rule in rules)


def merchandise(
    answer: Answer, rules: Sequence[Rule], occasion: Occasion, barred: frozenset[int] = frozenset()
) -> Answer:
    """The answer as the owner wants it. `rules` are in order of `Rule.rank`; nothing `barred` is pinned."""
    if not rules:
        return answer
    active = [rule for rule in rules if not obstacle(rule, occasion)]
    proposed = [candidate.product_id for candidate in answer.candidates]
    decides = _decide(active, proposed)
    excluded = {rule.key for rule in active if rule.action == EXCLUDE}
    ruled = Ruled(
        tuple(rules), occasion, tuple(proposed), {product: rule.key for product, rule in decides.items()}
    )
    kept = answer.keep(lambda one: ruled.decides.get(one.product_id) not in excluded, EXCLUDED)
    order = _reordered(kept.candidates, proposed, decides)
    pins = _pins(active, order, ruled, barred)
    return replace(kept, candidates=order, pins=pins, ruled=ruled)


def _decide(active: Sequence[Rule], proposed: Sequence[int]) -> dict[int, Rule]:
    """By product the rule whose word counts: what the engine proposed, and what is pinned by name."""
    speaks_of = {*proposed, *(rule.product_id for rule in active if rule.action == PIN and rule.product_id)}
    decides: dict[int, Rule] = {}
    for rule in active:
        for product in rule.products & speaks_of:
            decides.setdefault(product, rule)
    return decides


def _reordered(
    candidates: Sequence[Candidate], proposed: Sequence[int], decides: dict[int, Rule]
) -> tuple[Candidate, ...]:
    places = {product: place for place, product in reversed(list(enumerate(proposed, 1)))}

    def key(candidate: Candidate) -> tuple[float, int, int]:
        place = places[candidate.product_id]
        rule = decides.get(candidate.product_id)
        if rule is not None and rule.action == BOOST:
            return (place * 100 / rule.factor, _TIES[BOOST], place)
        if rule is not None and rule.action == BURY:
            return (place * rule.factor / 100, _TIES[BURY], place)
        return (place, _TIES[""], place)

    return tuple(sorted(candidates, key=key))


def _pins(
    active: Iterable[Rule], order: Sequence[Candidate], ruled: Ruled, barred: frozenset[int]
) -> tuple[Pin, ...]:
    found = []
    for rule in active:
        if rule.action != PIN:
            continue
        mine = [one for one in order if ruled.decides.get(one.product_id) == rule.key]
        if rule.product_id and not mine and ruled.decides.get(rule.product_id) == rule.key:
            mine = [Candidate(rule.product_id, 0.0, PINNED)]
        told = {"kind": PINNED, "rule": rule.key, **({"audience": True} if rule.audiences else {})}
        options = tuple(
            replace(one, source=PINNED, evidence=told) for one in mine if one.product_id not in barred
        )
        if options:
            found.append(Pin(rule.key, rule.place, options))
    return tuple(found)


# --- why did this rule not fire ---------------------------------------------------------------------------


def verdicts(answer: Answer, filled: Filled) -> tuple[Verdict, ...]:
    """What became of every rule that the answer was asked with, in order of precedence."""
    ruled = answer.ruled
    if ruled is None:
        return ()
    course = _Course(answer, ruled, filled)
    return tuple(course.verdict(rule) for rule in ruled.rules)


class _Course:
    """One answer from the engine's order to the row."""

    def __init__(self, answer: Answer, ruled: Ruled, filled: Filled) -> None:
        self.ruled, self.row = ruled, filled.chosen
        self.by_key = {rule.key: rule for rule in ruled.rules}
        self.codes: dict[int, str] = {}
        for one in filled.left_out:
            self.codes.setdefault(one.candidate.product_id, one.code)
        shown = [one.product_id for one in filled.chosen]
        rest = [one.product_id for one in answer.candidates if one.product_id not in set(shown)]
        self.before = self._places(ruled.before)
        self.after = self._places([*shown, *rest])

    def _places(self, products: Iterable[int]) -> dict[int, int]:
        """Places from 1 among what could be shown."""
        there = [one for one in dict.fromkeys(products) if self.codes.get(one) not in (GONE, REPEATED)]
        return {product: place for place, product in enumerate(there, 1)}

    def verdict(self, rule: Rule) -> Verdict:
        code = obstacle(rule, self.ruled.occasion)
        if code:
            return Verdict(rule, code)
        targets = [product for product in self.ruled.before if product in rule.products]
        if rule.action == PIN and rule.product_id and rule.product_id not in targets:
            targets.append(rule.product_id)
        if not targets:
            return Verdict(rule, ABSENT)
        mine = [product for product in targets if self.ruled.decides.get(product) == rule.key]
        if not mine:
            winner = self.by_key.get(self.ruled.decides.get(targets[0], ""))
            return Verdict(rule, OVERRULED, by=winner)
        if rule.action == EXCLUDE:
            return Verdict(rule, FIRED, tuple(Move(one, self.before.get(one), None) for one in mine))
        return self._of_the_row(rule, mine)

    def _of_the_row(self, rule: Rule, mine: list[int]) -> Verdict:
        """Pins, boosts and buryings show only in a row that is there."""
        if not self.row:
            return Verdict(rule, NO_ROW)
        if all(self.codes.get(one) == GONE for one in mine):
            return Verdict(rule, OUT)
        if all(self.codes.get(one) in (GONE, REPEATED) for one in mine):
            return Verdict(rule, SHOWN_ALREADY)
        if rule.action == PIN:
            return self._of_pin(rule)
        changed = (Move(one, self.before.get(one), self.after.get(one)) for one in mine)
        # What is lifted and still behind the places that are looked at was not taken out.
        lost = (None,) if rule.action == BOOST else ()
        moves = tuple(move for move in changed if move.before != move.after and move.after not in lost)
        return Verdict(rule, FIRED if moves else UNMOVED, moves)

    def _of_pin(self, rule: Rule) -> Verdict:
        for place, one in enumerate(self.row, 1):
            if one.source == PINNED and one.evidence.get("rule") == rule.key:
                return Verdict(rule, FIRED, (Move(one.product_id, self.before.get(one.product_id), place),))
        return Verdict(rule, BEYOND)
