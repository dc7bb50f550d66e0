"""What a browser says about being watched, and what a visitor's choice is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# What a visitor is asked about; whether to write to somebody is asked of those who gave an address.
ASKED_OF_VISITORS = ("statistics", "personalization")


def refuses_tracking(headers: Iterable[tuple[str, str]]) -> bool:
    """Do-Not-Track or Global Privacy Control: either counts as a no to statistics."""
    return any(name.lower() in {"dnt", "sec-gpc"} and value.strip() == "1" for name, value in headers)


@dataclass(frozen=True)
class Choice:
    """What was answered in this browser: `agreed` purposes, the visitor's number if there are any, and when
    (seconds since 1970)."""

    agreed: frozenset[str]
    visitor: str | None
    at: int


def read_choice(value: Any) -> Choice | None:
    """The choice that a cookie holds; None for anything else."""
    if not isinstance(value, dict):
        return None
    if not isinstance(value.get("p"), list) or not isinstance(value.get("t"), int):
        return None
    agreed = frozenset(value["p"]) & frozenset(ASKED_OF_VISITORS)
    visitor = value.get("v") if agreed and isinstance(value.get("v"), str) else None
    return Choice(agreed, visitor, value["t"])


def choice_value(choice: Choice) -> dict[str, Any]:
    """What the cookie holds."""
    return {"p": sorted(choice.agreed), "v": choice.visitor, "t": choice.at}
