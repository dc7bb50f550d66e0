"""The fake payment provider as an outside party: its own file, its own memory, its own webhooks.

It shares nothing with the shop but what a real one would: calls, signed messages, and the shopper's browser.
It never learns a card number: its page turns one into an outcome at once.
"""

from __future__ import annotations

import hmac
import json
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from storefront.core import clock
from storefront.ordering.errors import BadSignature, GatewayDown
from storefront.ordering.rules import fake_cards

FILE = "fake-gateway.db"
LATE = timedelta(minutes=10)
SILENCE = timedelta(minutes=3)
TOLERANCE = timedelta(minutes=5)
STORM = 8
SIGNATURE = "Fake-Signature"
LONGEST = 64_000
_TABLES = """
CREATE TABLE IF NOT EXISTS payment (key TEXT PRIMARY KEY, reference TEXT, number TEXT, amount INTEGER,
  currency TEXT, return_url TEXT, state TEXT, outcome TEXT DEFAULT '', charges INTEGER DEFAULT 0,
  refunded INTEGER DEFAULT 0, settle_at TEXT DEFAULT '', silent_until TEXT DEFAULT '');
CREATE TABLE IF NOT EXISTS refund (key TEXT PRIMARY KEY, payment TEXT, amount INTEGER, state TEXT);
CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, body TEXT, due_at TEXT, times INTEGER, sent INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT);
"""  # noqa: E501


