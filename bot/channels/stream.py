"""Server-sent events: what is added to a conversation reaches every page that shows it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Dict, Iterator, Set

from bot.channels.store import Event, MessageStore
from bot.channels.tokens import Session

#: Open streams one conversation may have, over all its tabs and devices.
_MOST_STREAMS = 8
#: Seconds between two looks into the file, for lines another process has written.
_LOOK = 1.0
#: Seconds between two signs of life, and after which a page must connect anew.
_HEARTBEAT, _LONGEST = 15.0, 600.0


class Wakers:
    """Wakes the streams of a conversation in this process when a line is added."""

    def __init__(self) -> None:
        self.stopped = False
        self.open: Counter[str] = Counter()
        self._waiting: Dict[str, Set[asyncio.Event]] = defaultdict(set)

    def wake(self, conversation: str) -> None:
        """Wake every stream of a conversation."""
        for waker in self._waiting.get(conversation, ()):
            waker.set()

    def stop(self) -> None:
        """End all streams, so that the server can stop."""
        self.stopped = True
        for conversation in list(self._waiting):
            self.wake(conversation)

    @contextmanager
    def waker(self, conversation: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever a line is added to the conversation."""
        event = asyncio.Event()
        self._waiting[conversation].add(event)
        try:
            yield event
        finally:
            self._waiting[conversation].discard(event)
            if not self._waiting[conversation]:
                del self._waiting[conversation]


class EventStream:
    """Sends the lines of one conversation as they come."""

    def __init__(
        self,
        stored: Callable[..., Awaitable[Any]],
        store: MessageStore,
        wakers: Wakers,
    ) -> None:
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
        quiet_since = 0.0
        with self._wakers.waker(session.conversation) as waker:
            while time.monotonic() < end and not self._wakers.stopped:
                waker.clear()
                for event in await self._stored(self._store.after, session.conversation, after):
                    await answer.send(f"id: {event.number}\ndata: {json.dumps(as_json(event))}\n\n")
                    after, quiet_since = event.number, time.monotonic()
                if time.monotonic() - quiet_since > _HEARTBEAT:
                    await answer.send(": still here\n\n")
                    quiet_since = time.monotonic()
                try:
                    await asyncio.wait_for(waker.wait(), _LOOK)
                except asyncio.TimeoutError:
                    continue
        await answer.eof()


def as_json(event: Event) -> Dict[str, Any]:
    """Return a line as the page gets it; ``at`` is in milliseconds since 1970."""
    return {
        "number": event.number,
        "author": event.author,
        "answers": event.submission,
        "at": round(event.at * 1000),
        **event.body,
    }
