"""What each page of the console shares: the blueprint, the navigation, small words for templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.dates import format_time
from flask import Blueprint, Flask, render_template, request, url_for
from flask_login import current_user, user_logged_in

from storefront.console.service.audit import changes, subject_name
from storefront.core.console import comment_token, may_now, prove
from storefront.core.console.registry import NavEntry, navigation
from storefront.core.console.words import group_name, permission_name, role_meaning, role_name
from storefront.core.i18n import current_language
from storefront.core.pages import private_page

blueprint = Blueprint("console", __name__)
KEYS_COOKIE = "regulars_keys"


def init_app(app: Flask) -> None:
    """Give the templates of the console what they print on every page."""
    app.jinja_env.globals.update(
        console_frame=console_frame,
        comment_token=comment_token,
        may_now=may_now,
        role_name=role_name,
        role_meaning=role_meaning,
        permission_name=permission_name,
        format_clock=format_clock,
        changes=changes,
        subject_name=subject_name,
    )
    app.jinja_env.tests["may_now"] = may_now
    user_logged_in.connect(_proved, app)


def _proved(_app: Flask, user: object, **_more: object) -> None:
    prove()


@dataclass(frozen=True)
class Frame:
    """Navigation and person of a console page."""

    groups: list[tuple[str, list[NavEntry]]]
    current: str
    name: str
    initials: str
    role: str
    shortcuts: bool


def console_frame() -> Frame:
    """What the frame prints; one query when an entry has a number."""
    groups = navigation(current_user.role)
    name = current_user.name or current_user.email
    return Frame(
        [(group_name(group), entries) for group, entries in groups.items()],
        _current([entry for entries in groups.values() for entry in entries]),
        name,
        "".join(part[0] for part in name.split()[:2]).upper(),
        role_name(current_user.role),
        request.cookies.get(KEYS_COOKIE) != "off",
    )


def _current(entries: list[NavEntry]) -> str:
    """The entry whose address this page's begins with, the longest of them."""
    here = request.script_root + request.path
    fitting = [entry.page for entry in entries if _within(here, entry)]
    return max(fitting, key=lambda page: len(url_for(page.endpoint))).key if fitting else ""


def _within(here: str, entry: NavEntry) -> bool:
    url = url_for(entry.page.endpoint)
    return here == url or (here.startswith(url + "/") and entry.page.endpoint != "console.today")


def format_clock(moment: Any) -> str:
    """Hours and minutes (UTC) in the language of the page."""
    return format_time(moment, "short", locale=current_language().babel)


def show(name: str, title: str, status: int = 200, template: str = "", **values: Any) -> tuple[str, int]:
    """The page `console/<name>.html` under its mark and title."""
    page = private_page(f"console-{name.replace('_', '-')}", title)
    return render_template(f"console/{template or name}.html", page=page, **values), status
