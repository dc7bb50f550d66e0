"""R2 and R3 on the pages: one form by many roads is one order; and what is paid is what was seen and ordered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import sqlalchemy as sa
from flask import Flask

from storefront.catalog.models import Variant
from storefront.core.database import db, transaction
from storefront.ordering import service
from storefront.ordering.models import Order, OrderLine, Payment
from storefront.ordering.service.gateways.fake import fake_party
from tests.chaos import damage
from tests.chaos.crew import Crew
from tests.chaos.cutting import CuttingLine, send, served
from tests.chaos.drills import Progress, Result, _thing, quiet
from tests.chaos.shoppers import AtTheEnd, Shopper, ask, browser, fill, gather, stand_at_the_end
from tests.services import selling

Answers = list[tuple[int, str] | None]
CHEAP, DEAR = 1290, 99_000


class Roads:
    """The ways on which one form comes twice."""

    def __init__(self, crew: Crew, port: int, line: CuttingLine, control: bool) -> None:
        self.crew, self.port, self.line, self.control = crew, port, line, control

    def cut_off(self, person: Shopper) -> Answers:
        """The shop has answered, the answer never arrives, and the button is pressed again."""
        end = stand_at_the_end(person.cookies)
        return [self._cut(end, 0.0), send(self.port, end)]

    def cut_in_the_middle(self, person: Shopper) -> Answers:
        """Half an answer arrives; then twice more."""
        end = stand_at_the_end(person.cookies)
        return [self._cut(end, 0.5) and None, send(self.port, end), send(self.port, end)]

    def back_and_again(self, person: Shopper) -> Answers:
        """The back button, and the form as it still stands there."""
        end = stand_at_the_end(person.cookies)
        first = send(self.port, end)
        ask(browser(end.cookies), "GET", "/checkout/payment")
        return [first, send(self.port, end)]

    def two_tabs(self, person: Shopper) -> Answers:
        """Two tabs with the same page, at the same moment."""
        return self._at_once([stand_at_the_end(person.cookies) for _tab in range(2)])

    def cut_off_in_two_tabs(self, person: Shopper) -> Answers:
        """The answer never arrives; then both tabs at the same moment."""
        ends = [stand_at_the_end(person.cookies) for _tab in range(2)]
        return [self._cut(ends[0], 0.0), *self._at_once(ends)]

    def _cut(self, end: AtTheEnd, share: float) -> tuple[int, str] | None:
        self.line.share = share
        known = len(self.line.answered)
        answer = send(self.line.port, end)
        if answer is not None and not share:
            raise AssertionError("the line was not cut")
        if len(self.line.answered) != known + 1:
            raise AssertionError("the shop had not answered yet")
        return answer

    def _at_once(self, ends: list[AtTheEnd]) -> Answers:
        act, shop = ("pages:forgetful_press", "control") if self.control else ("pages:press", "shop")
        done = self.crew.act(act, [(end, "") for end in ends], shop)
        return [(one.answer.status, one.answer.location) if one.answer else (0, one.error) for one in done]

    def all(self) -> list[Callable[[Shopper], Answers]]:
        """Every road."""
        return [
            self.cut_off, self.back_and_again, self.two_tabs, self.cut_in_the_middle, self.cut_off_in_two_tabs,
        ]  # fmt: skip


def roads(app: Flask, crew: Crew, *, times: int, control: bool = False, progress: Progress = quiet) -> Result:
    """So many forms, each by one of the roads: one order, one number, one charge, and all lead there."""
    result = Result("R2 roads to one order" + (", unguarded" if control else ""))
    people = gather(app, 2)
    guards = damage.forms_forgotten() if control else nullcontext()
    with guards, served(app) as (port, line):
        ways = Roads(crew, port, line, control).all()
        for number in range(times):
            way, person = ways[number % len(ways)], people[number // len(ways) % 2]
            with app.app_context():
                found = _one_road(way, person, control)
            result.note([f"{way.__name__}: {words}" for words in found])
            result.acts += 1
            progress(result.name, number + 1, times)
    return result


def _one_road(way: Callable[[Shopper], Answers], person: Shopper, control: bool) -> list[str]:
    variant_id = _thing(9)
    with transaction() as tx:
        fill(tx, [person], variant_id)
    db.session.remove()
    answers = [answer for answer in way(person) if answer is not None]
    db.session.remove()
    orders = _orders(variant_id)
    found = [] if len(orders) == 1 else [f"{len(orders)} orders of one form"]
    found += sorted({f"somebody saw {status}" for status, _where in answers if status != 303})
    if len({where for _status, where in answers}) != 1:
        found.append(f"answers lead to {sorted({where for _status, where in answers})}")
    return found if control or found else _charged_once(orders[0].id)


def _orders(variant_id: int) -> list[Order]:
    mine = sa.select(OrderLine.order_id).where(OrderLine.variant_id == variant_id)
    return list(db.session.execute(sa.select(Order).where(Order.id.in_(mine))).scalars())


def _charged_once(order_id: int) -> list[str]:
    """Pay three times, as somebody in a hurry does."""
    query = sa.select(sa.func.count()).select_from(Payment).where(Payment.order_id == order_id)
    payments = db.session.execute(query).scalar_one()
    key = selling.payment_of(order_id).idempotency_key
    for _again in range(3):
        fake_party().pay(key, "approve")
    selling.send_webhooks()
    order, charges = service.get_order(order_id), fake_party().shown(key)["charges"]
    if (order.status, payments, charges) != ("confirmed", 1, 1):
        return [f"{order.status}, {payments} payments, {charges} charges"]
    return []


# --- R3: the cart is edited while somebody pays -----------------------------------------------------------


def edited_carts(
    app: Flask, crew: Crew, *, rounds: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """Something dear is put in between the total and the button, or at the same moment.

    What is ordered is what was seen; what is paid is the total of the lines ordered.
    """
    result = Result("R3 cart edited while paying" + (", unguarded" if control else ""))
    people = gather(app, 2)
    for number in range(rounds):
        with app.app_context():
            at_once = number % 2 == 1 and not control
            found = _edit(crew, people[number // 2 % 2], at_once, control)
            result.note([("at once: " if at_once else "before: ") + line for line in found])
        result.acts += 2
        progress(result.name, number + 1, rounds)
    return result


def _edit(crew: Crew, person: Shopper, at_once: bool, control: bool) -> list[str]:
    cheap, dear = _thing(9), _thing(9)
    with transaction() as tx:
        tx.execute(sa.update(Variant).where(Variant.id == dear).values(price_minor=DEAR))
        fill(tx, [person], cheap)
    sku = db.session.execute(sa.select(Variant.sku).where(Variant.id == dear)).scalar_one()
    db.session.remove()
    end = stand_at_the_end(person.cookies)
    adding = (end.cookies, end.form["csrf_token"], sku)
    if at_once:
        both = [("press", (end, sku)), ("put in", adding)]
        done = crew.act("pages:press_or_put_in", both)
    else:
        crew.act("pages:put_in", [adding], "control" if control else "shop")
        act = "pages:blind_press" if control else "pages:press"
        done = crew.act(act, [(end, sku)], "control" if control else "shop")
    found = [one.error for one in done if one.error]
    pressed = done[0].answer
    db.session.remove()
    if pressed is not None and pressed.ordered:
        found += _paid_as_seen(cheap, [cheap])
    elif pressed is not None:
        found += _press_again(crew, end, pressed, sku, cheap, dear)
    if not at_once and pressed is not None and pressed.ordered:
        found.append("it was ordered without another look")
    return found


def _press_again(crew: Crew, end: AtTheEnd, pressed, sku: str, cheap: int, dear: int) -> list[str]:
    """Who was shown the new total and presses again gets both."""
    if pressed.status != 409 or pressed.form is None:
        return [f"{pressed.status} to {pressed.location!r} instead of the new total"]
    found = [f"{len(_orders(cheap))} orders after a refusal"] if _orders(cheap) else []
    (again,) = crew.act("pages:press", [(AtTheEnd(end.cookies, pressed.form), sku)])
    db.session.remove()
    if again.answer is None or not again.answer.ordered:
        return [*found, f"pressed again: {again.answer or again.error}"]
    return found + _paid_as_seen(cheap, [cheap, dear])


def _paid_as_seen(variant_id: int, expected: list[int]) -> list[str]:
    """The one order of it holds these lines, and what is paid is their total."""
    orders = _orders(variant_id)
    if len(orders) != 1:
        return [f"{len(orders)} orders"]
    order = orders[0]
    lines = list(db.session.execute(sa.select(OrderLine).where(OrderLine.order_id == order.id)).scalars())
    found = []
    if sorted(line.variant_id or 0 for line in lines) != sorted(expected):
        found.append("other lines were ordered than were seen")
    total = sum(line.total_minor for line in lines) + order.charges_minor
    key = selling.payment_of(order.id).idempotency_key
    fake_party().pay(key, "approve")
    selling.send_webhooks()
    captured = selling.payment_of(order.id).captured_minor
    if {total, order.total_minor, captured} != {total}:
        found.append(f"lines of {total}, a total of {order.total_minor}, {captured} paid")
    return found
