"""Category paths as text: `Kitchen > Cups`."""

from __future__ import annotations

from collections.abc import Sequence

from slugify import slugify

HANDLE_LIMIT = 150


def category_steps(path: str) -> list[str]:
    """The titles on the way from the root, without empty ones."""
    return [step for step in (part.strip() for part in path.split(">")) if step]


def category_handle(steps: Sequence[str]) -> str:
    """The handle of the category at the end of a path. Names in other scripts are romanised."""
    return slugify(" ".join(steps), max_length=HANDLE_LIMIT) or "category"
