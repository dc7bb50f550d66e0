"""Claims: each is one conditional update of a counter, its row count checked, and a row that explains it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import Tx
from storefront.pricing.errors import ClaimSpent
from storefront.pricing.rules import Claim
from storefront.pricing.service import tables as t

FIRST_ORDER = "first-order:"
_OF_PERSON = re.compile(r"(coupon|discount):([0-9]{1,18}):[0-9a-f]{32}\Z")
_OF_BUYER = re.compile(FIRST_ORDER + r"[0-9a-f]{32}\Z")


def coupon_counter(coupon_id: int) -> str:
    """The counter of all uses of a coupon."""
    return f"coupon:{coupon_id}"


def discount_counter(discount_id: int) -> str:
    """What counters of a discount begin with; each person has one, whatever code they use."""
    return f"discount:{discount_id}"


def person_mark(email_key: str) -> str:
    """A digest under the shop's secret that stands for a person in counters: it leads to nobody."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"claim:{email_key}".encode(), hashlib.sha256).hexdigest()[:32]


def person_marks(email_key: str | None, customer_id: int | None) -> tuple[str, str]:
    """The marks of a buyer's address and of their account, '' for what is not known: both are claimed, so
    that neither another address nor signing out makes a new person."""
    member = f"customer:{customer_id}" if customer_id is not None else ""
    by_address, by_account = (person_mark(key) if key else "" for key in (email_key, member))
    return by_address, by_account


def spend_claims(tx: Tx, claims: Iterable[Claim], reference: str) -> None:
    """Take every claim off its counter for `reference`, all or nothing; a repeat takes nothing again.

    Raises ClaimSpent where not enough is left; the caller's transaction then rolls back what was taken.
    """
    # In the order of their names: everybody locks in this order, so nobody deadlocks.
    for claim in sorted(claims, key=lambda one: one.counter):
        if claim.amount < 1:
            raise ValueError(f"{claim.amount} of {claim.counter} cannot be claimed")
        if _note_use(tx, claim, reference):
            _open_for_person(tx, claim.counter)
            _take(tx, claim)


def give_back_claims(tx: Tx, claims: Iterable[Claim], reference: str) -> None:
    """Put what `reference` claimed back onto the counters; passes over what it gave back before."""
    for claim in sorted(claims, key=lambda one: one.counter):
        given = tx.execute(
            _use_of(claim.counter, reference)
            .where(t.use.c.given_back_at.is_(None))
            .values(given_back_at=clock.now())
            .returning(t.use.c.amount)
        ).scalar()
        if given is not None:
            tx.execute(_counter(claim.counter).values(remaining=t.counter.c.remaining + given))


def open_counter(tx: Tx, name: str, remaining: int) -> None:
    """Begin a counter, unless there is one of this name."""
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(t.counter)
    tx.execute(insert.values(name=name, remaining=remaining).on_conflict_do_nothing())


def _take(tx: Tx, claim: Claim) -> None:
    enough = t.counter.c.remaining >= claim.amount
    taken = tx.execute(
        _counter(claim.counter).where(enough).values(remaining=t.counter.c.remaining - claim.amount)
    )
    if taken.rowcount != 1:
        raise ClaimSpent(claim.counter)


def _note_use(tx: Tx, claim: Claim, reference: str) -> bool:
    """True when this use is new, or was given back before; False when it stands already."""
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(t.use)
    values = {"counter": claim.counter, "reference": reference, "amount": claim.amount}
    # What comes back is asked for: an insert's row count is not told by every driver.
    new = insert.values(claimed_at=clock.now(), **values).on_conflict_do_nothing().returning(t.use.c.id)
    if tx.execute(new).first() is not None:
        return True
    again = _use_of(claim.counter, reference).where(t.use.c.given_back_at.isnot(None))
    renewed = again.values(amount=claim.amount, claimed_at=clock.now(), given_back_at=None)
    return tx.execute(renewed).rowcount == 1


def _open_for_person(tx: Tx, name: str) -> None:
    """A person's counter begins with their first use, at the limit per person; a first order is but one."""
    if _OF_BUYER.match(name):
        open_counter(tx, name, 1)
    found = _OF_PERSON.match(name)
    if found is None:
        return
    known = {
        "coupon": sa.select(t.coupon.c.per_person_limit).where(t.coupon.c.id == int(found.group(2))),
        "discount": sa.select(t.discount.c.person_limit).where(t.discount.c.id == int(found.group(2))),
    }
    limit = known[found.group(1)]
    # Shared lock: an owner who changes the limit meanwhile waits for this counter, or is waited for.
    allowed = tx.execute(limit.with_for_update(read=True)).scalar()
    if allowed is not None:
        open_counter(tx, name, allowed)


def _use_of(counter: str, reference: str) -> sa.Update:
    return sa.update(t.use).where(t.use.c.counter == counter, t.use.c.reference == reference)


def _counter(name: str) -> sa.Update:
    return sa.update(t.counter).where(t.counter.c.name == name)
