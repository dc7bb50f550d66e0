"""From a row to a message: both parts rendered in the recipient's language, links absolute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import css_inline
from flask import Flask, current_app
from flask_mailman import EmailMultiAlternatives

from storefront.core.i18n import ENVIRON_KEY, Language, languages_of, tagline
from storefront.core.settings import Settings


@dataclass(frozen=True)
class ShopFacts:
    """What a mail says about the shop itself."""

    name: str
    tagline: str


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    # Media queries stay in a style element: dark mode cannot be inlined. Nothing is fetched.
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def compose(row: Any) -> EmailMultiAlternatives:
    """The message of one `mail_message` row, ready to be sent.

    Raises jinja2.TemplateNotFound when the template is missing in either form.
    """
    settings: Settings = current_app.extensions["regulars_settings"]
    language = _language(settings, row.locale)
    shop: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with _in_language(shop, settings, language) as base:
        values = {
            **row.context,
            "shop": ShopFacts(settings.shop_name, tagline()),
            "shop_url": base + "/",
            "lang": language,
        }
        subject = _block(f"emails/{row.template}.txt", "subject", values)
        text = _render(f"emails/{row.template}.txt", values).strip() + "\n"
        html = _inliner().inline(_render(f"emails/{row.template}.html", values))
        leaving = _leaving(f"emails/{row.template}.txt", values)
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=settings.mail_from,
        to=[row.to_email],
        headers={
            "Message-ID": row.message_id,
            "Date": format_datetime(row.created_at),
            "Auto-Submitted": "auto-generated",
            "Content-Language": language.tag,
            **leaving,
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def _language(settings: Settings, code: str) -> Language:
    languages = languages_of(settings)
    return next((language for language in languages if language.code == code), languages[0])


@contextmanager
def _in_language(app: Flask, settings: Settings, language: Language) -> Iterator[str]:
    """A request of nobody for the shop's first page in `language`: texts, formats and links follow it."""
    root = mounted_root(app, settings)
    base = root + language.prefix
    # An app context of its own, or the language of a surrounding request would be remembered in `g`.
    with app.app_context():
        request = app.test_request_context("/", base_url=base + "/")
        request.request.environ["regulars.root"] = urlsplit(root).path
        request.request.environ[ENVIRON_KEY] = language
        with request:
            yield base


def mounted_root(app: Flask, settings: Settings) -> str:
    """The shop's absolute address without language and without a slash at its end."""
    base = settings.base_url.rstrip("/")
    prefix = app.config["APPLICATION_ROOT"].rstrip("/")
    return base if base.endswith(prefix) else base + prefix


def _render(name: str, values: dict[str, Any]) -> str:
    return current_app.jinja_env.get_template(name).render(values)


def _leaving(name: str, values: dict[str, Any]) -> dict[str, str]:
    """Headers for mails that one can take oneself off: those whose text has a block `unsubscribe`.

    Its address answers a POST without cookie or token by taking the reader off at once (RFC 8058), and a GET
    by a page with a button for that.
    """
    if "unsubscribe" not in current_app.jinja_env.get_template(name).blocks:
        return {}
    address = _block(name, "unsubscribe", values)
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _block(name: str, block: str, values: dict[str, Any]) -> str:
    template = current_app.jinja_env.get_template(name)
    lines = "".join(template.blocks[block](template.new_context(values))).split()
    return " ".join(lines)  # one line: a subject is a header
