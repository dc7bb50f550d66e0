"""The shop inside somebody's app: what the host gets, and how little of it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, has_request_context, request
from werkzeug.routing import MapAdapter

from storefront.core.commands import add_commands
from storefront.core.i18n import languages_of

if TYPE_CHECKING:
    from storefront.app import Storefront

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Identity = Callable[[Mapping[str, Any]], str | None]
IDENTITY = "regulars.identity"
HOST_ROOT = "regulars.host_root"
log = structlog.get_logger(__name__)


def attach(app: Flask, storefront: Storefront) -> None:
    """Give the host its three things: `extensions["regulars"]`, `flask regulars`, `storefront_url()`."""
    app.extensions["regulars"] = storefront
    if storefront.shop is not None:
        storefront.shop.extensions["regulars_host"] = app
    add_commands(app)
    _add_global(app, "storefront_url", UrlBuilder(storefront))


def _add_global(app: Flask, name: str, value: object) -> None:
    """Set a template global without making the host's Jinja environment before its own time."""
    if "jinja_env" in vars(app):
        app.jinja_env.globals[name] = value
        return
    make = app.create_jinja_environment

    def make_with_global() -> Any:
        environment = make()
        environment.globals.setdefault(name, value)
        return environment

    app.create_jinja_environment = make_with_global  # type: ignore[method-assign]


class UrlBuilder:
    """`storefront_url("catalog.product", slug="...")` in the templates and views of the host.

    Without an endpoint: the first page. `language` picks one of the shop's languages, `_external` makes
    the address absolute. Works in a request of the host and outside of one. Raises werkzeug's BuildError for
    an endpoint that the shop does not have.
    """

    def __init__(self, storefront: Storefront) -> None:
        self.storefront = storefront

    def __call__(
        self, endpoint: str | None = None, language: str | None = None, _external: bool = False, **values: Any
    ) -> str:
        shop = self.storefront.shop
        if shop is None:
            raise RuntimeError("the shop is not mounted yet; call Storefront().init_app(app)")
        adapter = self._adapter(shop, language)
        if endpoint is not None:
            return adapter.build(endpoint, values, force_external=_external)
        home = adapter.script_name
        return f"{adapter.url_scheme}://{adapter.server_name}{home}" if _external else home

    def _adapter(self, shop: Flask, language: str | None) -> MapAdapter:
        settings = shop.extensions["regulars_settings"]
        languages = {entry.code: entry for entry in languages_of(settings)}
        prefix = languages[language].prefix if language is not None else ""
        root, host, scheme = self._place(settings.base_url)
        script = f"{root}{self.storefront.url_prefix}{prefix}/"
        return shop.url_map.bind(host, script_name=script, url_scheme=scheme)

    def _place(self, base_url: str) -> tuple[str, str, str]:
        if has_request_context():
            return request.script_root, request.host, request.scheme
        scheme, _, rest = base_url.partition("://")
        return "", rest.split("/", 1)[0], scheme


class Mount:
    """Sends `/shop` and what is below it to the shop; everything else reaches the host untouched."""

    def __init__(self, host: WSGIApp, prefix: str, shop: WSGIApp) -> None:
        self.host, self.prefix, self.shop = host, prefix, shop

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != self.prefix and not path.startswith(self.prefix + "/"):
            return self.host(environ, start_response)
        inner = dict(environ)
        inner[HOST_ROOT] = environ.get("SCRIPT_NAME", "")
        inner["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self.prefix
        inner["PATH_INFO"] = path[len(self.prefix) :]
        return self.shop(inner, start_response)


def with_identity(shop: WSGIApp, host: Flask, identity: Identity | None) -> WSGIApp:
    """Ask the host who is signed in there, in a request context of the host, before the shop answers.

    The e-mail goes into `environ["regulars.identity"]`, which no client can set. A host that fails to answer
    is logged; the visitor then counts as nobody.
    """

    def named(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[IDENTITY] = _ask(host, identity, environ) if identity is not None else None
        return shop(environ, start_response)

    return named


def _ask(host: Flask, identity: Identity, environ: dict[str, Any]) -> str | None:
    root = environ[HOST_ROOT]
    path = environ["SCRIPT_NAME"].removeprefix(root) + environ["PATH_INFO"]
    # A copy: the host's request object must not be found by the shop in its own environ.
    seen = {**environ, "SCRIPT_NAME": root, "PATH_INFO": path}
    try:
        with host.request_context(seen):
            return identity(seen)
    except Exception:
        log.error("identity_failed", exc_info=True)
        return None
