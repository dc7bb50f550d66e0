"""The staging file: everything that a run will apply, validated, with nothing visible in the shop yet."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from storefront.core.imports.problems import Problem
from storefront.core.imports.registry import Item

BUFFER = 2_000
# How much a finding weighs, in the order in which they are told.
WHOLE_FILE, BAD_ROW, SET_ASIDE, REMARK = range(4)
_ALL = 'SELECT line, "column", code, data, weight FROM problem ORDER BY weight, line LIMIT ?'
_REJECTED = (
    'SELECT line, "column", code, data, weight FROM problem WHERE weight IN (1, 2) ORDER BY line LIMIT ?'
)
_TABLES = """
CREATE TABLE IF NOT EXISTS item (
    seq INTEGER PRIMARY KEY, target TEXT NOT NULL, key TEXT NOT NULL,
    lines INTEGER NOT NULL, weight INTEGER NOT NULL, payload TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS problem (line INTEGER, "column" TEXT, code TEXT, data TEXT, weight INTEGER);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);
"""


class Staging:
    """Items and findings of one run, in an SQLite file of their own.

    Each row of the input ends as part of an item, as skipped, or as rejected: `finish` checks that.
    """

    def __init__(self, path: Path, progress: Callable[[str, int, int | None], None] | None = None) -> None:
        self.path = path
        self.read = 0
        self.skipped = 0
        self.rejected = 0
        self.fatal = 0
        self.reasons: Counter[str] = Counter()
        self.progress = progress
        self._items: list[tuple[Any, ...]] = []
        self._problems: list[tuple[Any, ...]] = []
        self._seq = 0
        # Lost with the machine at worst: the run then starts again from the file.
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)
        self.connection.execute("BEGIN")

    # --- while a format reads -----------------------------------------------------------------------------

    def add(self, target: str, key: str, payload: Any, *, lines: int = 0, weight: int = 1) -> None:
        """Puts an item behind those added before; items are applied in this order."""
        self._seq += 1
        self._items.append((self._seq, target, key, lines, weight, self.encode(payload)))
        if len(self._items) >= BUFFER:
            self._flush()

    @staticmethod
    def encode(payload: Any) -> str:
        """A payload as it lies in the file."""
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def decode(text: str) -> Any:
        """What `encode` was given."""
        return json.loads(text)

    def reject(self, problem: Problem) -> None:
        """Counts a row that is not taken, with its place and reason."""
        self.rejected += 1
        self.fatal += problem.fatal
        self.reasons[problem.code] += 1
        self._remember(problem, BAD_ROW if problem.fatal else SET_ASIDE)

    def damaged(self, problem: Problem) -> None:
        """Counts a row that could not even be parted into cells."""
        self.read += 1
        self.reject(problem)

    def warn(self, problem: Problem) -> None:
        """Notes something about the file or a row that hinders nothing."""
        self.reasons[problem.code] += 1
        self._remember(problem, REMARK)

    def refuse(self, problem: Problem) -> None:
        """Notes something that makes the whole file unusable, whatever rows are good."""
        self.fatal += 1
        self._remember(problem, WHOLE_FILE)

    def skip(self, reason: str, lines: int = 1) -> None:
        """Counts rows that need nothing done."""
        self.skipped += lines
        self.reasons[reason] += lines

    def note(self, reason: str, count: int = 1) -> None:
        """Counts something worth reporting about rows that are taken."""
        self.reasons[reason] += count

    def tell(self, step: str, done: int, total: int | None = None) -> None:
        """Passes progress on to whoever watches."""
        if self.progress is not None:
            self.progress(step, done, total)

    def finish(self) -> None:
        """Ends the first pass. Raises RuntimeError when rows got lost between read and counted."""
        self._flush()
        held = self.connection.execute("SELECT coalesce(sum(lines), 0) FROM item").fetchone()[0]
        if self.read != held + self.skipped + self.rejected:
            raise RuntimeError(
                f"{self.read} rows read, but {held} in items, {self.skipped} skipped,"
                f" {self.rejected} rejected"
            )
        counts = {
            "read": self.read,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "fatal": self.fatal,
            "reasons": dict(self.reasons),
        }
        self.put_meta("counts", counts)
        self.put_meta("staged", True)
        self.connection.execute("COMMIT")

    def _remember(self, problem: Problem, weight: int) -> None:
        data = json.dumps(problem.data, ensure_ascii=True, default=str)
        self._problems.append((problem.line, problem.column, problem.code, data, weight))
        if len(self._problems) >= BUFFER:
            self._flush()

    def _flush(self) -> None:
        self.connection.executemany("INSERT INTO item VALUES (?,?,?,?,?,?)", self._items)
        self.connection.executemany("INSERT INTO problem VALUES (?,?,?,?,?)", self._problems)
        self._items.clear()
        self._problems.clear()

    def is_sound(self) -> bool:
        """Whether a file found again holds a finished first pass and can be read."""
        try:
            self.connection.execute("COMMIT")
            checked = self.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            return checked and bool(self.meta("staged"))
        except sqlite3.DatabaseError:
            return False

    # --- afterwards ---------------------------------------------------------------------------------------

    def put_meta(self, key: str, value: Any) -> None:
        """Keeps a small value with the run."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def meta(self, key: str) -> Any:
        """A value kept with the run, or None."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    @property
    def size(self) -> int:
        """How many items there are."""
        return self.connection.execute("SELECT count(*) FROM item").fetchone()[0]

    def items_after(self, seq: int) -> Iterator[Item]:
        """Items behind `seq`, in order, with their payloads decoded."""
        cursor = self.connection.execute(
            "SELECT seq, target, key, lines, weight, payload FROM item WHERE seq > ? ORDER BY seq", (seq,)
        )
        for number, target, key, lines, weight, payload in cursor:
            yield Item(number, target, key, lines, weight, json.loads(payload))

    def problems(self, limit: int | None = None, *, only_rows: bool = False) -> Iterator[Problem]:
        """Findings: those of the whole file, bad rows, rows set aside, remarks.

        `only_rows`: rejected rows by line.
        """
        query = _REJECTED if only_rows else _ALL
        for line, column, code, data, weight in self.connection.execute(
            query, (-1 if limit is None else limit,)
        ):
            yield Problem(line, column, code, json.loads(data), fatal=weight <= BAD_ROW)

    def move(self, path: Path) -> None:
        """Gives the file another name; it stays open."""
        self.connection.close()
        self.path = self.path.rename(path)
        self.connection = sqlite3.connect(self.path, isolation_level=None)

    def close(self) -> None:
        """Closes the file and leaves it where it is."""
        self.connection.close()

    def remove(self) -> None:
        """Closes and deletes the file."""
        self.connection.close()
        self.path.unlink(missing_ok=True)