class FakeParty:
    """The provider behind one shop. `secret` signs what it sends."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.path = folder / FILE
        self.secret = secret

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=20, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.executescript(_TABLES)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    # --- what the shop may ask ----------------------------------------------------------------------------

    def open_payment(self, key: str, number: str, amount: int, currency: str, return_url: str) -> str:
        """A payment to be made on the provider's page; the same key is the same payment. Its reference."""
        with self._listening() as it:
            reference = "fp_" + sha256(key.encode()).hexdigest()[:16]
            row = (key, reference, number, amount, currency, return_url, "open")
            it.execute(
                "INSERT OR IGNORE INTO payment (key, reference, number, amount, currency, return_url, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return reference

    def payment(self, key: str) -> dict[str, Any] | None:
        """How a payment stands. Raises GatewayDown while the provider is silent."""
        with self._listening(key) as it:
            self._settle_late(it, key)
            return _row(it, key)

    def capture(self, key: str) -> dict[str, Any] | None:
        """Take authorized money."""
        with self._listening(key) as it:
            row = _row(it, key)
            if row and row["state"] == "authorized":
                self._charge(it, key)
            return _row(it, key)

    def cancel(self, key: str) -> dict[str, Any] | None:
        """Let a payment go, unless its money has moved."""
        with self._listening(key) as it:
            self._settle_late(it, key)
            it.execute(
                "UPDATE payment SET state = 'cancelled' WHERE key = ? AND state IN ('open', 'authorized')",
                (key,),
            )
            return _row(it, key)

    def refund(self, key: str, payment: str, amount: int) -> str:
        """Give money back, once per key. 'succeeded' or 'failed'."""
        with self._listening(payment) as it:
            known = it.execute("SELECT state FROM refund WHERE key = ?", (key,)).fetchone()
            if known:
                return known["state"]
            done = it.execute(
                "UPDATE payment SET refunded = refunded + ? WHERE key = ? AND state = 'captured'"
                " AND refunded + ? <= amount",
                (amount, payment, amount),
            ).rowcount
            state = "succeeded" if done else "failed"
            it.execute("INSERT INTO refund VALUES (?, ?, ?, ?)", (key, payment, amount, state))
            if done:
                self._tell(it, payment, "refunded", amount=amount, refund=key)
            return state

    def refund_state(self, key: str, payment: str) -> str:
        """'succeeded', 'failed', or 'missing' when it was never asked for."""
        with self._listening(payment) as it:
            known = it.execute("SELECT state FROM refund WHERE key = ?", (key,)).fetchone()
            return known["state"] if known else "missing"

    # --- what happens on the provider's own page ----------------------------------------------------------

    def pay(self, key: str, outcome: str) -> str:
        """The shopper gave a card that stands for `outcome`; returns the payment's state. Charges once."""
        with self._open() as it:
            row = _row(it, key)
            if row is None or row["state"] != "open":
                return row["state"] if row else "missing"
            it.execute("UPDATE payment SET outcome = ? WHERE key = ?", (outcome, key))
            if outcome == fake_cards.DECLINE:
                it.execute("UPDATE payment SET state = 'failed' WHERE key = ?", (key,))
                self._tell(it, key, "failed")
            elif outcome == fake_cards.AUTHORIZE:
                it.execute("UPDATE payment SET state = 'authorized' WHERE key = ?", (key,))
                self._tell(it, key, "authorized")
            elif outcome == fake_cards.LATE:
                due = (clock.now() + LATE).isoformat()
                it.execute("UPDATE payment SET state = 'busy', settle_at = ? WHERE key = ?", (due, key))
            else:
                self._pay_now(it, key, outcome)
            return _row(it, key)["state"]  # type: ignore[index]

    def _pay_now(self, it: sqlite3.Connection, key: str, outcome: str) -> None:
        times = STORM if outcome == fake_cards.STORM else 1
        if outcome == fake_cards.STORM:
            self._tell(it, key, "pending", times=times)
        silent = clock.now() + SILENCE if outcome == fake_cards.TIMEOUT else None
        self._charge(it, key, times=times, at=silent)
        if silent is not None:
            it.execute("UPDATE payment SET silent_until = ? WHERE key = ?", (silent.isoformat(), key))

    def give_up(self, key: str) -> None:
        """The shopper went back without paying."""
        with self._open() as it:
            done = it.execute(
                "UPDATE payment SET state = 'cancelled' WHERE key = ? AND state = 'open'", (key,)
            )
            if done.rowcount:
                self._tell(it, key, "cancelled")

    def shown(self, key: str) -> dict[str, Any] | None:
        """What the provider's page shows of a payment, silent or not."""
        with self._open() as it:
            return _row(it, key)

    def be_silent(self, until: datetime | None) -> None:
        """From now on the provider answers nothing, until then."""
        with self._open() as it:
            value = until.isoformat() if until else ""
            it.execute("INSERT OR REPLACE INTO note VALUES ('silent_until', ?)", (value,))

    # --- inside -------------------------------------------------------------------------------------------

    @contextmanager
    def _listening(self, key: str | None = None) -> Iterator[sqlite3.Connection]:
        with self._open() as it:
            now = clock.now().isoformat()
            note = it.execute("SELECT value FROM note WHERE name = 'silent_until'").fetchone()
            row = _row(it, key) if key else None
            if (note and note["value"] > now) or (row and row["silent_until"] > now):
                raise GatewayDown("the fake provider does not answer")
            yield it

    def _charge(
        self, it: sqlite3.Connection, key: str, *, times: int = 1, at: datetime | None = None
    ) -> None:
        it.execute("UPDATE payment SET state = 'captured', charges = charges + 1 WHERE key = ?", (key,))
        self._tell(it, key, "captured", times=times, at=at)

    def _settle_late(self, it: sqlite3.Connection, key: str) -> None:
        row = _row(it, key)
        if row and row["state"] == "busy" and row["settle_at"] <= clock.now().isoformat():
            self._charge(it, key)

    def _tell(
        self,
        it: sqlite3.Connection,
        key: str,
        kind: str,
        *,
        times: int = 1,
        at: datetime | None = None,
        amount: int | None = None,
        refund: str | None = None,
    ) -> None:
        row = _row(it, key)
        assert row is not None
        what = f"{key}:{kind}:{refund or row['charges']}"
        event_id = f"ev_{sha256(what.encode()).hexdigest()[:20]}"
        body = {
            "id": event_id,
            "type": kind,
            "payment": key,
            "reference": row["reference"],
            "amount": row["amount"] if amount is None else amount,
            "currency": row["currency"],
            "refund": refund,
        }
        due = (at or clock.now()).isoformat()
        line = (event_id, json.dumps(body), due, times)
        it.execute("INSERT OR IGNORE INTO message (id, body, due_at, times) VALUES (?, ?, ?, ?)", line)

    # --- what it sends ------------------------------------------------------------------------------------

    def take_messages(self) -> list[bytes]:
        """Messages that are due, each as often as it is sent, mixed up as a bad network would."""
        with self._open() as it:
            now = clock.now().isoformat()
            late = it.execute(
                "SELECT key FROM payment WHERE state = 'busy' AND settle_at <= ?", (now,)
            ).fetchall()
            for row in late:
                self._settle_late(it, row["key"])
            due = it.execute("SELECT * FROM message WHERE sent = 0 AND due_at <= ?", (now,)).fetchall()
            it.executemany("UPDATE message SET sent = 1 WHERE id = ?", [(row["id"],) for row in due])
        bodies = [row["body"].encode() for row in due for _time in range(row["times"])]
        random.Random(len(bodies)).shuffle(bodies)  # noqa: S311 - no secret
        return bodies

    def sign(self, body: bytes, at: datetime | None = None) -> str:
        """The signature of a message sent at this moment."""
        stamp = str(int((at or clock.now()).timestamp()))
        mark = hmac.new(self.secret, stamp.encode() + b"." + body, sha256).hexdigest()
        return f"t={stamp},v1={mark}"

    def read(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """A message of ours. Raises BadSignature for a forged, stale, future, oversized or unreadable one."""
        parts = dict(part.partition("=")[::2] for part in headers.get(SIGNATURE, "").split(","))
        stamp, mark = parts.get("t", ""), parts.get("v1", "")
        if len(body) > LONGEST or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise BadSignature("no signature")
        wanted = hmac.new(self.secret, stamp.encode() + b"." + body, sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), mark.encode()):
            raise BadSignature("wrong signature")
        if abs(clock.now().timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            raise BadSignature("too old, or of the future")
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise BadSignature("not JSON") from None


def _row(it: sqlite3.Connection, key: str | None) -> dict[str, Any] | None:
    row = it.execute("SELECT * FROM payment WHERE key = ?", (key,)).fetchone()
    return dict(row) if row else None
