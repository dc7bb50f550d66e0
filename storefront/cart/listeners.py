"""What the cart tells the core: which of its columns are about a person, and what must hold."""

from __future__ import annotations

from storefront.cart import service
from storefront.cart.service import checks
from storefront.core.health import Invariant
from storefront.core.privacy import PersonalData
from storefront.customers.service import PersonFact
from storefront.hookspecs import hookimpl


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """A customer's cart goes with them; lines go with their cart."""
    about = ("token_hash", "coupons", "country", "note", "turn", "updated_at")
    return [PersonalData("cart", about, owner="customer_id", on_erase="delete")]


@hookimpl
def register_invariants() -> list[Invariant]:
    """A cart that nobody can reach would keep its lines for ever."""
    return [Invariant("every cart has an owner", checks.ownerless)]


@hookimpl
def register_person_facts() -> list[PersonFact]:
    """How many pieces a customer's cart holds: the number beside the bag on each of their pages."""
    return [PersonFact("cart_count", service.pieces_of)]
