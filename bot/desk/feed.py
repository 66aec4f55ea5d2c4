"""Live updates: follows the audit events of all care processes and tells who waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Callable, List, Optional

from sqlalchemy.exc import SQLAlchemyError

from bot.care import audit, database
from bot.care.models import AuditEvent
from bot.settings import Settings

logger = logging.getLogger(__name__)

#: How often the database is asked. Commits of this process are heard of at once; this is for
#: those of other processes.
POLL_SECONDS = 0.3


class Feed:
    """One follower per process, however many browsers are connected."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._latest = 0
        self._stopped = False
        self._task: Optional[asyncio.Task] = None
        self._unsubscribe: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to follow. Must run on the loop that serves the requests."""
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Condition()
        self._committed = asyncio.Event()
        self._latest = await asyncio.to_thread(self._read_latest)
        self._unsubscribe = database.on_commit(self._hear_commit)
        self._task = asyncio.create_task(self._follow())

    def stop(self) -> None:
        """End all waiting. May be called from a signal handler or another thread."""
        self._stopped = True
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self._hear_commit()

    @property
    def stopped(self) -> bool:
        """Return whether the process is shutting down."""
        return self._stopped

    async def newest(self) -> int:
        """Return the id of the newest event. Raises SQLAlchemyError when the database fails."""
        return await asyncio.to_thread(self._read_latest)

    async def events_after(self, event_id: int, *, wait_seconds: float) -> List[AuditEvent]:
        """Return the audit events after an id, waiting for the first one for a while.

        Returns nothing when none came, or when the process is shutting down. Raises SQLAlchemyError
        when the database fails.
        """
        async with self._changed:
            if self._latest <= event_id and not self._stopped:
                try:
                    await asyncio.wait_for(self._changed.wait(), wait_seconds)
                except asyncio.TimeoutError:
                    return []
        if self._stopped:
            return []
        return await asyncio.to_thread(self._read_after, event_id)

    async def _follow(self) -> None:
        while not self._stopped:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._committed.wait(), POLL_SECONDS)
            self._committed.clear()
            try:
                latest = await asyncio.to_thread(self._read_latest)
            except SQLAlchemyError as error:
                logger.error("live updates: the database failed (%s)", type(error).__name__)
                continue
            if latest != self._latest or self._stopped:
                self._latest = latest
                async with self._changed:
                    self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()

    def _hear_commit(self) -> None:
        if self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._committed.set)

    def _read_latest(self) -> int:
        with database.reading(self._settings) as session:
            return audit.latest_id(session)

    def _read_after(self, event_id: int) -> List[AuditEvent]:
        with database.reading(self._settings) as session:
            return audit.events_after(session, event_id)
