"""The drills: each runs rounds on one shop with a crew, and says what went wrong, if anything.

A drill returns a Result; `damage` lists every breach. A control is the same drill with a guard taken out: it
counts only when damage is found in (nearly) every round.
"""

from __future__ import annotations

import json
import random
import secrets
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from storefront.core.database import db, transaction
from storefront.ordering import service
from storefront.ordering.models import Order
from storefront.ordering.service.gateways.fake import fake_party
from storefront.pricing.models import Coupon
from tests import factories as make
from tests.chaos.crew import Crew, Done
from tests.conftest import new_versions
from tests.services import selling

SLOWEST_BUYER = 10.0
REPETITIONS = 10
Progress = Callable[[str, int, int], None]


@dataclass
class Result:
    """What a drill came to. `seconds` are those of single acts."""

    name: str
    rounds: int = 0
    acts: int = 0
    damage: list[str] = field(default_factory=list)
    damaged_rounds: int = 0
    seconds: list[float] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def note(self, found: Sequence[str]) -> None:
        """One more round."""
        self.rounds += 1
        self.damaged_rounds += bool(found)
        self.damage += [f"round {self.rounds}: {line}" for line in found]

    @property
    def slowest(self) -> float:
        return max(self.seconds, default=0.0)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else self.slowest


