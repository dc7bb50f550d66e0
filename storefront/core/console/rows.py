"""What an index loads: a page of rows, saved views, a selection of many rows, a table to take away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask import Response
from flask_babel import gettext as _
from flask_login import current_user

from storefront.core.console.index import IndexSpec, IndexState
from storefront.core.database import LARGEST_KEY, db
from storefront.core.errors import Refusal
from storefront.core.imports.formulas import defuse
from storefront.core.models import SavedView

MOST_SELECTED = 10_000
MOST_EXPORTED = 100_000
# Rows of a view are counted up to here: beyond it nobody needs to know how many there are at a glance.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class SavedTab:
    """A saved view as a tab. `id` is None for views that come with the page; `mine` may be deleted.

    `count` is how many rows it shows, at most MOST_COUNTED (`many`: there are more).
    """

    label: str
    state: IndexState
    current: bool
    id: int | None = None
    mine: bool = False
    count: int = 0

    @property
    def url(self) -> str:
        """Where it is shown."""
        return self.state.url

    @property
    def many(self) -> bool:
        """Whether there are more than were counted."""
        return self.count >= MOST_COUNTED


@dataclass(frozen=True)
class IndexPage:
    """One page of rows with everything that the macros of `console/_index.html` print."""

    state: IndexState
    rows: Sequence[Any]
    total: int
    tabs: list[SavedTab]

    @property
    def first(self) -> int:
        """Place of the first row."""
        return (self.state.page - 1) * self.state.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Place of the last row."""
        return min(self.state.page * self.state.size, self.total)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.state.size))

    def page_links(self) -> list[int | None]:
        """The pages to link to: the ends and those around this one; None is a gap."""
        here, last = self.state.page, self.pages
        wanted = sorted({1, last, *range(max(1, here - 1), min(last, here + 1) + 1)})
        found: list[int | None] = []
        for number in wanted:
            if found and found[-1] is not None and number - found[-1] > 1:
                found.append(None)
            found.append(number)
        return found


def load_index(state: IndexState, query: sa.Select) -> IndexPage:
    """The page of `query` (unordered, unfiltered) that the state asks for; three queries.

    A page behind the last one shows the last.
    """
    found = tabs(state)
    narrowed = state.narrow(query)
    counted = [_count(narrowed).label("total")]
    counted += [
        _count(tab.state.narrow(query).limit(MOST_COUNTED)).label(f"n{at}") for at, tab in enumerate(found)
    ]
    total, *counts = db.session.execute(sa.select(*counted)).one()
    found = [replace(tab, count=count) for tab, count in zip(found, counts, strict=True)]
    last = max(1, -(-total // state.size))
    if state.page > last:
        state = state.but(page=last)
    ordered = state.order(narrowed).limit(state.size).offset((state.page - 1) * state.size)
    rows = db.session.execute(ordered).all()
    return IndexPage(state, rows, total, found)


def _count(query: sa.Select) -> sa.ScalarSelect[int]:
    rows = query.order_by(None).subquery()
    return sa.select(sa.func.count()).select_from(rows).scalar_subquery()


# --- saved views ------------------------------------------------------------------------------------------


def tabs(state: IndexState) -> list[SavedTab]:
    """All, the views that come with the page, those that were saved; one query."""
    spec = state.spec
    everything = IndexState(spec, sort=spec.sort)
    found = [SavedTab(_("All"), everything, not state.view and state.is_view(""))]
    for view in spec.views:
        query = "&".join(f"{key}={value}" for key, value in view.query.items())
        target = IndexState.of_query(spec, query)
        found.append(SavedTab(str(view.label), target, bool(target.query) and state.is_view(target.query)))
    me = current_user.customer_id
    saved = (
        sa.select(SavedView.id, SavedView.name, SavedView.query, SavedView.owner_id)
        .where(SavedView.page == spec.key, sa.or_(SavedView.owner_id == me, SavedView.shared.is_(True)))
        .order_by(SavedView.id)
        .limit(30)
    )
    for row in db.session.execute(saved):
        target = IndexState.of_query(spec, row.query)
        current = state.is_view(target.query)
        found.append(SavedTab(row.name, target, current, row.id, row.owner_id == me))
    return found


# --- many rows at once ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """The rows that a bulk action is for: those that were ticked, or everything that the filter matches."""

    state: IndexState
    keys: tuple[str, ...]
    everything: bool

    @classmethod
    def read(cls, spec: IndexSpec, form: Any) -> Selection:
        """Of the form of an index. Raises Refusal when nothing is selected."""
        # No key holds a NUL, and PostgreSQL fails when it is asked for one.
        picked = (key for key in form.getlist("pick") if "\0" not in key)
        keys = tuple(dict.fromkeys(picked))[:MOST_SELECTED]
        everything = form.get("all") == "1"
        if not keys and not everything:
            raise Refusal(_("Select at least one row first."))
        return cls(IndexState.of_query(spec, form.get("state", "")), keys, everything)

    def narrow(self, query: sa.Select) -> sa.Select:
        """The query with the selected rows only, at most 10,000 of them, in the order of their keys."""
        column = self.state.spec.row_key_column
        if self.everything:
            query = self.state.narrow(query)
        else:
            query = query.where(column.in_(_typed(column, self.keys)))
        return query.order_by(None).order_by(column).limit(MOST_SELECTED)

    @property
    def back(self) -> str:
        """The index as it was."""
        return self.state.url


def _typed(column: Any, keys: Iterable[str]) -> list[Any]:
    if not isinstance(column.type, sa.Integer):
        return list(keys)
    return [int(key) for key in keys if re.fullmatch("[0-9]{1,10}", key) and int(key) <= LARGEST_KEY]


# --- to take away -----------------------------------------------------------------------------------------


def csv_answer(
    name: str, header: Sequence[str], rows: Iterable[Any], cells: Callable[[Any], Sequence[Any]]
) -> Response:
    """A CSV file (UTF-8 with BOM, so that spreadsheets see the letters) in which no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([defuse(str(cell)) for cell in header])
    for row in rows:
        writer.writerow([defuse("" if cell is None else str(cell)) for cell in cells(row)])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def rows_to_export(state: IndexState, query: sa.Select) -> Sequence[Any]:
    """Every row that the state's filter matches, in its order, at most 100,000."""
    return db.session.execute(state.order(state.narrow(query)).limit(MOST_EXPORTED)).all()
