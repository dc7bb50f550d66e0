"""Personal ranking: matrix factors, item-to-item and what finds new buyers now, blended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recommender.arrays import CODE, INDPTR, NUMBER, check_below, check_rows
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact
from recommender.evidence import ALSO_BOUGHT, Evidence
from recommender.models.contract import Gate, Query, Ranked, Rows, best, nothing
from recommender.ragged import expand
from recommender.settings import weights_of_size

HISTORY = 60  # strongest own products that item-to-item looks at
EVERYTHING = 30_000  # products up to which all are scored; beyond, candidates only
PROMISING = 1_000  # of what finds new buyers now, among the candidates
FEW_BUYERS = 5.0  # with so many a product is half new: its category counts half as much as for one with none
NEWCOMER = 0.25  # what is personal beside what sells, for somebody with too few orders to know much
DISLIKE = 0.5  # what is like a disliked product, beside what is like a liked one


class Taste:
    """Factors answer "what fits this person", neighbours answer "because of which own product"."""

    name: ClassVar[str] = "taste"
    SPEC: ClassVar[Mapping[str, str]] = {
        "customers": NUMBER,
        "products": NUMBER,
        "liked_indptr": INDPTR,
        "liked": CODE,
        "liked_weight": NUMBER,
        "disliked_indptr": INDPTR,
        "disliked": CODE,
        "disliked_weight": NUMBER,
        "ignored_indptr": INDPTR,
        "ignored": CODE,
        "ignored_weight": NUMBER,
        "fresh": NUMBER,
        "hint_indptr": INDPTR,
        "hint": CODE,
        "hint_weight": NUMBER,
        "hint_buyers": NUMBER,
    }
    # the rows of partners are those of the model `neighbours`, stored once; in a small shop less sure ones,
    # `hint`, take their place: `hint_buyers` is 0 where nothing may be said about who bought both
    BORROWED: ClassVar[Mapping[str, tuple[str, str]]] = {
        "near_indptr": ("neighbours", "indptr"),
        "near": ("neighbours", "product"),
        "near_weight": ("neighbours", "strength"),
        "near_buyers": ("neighbours", "buyers"),
        "popular": ("popular", "score"),
    }

    def __init__(self, arrays: Mapping[str, NDArray[Any]], catalogue: Catalogue, settings: Any) -> None:
        _check(self.name, arrays, len(catalogue))
        sized = weights_of_size(settings, int(catalogue.buyers.sum()))
        self.catalogue, self.share = catalogue, sized.neighbour_share
        self.customers, self.products = arrays["customers"], arrays["products"]
        self.liked = Rows(arrays["liked_indptr"], arrays["liked"], arrays["liked_weight"])
        self.disliked = Rows(arrays["disliked_indptr"], arrays["disliked"], arrays["disliked_weight"])
        self.ignored = Rows(arrays["ignored_indptr"], arrays["ignored"], arrays["ignored_weight"])
        near = "hint" if len(arrays["hint"]) else "near"
        self.near_starts, self.near = arrays[f"{near}_indptr"], arrays[near]
        self.near_weight, self.near_buyers = arrays[f"{near}_weight"], arrays[f"{near}_buyers"]
        fresh = np.asarray(arrays["fresh"], np.float32)
        self.prior = np.float32(sized.fresh_weight) * fresh
        sold = np.asarray(arrays["popular"], np.float32)
        self.sold = sold / max(float(sold.max(initial=0)), 1e-9)
        new = (catalogue.buyers < 2 * FEW_BUYERS) & (catalogue.category_of >= 0)
        self.new = np.flatnonzero(new) if settings.content_weight else np.empty(0, np.int64)
        buyers = catalogue.buyers[self.new].astype(np.float32)
        self.newness = np.zeros(len(catalogue), np.float32)
        self.newness[self.new] = np.float32(settings.content_weight) * FEW_BUYERS / (FEW_BUYERS + buyers)
        self.promising = np.argsort(-fresh, kind="stable")[:PROMISING]

    def knows(self, customer: int) -> bool:
        """Whether there is anything personal to go by."""
        return 0 <= customer < len(self.liked) and len(self.liked(customer)[0]) > 0

    def rejected(self, customer: int, forgiven: tuple[int, ...] = ()) -> NDArray[Any]:
        """What this customer said is not for him, but for what is `forgiven`."""
        if not 0 <= customer < len(self.disliked):
            return np.empty(0, np.int32)
        products, weight = self._disliked(customer, forgiven)
        return products[weight >= 1]

    def _disliked(self, customer: int, forgiven: tuple[int, ...]) -> tuple[NDArray[Any], ...]:
        products, weight = self.disliked(customer)
        if not forgiven:
            return products, weight
        counts = (weight < 1) | ~np.isin(products, forgiven)
        return products[counts], weight[counts]

    def rank(self, query: Query, gate: Gate, n: int) -> Ranked:
        """The open products that fit this customer best."""
        if not self.knows(query.customer) or n <= 0:
            return nothing()
        own, weight = self._own(query.customer)
        places, lengths = expand(self.near_starts, own)
        taken = self.near[places]
        added = self.near_weight[places] * np.repeat(weight, lengths)
        among = self._candidates(taken, own)
        disliked = self._disliked(query.customer, gate.forgiven)
        scores = self._scores(query.customer, taken, added, among, disliked)
        if query.is_new:
            scores *= NEWCOMER
            scores += self.sold[among.chosen]
        left, often = self.ignored(query.customer)
        if len(left):
            slots, inside = among.found(left)
            scores[slots] *= (1 - often)[inside]
        scores *= gate.open[among.chosen]
        chosen = best(scores, n)
        products = chosen if among.codes is None else among.codes[chosen]
        ends = lengths.cumsum()

        def explain(i: int) -> Evidence:
            """The own product that speaks most for this one; plain "taste" when none does."""
            product = int(products[i])
            (about,) = ((taken == product) & (self.near_buyers[places] > 0)).nonzero()
            if not len(about):
                return Evidence("taste")
            place = int(about[added[about].argmax()] if len(about) > 1 else about[0])
            reason = int(own[ends.searchsorted(place, side="right")])
            return self.catalogue.pair(ALSO_BOUGHT, reason, product, int(self.near_buyers[places[place]]))

        return Ranked(products, scores[chosen], explain)

    def _candidates(self, taken: NDArray[Any], own: NDArray[Any]) -> Among:
        """What a large catalogue is narrowed to: near own products, own, promising."""
        count = len(self.catalogue)
        if count <= EVERYTHING:
            return Among(count)
        return Among(count, taken, own, self.promising, self.new[:PROMISING])

    def _scores(
        self,
        customer: int,
        taken: NDArray[Any],
        added: NDArray[Any],
        among: Among,
        disliked: tuple[NDArray[Any], ...],
    ) -> NDArray[np.float32]:
        """A score for each of the codes: the best by factors and by neighbours would have 1 in all."""
        near = np.bincount(among.slots(taken), weights=added, minlength=len(among)).astype(np.float32)
        highest = float(near.max(initial=0))
        products, dislike = disliked
        if len(products):
            self._push_down(near, products, dislike, among)
        scores = self._factor_scores(customer, among)
        scores *= (1 - self.share) / max(float(scores.max(initial=0)), 1e-9)
        if highest > 0:
            near *= self.share / highest
            scores += near
        scores += self.prior[among.chosen]
        if len(self.new):
            new = self.new if among.codes is None else among.chosen
            fields = self._fields(customer)[self.catalogue.category_of[new]]
            fields *= self.newness[new]
            scores[new if among.codes is None else slice(None)] += fields
        if len(products):
            slots, inside = among.found(products)
            scores[slots] *= (1 - dislike)[inside]
        return scores

    def _push_down(
        self,
        near: NDArray[np.float32],
        products: NDArray[Any],
        dislike: NDArray[Any],
        among: Among,
    ) -> None:
        places, lengths = expand(self.near_starts, products)
        slots, inside = among.found(self.near[places])
        less = self.near_weight[places] * np.repeat(dislike, lengths) * DISLIKE
        near -= np.bincount(slots, weights=less[inside], minlength=len(near)).astype(np.float32)

    def _fields(self, customer: int) -> NDArray[np.float32]:
        """How much of this customer's interest lies in each category, the largest at 1."""
        liked, weight = self.liked(customer)
        category = self.catalogue.category_of[liked]
        inside = category >= 0
        count = len(self.catalogue.categories)
        fields = np.bincount(category[inside], weights=weight[inside], minlength=count).astype(np.float32)
        return fields / max(float(fields.max(initial=0)), 1e-9)

    def _own(self, customer: int) -> tuple[NDArray[Any], NDArray[Any]]:
        own, weight = self.liked(customer)
        if len(own) > HISTORY:
            strongest = np.sort(np.lexsort((own, -weight))[:HISTORY])
            own, weight = own[strongest], weight[strongest]
        return own, weight

    def _factor_scores(self, customer: int, among: Among) -> NDArray[np.float32]:
        if not self.products.shape[1]:
            return np.zeros(len(among), np.float32)
        return (self.products[among.chosen] @ self.customers[customer]).astype(np.float32, copy=False)


