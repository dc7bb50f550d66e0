"""What the page Today shows: asked from every feature that registered something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_login import current_user

from storefront.console.rules import Chart, Comparison, compare, draw
from storefront.core import clock
from storefront.core.console import DayFigure, SetupStep, TodayFigure, Todo
from storefront.core.console.registry import allowed
from storefront.core.plugins import collect
from storefront.core.store import store_value


@dataclass(frozen=True)
class Step:
    """A step of the guide and whether it is done."""

    step: SetupStep
    done: bool


@dataclass(frozen=True)
class ShownFigure:
    """A figure with how it compares."""

    about: TodayFigure
    figure: DayFigure
    comparison: Comparison


@dataclass(frozen=True)
class Today:
    """The page Today as it is printed."""

    now: datetime
    todos: list[Todo]
    steps: list[Step]
    figures: list[ShownFigure]

    @property
    def steps_done(self) -> int:
        """How many steps of the guide are done."""
        return sum(step.done for step in self.steps)

    @property
    def is_set_up(self) -> bool:
        """Whether the guide may go."""
        return self.steps_done == len(self.steps)

    @property
    def late(self) -> list[Todo]:
        """Promises with a clock on them."""
        return [todo for todo in self.todos if todo.due_at is not None]

    @property
    def local(self) -> datetime:
        """This moment on the shop's clock."""
        return self.now.astimezone(shop_zone())

    def chart(self, wide: bool) -> Chart:
        """The drawing of `drawn`, for a screen or for a phone."""
        shown = self.drawn
        assert shown is not None
        hour = self.local.hour + self.local.minute / 60
        return draw(shown.figure.curve, shown.figure.curve_before, hour, wide=wide)

    @property
    def drawn(self) -> ShownFigure | None:
        """The figure whose course over the day is drawn."""
        return next((shown for shown in self.figures if shown.figure.curve_before), None)


def shop_zone() -> ZoneInfo:
    """The time zone in which the shop's days begin."""
    return ZoneInfo(store_value("business_timezone"))


def today() -> Today:
    """Everything this person may see; one query or two for each thing that was registered."""
    now = clock.now()
    role = current_user.role
    found = [(card, card.find()) for card in allowed(collect("register_todo_cards"), role)]
    never = datetime.max.replace(tzinfo=now.tzinfo)
    todos = [(todo.due_at or never, card.position, todo) for card, todo in found if todo]
    steps = [Step(step, step.is_done()) for step in allowed(collect("register_setup_steps"), role)]
    start = now.astimezone(shop_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    return Today(
        now,
        [todo for *_order, todo in sorted(todos, key=lambda entry: entry[:2])],
        steps,
        [_shown(figure, start, now) for figure in allowed(collect("register_today_figures"), role)],
    )


def _shown(about: TodayFigure, start: datetime, now: datetime) -> ShownFigure:
    figure = about.load(start, now)
    return ShownFigure(about, figure, compare(figure.today, figure.before))
