"""The composition root: builds the shop as one Flask app, alone or mounted into another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.resources import files
from typing import Any

from flask import Flask, request

from storefront.core import (
    commands,
    database,
    errorpages,
    events,
    jobs,
    logs,
    mail,
    ops,
    plugins,
    security,
    settings,
    slots,
)
from storefront.core.clock import Clock
from storefront.core.i18n import LanguageMiddleware, init_i18n, languages_of
from storefront.core.rendering import ShopEnvironment
from storefront.core.requests import ShopRequest
from storefront.core.routes import RowNumber
from storefront.core.settings import Settings

# In this order: a feature imports only what stands before it.
FEATURES = (
    "core",
    "catalog",
    "inventory",
    "customers",
    "journal",
    "pricing",
    "cart",
    "ordering",
    "checkout",
    "treatments",
    "personalization",
    "homepage",
    "reviews",
    "console",
)

Identity = Callable[[Mapping[str, Any]], str | None]


def create_app(config: Mapping[str, Any] | None = None, *, url_prefix: str = "") -> Flask:
    """The shop as an app of its own. `config` overrides settings by name (docs/settings.md).

    Raises SetupError when a setting is missing or wrong.
    """
    shop = settings.load(config)
    app = _bare_app(shop)
    logs.init_logs(app, shop)
    database.init_database(app, shop.shop_url, shop.behaviour_url)
    events.init_events(app)
    jobs.init_jobs(app, shop)
    mail.init_mail(app, shop)
    manager = plugins.init_plugins(app)
    init_i18n(app, shop)
    security.init_security(app, shop, url_prefix)
    app.jinja_env.globals.update(slot=slots.slot, card_tools=slots.card_tools)
    for feature in FEATURES:
        _add_feature(app, manager, feature)
    manager.check_pending()
    ops.init_ops(app, shop)
    errorpages.init_error_pages(app)
    commands.add_commands(app)
    app.wsgi_app = LanguageMiddleware(app.wsgi_app, languages_of(shop))  # type: ignore[method-assign]
    return app


def _bare_app(shop: Settings) -> Flask:
    app = Flask(
        "storefront", instance_path=str(shop.folder), template_folder=str(files("storefront._templates"))
    )
    app.extensions["regulars_settings"] = shop
    app.extensions["regulars_clock"] = Clock.from_setting(shop.clock)
    app.testing = shop.mode == "test"
    app.request_class = ShopRequest
    app.url_map.converters["int"] = RowNumber
    app.jinja_environment = ShopEnvironment
    app.jinja_env.auto_reload = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.get_send_file_max_age = _file_age  # type: ignore[method-assign, assignment]
    shop.folder.mkdir(parents=True, exist_ok=True)
    return app


def _file_age(_name: str | None) -> int:
    """Seconds a static file is kept: a year under the address with its fingerprint, else a day."""
    return 31_536_000 if "v" in request.args else 86_400


def _add_feature(app: Flask, manager: Any, feature: str) -> None:
    """Tables, listeners, jobs and pages of one feature, whichever of them it has."""
    plugins.feature_module(feature, "models")
    plugins.register_feature(manager, feature)
    for name in ("listeners", "jobs"):
        module = plugins.feature_module(feature, name)
        if module is not None:
            app.extensions["regulars_listeners"].register_module(module)
            app.extensions["regulars_jobs"].register_module(module)
    for name in ("views", "owner"):
        pages = plugins.feature_module(feature, name)
        if pages is not None:
            app.register_blueprint(pages.blueprint)
            if hasattr(pages, "init_app"):
                pages.init_app(app)


class Storefront:
    """The shop inside somebody's Flask app: `Storefront().init_app(app, url_prefix="/shop")`.

    The host gets `extensions["regulars"]`, the command group `flask regulars` and the template global
    `storefront_url()`; nothing else of it changes.
    """

    def __init__(self, app: Flask | None = None, **options: Any) -> None:
        self.shop: Flask | None = None
        self.url_prefix = ""
        if app is not None:
            self.init_app(app, **options)

    def init_app(
        self,
        app: Flask,
        url_prefix: str = "/shop",
        config: Mapping[str, Any] | None = None,
        identity: Identity | None = None,
    ) -> None:
        """Build the shop and mount it at `url_prefix`.

        `identity(environ)` may name the e-mail of the person signed in at the host; it runs in the host's
        app context. Raises ValueError for a prefix that is empty or does not start with a slash.
        """
        if not url_prefix.startswith("/") or url_prefix.rstrip("/") == "":
            raise ValueError("url_prefix must look like /shop; to run the shop alone use create_app()")
        mounting = import_module("storefront.core.mounting")
        self.url_prefix = url_prefix.rstrip("/")
        self.shop = create_app(config, url_prefix=self.url_prefix)
        mounting.attach(app, self)
        inner = mounting.with_identity(self.shop.wsgi_app, app, identity)
        app.wsgi_app = mounting.Mount(app.wsgi_app, self.url_prefix, inner)  # type: ignore[method-assign]