class Among:
    """The products that are scored, in code order: all of them, or those named. `chosen` picks their rows."""

    def __init__(self, count: int, *named: NDArray[Any]) -> None:
        self.codes: NDArray[np.int64] | None = None
        self.chosen: Any = slice(None)
        self._count = count
        if named:
            self._inside = np.zeros(count, np.bool_)
            for products in named:
                self._inside[products] = True
            self.chosen = self.codes = self._inside.nonzero()[0]
            self._count = len(self.codes)
            self._slot = np.empty(count, np.intp)  # filled where it is asked for
            self._slot[self.codes] = np.arange(self._count)

    def __len__(self) -> int:
        return self._count

    def slots(self, products: NDArray[Any]) -> NDArray[Any]:
        """Places of products that are all among them."""
        return products if self.codes is None else self._slot[products]

    def found(self, products: NDArray[Any]) -> tuple[NDArray[Any], Any]:
        """Places of those products that are among them, and which they are."""
        if self.codes is None:
            return products, slice(None)
        (inside,) = self._inside[products].nonzero()
        return self._slot[products[inside]], inside


def _check(name: str, arrays: Mapping[str, NDArray[Any]], products: int) -> None:
    people = len(arrays["customers"])
    check_rows(name, arrays, "liked_indptr", "liked", "liked_weight", rows=people)
    check_rows(name, arrays, "disliked_indptr", "disliked", "disliked_weight", rows=people)
    check_rows(name, arrays, "ignored_indptr", "ignored", "ignored_weight", rows=people)
    check_rows(name, arrays, "near_indptr", "near", "near_weight", "near_buyers", rows=products)
    check_rows(name, arrays, "hint_indptr", "hint", "hint_weight", "hint_buyers", rows=products)
    for column in ("liked", "disliked", "ignored", "near", "hint"):
        check_below(name, arrays, column, products)
    factors = arrays["products"].shape
    if factors != (products, *arrays["customers"].shape[1:]):
        raise BadArtifact(f"{name}: factors of shape {factors} and {arrays['customers'].shape}")
    if len(arrays["fresh"]) != products:
        raise BadArtifact(f"{name}: 'fresh' has {len(arrays['fresh'])} entries, expected {products}")
