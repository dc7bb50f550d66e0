"""Templates as Flask and Flask-Babel render them, with less work for each text and each imported macro.

A page prints about a hundred texts and calls macros of a dozen templates: what those cost adds up.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from babel import Locale
from babel.support import Translations
from flask import Flask, current_app, has_app_context
from flask.globals import app_ctx
from flask.templating import Environment
from flask_babel import Domain, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup


class ShopEnvironment(Environment):
    """Flask's environment. All templates share one mapping of globals instead of a chain of two each: at
    every imported macro Jinja compares the names of both, which a chain answers in Python."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template that is loaded without globals of its own."""
        return super().make_globals(d) if d else self.globals


def render_part(template: str, **values: Any) -> Markup:
    """A part of a page: a template that uses its own values and globals only. What every whole page is given
    (menus, shop, person) is not worked out for it again."""
    made = current_app.jinja_env.get_template(template).render(values)
    return Markup(made)  # noqa: S704  our own templates escape


def _locale() -> Locale | None:
    """The locale of texts now, without the many proxies on the way to it once it is known."""
    if not has_app_context():
        return None
    chosen = app_ctx._get_current_object().g.get("_flask_babel")  # type: ignore[attr-defined]
    return getattr(chosen, "babel_locale", None) or get_locale()


class KnownTexts(Domain):
    """Flask-Babel's domain: the catalogue of a locale is found by the locale, not by its name as a string."""

    def __init__(self, domain: str) -> None:
        super().__init__(domain=domain)
        self.found: dict[Locale, Translations] = {}

    def get_translations(self) -> Translations:
        """The catalogue of the locale now."""
        locale = _locale()
        known = self.found.get(locale) if locale is not None else None
        if known is None:
            known = super().get_translations()
            if locale is not None:
                self.found[locale] = known
        return known


def init_texts(app: Flask) -> None:
    """Texts of code and templates, found once per locale. To be called when Flask-Babel is attached.

    As in Jinja's new style a text is a format string, and markup where the template escapes.
    """
    babel = app.extensions["babel"]
    babel.instance.domain_instance = KnownTexts(babel.default_domain)
    known: dict[tuple[Locale | None, bool, str], str] = {}

    @pass_eval_context
    def text(rules: EvalContext, string: str, /, **values: Any) -> str:
        place = (_locale(), rules.autoescape, string)
        found = known.get(place)
        if found is None:
            plain = get_translations().ugettext(string)
            found = Markup(plain) if rules.autoescape else plain  # noqa: S704  texts are the shop's own
            known[place] = found
        return found % values if values or "%" in found else found

    app.jinja_env.globals.update(gettext=text, _=text)
