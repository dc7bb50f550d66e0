"""What happened on this page, in GA4 words, for whoever keeps a journal. A note is only a list entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import g


@dataclass(frozen=True)
class Behaviour:
    """One thing that the person did: `view_item`, `search`, `select_item` ... with plain parameters."""

    name: str
    params: dict[str, Any] = field(default_factory=dict)


def note(event: str, **params: Any) -> None:
    """Remember a behaviour until the end of this request."""
    if "regulars_behaviours" not in g:
        g.regulars_behaviours = []
    g.regulars_behaviours.append(Behaviour(event, params))


def noted() -> list[Behaviour]:
    """What this request noted so far."""
    return list(g.get("regulars_behaviours", ()))
