"""The trained engine: answers every surface from plain arrays. numpy only, no clock, no random choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender import evidence as source
from recommender import exploring
from recommender.arrays import INDPTR, TEXT, Arrays, check_arrays
from recommender.catalogue import Catalogue
from recommender.errors import BadArtifact, UnknownSurface
from recommender.evidence import Recommendation
from recommender.facts import Fact, Held, moment_of, without
from recommender.listing import Limit, Listing
from recommender.models.contract import Gate, Query
from recommender.models.registry import MODELS, build
from recommender.settings import EngineSettings
from recommender.vocabulary import NamedCodes, Vocabulary

Allowed = NDArray[np.bool_] | Iterable[str] | None
CUSTOMER_SURFACES = ("for_you", "buy_again", "next_basket", "new_for_you")
PRODUCT_SURFACES = ("goes_with", "instead_of", "one_step_up", "complete_basket", "because_you_viewed")
SURFACES = (*CUSTOMER_SURFACES, *PRODUCT_SURFACES, "popular")
EXPLORED = ("for_you", "new_for_you")
HARD = 1.0  # tolerance of a limit that any other product is good enough for
OWN_SHARE = 0.1  # of the places of complements are for what nothing else calls for as much
OWN_FROM = 5  # places from which there is one
NOBODY_ELSES = 0.999  # of the strongest: the product calls for it more than any other does
DEEP = 200  # places of a source that are looked at for them
LONGEST_QUERY = 200  # newest products of a basket or a visit that are looked at
_CUSTOMER_SPEC = {"text": TEXT, "offsets": INDPTR}


@dataclass(frozen=True)
class Report:
    """What training found: sizes and offline metrics. Kept in the artifact."""

    rows: int = 0
    customers: int = 0
    products: int = 0
    baskets: int = 0
    dated_later: int = 0  # rows of a time after "today", which count as of today
    exploration: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    metrics: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Engine:
    """Everything a shop may ask. Every method takes `exclude` (product ids) and `allowed` (a mask from
    `mask()`, ids, or None for all): no path, fallbacks included, ever returns a product outside them.

    The same artifact, input and settings give the same list; equal scores are ordered by product id.
    """

    def __init__(self, parts: Mapping[str, Arrays], settings: EngineSettings, report: Report) -> None:
        for name in ("customers", "catalogue"):
            if name not in parts:
                raise BadArtifact(f"'{name}' is missing")
        check_arrays("customers", _CUSTOMER_SPEC, parts["customers"])
        check_arrays("catalogue", Catalogue.SPEC, parts["catalogue"])
        self.parts, self.settings, self.report = parts, settings, report
        self.customers = Vocabulary(parts["customers"]["text"], parts["customers"]["offsets"])
        self.catalogue = Catalogue.from_arrays(parts["catalogue"], settings.min_buyers)
        self.models: dict[str, Any] = {m.name: build(m, parts, self.catalogue, settings) for m in MODELS}
        self._habits, self._taste = self.models["habits"], self.models["taste"]

    @property
    def products(self) -> NamedCodes:
        """Product ids in the order of every mask."""
        return self.catalogue.products

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Offline metrics of the training run; empty when there was too little history."""
        return self.report.metrics

    def mask(self, products: Iterable[str]) -> NDArray[np.bool_]:
        """A reusable `allowed`: True for these product ids; unknown ids are ignored."""
        chosen = np.zeros(len(self.catalogue), np.bool_)
        chosen[self.catalogue.codes_of(products)] = True
        return chosen

    # lists for a person

    def for_customers(
        self,
        ids: Iterable[Any],
        surface: str = "for_you",
        n: int = 10,
        *,
        exclude: Iterable[str] = (),
        allowed: Allowed = None,
        day: str | None = None,
        forgiven: Iterable[str] = (),
    ) -> dict[Any, list[Recommendation]]:
        """A list for each id. A customer nobody knows gets the labelled fallback.

        `for_you`: new products, and own ones that are due again (after one or two orders: up to six
        in ten are own ones as likely as best sellers). `new_for_you`: never bought. `buy_again`: own
        products only. `next_basket`: own products, filled with what sells. Raises UnknownSurface.

        With a `day` (any text, as 2026-11-05) the first two give `exploration_share` of their places, never
        the first, to new products; which ones changes from day to day only. What the history says was
        rejected never appears, but for products in `forgiven`: those rejections were taken back since.
        """
        if surface not in CUSTOMER_SURFACES:
            raise UnknownSurface(f"'{surface}' is none of {', '.join(CUSTOMER_SURFACES)}")
        gate = self._gate(exclude, allowed)
        gate.forgiven = tuple(self.catalogue.codes_of(forgiven))
        answer = getattr(self, f"_{surface}")
        known = {name: self.customers.find(name) for name in ids}
        found = {name: answer(code, self._unrejected(code, gate), n) for name, code in known.items()}
        if day is not None and surface in EXPLORED:
            return {name: self._explored(known[name], surface, day, gate, found[name]) for name in found}
        return found

    def _explored(
        self, customer: int, surface: str, day: str, gate: Gate, found: list[Recommendation]
    ) -> list[Recommendation]:
        unknown = self._unrejected(customer, gate).without(self._habits.bought(customer))
        arrivals = self.models["arrivals"].rank(Query(customer), unknown, exploring.CHOICES)
        if not len(arrivals):
            return found
        key = (self.settings.seed, self._habits.as_of, self.customers.name(customer), surface, day)
        share = self.settings.exploration_share
        return exploring.with_new(found, arrivals, self.products, key=key, n=len(found), share=share)

    def _unrejected(self, customer: int, gate: Gate) -> Gate:
        rejected = self._taste.rejected(customer, gate.forgiven)
        return gate.without(rejected) if len(rejected) else gate

    def rejected_by(self, customer: Any) -> list[str]:
        """What this customer rejected, by the history; empty for somebody nobody knows."""
        return [self.products.name(int(code)) for code in self._taste.rejected(self.customers.find(customer))]

    def _for_you(self, customer: int, gate: Gate, n: int) -> list[Recommendation]:
        own = self._habits.bought(customer)
        if self._habits.is_new(customer):
            listing = Listing(self.catalogue, gate, n)
            listing.add(source.HABIT, partial(self._habits.again, Query(customer)))
            listing.gate = listing.gate.without(own)
            found = self._personal(customer, listing)
        else:
            lasting = self._habits.not_due(customer)
            found = self._personal(customer, Listing(self.catalogue, gate.without(lasting), n))
        return found or self._buy_again(customer, gate, n)  # who has everything is shown what is his

    def _new_for_you(self, customer: int, gate: Gate, n: int) -> list[Recommendation]:
        new = gate.without(self._habits.bought(customer))
        return self._personal(customer, Listing(self.catalogue, new, n))

    def _personal(self, customer: int, listing: Listing) -> list[Recommendation]:
        query = Query(customer, is_new=self._habits.is_new(customer))
        listing.add_spread(source.PERSONAL, partial(self._taste.rank, query), *self._limits(HARD))
        return self._filled(listing, self._favourite_category(customer) if listing.missing else -1).done()

    def _buy_again(self, customer: int, gate: Gate, n: int) -> list[Recommendation]:
        listing = Listing(self.catalogue, gate, n)
        listing.add(source.HABIT, partial(self._habits.rank, Query(customer)))
        return (
            listing.done()
            if listing.taken
            else self._filled(listing, self._favourite_category(customer)).done()
        )

    def _next_basket(self, customer: int, gate: Gate, n: int) -> list[Recommendation]:
        listing = Listing(self.catalogue, gate, n)
        query = Query(customer)
        listing.add_mixed(
            (source.HABIT, partial(self._habits.expected, query)),
            (source.POPULAR, partial(self._habits.others, query)),
        )
        return self._filled(listing, -1).done()

    # lists for products

    def goes_with(
        self,
        products: Iterable[str] | str,
        n: int = 10,
        *,
        exclude: Iterable[str] = (),
        allowed: Allowed = None,
    ) -> list[Recommendation]:
        """Complements: bought with these or after them, more than chance, by at least `min_buyers` people.

        Half of the places are theirs however weak they are, the others while they are not much less likely
        than what sells beside other things, which fills the list, labelled popular. One place in ten is for
        what no other product calls for as much, so that not everything is shown with the same few: a
        complement, else also bought. Substitutes appear only when the shop has nothing else.
        """
        known = self._known(products)
        gate = self._gate(exclude, allowed).without(known)
        query = Query(products=tuple(known[-LONGEST_QUERY:]))
        listing = Listing(self.catalogue, gate, n)
        own = max(int(OWN_SHARE * n), int(n >= OWN_FROM))
        complements, companions = self.models["complements"], self.models["companions"]
        found = complements.rank(query, gate, 3 * n)
        most = companions.worth(found.scores, query, gate, n - own)
        listing.add_spread(None, lambda gate, n: found, *self._limits(), most=most)
        alike = self.models["substitutes"].partners(query.products)
        wide, listing.gate = listing.gate, listing.gate.without(alike)
        before = listing.missing
        beside = self.models["neighbours"].rank(query, listing.gate, DEEP)
        for called, ranked, least in (
            (companions.together, found, NOBODY_ELSES),
            (companions.also, beside, 0.0),
        ):
            rank = partial(companions.own, ranked, called, least=least)
            listing.add(None, rank, most=own - before + listing.missing)
        listing.add(source.POPULAR, partial(companions.rank, query))
        self._filled(listing, -1)  # not from the same shelf: there stand the substitutes
        if not listing.taken:
            listing.gate = wide
            self._filled(listing, -1)
        return listing.done()

    def complete_basket(
        self,
        products: Iterable[str] | str,
        n: int = 10,
        *,
        exclude: Iterable[str] = (),
        allowed: Allowed = None,
    ) -> list[Recommendation]:
        """What a basket still lacks: complements of all its products together, strongest reason named."""
        return self.goes_with(products, n, exclude=exclude, allowed=allowed)

    def instead_of(
        self, product: str, n: int = 10, *, exclude: Iterable[str] = (), allowed: Allowed = None
    ) -> list[Recommendation]:
        """Substitutes: bought instead, looked at in the same visits, close in kind and price.

        Only when there are none the labelled fallback answers: category, popular. Complements of the
        product never appear.
        """
        known = self._known(product)
        gate = self._gate(exclude, allowed).without(known)
        query = Query(products=tuple(known))
        together = self.models["complements"].partners(query.products)
        listing = Listing(self.catalogue, gate.without(together), n)
        listing.add(None, partial(self.models["instead"].rank, query))
        return listing.done() if listing.taken else self._filled(listing, self._category_of(known)).done()

    def facts_of(self, customer: Any, *, at: str | None = None) -> list[Fact]:
        """What is concluded about a customer, the surest first; nothing about one nobody knows.

        Those that hold on the ISO day `at`; by default, on the last day of the history.
        """
        return [fact.named(self.catalogue) for fact in self._facts(self.customers.find(customer), at)]

    def _facts(self, customer: int, at: str | None) -> list[Held]:
        if customer < 0:
            return []
        products, _, _, last_at, _, _ = self._habits.row(customer)
        kept = ~np.isin(products, self._taste.rejected(customer))
        products, last_at = products[kept], last_at[kept]
        moment = self._habits.as_of if at is None else moment_of(at)
        return self.models["premium"].facts(products, last_at, moment)

    def one_step_up(
        self,
        product: str = "",
        customer: Any = None,
        n: int = 10,
        *,
        exclude: Iterable[str] = (),
        allowed: Allowed = None,
        without_facts: Iterable[str] = (),
        at: str | None = None,
    ) -> list[Recommendation]:
        """What follows from the customer's facts; then what premium buyers of this product's category choose.

        When neither holds, the next price step of the product's own category. Without prices and categories
        the labelled fallback answers. Facts about the categories `without_facts` count as untrue, of the
        product as well; `at` as in `facts_of`.
        """
        known = self._known(product)
        owner = self.customers.find(customer) if customer is not None else -1
        category, untrue = self._category_of(known), self._categories(without_facts)
        facts = without(self._facts(owner, at), untrue)
        gate = self._gate(exclude, allowed).without([*known, *self._habits.bought(owner)])
        listing, query = Listing(self.catalogue, gate, n), Query(owner, tuple(known))
        if facts:
            beyond = partial(self.models["premium"].beyond, facts)
            listing.add_spread(source.ONE_STEP_UP, beyond, *self._limits(HARD)[:1])
        if category not in untrue:
            listing.add(source.ONE_STEP_UP, partial(self.models["premium"].rank, query))
        listing.add_if_empty(source.NEXT_PRICE_STEP, partial(self.models["next_price"].rank, query))
        if listing.taken:
            return listing.done()
        listing.add(source.ALSO_BOUGHT, partial(self.models["neighbours"].rank, Query(products=tuple(known))))
        return self._filled(listing, category).done()

    def _categories(self, names: Iterable[str]) -> frozenset[int]:
        return frozenset(self.catalogue.categories.find(name) for name in names) - {-1}

    def for_session(
        self,
        products: Iterable[str] | str,
        n: int = 20,
        *,
        exclude: Iterable[str] = (),
        allowed: Allowed = None,
    ) -> list[Recommendation]:
        """Surface `because_you_viewed`: what visits like this one looked at next. The last viewed is last.

        Filled, in this order, with also bought, category, popular.
        """
        known = self._known(products)
        listing = Listing(self.catalogue, self._gate(exclude, allowed).without(known), n)
        query = Query(products=tuple(known[-LONGEST_QUERY:]))
        listing.add(source.SESSION, partial(self.models["sessions"].rank, query))
        listing.add(source.ALSO_BOUGHT, partial(self.models["neighbours"].rank, query))
        return self._filled(listing, self._category_of(known)).done()

    because_you_viewed = for_session

    def popular(
        self,
        n: int = 10,
        *,
        audience: Iterable[Any] | None = None,
        category: str | None = None,
        exclude: Iterable[str] = (),
        allowed: Allowed = None,
    ) -> list[Recommendation]:
        """What sells among these customers, then in this category, then everywhere; new orders count more."""
        listing = Listing(self.catalogue, self._gate(exclude, allowed), n)
        if audience is not None:
            people = [self.customers.find(name) for name in audience]
            listing.add(source.AUDIENCE, partial(self._habits.among, people))
        return self._filled(
            listing, self.catalogue.categories.find(category) if category is not None else -1
        ).done()

    # shared

    def _limits(self, by_category: float | None = None) -> tuple[Limit, ...]:
        """Not too much of one category (or only while others are about as good) nor of one price band."""
        chosen = self.settings
        tolerance = chosen.price_tolerance if by_category is None else by_category
        return (
            (self.catalogue.category_of, chosen.category_share, tolerance),
            (self.catalogue.price_band, chosen.price_share, chosen.price_tolerance),
        )

    def _filled(self, listing: Listing, category: int) -> Listing:
        popular = self.models["popular"]
        if category >= 0:
            listing.add(source.CATEGORY, partial(popular.rank, Query(category=category)))
        return listing.add(source.POPULAR, partial(popular.rank, Query())).add_rest()

    def _gate(self, exclude: Iterable[str], allowed: Allowed) -> Gate:
        if allowed is None:
            shown = np.ones(len(self.catalogue), np.bool_)
        elif isinstance(allowed, np.ndarray) and allowed.dtype == np.bool_:
            if allowed.shape != (len(self.catalogue),):
                raise ValueError(f"a mask needs {len(self.catalogue)} entries, not {allowed.shape}")
            shown = allowed.copy()
        else:
            shown = self.mask(allowed)
        shown[self.catalogue.codes_of([exclude] if isinstance(exclude, str) else exclude)] = False
        return Gate(shown)

    def _known(self, products: Iterable[str] | str) -> list[int]:
        """Codes of known products, each once, at the place where it came last."""
        given = [products] if isinstance(products, (str, int, float)) else list(products)
        return self.catalogue.codes_of(reversed(given))[::-1]

    def _category_of(self, codes: list[int]) -> int:
        return int(self.catalogue.category_of[codes[-1]]) if codes else -1

    def _favourite_category(self, customer: int) -> int:
        categories = self.catalogue.category_of[self._habits.bought(customer)]
        categories = categories[categories >= 0]
        return int(np.bincount(categories).argmax()) if len(categories) else -1

    def save(
        self, directory: str | PathLike[str], *, version: str | None = None, created: str | None = None
    ) -> None:
        """Write the artifact into a directory. `created` is the caller's stamp: the engine has no clock."""
        from recommender.artifacts import write

        write(self, directory, version=version, created=created)
