"""Where a sign-in may lead, how long it lasts, on which device it is. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

STAFF = frozenset({"owner", "manager", "support", "warehouse", "moderator"})
NOTICED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Lasting:
    """How long a sign-in lasts without use, how long at all, and how often its use is written down."""

    idle: timedelta
    absolute: timedelta
    noticed_after: timedelta


CUSTOMERS = Lasting(timedelta(days=14), timedelta(days=30), NOTICED_AFTER)
# Whoever may see everybody's orders does not stay signed in on a machine that they left.
STAFF_LASTING = Lasting(timedelta(minutes=30), timedelta(hours=12), timedelta(minutes=5))
IDLE, ABSOLUTE = CUSTOMERS.idle, CUSTOMERS.absolute


def lasting(role: str) -> Lasting:
    """How long somebody of this role stays signed in."""
    return STAFF_LASTING if role in STAFF else CUSTOMERS


def still_signed_in(
    created_at: datetime, last_seen_at: datetime, moment: datetime, role: str = "customer"
) -> bool:
    """Whether a sign-in still counts: customers 14 days idle, 30 at all; staff 30 minutes, 12 hours."""
    limits = lasting(role)
    return moment - last_seen_at < limits.idle and moment - created_at < limits.absolute


def own_path(target: str | None, default: str = "/") -> str:
    """`target` when it is a path of this very host, else `default`: nobody is led away after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(c in target for c in "\\\r\n\t\0"):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"OPR/|Opera")),
    ("Firefox", re.compile(r"Firefox/|FxiOS/")),
    ("WeChat", re.compile(r"MicroMessenger/")),
    ("Chrome", re.compile(r"Chrome/|CriOS/|Chromium/")),
    ("Safari", re.compile(r"Safari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("HarmonyOS", re.compile(r"HarmonyOS")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("macOS", re.compile(r"Mac OS X|Macintosh")),
    ("Linux", re.compile(r"Linux|X11")),
)


def device_of(user_agent: str) -> tuple[str, str]:
    """(browser, system) as people name them; empty where nothing is known."""

    def first(known: tuple[tuple[str, re.Pattern[str]], ...]) -> str:
        return next((name for name, sign in known if sign.search(user_agent)), "")

    return first(_BROWSERS), first(_SYSTEMS)
