"""Asking everybody who registered a kind of things to find."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_login import current_user

from storefront.core.console import SearchHit
from storefront.core.console.registry import allowed, console_pages
from storefront.core.plugins import collect

EACH = 6


@dataclass(frozen=True)
class Found:
    """What one source found."""

    key: str
    label: str
    hits: list[SearchHit]


def find(words: str) -> list[Found]:
    """Hits by kind for what this person may see; a query for each kind, none without words."""
    if not words:
        return []
    sources = allowed(collect("register_console_search"), current_user.role)
    found = [Found(source.key, str(source.label), source.find(words, EACH)) for source in sources]
    return [part for part in found if part.hits]


def find_pages(words: str, limit: int) -> list[SearchHit]:
    """Pages of the console by their title."""
    wanted = words.casefold()
    pages = console_pages(current_user.role)
    hits = [p for p in pages if wanted in str(p.title).casefold() or wanted in p.key]
    return [SearchHit(str(page.title), url_for(page.endpoint)) for page in hits[:limit]]