def quiet(_name: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def _thing(stock: int | None) -> int:
    """A new product with so many pieces; its variant."""
    with transaction() as tx:
        variant_id = make.variant_of(tx, make.product(tx, stock=stock)).id
        new_versions(tx)
    return variant_id


def _left(variant_id: int) -> int:
    query = sa.text("SELECT available FROM stock WHERE variant_id = :id")
    return int(db.session.execute(query, {"id": variant_id}).scalar_one())


def _orders_of(variant_id: int) -> int:
    query = sa.text("SELECT count(DISTINCT order_id) FROM order_line WHERE variant_id = :id")
    return int(db.session.execute(query, {"id": variant_id}).scalar_one())


def _act(crew: Crew, name: str, arguments: Sequence[Any], control: bool) -> list[Done]:
    """The act on the shop, or its control on the one that may be damaged."""
    if control:
        return crew.act(f"unguarded_{name}", arguments, "control")
    return crew.act(name, arguments)


# --- R1: the last pieces ----------------------------------------------------------------------------------


def last_pieces(
    app: Flask, crew: Crew, *, rounds: int, buyers: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """Each round so many buyers, half of them members, want one of the last 1, 3, 5 or 10 pieces at once.

    In every fifth round each wants two, on two lines.
    """
    result = Result("R1 last pieces" + (", unguarded" if control else ""))
    members = _members(app, buyers)
    for number in range(rounds):
        with app.app_context():
            each = 2 if number % 5 == 4 and not control else 1
            there = (1, 3, 5, 10)[number % 4]
            variant_id, pieces = _thing(there), there // each
            wanted = [
                {
                    "lines": [(variant_id, 1)] * each,
                    "email": f"buyer{place}@example.test",
                    "customer_id": members[place],
                }
                for place in range(buyers)
            ]
            done = _act(crew, "buy", wanted, control)
            db.session.remove()
            answers = [one.error or one.answer for one in done]
            bought = sum(answer == "bought" or str(answer).startswith("R-") for answer in answers)
            found = [] if bought == min(pieces, buyers) else [f"{bought} bought the last {pieces}"]
            found += sorted({f"a buyer saw {one.error}" for one in done if one.error})
            if not control:
                found += [] if _orders_of(variant_id) == bought else ["orders differ from answers"]
                found += [f"{_left(variant_id)} left"] if _left(variant_id) != there - each * bought else []
                found += [
                    f"a buyer waited {one.seconds:.1f} s" for one in done if one.seconds > SLOWEST_BUYER
                ]
            result.note(found)
            result.acts += len(done)
            result.seconds += [one.seconds for one in done]
        progress(result.name, number + 1, rounds)
    return result


def _members(app: Flask, number: int) -> list[int | None]:
    """So many buyers: every other one a customer, the rest guests."""
    with app.app_context(), transaction() as tx:
        return [make.customer(tx, f"{secrets.token_hex(6)}@example.test").id if at % 2 else None
                for at in range(number)]  # fmt: skip


def last_coupon(
    app: Flask,
    crew: Crew,
    *,
    rounds: int,
    buyers: int,
    limit: int,
    of_one_person: bool = False,
    control: bool = False,
    progress: Progress = quiet,
) -> Result:
    """R3: so many buyers with the same code, which counts `limit` times; or one person in so many tabs."""
    who = f"one person in {buyers} tabs, " if of_one_person else ""
    result = Result(f"R3 {who}coupon of {limit}" + (", unguarded" if control else ""))
    for number in range(rounds):
        with app.app_context():
            variant_id = _thing(buyers)
            code = f"C{secrets.token_hex(4).upper()}"
            with transaction() as tx:
                selling.add_coupon(tx, code, 1000, 1000 if of_one_person else limit)
                if of_one_person:
                    tx.execute(sa.update(Coupon).where(Coupon.code == code).values(per_person_limit=limit))
                new_versions(tx)
            emails = [
                "one@example.test" if of_one_person else f"buyer{at}@example.test" for at in range(buyers)
            ]
            wanted = [
                {
                    "lines": [(variant_id, 1)],
                    "email": email,
                    "quote_facts": {"coupons": (code,), "email_key": email},
                }
                for email in emails
            ]
            done = crew.act("uncounted_buy", wanted, "control") if control else crew.act("buy", wanted)
            db.session.remove()
            bought = sum(str(one.answer).startswith("R-") for one in done)
            found = [] if bought == limit else [f"{bought} used a code for {limit}"]
            found += sorted({f"a buyer saw {one.error}" for one in done if one.error})
            result.note(found)
            result.acts += len(done)
            result.seconds += [one.seconds for one in done]
        progress(result.name, number + 1, rounds)
    return result


# --- R2: the same form again ------------------------------------------------------------------------------


def same_form(
    app: Flask,
    crew: Crew,
    *,
    times: Sequence[int],
    control: bool = False,
    progress: Progress = quiet,
) -> Result:
    """For each number in `times`, one form is sent so often at the same moment, and the bank charges once."""
    result = Result("R2 same form again" + (", unguarded" if control else ""))
    for number, often in enumerate(times):
        with app.app_context():
            variant_id = _thing(often + 5)
            wanted = {"lines": [(variant_id, 1)], "token": secrets.token_urlsafe(16)}
            done = _act(crew, "press", [wanted] * often, control)
            db.session.remove()
            found = sorted({f"somebody saw {one.error}" for one in done if one.error})
            orders = _orders_of(variant_id)
            if orders != 1:
                found.append(f"{orders} orders of one form")
            if not control and not found:
                found += _one_charge(done)
            result.note(found)
            result.acts += often
            result.seconds += [one.seconds for one in done]
        progress(result.name, number + 1, len(times))
    return result


def _one_charge(done: Sequence[Any]) -> list[str]:
    answers = [one.answer for one in done]
    found = []
    if len({order_id for order_id, _url, _existing in answers}) != 1:
        found.append("not everybody was led to the same order")
    if sum(not existing for _id, _url, existing in answers) != 1:
        found.append("not exactly one was told that it is new")
    order_id = answers[0][0]
    key = selling.payment_of(order_id).idempotency_key
    for _again in range(3):
        fake_party().pay(key, "approve")
    selling.send_webhooks()
    order = service.get_order(order_id)
    if (order.status, len(order.payments), fake_party().shown(key)["charges"]) != ("confirmed", 1, 1):
        found.append(f"{order.status}, {len(order.payments)} payments")
    return found


# --- R3: money back ---------------------------------------------------------------------------------------


def refunds(
    app: Flask, crew: Crew, *, rounds: int, often: int = 16, control: bool = False, progress: Progress = quiet
) -> Result:
    """So many give sixty of a hundred back at the same moment: one can."""
    result = Result("R3 refunds of 60 on 100" + (", unguarded" if control else ""))
    for number in range(rounds):
        with app.app_context():
            placed = selling.place([(_thing(1), 1)])
            selling.pay(placed.order_id, "approve")
            total = service.get_order(placed.order_id).total_minor
            wanted = [(placed.order_id, total * 6 // 10, f"{placed.number}:{at}") for at in range(often)]
            done = _act(crew, "refund", wanted, control)
            db.session.remove()
            answers = [one.error or one.answer for one in done]
            given = answers.count("succeeded")
            found = [] if given == 1 else [f"{given} of {often} were given back"]
            found += [answer for answer in set(answers) if answer not in {"succeeded", "RefundTooLarge"}]
            result.note(found)
            result.acts += often
            result.seconds += [one.seconds for one in done]
        progress(result.name, number + 1, rounds)
    return result


def cancel_and_capture(
    app: Flask, crew: Crew, *, rounds: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """Some cancel an order while others take its money: it ends one way, and no money is lost on the way."""
    result = Result("R3 cancel racing capture" + (", unguarded" if control else ""))
    for number in range(rounds):
        with app.app_context():
            placed = selling.place([(_thing(1), 1)])
            selling.pay(placed.order_id, "authorize")
            wanted = [(what, placed.order_id) for what in ("capture", "cancel") for _ in range(4)]
            done = _act(crew, "end_or_take", wanted, control)
            db.session.remove()
            service.reconcile_due()
            order = service.get_order(placed.order_id)
            kept = order.payment.captured_minor - order.payment.refunded_minor  # type: ignore[union-attr]
            found = [one.error for one in done if one.error]
            told = any(row.order_id == order.id for row in service.list_attention(10_000))
            if order.status == "cancelled" and kept and not told:
                found.append("cancelled, and its money kept without a word")
            if order.status not in {"cancelled", "confirmed"}:
                found.append(order.status)
            result.note(found)
            result.acts += len(done)
        progress(result.name, number + 1, rounds)
    return result


# --- R4: messages -----------------------------------------------------------------------------------------

STORIES: dict[str, tuple[tuple[str, float], ...]] = {
    "captured": (("pending", 1), ("authorized", 1), ("captured", 1)),
    "refunded in parts": (("pending", 1), ("captured", 1), ("refunded", 0.25), ("refunded", 0.5)),
    "refunded": (("captured", 1), ("refunded", 1)),
    "failed": (("pending", 1), ("failed", 1)),
    "failed and captured": (("pending", 1), ("failed", 1), ("captured", 1)),
    "refunded too much": (("captured", 1), ("refunded", 1), ("refunded", 0.5)),
}
LOOKED_AT = frozenset({"failed and captured", "refunded too much"})


def messages(
    app: Flask,
    crew: Crew,
    *,
    payments: int,
    senders: int = 8,
    repetitions: int = REPETITIONS,
    control: bool = False,
    progress: Progress = quiet,
) -> Result:
    """Every event of every payment many times, shuffled, from many senders, while shoppers come back."""
    result = Result("R4 messages" + (", unguarded" if control else ""))
    # Telling twice that money was taken changes nothing even without the guard; that it went back does.
    names = ["refunded in parts"] if control else list(STORIES)
    with app.app_context():
        told = [_story(names[place % len(names)]) for place in range(payments)]
        in_order = {name: _in_order(name) for name in names}
        everything = [message for one in told for message in one.events for _ in range(repetitions)]
        everything += [("back", one.token) for one in told for _ in range(3)]
        random.Random(payments).shuffle(everything)
        shares = [everything[place::senders] for place in range(senders)]
        done = _act(crew, "send", shares, control)
        db.session.remove()
        for place, one in enumerate(told):
            result.note(_differs(one, in_order[one.name]))
            progress(result.name, place + 1, payments)
        answers = [answer for one in done for answer in one.answer or []]
        result.damage += sorted({one.error for one in done if one.error})
        result.damage += sorted({f"status {status}" for status, _s in answers if status not in {200, 303}})
        result.acts, result.seconds = len(everything), [seconds for _status, seconds in answers]
    return result


@dataclass
class Told:
    """A payment, what is told of it, and the shopper's link."""

    name: str
    order_id: int
    token: str
    events: list[tuple[str, bytes]]


def _story(name: str) -> Told:
    placed = selling.place([(_thing(1), 1)], email=f"{secrets.token_hex(4)}@example.test")
    service.start_payment(placed.order_id)
    payment = selling.payment_of(placed.order_id)
    events = []
    for place, (kind, share) in enumerate(STORIES[name]):
        body = {
            "id": f"{payment.idempotency_key}:{place}",
            "type": kind,
            "payment": payment.idempotency_key,
            "reference": f"fp_{placed.number}",
            "amount": int(payment.amount_minor * share),
            "currency": payment.currency,
            "refund": None,
        }
        events.append(("told", json.dumps(body).encode()))
    return Told(name, placed.order_id, placed.public_token, events)


def _in_order(name: str) -> tuple[Any, ...]:
    """How the same story ends when it is told once and in order."""
    told = _story(name)
    gateway = service.gateway_of("fake")
    party = fake_party()
    for _what, body in told.events:
        headers = {selling.SIGNATURE: party.sign(body)}
        for event in gateway.read_webhook(headers, body):
            service.apply_event(event)
    return _end(told)


def _end(told: Told) -> tuple[Any, ...]:
    order = service.get_order(told.order_id)
    (payment,) = order.payments
    mails = sum(mail.dedupe_key == order.number for mail in selling.mails())
    return order.status, order.payment_state, payment.captured_minor > 0, payment.refunded_minor, mails


def _differs(told: Told, expected: tuple[Any, ...]) -> list[str]:
    found = _end(told)
    if told.name != "refunded too much" and found != expected:
        return [f"{told.name}: {found} instead of {expected}"]
    looked = any(row.order_id == told.order_id for row in service.list_attention(10_000))
    if looked != (told.name in LOOKED_AT):
        return [f"{told.name}: {'somebody' if looked else 'nobody'} was told"]
    return []


# --- all of it --------------------------------------------------------------------------------------------


def prepare(app: Flask) -> None:
    """A shop that delivers."""
    with app.app_context(), transaction() as tx:
        selling.open_for_business(tx)
        new_versions(tx)


def findings(app: Flask) -> list[str]:
    """What the doctor says afterwards."""
    with app.app_context():
        return selling.findings()


def numbers_given(app: Flask) -> Iterator[int]:
    """Invoice numbers in the order of orders."""
    with app.app_context():
        query = sa.select(Order.invoice_count).where(Order.invoice_count.is_not(None))
        yield from db.session.execute(query.order_by(Order.invoice_count)).scalars()
