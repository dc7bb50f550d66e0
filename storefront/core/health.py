"""Invariants: statements about the data that must hold at any moment, each able to find its breaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Finding:
    """One breach: which invariant, and what was found, in words an owner understands."""

    invariant: str
    detail: str


@dataclass(frozen=True)
class Invariant:
    """A named statement. `find` gets a read-only session of the shop and returns what is wrong, if any."""

    name: str
    find: Callable[[Session], list[str]]
