"""Behaviour as cells: one event per row, named as in GA4. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from storefront.core.imports.cells import CellError, WholeNumbers, plain_text
from storefront.core.imports.columns import Field
from storefront.core.imports.moments import Moments

Record = dict[str, Any]
NAMES = (
    "view_item_list", "select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart",
    "view_cart",
    "begin_checkout", "add_shipping_info", "add_payment_info", "purchase", "refund", "view_promotion",
    "select_promotion", "search", "login", "sign_up", "share", "generate_lead", "dwell", "page_view",
)  # fmt: skip
# What other systems call the same.
ALSO = {
    "view": "view_item", "detail": "view_item", "product_view": "view_item", "click": "select_item",
    "addtocart": "add_to_cart", "cart": "add_to_cart", "add": "add_to_cart", "remove": "remove_from_cart",
    "transaction": "purchase", "buy": "purchase", "order": "purchase", "wishlist": "add_to_wishlist",
}  # fmt: skip
FIELDS = (
    Field("event", ("event_name", "event_type", "action", "behavior", "behaviour", "type"), required=True),
    Field("event_id", ("id",)),
    Field("at", ("timestamp", "time", "datetime", "date", "event_time", "created_at", "ts"), required=True),
    Field("visitor", ("visitor_id", "visitorid", "client_id", "cookie", "device_id")),
    Field("session", ("session_id", "user_session")),
    Field("customer", ("customer_id", "user", "user_id", "userid", "email")),
    Field("sku", ("product", "product_id", "productid", "item", "item_id", "itemid", "aid")),
    Field("query", ("search", "search_term", "searchterm", "keywords")),
    Field("hits", ("results", "result_count")),
    Field("list", ("list_name", "item_list_name", "item_list_id")),
    Field("position", ("index", "rank")),
    Field("surface"),
    Field("page", ("page_type", "page_kind")),
    Field("source"),
    Field("dwell_ms", ("engagement_time_msec", "dwell")),
    Field("language", ("lang", "locale")),
    Field("params"),
)
AGENT = Field("user_agent", ("useragent", "ua", "agent", "browser"))  # read to know robots by, never kept
LIMITS = {
    "event_id": 40, "visitor": 40, "session": 40, "customer": 320, "sku": 120, "query": 200, "list": 60,
    "source": 40, "user_agent": 600,
}  # fmt: skip
COLUMNS = tuple(field.name for field in FIELDS)
# What an event without an id is known again by; columns that came later are no part of it, so that a file
# that was read before is still known.
_TOLD = tuple(name for name in COLUMNS if name not in ("page", "source", "dwell_ms"))


class Names(dict):
    """Event names, whatever their case; `names[text]` raises CellError for unknown ones."""

    def __missing__(self, text: str) -> str:
        word = plain_text(text, 40).casefold().replace(" ", "_").replace("-", "_")
        name = ALSO.get(word, word)
        if name not in NAMES:
            raise CellError("not_one_of", value=text, choices=", ".join(NAMES))
        self[text] = name
        return name


class Parser:
    """Cells by field name into an event."""

    def __init__(self, style: str) -> None:
        self.names = Names()
        self.moments = Moments(style)
        self.whole = WholeNumbers(low=0, high=10**6)
        self.times = WholeNumbers(low=0, high=86_400_000)

    def field(self, name: str, cell: str) -> Any:
        """One value; None for an empty cell. Raises CellError."""
        if name == "event":
            return self.names[cell]
        if name == "at":
            return self.moments[cell].isoformat()
        if not cell.strip():
            return None
        if name in ("hits", "position"):
            return self.whole[cell]
        if name == "dwell_ms":
            return self.times[cell]
        if name == "params":
            return _params(cell)
        return plain_text(cell, LIMITS.get(name, 30)) or None


def _params(cell: str) -> dict[str, Any]:
    try:
        found = json.loads(cell) if len(cell) <= 20_000 else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CellError("not_kept_cells")
    return found


def event_key(event: Mapping[str, Any]) -> str:
    """The event's own id, or one derived from all it says, so that the same row is known again."""
    if event.get("event_id"):
        return str(event["event_id"])
    text = json.dumps([event.get(name) for name in _TOLD], ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def page_of(event: Mapping[str, Any]) -> str | None:
    """The page that an event was, where it names none: other systems know pages by what they show."""
    if event["event"] == "view_item_list":
        return None if event.get("surface") else "category"
    return {"view_item": "product", "search": "search", "view_cart": "cart"}.get(event["event"])
