"""Ways to be paid: which there are, and asking them, always outside transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import current_app

from storefront.core.database import in_transaction
from storefront.core.plugins import collect
from storefront.ordering.errors import NoSuchGateway
from storefront.ordering.rules.payments import Gateway, PaymentFacts
from storefront.pricing.rules import Quote

Answer = TypeVar("Answer")
DELIVERY = "delivery"


class AskedInside(RuntimeError):
    """A gateway was asked while a command was open: its answer may take seconds, and everybody would wait."""


def all_gateways() -> dict[str, Gateway]:
    """Every gateway of this shop by key, in the order of the house."""
    known: dict[str, Gateway] | None = current_app.extensions.get("regulars_gateways")
    if known is None:
        known = {gateway.key: gateway for gateway in collect("register_payment_gateways")}
        current_app.extensions["regulars_gateways"] = known
    return known


def facts_of_quote(quote: Quote) -> PaymentFacts:
    """What a gateway may look at before there is an order."""
    return PaymentFacts(quote.country, quote.total_minor, quote.currency, shipping_kind(quote))


def facts_of_order(order: Any) -> PaymentFacts:
    """The same for one that was placed: its row, or its view. Orders of before said nothing of their kind."""
    kind = (order.pricing or {}).get("shipping_kind", DELIVERY)
    return PaymentFacts(order.country, order.total_minor, order.currency, kind)


def shipping_kind(quote: Quote) -> str:
    """delivery, pickup, or none where nothing has to be sent."""
    if quote.shipping is not None:
        return quote.shipping.kind
    return DELIVERY if quote.needs_delivery else "none"


def offered_gateways(facts: PaymentFacts) -> list[Gateway]:
    """The ways to pay that fit an order."""
    return [gateway for gateway in all_gateways().values() if gateway.available(facts)]


def origins_of(gateways: Iterable[Gateway]) -> tuple[str, ...]:
    """Whose pages paying by one of these may lead to."""
    return tuple(origin for gateway in gateways for origin in getattr(gateway, "origins", ()))


def gateway_of(key: str) -> Gateway:
    """The gateway called `key`. Raises NoSuchGateway."""
    gateway = all_gateways().get(key)
    if gateway is None:
        raise NoSuchGateway
    return gateway


def ask(call: Callable[..., Answer], *arguments: Any) -> Answer:
    """Call a method of a gateway. Raises AskedInside when a command is open, else whatever it raises."""
    if in_transaction():
        raise AskedInside(f"{call.__qualname__} was called inside a transaction")
    return call(*arguments)
