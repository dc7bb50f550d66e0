"""R1 on the pages: many stand at the last page, guests and members, and the last pieces go to some of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask import Flask

from storefront.catalog.models import Variant
from storefront.core.database import db, transaction
from storefront.inventory import service as inventory
from tests.chaos.crew import Crew, Done
from tests.chaos.drills import SLOWEST_BUYER, Progress, Result, _left, _orders_of, _thing, quiet
from tests.chaos.pages import Seen
from tests.chaos.shoppers import AtTheEnd, Shopper, fill, gather, left_in_cart

PIECES = (1, 3, 5, 10)
# How a round begins: with few pieces; with plenty that are sold at the counter meanwhile; one step earlier.
WAYS = ("few", "sold meanwhile", "entering")


def crowds(
    app: Flask, crew: Crew, *, rounds: int, buyers: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """Each round so many press the button of a page they opened before: as many order as there are pieces.

    Everybody else gets a page that says so, within ten seconds, and keeps the cart.
    """
    result = Result(f"R1 last pages, {buyers}" + (", unguarded" if control else ""))
    people = gather(app, buyers)
    ways = ("few",) if control else WAYS
    for number in range(rounds):
        with app.app_context():
            pieces, way = PIECES[number % 4], ways[number % len(ways)]
            found = _round(crew, people, pieces, way, control, result)
            result.note([f"{way}: {line}" for line in found])
        progress(result.name, number + 1, rounds)
    return result


def _round(
    crew: Crew, people: list[Shopper], pieces: int, way: str, control: bool, result: Result
) -> list[str]:
    many = pieces + len(people)
    variant_id = _thing(many if way == "sold meanwhile" else pieces)
    with transaction() as tx:
        fill(tx, people, variant_id, saved=True)
    sku = db.session.execute(sa.select(Variant.sku).where(Variant.id == variant_id)).scalar_one()
    db.session.remove()
    if way == "entering":
        return _enter(crew, people, pieces, variant_id, sku, result)
    ends = _looked(crew, people, control)
    if way == "sold meanwhile":
        with transaction() as tx:
            inventory.take(tx, {variant_id: many - pieces}, reference="counter")
    done = _pressed(crew, ends, sku, control)
    result.acts += len(done)
    found = _clear_answers(done, result) + ([] if len(ends) == len(people) else ["not all came to the end"])
    expected = min(pieces, len(people))
    return found + _sold(done, expected, pieces - expected, people, variant_id, control)


def _enter(
    crew: Crew, people: list[Shopper], pieces: int, variant_id: int, sku: str, result: Result
) -> list[str]:
    """Who gets their piece set aside gets it; nobody else gets to the last page."""
    entered = crew.act("pages:enter", [one.cookies for one in people])
    result.acts += len(entered)
    found = _clear_answers(entered, result, through="/checkout/payment")
    through = [
        one
        for one, done in zip(people, entered, strict=True)
        if done.answer and done.answer.location == "/checkout/payment"
    ]
    if len(through) != min(pieces, len(people)):
        found.append(f"{len(through)} were let through for {pieces}")
    done = _pressed(crew, _looked(crew, through, False), sku, False)
    found += _clear_answers(done, result)
    return found + _sold(done, len(through), pieces - len(through), through, variant_id, False)


def _looked(crew: Crew, people: Sequence[Shopper], control: bool) -> list[AtTheEnd]:
    shop = "control" if control else "shop"
    done = crew.act("pages:look", [one.cookies for one in people], shop)
    return [one.answer for one in done if one.answer is not None]


def _pressed(crew: Crew, ends: Sequence[AtTheEnd], sku: str, control: bool) -> list[Done]:
    wanted = [(end, sku) for end in ends]
    if control:
        return crew.act("pages:unguarded_press", wanted, "control")
    return crew.act("pages:press", wanted)


def _clear_answers(done: Sequence[Done], result: Result, through: str = "") -> list[str]:
    """Everybody ordered, got through, or reads on a page that it is sold out, and keeps the cart."""
    found = sorted({f"somebody saw {one.error}" for one in done if one.error})
    answers: list[Seen] = [one.answer for one in done if one.answer is not None]
    result.seconds += [seen.seconds for seen in answers]
    found += sorted({f"somebody saw {seen.status}" for seen in answers if seen.status not in {303, 409}})
    found += [f"a buyer waited {seen.seconds:.1f} s" for seen in answers if seen.seconds > SLOWEST_BUYER]
    for seen in answers:
        if seen.ordered or (through and seen.location == through):
            continue
        if seen.page_status not in {200, 409} or not seen.told:
            found.append(f"no clear page after {seen.status} to {seen.location!r}: {seen.page_status}")
        if not seen.kept:
            found.append("somebody lost the cart")
    return sorted(set(found))


def _sold(
    done: Sequence[Done],
    expected: int,
    left: int,
    people: Sequence[Shopper],
    variant_id: int,
    control: bool,
) -> list[str]:
    ordered = sum(bool(one.answer and one.answer.ordered) for one in done)
    found = [] if ordered == expected else [f"{ordered} ordered instead of {expected}"]
    if control:
        return found
    db.session.remove()
    if _orders_of(variant_id) != ordered:
        found.append(f"{_orders_of(variant_id)} orders for {ordered} answers")
    if _left(variant_id) != left:
        found.append(f"{_left(variant_id)} left instead of {left}")
    full = sum(left_in_cart(one.cart_id) == {variant_id: 1} for one in people)
    if full != len(people) - ordered:
        found.append(f"{full} carts are full after {ordered} of {len(people)} ordered")
    return found
