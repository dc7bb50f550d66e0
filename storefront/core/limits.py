"""Where tries are counted, so that every process of a shop sees them: in Redis, else in the shop's database.

Keys are kept as digests under the shop's secret: they would name addresses and people. A try that cannot be
counted is refused (503): a database in trouble must not let anybody guess passwords.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import STRATEGIES, FixedWindowRateLimiter
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ServiceUnavailable

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.models import RateCount

SCHEME = "regulars"
# So long nobody asks a Redis that did not answer; each question would cost its time limit again.
REDIS_REST_SECONDS = 5
REDIS_TIMES = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
RETRY_AFTER_SECONDS = 5

Answer = TypeVar("Answer")
_ROW = RateCount.__table__
log = structlog.get_logger(__name__)


def init_counts(app: Flask, redis_url: str) -> None:
    """Choose the stores in which this shop's tries are counted, the better one first."""
    stores: list[Any] = [DatabaseCounts()]
    if redis_url:
        stores.insert(0, RedisCounts(redis_url))
    app.extensions["regulars_limit_stores"] = stores


class SharedCounts(Storage):
    """What the limiter counts in. It keeps nothing itself: each shop of a process has stores of its own."""

    STORAGE_SCHEME = [SCHEME]

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing is left to be wrapped: what fails has become a refusal."""
        return StorageError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more tries; a negative one gives tries back. Returns how many count now."""
        return _first_to_answer(lambda store: store.incr(_digest(key), int(expiry), amount))

    def get(self, key: str) -> int:
        """How many tries count now."""
        return _first_to_answer(lambda store: store.get(_digest(key)))

    def get_expiry(self, key: str) -> float:
        """When they stop counting, in seconds since 1970."""
        return _first_to_answer(lambda store: store.get_expiry(_digest(key)))

    def clear(self, key: str) -> None:
        """Forget these tries."""
        _first_to_answer(lambda store: store.clear(_digest(key)))

    def check(self) -> bool:
        """Whether a try could be counted now."""
        return _first_to_answer(lambda store: store.check())

    def reset(self) -> int | None:
        """Forget all tries."""
        return _first_to_answer(lambda store: store.reset())


class KnownFull(FixedWindowRateLimiter):
    """Fixed windows; a try beyond the limit is only looked up: guessing on costs others no write lock."""

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count a try unless the limit is reached; False when it is, or was by this very try."""
        return self.test(item, *identifiers, cost=cost) and super().hit(item, *identifiers, cost=cost)


STRATEGIES[SCHEME] = KnownFull


def _digest(key: str) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"limit:{key}".encode(), hashlib.sha256).hexdigest()


def _first_to_answer(ask: Callable[[Any], Answer]) -> Answer:
    """The answer of the first store that gives one. Raises ServiceUnavailable when none does."""
    for store in current_app.extensions["regulars_limit_stores"]:
        try:
            return ask(store)
        except Resting:
            continue
        except (StorageError, SQLAlchemyError):
            log.warning("limits_unreachable", store=type(store).__name__, exc_info=True)
    raise ServiceUnavailable(retry_after=RETRY_AFTER_SECONDS)


class Resting(StorageError):
    """A store that did not answer a moment ago is not asked; that was logged then."""


class RedisCounts:
    """Counts in Redis. Once it did not answer, it is left alone for a while."""

    def __init__(self, url: str) -> None:
        self._store: Any = storage_from_string(url, wrap_exceptions=True, **REDIS_TIMES)
        self._rests_until = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self._ask(name, *arguments)

    def _ask(self, name: str, *arguments: Any) -> Any:
        if monotonic() < self._rests_until:
            raise Resting(ConnectionError("Redis did not answer a moment ago"))
        try:
            return getattr(self._store, name)(*arguments)
        except StorageError:
            self._rests_until = monotonic() + REDIS_REST_SECONDS
            raise


class DatabaseCounts:
    """Counts in the shop's database: one row per key, one short command per try."""

    def incr(self, key: str, expiry: int, amount: int) -> int:
        """Raises NestedTransaction inside a command: a try must count even if the command fails."""
        moment = clock.now()
        with transaction() as tx:
            if amount < 0:
                return _give_back(tx, key, -amount)
            insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(_ROW)
            until = moment + timedelta(seconds=expiry)
            first = insert.values(key=key, expires_at=until, count=amount)
            over = _ROW.c.expires_at <= moment
            again = {
                "count": sa.case((over, amount), else_=_ROW.c.count + amount),
                "expires_at": sa.case((over, until), else_=_ROW.c.expires_at),
            }
            counted = first.on_conflict_do_update(index_elements=["key"], set_=again)
            return tx.execute(counted.returning(_ROW.c.count)).scalar_one()

    def get(self, key: str) -> int:
        """Tries that still count."""
        valid = sa.and_(_ROW.c.key == key, _ROW.c.expires_at > clock.now())
        return db.session.execute(sa.select(_ROW.c.count).where(valid)).scalar() or 0

    def get_expiry(self, key: str) -> float:
        """When they stop counting, in seconds since 1970."""
        until = db.session.execute(sa.select(_ROW.c.expires_at).where(_ROW.c.key == key)).scalar()
        return (until or clock.now()).timestamp()

    def check(self) -> bool:
        """Whether the database answers."""
        return db.session.execute(sa.select(sa.literal(1))).scalar_one() == 1

    def clear(self, key: str) -> None:
        """Forget these tries."""
        with transaction() as tx:
            tx.execute(sa.delete(RateCount).where(RateCount.key == key))

    def reset(self) -> int:
        """Forget all tries; returns how many keys there were."""
        with transaction() as tx:
            return tx.execute(sa.delete(RateCount)).rowcount


def _give_back(tx: Tx, key: str, amount: int) -> int:
    """What was counted since may have run out, and is then not below nothing."""
    valid = sa.and_(_ROW.c.key == key, _ROW.c.expires_at > clock.now(), _ROW.c.count >= amount)
    less = sa.update(_ROW).where(valid).values(count=_ROW.c.count - amount).returning(_ROW.c.count)
    return tx.execute(less).scalar() or 0


def forget_counts() -> None:
    """Delete counts that count no more."""
    with transaction() as tx:
        tx.execute(sa.delete(RateCount).where(RateCount.expires_at <= clock.now()))
