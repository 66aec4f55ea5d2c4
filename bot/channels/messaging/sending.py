"""The half of a messaging channel that faces outwards: queueing, pushing, sending."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

import httpx

from bot.channels import database, push
from bot.channels.messaging import choices
from bot.channels.messaging.courier import PROVIDER_TIMEOUT, Courier
from bot.channels.messaging.inbox import Inbox
from bot.channels.messaging.provider import TryLater
from bot.channels.messaging.received import Received
from bot.channels.outgoing import Due, Outgoing
from bot.settings import Settings


class Sending:
    """Queues messages of one connector and sends them in order."""

    #: Whether buttons are lines to reply to by number.
    numbered = False

    def __init__(self, settings: Settings, name: str, given: Dict[str, str]) -> None:
        """Raises SQLAlchemyError, EncryptionError or OSError when nothing can be stored."""
        self.settings, self.given = settings, given
        self.clock: Callable[[], float] = time.time
        self.engine = database.engine(database.address(settings))
        self.inbox, self.outgoing = Inbox(self.engine, name), Outgoing(self.engine, name)
        self.courier = Courier(self.outgoing, self._post, self.stored, name)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-store")
        self._client: Optional[httpx.AsyncClient] = None

    def parts(self, body: Dict[str, Any], channel: str) -> List[Dict[str, Any]]:
        """Return what to send for one message of the bot, in order."""
        raise NotImplementedError

    async def post(self, client: httpx.AsyncClient, due: Due) -> Optional[str]:
        """Send one part; return the provider's id of it. Raises TryLater or CannotSend."""
        raise NotImplementedError

    async def stored(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of the store returns, called in the store's own thread."""
        call = functools.partial(function, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self._client:
            await self._client.aclose()

    async def say(
        self, conversation: str, text: str, key: str, route: Optional[Dict[str, str]] = None
    ) -> None:
        """Put words of our own into the queue; the same key is sent once."""
        await self.queue(conversation, {"text": text}, key, route or {})

    async def queue(
        self, conversation: str, body: Dict[str, Any], key: str, route: Dict[str, str]
    ) -> List[int]:
        """Put a message into the queue and have it sent at once; return the numbers of its parts.

        Raises SQLAlchemyError or EncryptionError when it cannot be stored.
        """
        if self.numbered and body.get("buttons"):
            words = choices.words(body["buttons"])
            await self.stored(self.inbox.set_choices, conversation, words)
        parts = self._routed(body, conversation.partition("-")[0], route)
        numbers = await self.stored(self.outgoing.add, conversation, parts, key)
        self.courier.wake(conversation)
        return numbers

    async def send_now(self, received: Received, body: Dict[str, Any]) -> None:
        """Send without a queue, for the case that nothing can be stored."""
        for part in self._routed(body, received.channel, received.route):
            due = Due(0, received.channel, received.address, part, 0, self.clock())
            await self.courier.send(due)

    async def push(
        self,
        conversation_id: str,
        text: str,
        author: str,
        author_name: Optional[str],
        key: str,
        buttons: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Send words that answer no message: a nurse's, or a check-in.

        Returns when the provider has them, also for a key that was sent before. Raises
        ``push.CannotDeliver`` when they can never arrive, TryLater when they have not yet.
        """
        stopped = await self.stored(self.outgoing.stopped, conversation_id)
        if stopped is None:
            raise push.CannotDeliver("This conversation is not known on this channel.")
        if stopped and author != "nurse":
            raise push.CannotDeliver("She has asked for no more messages (STOP).")
        if author == "nurse":
            text = f"{author_name or 'Your nurse'}: {text}"
        body = {"text": text, "buttons": [dict(one) for one in buttons], "author": author}
        numbers = await self.queue(
            conversation_id, body, f"push-{hashlib.sha256(key.encode()).hexdigest()}", {}
        )
        await asyncio.shield(self.courier.wake(conversation_id))
        for state, reason in await self.stored(self.outgoing.outcome, numbers):
            if state == "failed":
                raise push.CannotDeliver(f"The provider refused the message: {reason}.")
            if state != "sent":
                raise TryLater(reason or "not sent yet")

    def _routed(
        self, body: Dict[str, Any], channel: str, route: Dict[str, str]
    ) -> List[Dict[str, Any]]:
        if self.numbered:
            text = choices.with_list(body.get("text", ""), body.get("buttons") or [])
            body = {**body, "text": text, "buttons": []}
        return [{**part, "route": route} for part in self.parts(body, channel)]

    async def _post(self, due: Due) -> Optional[str]:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=PROVIDER_TIMEOUT, follow_redirects=False)
        return await self.post(self._client, due)
