"""Orders on the owner's first page and in the search: figures, what waits, hits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.core import clock
from storefront.core.console import DayFigure, SearchHit, SearchSource, TodayFigure, Todo, TodoCard
from storefront.core.database import db
from storefront.core.i18n import format_day
from storefront.ordering.models import Attention, Order, OrderReturn, Payment
from storefront.ordering.rules import orders as rules
from storefront.ordering.service import desk
from storefront.ordering.service.desk_words import fulfilment_badge, payment_badge
from storefront.ordering.service.returning import REQUESTED
from storefront.ordering.service.words import amount_words

_ORDER, _PAYMENT = Order.__table__, Payment.__table__
WEEKS, HOURS, DAY = 8, 24, timedelta(days=1)


# --- figures of today -------------------------------------------------------------------------------------


def figures() -> list[TodayFigure]:
    """What was sold today, and how often."""
    return [
        TodayFigure("sales", _l("Sales"), "money", 10, "orders.read", load_sales),
        TodayFigure("orders", _l("Orders"), "count", 20, "orders.read", load_count),
    ]


def load_sales(start: datetime, now: datetime) -> DayFigure:
    """Sums of orders that count, net of what went back, until now and on the same weekdays before."""
    net = _ORDER.c.total_minor - sa.func.coalesce(_PAYMENT.c.refunded_minor, 0)
    return _figure(net, start, now, curve=True)


def load_count(start: datetime, now: datetime) -> DayFigure:
    """How many orders that count."""
    return _figure(sa.literal(1), start, now, curve=False)


def _figure(value: Any, start: datetime, now: datetime, *, curve: bool) -> DayFigure:
    now += timedelta(microseconds=1)  # what was placed at this very moment counts
    weeks = [timedelta(days=7 * week) for week in range(WEEKS + 1)]
    hours = [start + timedelta(hours=hour + 1) for hour in range(HOURS)] if curve else []
    windows = _windows(start, now, weeks, hours)
    owned = sa.and_(_PAYMENT.c.order_id == _ORDER.c.id, _PAYMENT.c.owner == 1)
    oldest = sa.select(sa.func.min(_ORDER.c.placed_at, type_=_ORDER.c.placed_at.type)).scalar_subquery()
    query = (
        sa.select(oldest, *(_sum_between(value, *window) for window in windows))
        .select_from(_ORDER.outerjoin(_PAYMENT, owned))
        .where(
            _ORDER.c.placed_at >= start - weeks[-1],
            _ORDER.c.placed_at < now,
            _ORDER.c.status.not_in([rules.PENDING, rules.CANCELLED]),
        )
    )
    first, *found = db.session.execute(query).one()
    known = sum(1 for back in weeks[1:] if first is not None and start - back + DAY > first)
    return _day_figure([int(part) for part in found], known, sum(1 for hour in hours if hour < now))


def _windows(
    start: datetime, now: datetime, weeks: list[timedelta], hours: list[datetime]
) -> list[tuple[datetime, datetime]]:
    """(from, until): each week's day until now, the earlier ones whole; by hour today and a week ago."""
    until_now = [(start - back, now - back) for back in weeks]
    whole = [(start - back, start - back + DAY) for back in weeks[1:]]
    today = [(start, min(hour, now)) for hour in hours]
    before = [(start - weeks[1], hour - weeks[1]) for hour in hours]
    return [*until_now, *whole, *today, *before]


def _sum_between(value: Any, first: datetime, last: datetime) -> Any:
    inside = sa.and_(_ORDER.c.placed_at >= first, _ORDER.c.placed_at < last)
    return sa.func.coalesce(sa.func.sum(sa.case((inside, value), else_=0)), 0)


def _day_figure(found: list[int], known: int, passed: int) -> DayFigure:
    """The sums in the order in which they were asked for; weeks before the first order say nothing."""
    at = WEEKS + 1
    course = found[at + WEEKS :]
    return DayFigure(
        today=found[0],
        before=tuple(found[1 : 1 + known]),
        ends=tuple(found[at : at + known]),
        curve=(*course[:passed], found[0]) if course else (),
        curve_before=tuple(course[HOURS:]) if known else (),
    )


