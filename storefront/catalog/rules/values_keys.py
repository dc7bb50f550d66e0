"""Keys for the names of options and values that a file gives as plain labels."""

from __future__ import annotations

from collections.abc import Sequence

from slugify import slugify

LIMIT = 80


def value_keys(labels: Sequence[str]) -> list[str]:
    """A key for each label: its slug, or the label itself where the slugs of two labels would be the same.

    Equal labels get equal keys.
    """
    keys: dict[str, str] = {}
    for label in labels:
        if label in keys:
            continue
        key = slugify(label, max_length=LIMIT)
        keys[label] = key if key and key not in keys.values() else label[:LIMIT]
    return [keys[label] for label in labels]
