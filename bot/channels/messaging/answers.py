"""What the engine says, on its way into the queue of a conversation."""

from __future__ import annotations

import hashlib
import logging
from typing import Any, Awaitable, Callable, Dict

from rasa.core.channels.channel import OutputChannel
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.messaging import keywords
from bot.channels.output import message_body
from bot.encryption import EncryptionError

logger = logging.getLogger(__name__)

#: Queues a message under a key, or sends it at once.
Queue = Callable[[Dict[str, Any], str], Awaitable[Any]]
SendNow = Callable[[Dict[str, Any]], Awaitable[None]]


class Answers(OutputChannel):
    """Queues each message of the bot; sends it at once where it cannot be queued."""

    def __init__(self, queue: Queue, send_now: SendNow, key: str, small_talk: bool = True) -> None:
        """``key`` names the message that is answered: the same answer to it is queued once.

        ``small_talk`` False leaves out answers that matter to nobody's safety.
        """
        self._queue, self._send_now, self._key = queue, send_now, key
        self._small_talk, self._count = small_talk, 0

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        """Queue one message of the bot; one without words is nothing to send."""
        body = message_body(message)
        if not body or not (self._small_talk or not keywords.is_small_talk(message)):
            return
        self._count += 1
        # With its words in the key, another answer in the same place is never taken for this one.
        words = hashlib.sha256(str(body.get("text")).encode("utf-8", "replace")).hexdigest()[:16]
        try:
            await self._queue(body, f"{self._key}-{self._count}-{words}")
        except (SQLAlchemyError, EncryptionError) as error:
            logger.error("An answer could not be queued: %s", type(error).__name__)
            await self._send_now(body)
