"""How much of it: each push tries another part of each kind at every place; `make chaos` tries everything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

VARIABLE = "REGULARS_TESTS_EVERYTHING"
EVERYTHING = os.environ.get(VARIABLE) == "1"

One = TypeVar("One")


def part(cases: Sequence[One], turn: int, step: int) -> Sequence[One]:
    """Every `step`-th case, beginning with another one each turn, so that together all are tried; or all."""
    return cases if EVERYTHING else cases[turn % step :: step]
