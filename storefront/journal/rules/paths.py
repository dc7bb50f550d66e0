"""What many people do, out of what each did: pages, ways, searches, strips, stays. Pure.

Nothing comes out that fewer than `SMALLEST_GROUP` people did; what is left is said as a number of rows alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

SMALLEST_GROUP = 5
LONGEST_PATH = 5
TOP = 15
POSITIONS = 12
Key = tuple[Hashable, ...]


class Did(NamedTuple):
    """One row of the journal, in the order of person, visit, time."""

    person: str
    session: str
    name: str
    page: str | None = None
    product_id: int | None = None
    dwell_ms: int | None = None
    query: str | None = None
    hits: int | None = None
    list_name: str | None = None
    surface: str | None = None
    position: int | None = None


class Gathered:
    """How often each thing was done, by how many people, and how long was stayed."""

    def __init__(self) -> None:
        self.times: Counter[Key] = Counter()
        self.people: Counter[Key] = Counter()
        self.seconds: defaultdict[Key, Counter[int]] = defaultdict(Counter)
        self._mine: set[Key] = set()

    def person(self, visits: Iterable[Sequence[Did]]) -> None:
        """All that one person did."""
        self._mine = {("all",)}
        for rows in visits:
            self._visit(rows)
        for key in self._mine:
            self.people[key] += 1

    def _note(self, *key: Hashable) -> None:
        self.times[key] += 1
        self._mine.add(key)

    def _visit(self, rows: Sequence[Did]) -> None:
        opened: list[str] = []
        for row in rows:
            if row.name == "dwell":
                self._stay(row)
            elif row.page:
                opened.append(row.page)
                self._note("page", row.page)
                if row.name == "view_item" and row.product_id:
                    self._note("product", row.product_id)
            self._search_or_strip(row)
        if opened:
            self._way(opened)

    def _stay(self, row: Did) -> None:
        seconds = round((row.dwell_ms or 0) / 1000)
        self.seconds["page", row.page][seconds] += 1
        if row.product_id:
            self.seconds["product", row.product_id][seconds] += 1

    def _search_or_strip(self, row: Did) -> None:
        if row.name == "search" and row.query:
            found = "found" if row.hits else "missed"
            self._note("search", found)
            self._note(found, row.query.casefold())
        elif row.name == "view_item_list" and row.surface and row.list_name:
            self._note("strip", row.list_name, row.surface)
            for place in range(1, min(row.hits or 0, POSITIONS) + 1):
                self.times["shown", row.list_name, place] += 1
        elif row.name == "select_item" and row.list_name:
            self._note("click", row.list_name)
            self.times["clicked", row.list_name, row.position] += 1

    def _way(self, opened: list[str]) -> None:
        self._note("visit")
        self._note("entry", opened[0])
        self._note("exit", opened[-1])
        for pair in pairwise(opened):
            self._note("step", *pair)
        path = tuple(page for page, _same in groupby(opened))[:LONGEST_PATH]
        if len(path) > 1:
            self._note("path", *path)

    def median(self, *key: Hashable) -> int | None:
        """Seconds that half of the stays were longer than; None with too few of them."""
        stays = self.seconds.get(key)
        if stays is None or stays.total() < SMALLEST_GROUP:
            return None
        half, before = (stays.total() + 1) / 2, 0
        for seconds in sorted(stays):
            before += stays[seconds]
            if before >= half:
                return seconds
        return None

    def most(self, kind: str, top: int = TOP) -> list[tuple[Key, int, int]]:
        """(what, times, people) of what enough people did, most often first."""
        found = [
            (key[1:], times, self.people[key])
            for key, times in self.times.items()
            if key[0] == kind and self.people[key] >= SMALLEST_GROUP
        ]
        return sorted(found, key=lambda one: (-one[1], str(one[0])))[:top]


def gather(rows: Iterable[Did]) -> Gathered:
    """Everything, from rows in the order of person and visit."""
    found = Gathered()
    for _person, mine in groupby(rows, key=lambda row: row.person):
        found.person(list(visit) for _session, visit in groupby(mine, key=lambda row: row.session))
    return found


def summarise(rows: Iterable[Did]) -> dict[str, Any]:
    """What the owner's page shows, as plain values."""
    found = gather(rows)
    enough = found.people["all",] >= SMALLEST_GROUP
    return {
        "people": found.people["all",] if enough else None,
        "visits": found.times["visit",] if found.people["visit",] >= SMALLEST_GROUP else None,
        "pages": [_page(found, *one) for one in found.most("page", 40)],
        "steps": [[*pair, times, people] for pair, times, people in found.most("step")],
        "paths": [[list(path), times, people] for path, times, people in found.most("path", 10)],
        "found": [[query, times, people] for (query,), times, people in found.most("found")],
        "missed": [[query, times, people] for (query,), times, people in found.most("missed")],
        "searches": {name: times for (name,), times, _people in found.most("search")},
        "products": [
            [product, times, people, found.median("product", product)]
            for (product,), times, people in found.most("product", 20)
        ],
        "strips": [_strip(found, *one) for one in found.most("strip", 40)],
    }


def _page(found: Gathered, key: Key, times: int, people: int) -> list[Any]:
    page = key[0]
    ends = [
        found.times[kind, page] if found.people[kind, page] >= SMALLEST_GROUP else None
        for kind in ("entry", "exit")
    ]
    return [page, times, people, *ends, found.median("page", page)]


def _strip(found: Gathered, key: Key, shown: int, people: int) -> list[Any]:
    name, surface = key
    positions = [
        [found.times["shown", name, place], found.times["clicked", name, place]]
        for place in range(1, POSITIONS + 1)
        if found.times["shown", name, place]
    ]
    return [name, surface, shown, found.times["click", name], people, positions]
