"""Messages from gateways: no cookie, no session, no language; the signature alone says who speaks."""

from __future__ import annotations

from collections.abc import Mapping

from storefront.core.errors import NotFound
from storefront.ordering.errors import BadSignature, NoSuchGateway
from storefront.ordering.service.applying import receive
from storefront.ordering.service.gateways import ask, gateway_of

LONGEST = 256_000


def take_webhook(gateway_key: str, headers: Mapping[str, str], body: bytes) -> list[str]:
    """Take in a gateway's message; returns how each of its events ended.

    Raises BadSignature, without any effect, and NotFound for a gateway that there is not.
    """
    try:
        gateway = gateway_of(gateway_key)
    except NoSuchGateway:
        raise NotFound from None
    if len(body) > LONGEST:
        raise BadSignature("too large")
    events = ask(gateway.read_webhook, headers, body)
    if any(event.gateway != gateway.key for event in events):
        raise BadSignature("an event of another gateway")
    return [receive(event) for event in events]
