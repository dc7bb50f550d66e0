"""The rule of discretion: where products of sensitive categories may be suggested, what may rest on them.

A sensitive product is suggested only on the pages of its own marked category and of what stands in it, in
rows that are the same for everybody. It is no reason for anything anywhere else: what was looked at, bought,
sent back or refused of it says nothing about a person, and no row, sentence or conclusion is made from it.
The engine does not learn whose it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from storefront.personalization.rules.strips import Candidate, StripRequest

# Rows of a page that speak of its product or shelf, and of nobody.
IMPERSONAL_SURFACES = frozenset({"goes_with", "instead_of", "complete_basket", "popular"})
# Rows that are about products: without any there is nothing to ask.
ABOUT_PRODUCTS = IMPERSONAL_SURFACES - {"popular"} | {"because_you_viewed", "one_step_up"}

_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Discretion:
    """Which products and categories are sensitive: each with the marked categories it belongs to."""

    products: Mapping[int, frozenset[int]] = field(default_factory=dict)
    categories: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def place_of(self, surface: str, product: int | None, category: int | None) -> frozenset[int]:
        """The marked categories at home in a row of `surface` on the page of a product or a category."""
        if surface not in IMPERSONAL_SURFACES:
            return _NONE
        return self.products.get(product or 0, _NONE) | self.categories.get(category or 0, _NONE)

    def shut(self, place: frozenset[int]) -> frozenset[int]:
        """The sensitive products that may not stand, nor be a reason, where only `place` is at home."""
        return frozenset(product for product, marks in self.products.items() if not marks & place)

    def usable(self, products: Sequence[int], place: frozenset[int]) -> tuple[int, ...]:
        """Those of `products` that something may rest on."""
        return tuple(one for one in products if self.fits(one, place))

    def fits(self, product: int, place: frozenset[int]) -> bool:
        """Whether a product may stand, or be a reason, where `place` is at home."""
        return _is_open(self.products.get(product, _NONE), place)

    def passes(self, candidate: Candidate, place: frozenset[int]) -> bool:
        """Whether neither the product nor what it rests on is sensitive here."""
        category = int(candidate.evidence.get("category") or 0)
        if not _is_open(self.categories.get(category, _NONE), place):
            return False
        named = (int(one) for one in candidate.evidence.get("because", ()))
        return all(self.fits(one, place) for one in (candidate.product_id, *named))

    def asked(self, request: StripRequest, place: frozenset[int]) -> StripRequest | None:
        """The request without what nothing may rest on; None when that leaves nothing to ask."""
        products = self.usable(request.products, place)
        if products == request.products:
            return request
        if not products and request.surface in ABOUT_PRODUCTS:
            return None
        return replace(request, products=products)


def _is_open(marks: frozenset[int], place: frozenset[int]) -> bool:
    return not marks or bool(marks & place)
