"""The list pages of the console: what they show is their address. Search, filters, sorting, paging, columns.

An `IndexSpec` is a constant of an `owner.py`; `IndexState.read` makes of an address what it asks for, and
nothing that it does not know: foreign columns, filters and pages fall back to what is usual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import url_for

SIZES = (25, 50, 100)
LONGEST_WORDS = 200
MOST_PAGES = 10_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
# What an address of an index may hold beside its filters.
OWN = ("q", "sort", "page", "size", "cols", "view", "rows")
TIGHT = "tight"


@dataclass(frozen=True)
class Column:
    """A column. `sort` is the SQL expression that orders by it (None: cannot be ordered); `number` stands
    right; `shown=False` has to be chosen first. `phone` says where it goes on a phone: two, three, span
    (below the name), top-r (beside it), less (left out)."""

    key: str
    label: Any
    sort: Any = None
    number: bool = False
    shown: bool = True
    phone: str = "two"


@dataclass(frozen=True)
class Filter:
    """A question that narrows the list. `where(values)` makes the condition of the chosen values.

    `choices` are (value, label) pairs or a function that returns them; without choices it is a text field
    (`kind` text, date, number). With `many` several values may be chosen: any of them fits. One that is not
    `offered` is set by links only; `named` says in words what its value means.
    """

    key: str
    label: Any
    where: Callable[[tuple[str, ...]], Any]
    choices: Any = ()
    kind: str = "text"
    many: bool = False
    offered: bool = True
    named: Callable[[str], str] = str

    def options(self) -> tuple[tuple[str, Any], ...]:
        """The values offered."""
        return tuple(self.choices() if callable(self.choices) else self.choices)


@dataclass(frozen=True)
class View:
    """A view that comes with the page: a tab with filters of its own."""

    key: str
    label: Any
    query: Mapping[str, str]


@dataclass(frozen=True)
class BulkAction:
    """Something that can be done with many rows at once. `endpoint` takes a POST with the selection
    (`Selection.read`); `consequence` says what will happen, `stop` marks what cannot be taken back."""

    key: str
    label: Any
    endpoint: str
    permission: str
    consequence: Any = ""
    stop: bool = False


@dataclass(frozen=True)
class IndexSpec:
    """What a list page is: its columns, filters, how it is searched, what can be done with its rows.

    `row_key` names a row in forms (an SQL column: `row_key_column`), `row_url` leads to its page. `sort` is
    the usual order ("-at": newest first); `search(words)` makes the condition for what was typed.
    """

    key: str
    endpoint: str
    title: Any
    columns: tuple[Column, ...]
    row_key: Callable[[Any], str]
    row_key_column: Any
    row_name: Callable[[Any], str]
    row_url: Callable[[Any], str | None] = lambda _row: None
    filters: tuple[Filter, ...] = ()
    search: Callable[[str], Any] | None = None
    search_hint: Any = ""
    sort: str = ""
    tie: Any = None
    views: tuple[View, ...] = ()
    bulk: tuple[BulkAction, ...] = ()
    export_endpoint: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class IndexState:
    """What one address of an index asks for."""

    spec: IndexSpec
    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    size: int = SIZES[0]
    columns: tuple[str, ...] = ()
    view: str = ""
    tight: bool = False

    @classmethod
    def read(cls, spec: IndexSpec, args: Any) -> IndexState:
        """Of `request.args` (or any multi-dict)."""
        words = (args.get("q") or "").replace("\0", "").strip()[:LONGEST_WORDS]
        view = args.get("view") or ""
        return cls(
            spec,
            words=words if spec.search else "",
            chosen=_chosen(spec, args),
            sort=_sort(spec, args.get("sort")),
            page=_whole(args.get("page"), 1, MOST_PAGES, 1),
            size=_whole(args.get("size"), SIZES[0], SIZES[-1], SIZES[0]),
            columns=_columns(spec, args.get("cols") or ""),
            view=view if _KEY.fullmatch(view) else "",
            tight=args.get("rows") == TIGHT,
        )

    @classmethod
    def of_query(cls, spec: IndexSpec, query: str) -> IndexState:
        """Of a query string that a form carried along."""
        from werkzeug.datastructures import MultiDict

        return cls.read(spec, MultiDict(parse_qsl(query[:4000])))

    # --- as an address ------------------------------------------------------------------------------------

    def pairs(self) -> list[tuple[str, str]]:
        """The names and values of this state's address; the usual ones are left out."""
        found = [("view", self.view)] if self.view else []
        if self.words:
            found.append(("q", self.words))
        found += [(key, value) for key, values in self.chosen.items() for value in values]
        if self.sort != self.spec.sort:
            found.append(("sort", self.sort))
        if self.columns:
            found.append(("cols", ",".join(self.columns)))
        if self.size != SIZES[0]:
            found.append(("size", str(self.size)))
        if self.tight:
            found.append(("rows", TIGHT))
        if self.page > 1:
            found.append(("page", str(self.page)))
        return found

    @property
    def query(self) -> str:
        """The same as a query string."""
        return urlencode(self.pairs())

    @property
    def url(self) -> str:
        """Where this state is shown."""
        query = self.query
        return url_for(self.spec.endpoint) + (f"?{query}" if query else "")

    def but(self, **changes: Any) -> IndexState:
        """The same with another page, sorting, size, filter set."""
        return replace(self, **{"page": 1, **changes})

    def without(self, key: str) -> IndexState:
        """The same without one filter."""
        return self.but(chosen={k: v for k, v in self.chosen.items() if k != key})

    # --- in words -----------------------------------------------------------------------------------------

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or self.chosen)

    def chips(self) -> list[Chip]:
        """The filters that are on."""
        found = []
        for item in self.spec.filters:
            values = self.chosen.get(item.key)
            if values:
                names = dict(item.options())
                shown = ", ".join(str(names.get(value) or item.named(value)) for value in values)
                found.append(Chip(str(item.label), shown, self.without(item.key).url))
        return found

    def shown_columns(self) -> list[Column]:
        """The columns as they stand; the first is the row's name and always there."""
        wanted = self.columns or tuple(c.key for c in self.spec.columns if c.shown)
        first = self.spec.columns[0]
        return [first, *(c for c in self.spec.columns[1:] if c.key in wanted)]

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """(column, whether from the top down)."""
        return self.sort.removeprefix("-"), self.sort.startswith("-")

    def sort_url(self, column: Column) -> str:
        """Sorted by this column; once more: the other way round."""
        key, down = self.sorted_by
        if key == column.key:
            other = column.key if down else f"-{column.key}"
        else:
            other = f"-{column.key}" if column.number else column.key
        return self.but(sort=other).url

    def is_view(self, query: Mapping[str, str] | str) -> bool:
        """Whether this is that saved view, page, size and row height aside."""
        pairs = parse_qsl(query) if isinstance(query, str) else query.items()
        ignored = {"page", "size", "view", "rows"}
        mine = sorted(pair for pair in self.pairs() if pair[0] not in ignored)
        return sorted(pair for pair in pairs if pair[0] not in ignored) == mine

    # --- in SQL -------------------------------------------------------------------------------------------

    def narrow(self, query: sa.Select) -> sa.Select:
        """The query with what was searched for and filtered."""
        for item in self.spec.filters:
            values = self.chosen.get(item.key)
            if values:
                query = query.where(item.where(values))
        if self.words and self.spec.search:
            query = query.where(self.spec.search(self.words))
        return query

    def order(self, query: sa.Select) -> sa.Select:
        """The query in this order; rows that are equal in it always stand in the same one."""
        key, down = self.sorted_by
        column = next((c for c in self.spec.columns if c.key == key and c.sort is not None), None)
        if column is not None:
            query = query.order_by(column.sort.desc() if down else column.sort.asc())
        tie = self.spec.tie if self.spec.tie is not None else self.spec.row_key_column
        return query.order_by(tie.desc() if down else tie.asc())


