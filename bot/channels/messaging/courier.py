"""Sends what is due: in order within a conversation, again after a failure, until it arrives."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Awaitable, Callable, Optional

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.messaging.lanes import Lanes
from bot.channels.messaging.provider import CannotSend, TryLater
from bot.channels.outgoing import Due, Outgoing
from bot.encryption import EncryptionError

logger = logging.getLogger(__name__)

#: Seconds a provider may take to answer.
PROVIDER_TIMEOUT = 10.0
#: Seconds between two looks for retries that are due and for what another process left behind.
_LOOK = 1.0


#: Sends one message and returns the provider's id of it. Raises TryLater or CannotSend.
Post = Callable[[Due], Awaitable[Optional[str]]]


class Courier:
    """Sends the messages of one connector."""

    def __init__(
        self,
        outgoing: Outgoing,
        post: Post,
        stored: Callable[..., Awaitable[Any]],
        name: str,
    ) -> None:
        self._outgoing, self._post, self._stored, self._name = outgoing, post, stored, name
        self._lanes = Lanes(self._send_all)

    def wake(self, conversation: str) -> asyncio.Task[None]:
        """Send what is due in a conversation; the task ends when nothing is due any more."""
        return self._lanes.wake(conversation)

    async def run(self) -> None:
        """Look for what is due until cancelled."""
        while True:
            try:
                for conversation in await self._stored(self._outgoing.waiting):
                    self.wake(conversation)
            except SQLAlchemyError as error:
                logger.error("Channel %s cannot look for retries: %s", self._name, _kind(error))
            await asyncio.sleep(_LOOK)

    async def finish(self, seconds: float) -> None:
        """Give what is being sent so many seconds to end."""
        await self._lanes.finish(seconds)

    async def send(self, due: Due) -> Optional[str]:
        """Send one message; whatever goes wrong is TryLater or CannotSend."""
        try:
            return await asyncio.wait_for(self._post(due), 2 * PROVIDER_TIMEOUT)
        except (TryLater, CannotSend):
            raise
        except (httpx.HTTPError, OSError, asyncio.TimeoutError) as error:
            raise TryLater(_kind(error)) from error
        except Exception as error:
            # An answer of the provider that is not what it documents may be over in a minute.
            logger.error("Sending on channel %s failed: %s", self._name, _kind(error))
            raise TryLater(_kind(error)) from error

    async def _send_all(self, conversation: str) -> None:
        try:
            if not await self._stored(self._outgoing.lease.claim, conversation):
                return
            while (due := await self._stored(self._outgoing.next, conversation)) is not None:
                await self._send_one(due)
                await self._stored(self._outgoing.lease.claim, conversation)
            await self._stored(self._outgoing.lease.release, conversation)
        except (SQLAlchemyError, EncryptionError) as error:
            logger.error("The outgoing queue of channel %s failed: %s", self._name, _kind(error))

    async def _send_one(self, due: Due) -> None:
        try:
            provider_id = await self.send(due)
        except TryLater as error:
            logger.warning("Channel %s: attempt %s failed (%s).", *self._line(due, error))
            await self._stored(self._outgoing.later, due, error.reason, error.seconds)
        except CannotSend as error:
            logger.error("Channel %s: gave up at attempt %s (%s).", *self._line(due, error))
            await self._stored(self._outgoing.failed, due.number, error.reason)
        else:
            await self._stored(self._outgoing.sent, due.number, provider_id)

    def _line(self, due: Due, error: Any) -> tuple:
        return self._name, due.attempts + 1, error.reason


def _kind(error: BaseException) -> str:
    return type(error).__name__
