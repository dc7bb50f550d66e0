"""What features put into the console: pages, to-dos, search, setting-up steps, today's figures.

Everything here is a frozen value made by a `listeners.py`; labels are lazy translations. What asks the
database is a function that is called only for those who may see its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storefront.core.database import db
from storefront.core.permissions import may
from storefront.core.plugins import collect

# Headings of the navigation, by job; the first has none.
GROUPS = ("work", "know", "speak", "find_out", "shop")


@dataclass(frozen=True)
class ConsolePage:
    """An entry of the navigation. Who lacks `permission` does not see it ("" = everybody on the staff).

    `group` is one of GROUPS; `count` gives a scalar subquery for the number at its right (all entries are
    asked in one query), `due` marks it as waiting for somebody. `shortcut` is the letter after `g`.
    """

    key: str
    title: Any
    endpoint: str
    group: str
    position: int
    permission: str
    icon: str
    count: Callable[[], sa.ScalarSelect[int]] | None = None
    due: bool = False
    shortcut: str = ""


@dataclass(frozen=True)
class Todo:
    """Something that waits for a person. `late` is said in clay before `detail`; `due_at` sorts."""

    count: int
    title: str
    url: str
    action: str
    detail: str = ""
    late: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class TodoCard:
    """A kind of to-do. `find` makes one query at most and returns None when nothing waits.

    Those with a promise to keep (`due_at`) come first, soonest first; then by `position`.
    """

    key: str
    permission: str
    position: int
    find: Callable[[], Todo | None]


@dataclass(frozen=True)
class SearchHit:
    """One thing that was found: its name, what tells it from others, where it is."""

    title: str
    url: str
    detail: str = ""
    badge: str = ""


@dataclass(frozen=True)
class SearchSource:
    """A kind of things that the search of the console finds: `find(words, limit)`, best first, one query."""

    key: str
    label: Any
    permission: str
    position: int
    find: Callable[[str, int], list[SearchHit]]


@dataclass(frozen=True)
class SetupStep:
    """What has to be done before the shop is live. `is_done` makes one query at most."""

    key: str
    label: Any
    done_label: Any
    endpoint: str
    permission: str
    position: int
    is_done: Callable[[], bool]
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DayFigure:
    """A figure of today until now. `before` holds the same weekday's of the weeks before until the same
    time, newest first. With `curve` and `curve_before` (running sums by hour, 24 of a whole day) it is drawn.
    """

    today: int
    before: tuple[int, ...] = ()
    of_today: int | None = None
    of_before: int | None = None
    curve: tuple[int, ...] = ()
    curve_before: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


@dataclass(frozen=True)
class TodayFigure:
    """A figure of the page Today. `kind` is count, money (minor units) or part (`today` of `of_today`).

    `load(start, now)` gets the beginning of today and this moment, and makes one query or two.
    """

    key: str
    label: Any
    kind: str
    position: int
    permission: str
    load: Callable[[datetime, datetime], DayFigure]


@dataclass(frozen=True)
class NavEntry:
    """An entry as the frame prints it."""

    page: ConsolePage
    count: int | None


def allowed(items: Iterable[Any], role: str) -> list[Any]:
    """Of what features registered, what this role may see, by position."""
    found = [item for item in items if may(role, item.permission)]
    return sorted(found, key=lambda item: item.position)


def console_pages(role: str) -> list[ConsolePage]:
    """The navigation of this role."""
    return allowed(collect("register_console_pages"), role)


def navigation(role: str) -> dict[str, list[NavEntry]]:
    """The same by group, with the numbers at their right; one query for all of them, or none."""
    pages = console_pages(role)
    counted = [page for page in pages if page.count is not None]
    numbers: dict[str, int] = {}
    if counted:
        columns = [page.count().label(f"n{at}") for at, page in enumerate(counted) if page.count]
        row = db.session.execute(sa.select(*columns)).one()
        numbers = {page.key: value or 0 for page, value in zip(counted, row, strict=True)}
    return {
        group: [NavEntry(page, numbers.get(page.key)) for page in pages if page.group == group]
        for group in GROUPS
    }
