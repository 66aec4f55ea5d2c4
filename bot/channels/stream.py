"""Live updates: what is added to a conversation reaches every page that shows it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Dict, Iterator, List, Optional, Set

from sqlalchemy.exc import SQLAlchemyError

from bot.channels.store import Event, MessageStore
from bot.channels.tokens import Session

logger = logging.getLogger(__name__)

#: Open streams one conversation may have in one process, over all its tabs and devices.
_MOST_STREAMS = 8
#: Seconds between two looks into the database, for lines another process has written.
_LOOK = 0.5
#: Lines are looked at again this many numbers back: on PostgreSQL a number may become visible late.
_LATE_NUMBERS = 50
#: Seconds between two signs of life, and after which a page must connect anew.
_HEARTBEAT, _LONGEST = 15.0, 600.0

Stored = Callable[..., Awaitable[Any]]


class Wakers:
    """Wakes whoever waits in this process for lines of a conversation."""

    def __init__(self, stored: Stored, store: MessageStore) -> None:
        self.stopped = False
        self.open: Counter[str] = Counter()
        self._stored, self._store = stored, store
        self._waiting: Dict[str, Set[asyncio.Event]] = defaultdict(set)
        self._watching: Optional[asyncio.Task[None]] = None

    def wake(self, conversation: str) -> None:
        """Wake everybody who waits for a conversation."""
        for waker in self._waiting.get(conversation, ()):
            waker.set()

    def stop(self) -> None:
        """End all streams, so that the server can stop."""
        self.stopped = True
        for conversation in list(self._waiting):
            self.wake(conversation)

    @contextmanager
    def waker(self, conversation: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever a line is added to the conversation, by anybody."""
        event = asyncio.Event()
        self._waiting[conversation].add(event)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.ensure_future(self._watch())
        try:
            yield event
        finally:
            self._waiting[conversation].discard(event)
            if not self._waiting[conversation]:
                del self._waiting[conversation]

    async def _watch(self) -> None:
        """Look once for all streams what other processes have added, while there are any."""
        last: Optional[int] = None
        while self._waiting and not self.stopped:
            try:
                newest = await self._stored(self._store.latest_number)
                if last is not None and newest > last:
                    since = max(0, last - _LATE_NUMBERS)
                    for conversation in await self._stored(self._store.changed_since, since):
                        self.wake(conversation)
                last = newest
            except SQLAlchemyError as error:
                logger.error("Live updates have to wait: %s", type(error).__name__)
            await asyncio.sleep(_LOOK)


class LiveUpdates:
    """Sends the lines of one conversation as they come."""

    def __init__(self, stored: Stored, store: MessageStore, wakers: Wakers) -> None:
        self._stored, self._store, self._wakers = stored, store, wakers

    @contextmanager
    def admit(self, conversation: str) -> Iterator[bool]:
        """Count a stream in and out; gives False when the conversation has too many."""
        self._wakers.open[conversation] += 1
        try:
            yield self._wakers.open[conversation] <= _MOST_STREAMS
        finally:
            self._wakers.open[conversation] -= 1
            if not self._wakers.open[conversation]:
                del self._wakers.open[conversation]

    async def send(self, answer: Any, session: Session, after: int) -> None:
        """Send everything after line ``after``, then each new line, until the session ends."""
        end = time.monotonic() + min(_LONGEST, max(0.0, session.expires - time.time()))
        await answer.send(": here\n\n")
        with self._wakers.waker(session.conversation) as waker:
            while time.monotonic() < end and not self._wakers.stopped:
                waker.clear()
                for event in await self._stored(self._store.after, session.conversation, after):
                    await answer.send(f"id: {event.number}\ndata: {json.dumps(as_json(event))}\n\n")
                    after = event.number
                try:
                    await asyncio.wait_for(waker.wait(), _HEARTBEAT)
                except asyncio.TimeoutError:
                    await answer.send(": still here\n\n")
        await answer.eof()

    async def wait(self, conversation: str, after: int, seconds: float) -> List[Event]:
        """Return the lines after ``after``; without any, wait up to ``seconds`` for one.

        For pages behind something that holds a stream back.
        """
        end = time.monotonic() + seconds
        with self._wakers.waker(conversation) as waker:
            while True:
                waker.clear()
                found = await self._stored(self._store.after, conversation, after)
                left = end - time.monotonic()
                if found or left <= 0 or self._wakers.stopped:
                    return found
                try:
                    await asyncio.wait_for(waker.wait(), left)
                except asyncio.TimeoutError:
                    continue


def as_json(event: Event) -> Dict[str, Any]:
    """Return a line as the page gets it; ``at`` is in milliseconds since 1970."""
    return {
        "number": event.number,
        "author": event.author,
        "answers": event.submission,
        "at": round(event.at * 1000),
        **event.body,
    }
