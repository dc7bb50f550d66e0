"""What a query needs to know about the request: language, addresses, settings. Also outside of one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app, has_request_context, request

from storefront.catalog.rules.values import Picture
from storefront.core import clock
from storefront.core.i18n import Language, current_language, first_language, root_path
from storefront.core.money import Money
from storefront.core.settings import Settings


def settings() -> Settings:
    return current_app.extensions["regulars_settings"]


def money(minor: int) -> Money:
    """An amount in the shop's currency."""
    return Money(minor, settings().currency)


def languages() -> list[Language]:
    return current_app.extensions["regulars_languages"]


def language_named(code: str | None) -> Language:
    """The language with this code; without one, that of the request."""
    if code is None:
        return current_language()
    return next((language for language in languages() if language.code == code), first_language())


def text_parameters(code: str | None = None) -> dict[str, Any]:
    """Parameters of `tables.Texts` and `tables.on_show`."""
    return {
        "language": language_named(code).code,
        "first_language": first_language().code,
        "now": clock.now(),
    }


# --- addresses --------------------------------------------------------------------------------------------


def mount() -> str:
    """Where the shop is mounted, without a language: '' or '/shop'."""
    return root_path() if has_request_context() else ""


def script_root(language: Language | None = None) -> str:
    """What stands before every path: mount and language."""
    if language is not None:
        return mount() + language.prefix
    return request.script_root if has_request_context() else ""


def product_path(slug: str, root: str | None = None) -> str:
    return f"{script_root() if root is None else root}/p/{quote(slug)}"


def category_path(slug: str, root: str | None = None) -> str:
    return f"{script_root() if root is None else root}/c/{quote(slug)}"


def page_path(slug: str, root: str | None = None) -> str:
    return f"{script_root() if root is None else root}/pages/{quote(slug)}"


def target_path(target: str, root: str | None = None) -> str:
    """The address of a menu's target: `c/slug`, `p/slug`, `pages/slug`, '' (home), or a URL as it is."""
    if target.startswith(("https://", "http://", "/", "#", "mailto:")):
        return target
    return f"{script_root() if root is None else root}/{quote(target, safe='/?=&')}"


def origin() -> str:
    """Scheme and host of the shop as its visitors see it."""
    parts = urlsplit(settings().base_url)
    return f"{parts.scheme}://{parts.netloc}"


def absolute(path: str) -> str:
    """A full address for a path that begins at the host's root."""
    return path if path.startswith(("http://", "https://")) else origin() + path


# --- pictures ---------------------------------------------------------------------------------------------


def picture_of(
    digest: str | None, width: int, height: int, widths: str, *, alt: str = "", cutout: bool = False
) -> Picture | None:
    """The picture stored under `digest` with its addresses; None while it is not stored yet."""
    sizes = [int(part) for part in (widths or "").split(",") if part]
    if not digest or not sizes or not width:
        return None
    base = f"{mount()}/media/{digest}"
    srcset = ", ".join(f"{base}-{size}.webp {min(size, width)}w" for size in sizes)
    chosen = 640 if 640 in sizes else sizes[-1]
    shown = min(chosen, width)
    return Picture(
        src=f"{base}-{chosen}.webp",
        srcset=srcset,
        width=shown,
        height=max(1, round(height * shown / width)),
        alt=alt,
        cutout=cutout,
    )