# --- what waits -------------------------------------------------------------------------------------------


def todo_cards() -> list[TodoCard]:
    """Parcels, problems, returns, money."""
    return [
        TodoCard("orders_ship", "orders.read", 20, find_parcels),
        TodoCard("orders_attention", "orders.read", 10, find_problems),
        TodoCard("orders_returns", "orders.read", 40, find_returns),
        TodoCard("orders_unpaid", "orders.read", 60, find_unpaid),
    ]


def find_parcels() -> Todo | None:
    """Orders to send, the oldest promise first."""
    row = _counted(desk.to_ship(), sa.func.min(_ORDER.c.delivery_latest, type_=_ORDER.c.delivery_latest.type))
    if row is None:
        return None
    count, promised = row
    late = promised is not None and promised < clock.now().date()
    words = _("promised until %(day)s", day=format_day(promised, "medium")) if promised else ""
    return Todo(
        count, _("Orders to send"), _list("ship"), _("Send"), detail=words, late=_("overdue:") if late else ""
    )


def find_unpaid() -> Todo | None:
    """Transfers and payments that are waited for."""
    row = _counted(desk.unpaid(), sa.func.sum(_ORDER.c.total_minor))
    if row is None:
        return None
    currency = db.session.execute(sa.select(_ORDER.c.currency).limit(1)).scalar_one()
    words = _("%(amount)s in all", amount=amount_words(row[1], currency))
    return Todo(row[0], _("Orders not paid yet"), _list("unpaid"), _("Look"), detail=words)


def find_problems() -> Todo | None:
    """Payments that somebody has to look at."""
    query = sa.select(sa.func.count(), sa.func.min(Attention.created_at, type_=Attention.created_at.type))
    count, oldest = db.session.execute(query.where(Attention.resolved_at.is_(None))).one()
    if not count:
        return None
    words = _("the oldest of %(day)s", day=format_day(oldest, "medium"))
    return Todo(count, _("Payments to look at"), url_for("ordering_owner.attention"), _("Look"), detail=words)


def find_returns() -> Todo | None:
    """Requests of customers who want to send something back."""
    query = sa.select(
        sa.func.count(), sa.func.min(OrderReturn.returned_at, type_=OrderReturn.returned_at.type)
    )
    count, oldest = db.session.execute(query.where(OrderReturn.state == REQUESTED)).one()
    if not count:
        return None
    words = _("the oldest of %(day)s", day=format_day(oldest, "medium"))
    return Todo(count, _("Returns to answer"), _list("returns"), _("Answer"), detail=words)


def _counted(condition: sa.ColumnElement[bool], more: Any) -> Any:
    row = db.session.execute(sa.select(sa.func.count(), more).select_from(_ORDER).where(condition)).one()
    return row if row[0] else None


def _list(todo: str) -> str:
    return url_for("ordering_owner.orders", todo=todo)


# --- search -----------------------------------------------------------------------------------------------


def search_source(found_by: Callable[[str], Any] = desk.found_by) -> SearchSource:
    """Orders by number, e-mail, name or SKU."""

    def find(words: str, limit: int) -> list[SearchHit]:
        query = desk.every_order().where(found_by(words)).order_by(_ORDER.c.placed_at.desc()).limit(limit)
        return [_hit(row) for row in db.session.execute(query)]

    return SearchSource("orders", _l("Orders"), "orders.read", 10, find)


def _hit(row: Any) -> SearchHit:
    amount = amount_words(row.total_minor, row.currency)
    who = row.buyer or row.email or ""
    states = (payment_badge(row.payment_state)[0], fulfilment_badge(row.fulfilment_state)[0])
    parts = [who, format_day(row.placed_at, "medium"), amount]
    return SearchHit(
        row.number,
        url_for("ordering_owner.order", number=row.number),
        " · ".join(part for part in parts if part),
        ", ".join(dict.fromkeys(states)),
    )


__all__ = ["figures", "search_source", "todo_cards"]
