"""The head of a page: what browsers, search engines and link previews read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from storefront.core.i18n import tagline

LONGEST_DESCRIPTION = 155


@dataclass(frozen=True)
class PageHead:
    """`name` is the page's mark (data-page); `alternates` are (language tag, address) of its translations."""

    name: str
    title: str
    description: str = ""
    canonical: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    robots: str | None = None
    og: dict[str, str] = field(default_factory=dict)
    jsonld: tuple[dict[str, Any], ...] = ()
    prev_url: str | None = None
    next_url: str | None = None
    breadcrumbs: tuple[tuple[str, str], ...] = ()


def private_page(name: str, title: str, description: str = "") -> PageHead:
    """A page that no search engine should list: accounts, sign-in, errors. It is described all the same."""
    shop = current_app.extensions["regulars_settings"]
    heading = f"{title}: {shop.shop_name}"
    words = description or f"{heading}, {tagline()}"
    return PageHead(name, heading, description=words[:LONGEST_DESCRIPTION], robots="noindex")
