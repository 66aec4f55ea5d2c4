"""How fast one session or one address may send."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from typing import Callable, Optional, Sequence, Tuple, Union

from sqlalchemy import Column, Float, String, Table, delete, insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.database import metadata, take_turns, writing

logger = logging.getLogger(__name__)

buckets = Table(
    "rate_limits",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("at", Float, nullable=False),
)


class RateLimiter:
    """Token buckets by key: ``burst`` at once, then ``per_second`` more, for each key.

    Remembers at most ``remembered`` keys; the one unused for longest is forgotten first.
    """

    def __init__(
        self,
        burst: float,
        per_second: float,
        remembered: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.burst, self.per_second = burst, per_second
        self._remembered, self._clock = remembered, clock
        self._buckets: OrderedDict[str, Tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Take one from the bucket of ``key``: 0.0 when allowed, else the seconds to wait."""
        now = self._clock()
        left, then = self._buckets.pop(key, (self.burst, now))
        left, seconds = self.take(left, now - then)
        self._buckets[key] = (left, now)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return seconds

    def take(self, left: float, passed: float) -> Tuple[float, float]:
        """Return what is left in a bucket after one was taken, and the seconds to wait for it."""
        left = min(self.burst, left + max(0.0, passed) * self.per_second)
        return (left - 1, 0.0) if left >= 1 else (left, (1 - left) / self.per_second)


class SharedRateLimiter:
    """The same buckets in the database, so that a limit holds over all processes together.

    While the database does not answer each process counts for itself: a patient is never kept out
    because something of ours is broken.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        burst: float,
        per_second: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine, self._name, self._clock = engine, name, clock
        self.own = RateLimiter(burst, per_second)

    def wait(self, key: str) -> float:
        """Take one from the bucket of ``key``: 0.0 when allowed, else the seconds to wait."""
        return wait_for_all([(self, key)])

    def forget_before(self, at: float) -> int:
        """Forget buckets unused since ``at`` (seconds since 1970); return how many."""
        with writing(self.engine) as sql:
            return sql.execute(delete(buckets).where(buckets.c.at < at)).rowcount

    def take_from(self, sql: Connection, key: str) -> float:
        """Do as ``wait`` does, within a transaction. Raises SQLAlchemyError."""
        # An address is personal data, so only a digest of it is kept.
        name = hashlib.sha256(f"{self._name} {key}".encode()).hexdigest()
        now = self._clock()
        take_turns(sql, name)
        row: Optional[Tuple[float, float]] = sql.execute(
            select(buckets.c.tokens, buckets.c.at).where(buckets.c.name == name)
        ).one_or_none()
        left, then = row or (self.own.burst, now)
        left, seconds = self.own.take(left, now - then)
        if row is None:
            sql.execute(insert(buckets).values(name=name, tokens=left, at=now))
        else:
            sql.execute(update(buckets).where(buckets.c.name == name).values(tokens=left, at=now))
        return seconds


#: Counts for this process or for all of them; callers need not know.
Limiter = Union[RateLimiter, SharedRateLimiter]


def wait_for_all(asked: Sequence[Tuple[Limiter, str]]) -> float:
    """Take one from each bucket in turn, up to the first that is empty.

    Returns 0.0 when all allow it, else the seconds to wait. Limiters that share a database are
    asked in one transaction, always in the order given.
    """
    shared = [(limiter, key) for limiter, key in asked if isinstance(limiter, SharedRateLimiter)]
    own = [(limiter, key) for limiter, key in asked if isinstance(limiter, RateLimiter)]
    seconds = next((found for found in (one.wait(key) for one, key in own) if found), 0.0)
    if seconds or not shared:
        return seconds
    try:
        with writing(shared[0][0].engine) as sql:
            takes = (limiter.take_from(sql, key) for limiter, key in shared)
            return next((found for found in takes if found), 0.0)
    except SQLAlchemyError as error:
        logger.error("A rate limit counts this process only: %s", type(error).__name__)
        takes = (limiter.own.wait(key) for limiter, key in shared)
        return next((found for found in takes if found), 0.0)
