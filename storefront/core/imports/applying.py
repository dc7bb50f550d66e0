"""The second pass: items from the staging file into the shop, chunk by chunk, each with its progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError

from storefront.core import clock
from storefront.core.database import Tx, db, snapshot, transaction
from storefront.core.errors import Refusal
from storefront.core.imports.ledger import Ledger
from storefront.core.imports.pacing import Pace, tidy_log
from storefront.core.imports.registry import CREATED, Importer, Item, Outcome, Target
from storefront.core.imports.staging import Staging
from storefront.core.models import ImportBatch

PREVIEWED = 500
TRIES = 3


@dataclass(slots=True)
class Applied:
    """What the second pass did; `holds` are the seconds for which each chunk held the write lock."""

    batch: str
    counts: dict[str, Any]
    holds: list[float] = field(default_factory=list)


def new_counts() -> dict[str, Any]:
    """Nothing applied yet."""
    return {"created": 0, "changed": 0, "skipped": 0, "rejected": 0, "reasons": {}, "objects": {}}


def count(counts: dict[str, Any], items: Iterable[Item], outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The counts with these outcomes added; the input lines behind an item follow its outcome."""
    total = {**counts, "reasons": Counter(counts["reasons"]), "objects": Counter(counts["objects"])}
    for item, outcome in zip(items, outcomes, strict=True):
        total[outcome.state] += item.lines
        if outcome.reason and item.lines:
            total["reasons"][outcome.reason] += item.lines
        total["objects"].update(outcome.objects)
    return {**total, "reasons": dict(total["reasons"]), "objects": dict(total["objects"])}


def targets_of(importers: Iterable[Importer]) -> dict[str, Target]:
    """Every target by the name that items use."""
    return {target.name: target for importer in importers for target in importer.targets}


def preview(staging: Staging, importers: list[Importer]) -> dict[str, Any]:
    """The counts that applying would give now. Takes no lock and writes nothing."""
    targets = targets_of(importers)
    counts = new_counts()
    with snapshot() as session:
        for items in chunks(staging.items_after(0), lambda _: PREVIEWED):
            counts = count(counts, items, targets[items[0].target].preview(items, session))
    return counts


def chunks(items: Iterator[Item], allowance: Callable[[str], int]) -> Iterator[list[Item]]:
    """Neighbouring items of one target, up to the weight that it is allowed at that moment; at least one
    item each."""
    held: list[Item] = []
    weight = 0
    for item in items:
        if held and (item.target != held[0].target or weight + item.weight > allowance(item.target)):
            yield held
            held, weight = [], 0
        held.append(item)
        weight += item.weight
    if held:
        yield held


def apply_batch(
    staging: Staging,
    importers: list[Importer],
    batch_id: int,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Applied:
    """Applies what is not applied yet and closes the batch.

    Each chunk commits its rows and its progress together.
    """
    row = db.session.execute(sa.select(ImportBatch).where(ImportBatch.id == batch_id)).scalar_one()
    batch, seq = row.public_id, row.applied_seq
    counts = row.counts or new_counts()
    targets, total, pace = targets_of(importers), staging.size, Pace()
    with tidy_log() as tidy:
        for items in chunks(staging.items_after(seq), pace.allowance_of):
            target = targets[items[0].target]
            counts = _apply_chunk(target, items, batch_id, batch, seq, counts, pace)
            seq = items[-1].seq
            if progress is not None:
                progress("apply", seq, total)
            tidy()
            pace.breather()
    _close(importers, batch_id, batch, counts)
    return Applied(batch, counts, pace.holds)


def _apply_chunk(
    target: Target,
    items: list[Item],
    batch_id: int,
    batch: str,
    seq: int,
    counts: dict[str, Any],
    pace: Pace,
) -> dict[str, Any]:
    weight = sum(item.weight for item in items)
    for attempt in range(1, TRIES + 1):
        prepared = target.prepare(items, batch)
        try:
            with pace.hold(weight) as hold, transaction() as tx:
                hold.started()
                ledger = Ledger(tx, batch_id, batch)
                new = count(counts, items, target.apply(ledger, items, prepared))
                ledger.flush()
                _step(tx, batch_id, seq, items[-1].seq, new)
            return new
        except IntegrityError:
            # Somebody changed what `prepare` had looked up; look again.
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def _step(tx: Tx, batch_id: int, seq: int, new_seq: int, counts: dict[str, Any]) -> None:
    moved = tx.execute(
        sa.update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.applied_seq == seq, ImportBatch.state == "applying")
        .values(applied_seq=new_seq, counts=counts)
    )
    if moved.rowcount != 1:
        raise Refusal(gettext("Another process is applying this import already."))


def _close(importers: list[Importer], batch_id: int, batch: str, counts: dict[str, Any]) -> None:
    with transaction() as tx:
        closed = tx.execute(
            sa.update(ImportBatch)
            .where(ImportBatch.id == batch_id, ImportBatch.state == "applying")
            .values(state="done", counts=counts, finished_at=clock.now())
        )
        if closed.rowcount != 1:
            raise Refusal(gettext("Another process is applying this import already."))
        if counts[CREATED]:
            for importer in importers:
                if importer.finish is not None:
                    importer.finish(tx, batch)
