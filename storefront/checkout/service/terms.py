"""The content pages that somebody accepts with an order, as the owner names them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from storefront.catalog import service as catalog
from storefront.catalog.rules.values import ContentView
from storefront.core.store import StoreSetting, store_value


def settings() -> list[StoreSetting]:
    """What the console asks the owner for."""
    return [
        StoreSetting(
            "terms_pages",
            "text",
            "terms, privacy, returns",
            "checkout",
            _l("Pages that are accepted with an order"),
            _l("Addresses of content pages, separated by commas. The last step links those that exist."),
        )
    ]


def accepted_pages() -> list[ContentView]:
    """Those of the pages that exist, in the owner's order. No query on a warm process."""
    named = (part.strip().strip("/").rpartition("/")[2] for part in store_value("terms_pages").split(","))
    found = (catalog.find_page(slug) for slug in dict.fromkeys(named))
    return [page for page in found if page is not None]
