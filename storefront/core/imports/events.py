"""What imports tell the rest of the shop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HistoryImported:
    """Orders or behaviour of the past came in under `batch`. The only event of such an import: no order,
    return or
    registration in it is told one by one. Not sent for a dry run, nor when every row was known already."""

    batch: str
    kind: str
