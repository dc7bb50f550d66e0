"""The shape of what owners type: amounts, percentages, days, lists. All that is wrong is told at once."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.core.console.given import Given

__all__ = ["Given", "bands_of"]


def bands_of(given: Given, basis: str) -> list[tuple[int | None, int]]:
    """Prices as lines 'up to = price': '2000 = 4.90' (grams or value), 'all = 7.90' for the rest."""
    found: list[tuple[int | None, int]] = []
    for line in (given.form.get("bands") or "").splitlines()[:50]:
        limit, _sign, price = (part.strip() for part in line.rpartition("="))
        if not line.strip():
            continue
        row = Given({"limit": limit, "price": price})
        upto = None if limit.lower() in ("", "all", "*") else _limit(row, basis)
        found.append((upto, row.money("price")))
        if row.problems:
            given.problems.setdefault(
                "bands", _("This line cannot be read: %(line)s", line=line.strip()[:60])
            )
    return found


def _limit(row: Given, basis: str) -> int:
    return row.whole("limit") if basis == "weight" else row.money("limit")
