"""Numbered pages: which part of a list, and which numbers to offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from storefront.catalog.rules.values import Page

MAX_PAGE = 100_000


def read_page_number(text: str) -> int:
    """A page number from a URL: whatever is not a plain number from 1 on is the first page."""
    if not text.isascii() or not text.isdigit():
        return 1
    digits = text.lstrip("0")
    if len(digits) > 6:
        return MAX_PAGE
    return min(max(int(digits or "1"), 1), MAX_PAGE)


def clamp_page(number: int, total: int, size: int) -> int:
    """The page that is shown for `number`: beyond the end, the last one."""
    return max(1, min(number, -(-total // size)))


def page_window(current: int, last: int, around: int = 2) -> list[int | None]:
    """The ends, the neighbours, and None for a gap: [1, None, 4, 5, 6, None, 20]."""
    wanted = {1, last, *range(current - around, current + around + 1)}
    numbers = sorted(number for number in wanted if 1 <= number <= last)
    shown: list[int | None] = []
    for number in numbers:
        before = shown[-1] if shown else None
        if before is not None and number == before + 2:
            shown.append(number - 1)  # a gap of one number is that number
        elif before is not None and number > before + 2:
            shown.append(None)
        shown.append(number)
    return shown


def make_page(items: Sequence[Any], *, number: int, total: int, size: int, url: Callable[[int], str]) -> Page:
    """One page of a list of `total`, with links made by `url(number)`."""
    last = max(1, -(-total // size))
    first_shown = (number - 1) * size + 1 if items else 0
    shown = page_window(number, last) if last > 1 else []
    return Page(
        items=tuple(items),
        total=total,
        first=first_shown,
        last=first_shown + len(items) - 1 if items else 0,
        number=number,
        pages=tuple((at, None if at is None else url(at), at == number) for at in shown),
        prev_url=url(number - 1) if number > 1 else None,
        next_url=url(number + 1) if number < last else None,
    )
