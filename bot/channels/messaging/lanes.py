"""One thing at a time in each conversation, and many conversations at once."""

from __future__ import annotations

import asyncio
from typing import Awaitable, Callable, Dict, Set


class Lanes:
    """Runs ``work`` for a conversation, one call at a time; waking it meanwhile adds one call."""

    def __init__(self, work: Callable[[str], Awaitable[None]]) -> None:
        self._work = work
        self._again: Set[str] = set()
        self._running: Dict[str, asyncio.Task[None]] = {}

    def wake(self, conversation: str) -> asyncio.Task[None]:
        """See to it that work begins after this call; return the task that does it."""
        self._again.add(conversation)
        lane = self._running.get(conversation)
        if lane is None:
            lane = self._running[conversation] = asyncio.ensure_future(self._run(conversation))
        return lane

    async def finish(self, seconds: float) -> None:
        """Give what is running so many seconds to end, and end it then."""
        if self._running:
            _, late = await asyncio.wait(list(self._running.values()), timeout=seconds)
            for lane in late:
                lane.cancel()

    async def _run(self, conversation: str) -> None:
        try:
            while conversation in self._again:
                self._again.discard(conversation)
                await self._work(conversation)
        finally:
            del self._running[conversation]
            self._again.discard(conversation)