def _chosen(spec: IndexSpec, args: Any) -> dict[str, tuple[str, ...]]:
    chosen = {}
    for item in spec.filters:
        values = tuple(value for value in _values(args, item.key) if _fits(item, value))
        if values:
            chosen[item.key] = values if item.many else values[:1]
    return chosen


def _columns(spec: IndexSpec, wanted: str) -> tuple[str, ...]:
    known = {column.key for column in spec.columns}
    return tuple(key for key in wanted.split(",") if key in known)


def _values(args: Any, key: str) -> list[str]:
    found = args.getlist(key) if hasattr(args, "getlist") else [args[key]] if key in args else []
    return [value.replace("\0", "").strip()[:LONGEST_WORDS] for value in found[:20]]


def _fits(item: Filter, value: str) -> bool:
    if not value:
        return False
    options = item.options()
    if options:
        return value in {key for key, _label in options}
    if item.kind == "number":
        return bool(re.fullmatch(r"[0-9]{1,12}", value))
    if item.kind == "date":
        return bool(re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", value))
    return True


def _sort(spec: IndexSpec, wanted: str | None) -> str:
    key = (wanted or "").removeprefix("-")
    known = {column.key for column in spec.columns if column.sort is not None}
    return wanted if wanted and key in known else spec.sort


def _whole(text: str | None, least: int, most: int, usual: int) -> int:
    if not text or not re.fullmatch(r"[0-9]{1,6}", text):
        return usual
    return min(max(int(text), least), most)


def like(column: Any, words: str) -> Any:
    """A condition: the column holds what was typed, whatever the case; signs of LIKE mean themselves."""
    safe = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{safe}%", escape="\\")
