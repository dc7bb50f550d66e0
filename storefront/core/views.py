"""What belongs to every page and to no feature: the appearance, and the shop's own facts in templates."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from storefront.core.i18n import root_path, tagline

blueprint = Blueprint("core", __name__)
THEMES = ("light", "dark", "auto")
THEME_COOKIE = "regulars_theme"


def init_app(app: Flask) -> None:
    """Give every template the shop and the chosen appearance."""
    settings = app.extensions["regulars_settings"]
    facts = {"name": settings.shop_name, "currency": settings.currency}

    def context() -> dict[str, Any]:
        return {"shop": {**facts, "tagline": tagline()}, "theme": chosen_theme()}

    app.context_processor(context)


def chosen_theme() -> str:
    """Light, dark, or auto when nothing (or nonsense) was chosen."""
    theme = request.cookies.get(THEME_COOKIE, "auto")
    return theme if theme in THEMES else "auto"


@blueprint.post("/theme")
def theme() -> Response:
    """Remember the appearance in this browser and go back to where the person was."""
    chosen = request.form.get("theme", "auto")
    response = redirect(_back())
    if chosen in ("light", "dark"):
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=365 * 86_400,
            path=root_path() or "/",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(THEME_COOKIE, path=root_path() or "/")
    return response


def _back() -> str:
    """The page that the form was on, when it is one of this shop's; else the first page."""
    start = request.host_url.rstrip("/")
    came_from = request.referrer or ""
    path = came_from.removeprefix(start)
    inside = came_from.startswith(start + "/") and path.startswith(f"{root_path()}/")
    return path if inside and not path.startswith(("//", "/\\")) else url_for("homepage.show")
