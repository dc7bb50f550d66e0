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
# A chunk is written in so many parts, with a look at the clock behind each.
PARTS = 4


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
    pace: Pace | None = None,
) -> Applied:
    """Applies what is not applied yet and closes the batch.

    Each hold of the lock commits its rows and its progress together. It lasts as long as the largest single
    item needs, or else until the pace says that others have waited long enough.
    """
    row = db.session.execute(sa.select(ImportBatch).where(ImportBatch.id == batch_id)).scalar_one()
    batch, seq = row.public_id, row.applied_seq
    counts = row.counts or new_counts()
    targets, total, pace = targets_of(importers), staging.size, pace or Pace()
    state = _State(batch_id, batch, seq, counts)
    with tidy_log() as tidy:
        for items in chunks(staging.items_after(seq), pace.allowance_of):
            for _hold in _apply_chunk(targets[items[0].target], items, state, pace):
                if progress is not None:
                    progress("apply", state.seq, total)
                tidy()
                pace.breather()
    _close(importers, batch_id, batch, state.counts)
    return Applied(batch, state.counts, pace.holds)


@dataclass(slots=True)
class _State:
    """How far a batch is applied, as it was committed last."""

    batch_id: int
    batch: str
    seq: int
    counts: dict[str, Any]


def _apply_chunk(target: Target, items: list[Item], state: _State, pace: Pace) -> Iterator[None]:
    """Applies a chunk under one hold of the lock, or several when it takes longer; yields behind each."""
    parts = _parts(items) if getattr(target, "in_parts", True) else [items]
    prepared = [target.prepare(part, state.batch) for part in parts]
    failures = 0
    while parts:
        try:
            done = _write(target, list(zip(parts, prepared, strict=True)), state, pace)
        except IntegrityError:
            # Somebody changed what `prepare` had looked up; look again.
            failures += 1
            if failures == TRIES:
                raise
            prepared = [target.prepare(part, state.batch) for part in parts]
            continue
        parts, prepared, failures = parts[done:], prepared[done:], 0
        yield


def _parts(items: list[Item]) -> list[list[Item]]:
    """The chunk in runs of about equal weight, an item being whole."""
    limit = sum(item.weight for item in items) / PARTS
    parts: list[list[Item]] = []
    held = limit
    for item in items:
        if held + item.weight > limit:
            parts.append([])
            held = 0
        parts[-1].append(item)
        held += item.weight
    return parts


def _write(target: Target, parts: list[tuple[list[Item], Any]], state: _State, pace: Pace) -> int:
    """Writes parts until the hold has lasted long enough; returns how many parts that were."""
    counts, done = state.counts, 0
    with pace.hold() as hold, transaction() as tx:
        hold.started()
        ledger = Ledger(tx, state.batch_id, state.batch)
        for items, prepared in parts:
            counts = count(counts, items, target.apply(ledger, items, prepared))
            hold.written += sum(item.weight for item in items)
            done += 1
            if hold.is_over():
                break
        ledger.flush()
        seq = parts[done - 1][0][-1].seq
        _step(tx, state.batch_id, state.seq, seq, counts)
    state.seq, state.counts = seq, counts
    return done


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
