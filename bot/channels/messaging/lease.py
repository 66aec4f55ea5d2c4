"""Which process works on a conversation: one at a time, for as long as it gives signs."""

from __future__ import annotations

import secrets
from typing import Callable

from sqlalchemy import Column, update
from sqlalchemy.engine import Engine

from bot.channels.database import writing
from bot.channels.messaging.tables import conversations

#: Seconds a process keeps a conversation without a sign of life.
SECONDS = 60.0


class Lease:
    """One kind of work on conversations, which ``owner`` and ``until`` give to a process."""

    def __init__(
        self, engine: Engine, owner: Column, until: Column, clock: Callable[[], float]
    ) -> None:
        self._engine, self._owner, self._until, self._clock = engine, owner, until, clock
        self._process = secrets.token_hex(8)

    def claim(self, conversation: str) -> bool:
        """Return whether this process may do the work now, for SECONDS; renews its own claim."""
        now = self._clock()
        return self._set(conversation, now + SECONDS, self._is_ours | (self._until < now))

    def release(self, conversation: str) -> None:
        """Let any process do the work."""
        self._set(conversation, 0.0, self._is_ours)

    @property
    def _is_ours(self) -> Column:
        return self._owner == self._process

    def _set(self, conversation: str, until: float, allowed: Column) -> bool:
        values = {self._owner.name: self._process, self._until.name: until}
        with writing(self._engine) as sql:
            done = sql.execute(
                update(conversations)
                .where(conversations.c.id == conversation, allowed)
                .values(**values)
            )
        return done.rowcount == 1
