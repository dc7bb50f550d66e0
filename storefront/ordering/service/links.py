"""Addresses of the shop's own pages that other parties get, made without a request."""

from __future__ import annotations

from flask import current_app

from storefront.core.i18n import languages_of
from storefront.core.mail.composing import mounted_root


def own_address(path: str, locale: str) -> str:
    """The absolute address of `path` (with its slash) in a language of the shop."""
    settings = current_app.extensions["regulars_settings"]
    languages = languages_of(settings)
    language = next((one for one in languages if one.code == locale), languages[0])
    shop = current_app._get_current_object()  # type: ignore[attr-defined]
    return mounted_root(shop, settings) + language.prefix + path
