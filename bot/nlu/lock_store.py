"""One message at a time per conversation, also when several replicas of Rasa answer.

Rasa's own Redis lock reads a ticket list and writes it back in two steps, so two replicas can
draw the same ticket, and a Redis that is down means no answer at all. Here Redis decides in one
step, and without Redis the order within this process still holds.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import asynccontextmanager
from typing import AsyncGenerator, Dict, Optional

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEY = "b12:conversation-lock:"
#: How often a waiting replica asks again, in seconds.
POLL_SECONDS = 0.02
#: After Redis failed, it is left alone for this long, so that not every message waits for it.
PAUSE_SECONDS = 2.0
#: Gives the lock back only to its holder: it may have run out and be somebody else's by now.
_RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end
"""


class SharedLockStore(InMemoryLockStore):
    """Locks a conversation for all replicas; ``url`` is a Redis address such as redis://host/1.

    Within one process messages are served in the order they came. Between processes the web channel
    and the connectors keep the order (``bot.channels``); this lock keeps two of them from
    answering the same patient at once. When Redis does not answer, the lock holds within this
    process only, which is logged: a patient who waits for a lock server waits for help.
    """

    def __init__(
        self, url: str = "", timeout: float = 0.5, endpoint_config: Optional[EndpointConfig] = None
    ) -> None:
        super().__init__()
        # Rasa hands over what endpoints.yml says of the lock store.
        url = url or (endpoint_config and endpoint_config.url) or ""
        self._redis: Optional[Redis] = (
            Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)
            if url
            else None
        )
        self._queues: Dict[str, asyncio.Lock] = {}
        self._waiting: Dict[str, int] = {}
        self._paused_until = 0.0

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = POLL_SECONDS,
    ) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation while the block runs.

        Raises LockError when another message of the conversation holds it for longer than
        ``lock_lifetime`` seconds.
        """
        queue = self._queues.setdefault(conversation_id, asyncio.Lock())
        self._waiting[conversation_id] = self._waiting.get(conversation_id, 0) + 1
        try:
            async with queue:
                token = await self._take(conversation_id, lock_lifetime)
                try:
                    yield TicketLock(conversation_id)
                finally:
                    await self._give_back(conversation_id, token)
        finally:
            self._waiting[conversation_id] -= 1
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id], self._queues[conversation_id]

    async def answers(self) -> bool:
        """Return whether the lock server answers; True when none is configured."""
        if self._redis is None:
            return True
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    async def _take(self, conversation_id: str, lifetime: float) -> Optional[str]:
        """Return the token of the lock, or None when this process has to do without Redis."""
        if self._redis is None or time.monotonic() < self._paused_until:
            return None
        token, deadline = uuid.uuid4().hex, time.monotonic() + lifetime
        while True:
            try:
                if await self._redis.set(
                    KEY + conversation_id, token, nx=True, px=int(lifetime * 1000)
                ):
                    return token
            except (RedisError, OSError) as error:
                self._pause(error)
                return None
            if time.monotonic() > deadline:
                raise LockError("Another message of this conversation is not finished in time.")
            await asyncio.sleep(POLL_SECONDS)

    async def _give_back(self, conversation_id: str, token: Optional[str]) -> None:
        if token is None or self._redis is None:
            return
        try:
            await self._redis.eval(_RELEASE, 1, KEY + conversation_id, token)
        except (RedisError, OSError) as error:
            self._pause(error)

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_SECONDS
        logger.error(
            "lock server does not answer (%s): conversations are locked within this process only",
            type(error).__name__,
        )
