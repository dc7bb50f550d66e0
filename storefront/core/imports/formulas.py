"""Cells that a spreadsheet would run as a formula, made harmless and restored without loss."""

from __future__ import annotations

import re

# Blank characters before the sign count too: some spreadsheets trim them first.
_LIVE = re.compile(r"'*(?:[\t\r\n]|[\s\u200b\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212])")


def defuse(cell: str) -> str:
    """The cell with one apostrophe in front when a spreadsheet could read it as a formula.

    Cells that already start with apostrophes and then a sign get one more, so `restore` is exact.
    """
    return "'" + cell if cell and _LIVE.match(cell) else cell


def restore(cell: str) -> str:
    """The cell without the apostrophe that `defuse` put there, and untouched otherwise."""
    if cell.startswith("'") and _LIVE.match(cell, 1):
        return cell[1:]
    return cell
