"""Languages: a prefix of the URL moved into SCRIPT_NAME by middleware, so that every route exists once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from babel import localedata
from babel.dates import format_date, format_datetime
from flask import Flask, has_request_context, request
from flask_babel import Babel, gettext

from storefront.core.clock import now
from storefront.core.rendering import init_texts
from storefront.core.settings import Settings

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Language:
    """A language of the shop: `code` in tables, `tag` in HTML (BCP 47), `babel` for formats."""

    code: str
    tag: str
    name: str
    prefix: str
    babel: str


_KNOWN = {"en": ("en", "English", "en"), "zh": ("zh-CN", "简体中文", "zh_Hans_CN")}
ENVIRON_KEY = "regulars.language"


def languages_of(settings: Settings) -> list[Language]:
    """The shop's languages; the first has no prefix."""
    found = []
    for index, code in enumerate(settings.language_codes):
        tag, name, babel = _KNOWN[code]
        if code == "en":
            babel = _english(settings.region)
        found.append(Language(code, tag, name, "" if index == 0 else f"/{code}", babel))
    return found


def _english(region: str) -> str:
    """English as it is written in that country; in countries without one of their own, that of the world."""
    return f"en_{region}" if localedata.exists(f"en_{region}") else "en_001"


class LanguageMiddleware:
    """Moves `/zh` from PATH_INFO to SCRIPT_NAME and notes the language in the environ."""

    def __init__(self, app: WSGIApp, languages: list[Language]) -> None:
        self.app = app
        self.first = languages[0]
        self.prefixed = {language.prefix: language for language in languages if language.prefix}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        head = "/" + path[1:].split("/", 1)[0]
        language = self.prefixed.get(head, self.first)
        environ = dict(environ)
        environ["regulars.root"] = environ.get("SCRIPT_NAME", "")
        environ[ENVIRON_KEY] = language
        if language.prefix:
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + language.prefix
            environ["PATH_INFO"] = path[len(language.prefix) :]
        return self.app(environ, start_response)


def init_i18n(app: Flask, settings: Settings) -> None:
    """Gettext in the language of the URL; formats of the shop's region."""
    languages = languages_of(settings)
    app.extensions["regulars_languages"] = languages
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(files("storefront") / "translations")
    app.config["BABEL_DEFAULT_LOCALE"] = languages[0].babel
    Babel(app, locale_selector=lambda: current_language().babel)
    init_texts(app)
    app.jinja_env.globals.update(
        language_links=language_links,
        format_day=format_day,
        format_moment=format_moment,
    )
    app.jinja_env.filters["money"] = lambda amount: amount.format(current_language().babel)
    app.context_processor(lambda: {"lang": current_language(), "languages": languages})


def current_language() -> Language:
    """The language of this request, or the shop's first outside of one."""
    from flask import current_app

    languages: list[Language] = current_app.extensions["regulars_languages"]
    if has_request_context():
        return request.environ.get(ENVIRON_KEY, languages[0])
    return languages[0]


def first_language() -> Language:
    """The shop's first language: the fallback of every text."""
    from flask import current_app

    return current_app.extensions["regulars_languages"][0]


def tagline() -> str:
    """The shop's line in the language of the page: the owner's words, or those that Regulars brings along."""
    from flask import current_app

    own = [part.strip() for part in current_app.extensions["regulars_settings"].tagline.split("|")]
    if not any(own):
        return gettext("the corner shop that remembers you")
    codes = [language.code for language in current_app.extensions["regulars_languages"]]
    place = codes.index(current_language().code)
    return own[place] if place < len(own) else own[0]


def root_path() -> str:
    """Where the shop is mounted, without the language: '' or '/shop'."""
    return request.environ.get("regulars.root", request.script_root)


def language_links() -> list[tuple[Language, str]]:
    """This very page in each language of the shop, as (language, path with query)."""
    from flask import current_app

    query = request.query_string.decode("utf-8", "replace")
    tail = request.path + (f"?{query}" if query else "")
    return [
        (language, root_path() + language.prefix + tail)
        for language in current_app.extensions["regulars_languages"]
    ]


def format_day(moment: Any, style: str = "long") -> str:
    """A date in the language of the page."""
    return format_date(moment or now(), style, locale=current_language().babel)


def format_moment(moment: Any, style: str = "medium") -> str:
    """Date and time (UTC) in the language of the page."""
    return format_datetime(moment, style, locale=current_language().babel)
