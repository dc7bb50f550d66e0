"""What the frame itself puts into the console."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from storefront.console.service import finding, system
from storefront.core.console import ConsolePage, SearchSource, SetupStep, Todo, TodoCard
from storefront.core.database import db
from storefront.core.store import store_value
from storefront.customers.service import first_owner_link, invite_first_owner
from storefront.hookspecs import hookimpl


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    return [
        ConsolePage("today", _l("Today"), "console.today", "work", 0, "", "today", shortcut="t"),
        ConsolePage(
            "settings",
            _l("Settings"),
            "console.settings",
            "shop",
            900,
            "settings.write",
            "gear",
            shortcut="s",
        ),
        ConsolePage("staff", _l("Staff"), "console.staff_list", "shop", 910, "staff.write", "key"),
        ConsolePage("audit", _l("Log of changes"), "console.audit", "shop", 950, "audit.read", "log"),
        ConsolePage(
            "system",
            _l("System"),
            "console.system",
            "shop",
            960,
            "settings.write",
            "pulse",
            count=system.parked,
            due=True,
        ),
    ]


@hookimpl
def register_console_search() -> list[SearchSource]:
    return [SearchSource("pages", _l("Pages of the console"), "", 900, finding.find_pages)]


@hookimpl
def register_todo_cards() -> list[TodoCard]:
    return [TodoCard("given_up", "settings.write", 900, _given_up)]


def _given_up() -> Todo | None:
    count = db.session.execute(sa.select(system.parked())).scalar_one()
    if not count:
        return None
    return Todo(
        count,
        _("Mails and events given up"),
        url_for("console.system"),
        _("Look"),
        detail=_("each was tried eight times"),
    )


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    return [
        SetupStep(
            "business",
            _l("Say who runs the shop"),
            _l("The business has a name"),
            "console.settings_group",
            "settings.write",
            10,
            lambda: bool(store_value("business_name") and store_value("contact_email")),
            (("group", "business"),),
        ),
        SetupStep(
            "mail",
            _l("Let mails go out"),
            _l("Mails go out"),
            "console.system",
            "settings.write",
            80,
            lambda: not current_app.extensions["regulars_settings"].mail_url.startswith("file:"),
        ),
        SetupStep(
            "second_factor",
            _l("Set up your second factor"),
            _l("Second factor"),
            "customers.security",
            "staff.write",
            90,
            lambda: bool(current_user.second_factor),
        ),
    ]


@hookimpl
def event_installed() -> list[str]:
    """The one-time link for whoever sets the shop up, as long as nobody owns it."""
    token = invite_first_owner()
    if token is None:
        return []
    return [f"Become the owner (works once, for 15 minutes): {first_owner_link(token)}"]
