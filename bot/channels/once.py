"""Things that may be done once, whichever process is asked and however often."""

from __future__ import annotations

import time
from typing import Callable

from sqlalchemy import Boolean, Column, Float, String, Table, delete, insert, select, update
from sqlalchemy.engine import Engine

from bot.channels.database import metadata, take_turns, writing
from bot.channels.store import Turn

done_once = Table(
    "done_once",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("done", Boolean, nullable=False),
    Column("lease", Float, nullable=False),
)


class Once:
    """Remembers by name what was done; safe to use from any thread and any process."""

    def __init__(
        self, engine: Engine, lease: float = 60.0, clock: Callable[[], float] = time.time
    ) -> None:
        """``lease`` is how many seconds the work may take before somebody else may do it."""
        self._engine, self._lease, self._clock = engine, lease, clock

    def claim(self, name: str) -> Turn:
        """Return NEW to the one who shall do it now, RUNNING while somebody does it, else DONE."""
        with writing(self._engine) as sql:
            take_turns(sql, name)
            row = sql.execute(select(done_once).where(done_once.c.name == name)).one_or_none()
            lease = self._clock() + self._lease
            if row is None:
                sql.execute(insert(done_once).values(name=name, done=False, lease=lease))
                return Turn.NEW
            if row.done:
                return Turn.DONE
            if row.lease > self._clock():
                return Turn.RUNNING
            sql.execute(update(done_once).where(done_once.c.name == name).values(lease=lease))
            return Turn.NEW

    def settle(self, name: str) -> None:
        """Record that it was done."""
        with writing(self._engine) as sql:
            sql.execute(
                update(done_once)
                .where(done_once.c.name == name)
                .values(done=True, lease=self._clock())
            )

    def release(self, name: str) -> None:
        """Give a claim back because the work failed, so that the next one may try."""
        with writing(self._engine) as sql:
            sql.execute(
                delete(done_once).where(done_once.c.name == name, done_once.c.done.is_(False))
            )

    def forget_before(self, at: float) -> int:
        """Forget what was done before ``at`` (seconds since 1970); return how much."""
        with writing(self._engine) as sql:
            return sql.execute(delete(done_once).where(done_once.c.lease < at)).rowcount
