"""R14: many processes write one row at the same time; nobody is told that the database is busy, no step is lost."""

from __future__ import annotations

import statistics

import sqlalchemy as sa
from flask import Flask

from storefront.core.database import db, transaction
from storefront.core.models import Counter
from tests.chaos.acts import WRITTEN
from tests.chaos.crew import Crew
from tests.chaos.drills import Progress, Result, quiet

SLOWEST_WRITE = 2.0


def writes(
    app: Flask, crew: Crew, *, writers: int, times: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """One round: `writers` at once, each takes one off the same counter `times` times, reading it first."""
    result = Result("R14 writers" + (", unguarded" if control else ""))
    with app.app_context():
        _begin(writers * times)
        if control:
            done = crew.act("unguarded_write", [times] * writers, "control")
        else:
            done = crew.act("write", [times] * writers)
        found = sorted({f"a writer saw {one.error}" for one in done if one.error})
        result.seconds = [seconds for one in done if not one.error for seconds in one.answer]
        lost = _left()
        found += [f"{lost} steps of {writers * times} were lost"] if lost else []
        if len(result.seconds) > 1 and not control:
            slow = statistics.quantiles(result.seconds, n=100)[-1]
            found += [f"one write in a hundred took {slow:.1f} s"] if slow > SLOWEST_WRITE else []
        result.note(found)
        result.acts = writers * times
    progress(result.name, 1, 1)
    return result


def _begin(steps: int) -> None:
    with transaction() as tx:
        tx.execute(sa.delete(Counter).where(Counter.name == WRITTEN))
        tx.add(Counter(name=WRITTEN, remaining=steps))


def _left() -> int:
    db.session.remove()
    return int(db.session.execute(sa.select(Counter.remaining).where(Counter.name == WRITTEN)).scalar_one())
