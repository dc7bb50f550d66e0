"""The steps' commands: contact, delivery. Each keeps what was typed, also when it refuses the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from storefront.cart import service as carts
from storefront.checkout.errors import FormRefused
from storefront.checkout.service.state import State, Typed, as_stored, keep
from storefront.checkout.service.visits import Visit, look_again
from storefront.core.database import db, transaction
from storefront.customers import service as customers
from storefront.customers.errors import AddressBookFull, AddressRefused, NoSuchAddress
from storefront.customers.rules import email_key
from storefront.customers.rules.addresses import PARTS
from storefront.inventory import service as inventory
from storefront.pricing import service as pricing
from storefront.pricing.rules import Quote

LONGEST = 200


# --- contact ----------------------------------------------------------------------------------------------


def keep_contact(found: Visit, form: Mapping[str, str]) -> None:
    """Who is told about the order, and whether they want to hear more. Raises FormRefused.

    Nothing is said about whether an account has that address.
    """
    email = found.state.email if found.ref.customer_id is not None else form.get("email", "").strip()
    if email_key(email) is None:
        empty = _("Please give your e-mail.") if not email else _("That is not an e-mail address.")
        raise FormRefused({"email": empty})
    with transaction() as tx:
        keep(tx, found.state.cart_id, email=email, marketing=form.get("marketing") == "yes")


# --- delivery ---------------------------------------------------------------------------------------------


def typed_address(form: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """The parts of an address as a form sent them, whatever they are."""
    return {part: form.get(f"{prefix}{part}", "").replace("\0", "")[:LONGEST] for part in PARTS}


def keep_country(found: Visit, values: Mapping[str, str], *, billing: bool = False) -> None:
    """Remember a half-typed address with its new country: the page that follows asks what is asked there."""
    draft = as_stored(Typed(values))
    with transaction() as tx:
        if billing:
            keep(tx, found.state.cart_id, billing=draft)
        else:
            keep(tx, found.state.cart_id, shipping=draft, shipping_method=None)


def keep_shipping(found: Visit, form: Mapping[str, str]) -> State:
    """Where it goes and how, and the pieces are set aside for as long as paying takes.

    Raises FormRefused for what is missing or wrong (what was typed is kept), SoldOut for what others took.
    """
    typed, errors = _read_address(found, form)
    chosen = form.get("shipping_method", "")[:80]
    state = replace(found.state, shipping=typed, shipping_method=chosen or None)
    if typed.complete:
        method, problem = _choose(look_again(found.ref, found.cart.row, state).quote, chosen)
        state = replace(state, shipping_method=method)
        errors |= problem
    with transaction() as tx:
        kept = {"shipping": as_stored(typed), "shipping_method": state.shipping_method}
        keep(tx, state.cart_id, **kept)
        if typed.complete:
            carts.set_country(tx, state.cart_id, typed.values["country"])
    if errors:
        raise FormRefused(errors)
    _keep_in_book(found, form, typed)
    set_aside(look_again(found.ref, found.cart.row, state))
    return state


def _read_address(found: Visit, form: Mapping[str, str]) -> tuple[Typed, dict[str, str]]:
    """The address that was typed, or picked from the address book of this very customer."""
    customer_id, picked = found.ref.customer_id, form.get("address", "")
    if picked and picked != "new" and customer_id is not None:
        try:
            saved = customers.get_address(customer_id, picked[:64])
        except NoSuchAddress:
            return found.state.shipping, {"address": _("Please choose one of your addresses.")}
        values: Mapping[str, str] = saved.address.as_json()
    else:
        values = typed_address(form)
    return check_typed(values, served=pricing.countries_served())


def check_typed(values: Mapping[str, str], **options: Any) -> tuple[Typed, dict[str, str]]:
    """The address checked and tidied, or as it was typed with a sentence for each part that is wrong."""
    try:
        address = customers.check_address(values, **options)
    except AddressRefused as refusal:
        return Typed(dict(values)), dict(refusal.errors)
    return Typed(address.as_json(), complete=True), {}


def _choose(quote: Quote, chosen: str) -> tuple[str | None, dict[str, str]]:
    ways = quote.shipping_choices
    if not quote.needs_delivery:
        return None, {}
    if chosen in {way.key for way in ways}:
        return chosen, {}
    if len(ways) == 1:
        return ways[0].key, {}
    if not ways:
        return None, {"country": _("We do not deliver to this address yet.")}
    return None, {"shipping_method": _("Please choose how it gets to you.")}


def _keep_in_book(found: Visit, form: Mapping[str, str], typed: Typed) -> None:
    """A member's new address goes into their book when they left the tick there."""
    customer_id = found.ref.customer_id
    if customer_id is None or form.get("keep") != "yes" or form.get("address", "new") not in ("", "new"):
        return
    known = {saved.address for saved in customers.addresses_of(customer_id)}
    if typed.address in known:
        return
    try:
        customers.save_address(customer_id, typed.address)
    except AddressBookFull:
        return


def set_aside(found: Visit) -> None:
    """Hold the pieces for ten minutes. Raises SoldOut."""
    lines = {line.variant_id: line.quantity for line in found.quote.lines}
    with transaction() as tx:
        inventory.hold(tx, found.holder, lines)


def stay_longer(found: Visit) -> None:
    """Ten more minutes, once; when the time is over the pieces are set aside anew. Raises SoldOut."""
    with transaction() as tx:
        extended = inventory.extend_hold(tx, found.holder)
    if not extended and not held_until(found):
        set_aside(found)


def held_until(found: Visit) -> datetime | None:
    """When what is set aside goes back to the shelf; None when nothing is."""
    return inventory.held_until(db.session, found.holder)
