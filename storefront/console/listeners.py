"""What the frame itself puts into the console."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from storefront.console.service import finding
from storefront.core.console import ConsolePage, SearchSource
from storefront.hookspecs import hookimpl


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    return [
        ConsolePage("today", _l("Today"), "console.today", "work", 0, "", "today", shortcut="t"),
        ConsolePage("audit", _l("Log of changes"), "console.audit", "shop", 950, "audit.read", "log"),
    ]


@hookimpl
def register_console_search() -> list[SearchSource]:
    return [SearchSource("pages", _l("Pages of the console"), "", 900, finding.find_pages)]
