"""Slugs: the part of an address that names a thing, the same in every language."""

from __future__ import annotations

import re

from slugify import slugify

MAX_SLUG = 160
_SLUG = re.compile(r"[^\s/?#%\\\x00-\x1f\x7f]{1,160}\Z")


def make_slug(text: str, fallback: str = "item") -> str:
    """A plain slug of `text` (Chinese becomes pinyin); `fallback` where nothing is left of it."""
    return slugify(text[:500], max_length=MAX_SLUG - 20) or fallback


def is_slug(text: str) -> bool:
    """Whether `text` can stand in a path as it is: no spaces, slashes, or characters with a meaning there."""
    return bool(_SLUG.match(text)) and text not in {".", ".."}


def free_slug(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with the first number behind it that is not taken."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
