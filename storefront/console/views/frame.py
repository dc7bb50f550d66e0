"""What each page of the console shares: the blueprint, the navigation, small words for templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from babel.dates import format_datetime, format_skeleton, format_time, format_timedelta
from babel.numbers import format_compact_currency, format_decimal
from flask import Blueprint, Flask, current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, user_logged_in

from storefront.console.service.audit import changes, subject_name
from storefront.console.service.system import state_name
from storefront.console.service.today import shop_zone
from storefront.core import clock
from storefront.core.console import TimelineEntry, comment_token, may_now, prove, verb_name
from storefront.core.console.registry import NavEntry, navigation
from storefront.core.console.words import group_name, permission_name, role_meaning, role_name
from storefront.core.i18n import current_language
from storefront.core.money import Money
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
        when=when,
        when_exactly=when_exactly,
        by_day=by_day,
        how_long=how_long,
        changes=changes,
        subject_name=subject_name,
        verb_name=verb_name,
        state_name=state_name,
    )
    app.jinja_env.tests["may_now"] = may_now
    app.jinja_env.filters.update(console_money=money, console_round=round_money, console_number=number)
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


def money(minor: int) -> str:
    """Minor units in the shop's currency."""
    shop = current_app.extensions["regulars_settings"]
    return Money(minor, shop.currency).format(current_language().babel)


def round_money(minor: int) -> str:
    """The same as short as it goes, for the scale of a drawing."""
    shop = current_app.extensions["regulars_settings"]
    whole = int(Money(minor, shop.currency).decimal().partition(".")[0])
    if whole >= 10_000:
        return format_compact_currency(whole, shop.currency, locale=current_language().babel)
    return re.sub(r"[.,]0+(?=\D*$)", "", money(minor))


def number(count: int) -> str:
    """A whole number with the marks for thousands of the page's language."""
    return format_decimal(count, locale=current_language().babel)


# --- times, in the time zone of the shop -------------------------------------------------------------------


def local(moment: datetime) -> datetime:
    """A moment as the clock of the shop shows it."""
    return moment.astimezone(shop_zone())


def format_clock(moment: datetime) -> str:
    """Hours and minutes in the language of the page."""
    return format_time(local(moment), "short", locale=current_language().babel)


def when(moment: datetime) -> str:
    """ "today 13:52", "18 Nov", "14 Aug 2026": as exact as one wants it at a glance."""
    day, today = local(moment), local(clock.now())
    if day.date() == today.date():
        return _("today %(time)s", time=format_clock(moment))
    if day.date() == (today - timedelta(days=1)).date():
        return _("yesterday %(time)s", time=format_clock(moment))
    pattern = "MMMd" if day.year == today.year else "yMMMd"
    return format_skeleton(pattern, day, locale=current_language().babel)


def when_exactly(moment: datetime) -> str:
    """Date, time and time zone, for those who look closer."""
    return format_datetime(local(moment), "long", locale=current_language().babel)


def how_long(span: timedelta) -> str:
    """ "1 hour", "1 day"."""
    return format_timedelta(span, locale=current_language().babel)


def by_day(entries: list[TimelineEntry]) -> list[tuple[datetime, list[TimelineEntry]]]:
    """Entries of a timeline under their day, newest first."""
    ordered = sorted(entries, key=lambda entry: entry.at, reverse=True)
    days = groupby(ordered, key=lambda entry: local(entry.at).date())
    return [(local(things[0].at), things) for things in (list(group) for _day, group in days)]


def show(name: str, title: str, status: int = 200, template: str = "", **values: Any) -> tuple[str, int]:
    """The page `console/<name>.html` under its mark and title."""
    page = private_page(f"console-{name.replace('_', '-')}", title)
    return render_template(f"console/{template or name}.html", page=page, **values), status
