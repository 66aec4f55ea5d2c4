"""What all messaging channels have in common, from the provider's request to the answer.

A request is verified, its message is stored under the provider's id, and the provider is answered.
Only then is it read: in order within a conversation, through the guard, like any other message.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import time
from dataclasses import dataclass, replace
from typing import Any, Awaitable, Callable, ClassVar, Dict, List, Optional, Sequence, Set

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.assessment import assess_text
from bot.channels import push
from bot.channels.limits import Limiter, RateLimiter, SharedRateLimiter
from bot.channels.messaging import choices, credentials, keywords
from bot.channels.messaging.answers import Answers
from bot.channels.messaging.inbox import MOST_ATTEMPTS, Waiting
from bot.channels.messaging.keywords import Keyword
from bot.channels.messaging.lanes import Lanes
from bot.channels.messaging.received import Received
from bot.channels.messaging.sending import Sending
from bot.channels.messaging.webhooks import read_body
from bot.channels.requests import Refused, address
from bot.channels.safe_text import safe_text, too_fast_text
from bot.content import load_content
from bot.encryption import EncryptionError
from bot.observability import correlation
from bot.settings import Settings, SettingsError, load_settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

Handler = Callable[[UserMessage], Awaitable[Any]]

_STORE_ERRORS = (SQLAlchemyError, EncryptionError)
#: Seconds between two looks for messages that another process took in and did not answer.
_LOOK = 1.0
#: Seconds a message waits for each one that came too fast before it.
_PACE = 2.0
_CLEAN_EVERY = 3600.0
#: Seconds the provider's ids are remembered, and what was sent.
_REMEMBERED = 30 * 24 * 3600.0
#: Seconds without a word of hers after which a conversation, with her address, is forgotten.
_IDLE = 365 * 24 * 3600.0
_STOP_SECONDS = 8.0


@dataclass(frozen=True)
class Webhook:
    """What one request of a provider means: messages to answer, and what the provider gets."""

    messages: Sequence[Received] = ()
    answer: Optional[HTTPResponse] = None


class MessagingChannel(Sending, InputChannel):
    """A Rasa channel for one provider. Off, with no address at all, without its credentials."""

    needs: ClassVar[credentials.Needs]
    #: The channels it serves, as nurses see them and as the push registry knows them.
    channels: ClassVar[Sequence[str]]
    content_type: ClassVar[str] = "application/json"
    #: Bytes a request may have.
    largest_body: ClassVar[int] = 64 * 1024
    #: Whether the provider sends a request again that we could not read.
    repeats_refused: ClassVar[bool] = False
    keywords: ClassVar[Dict[Keyword, Any]] = keywords.EVERYWHERE

    @classmethod
    def name(cls) -> str:
        """Return the connector's name, as Rasa knows it."""
        return cls.needs.connector

    @classmethod
    def from_credentials(cls, _: Optional[Dict[str, Any]]) -> MessagingChannel:
        """Return the channel with credentials from the environment; without them it is off.

        Raises SettingsError when the settings or the database cannot be used.
        """
        for problem in credentials.problems(cls.needs):
            logger.error("Channel %s is off: %s", cls.name(), problem)
        settings = load_settings()
        given = credentials.read(cls.needs)
        try:
            return cls(settings, given)
        except (*_STORE_ERRORS, OSError) as error:
            raise SettingsError(
                f"The channels' database cannot be used ({type(error).__name__}). Check "
                "storage.channel_database and storage.folder."
            ) from error

    def __init__(self, settings: Settings, given: Optional[Dict[str, str]]) -> None:
        """``given`` are the connector's variables, or None when it is off."""
        self.is_on = given is not None
        if given is not None:
            super().__init__(settings, self.name(), given)
            content = load_content(settings.language, settings)
            self._answer_to = keywords.answers(content)
            self._unseen = content.message("attachment_unseen").text
            self.sender_limit = self._limit("sender", burst=20, per_second=0.5)
            self.told_limit = self._limit("told", burst=1, per_second=1 / 60)
        # Of this process only: a flood of requests of no patient must not become a flood of writes.
        self.refused_limit = RateLimiter(burst=30, per_second=0.2)
        self.public_limit = RateLimiter(burst=1, per_second=1 / 60)
        self._lanes = Lanes(self._answer_all)
        self._tasks: List[asyncio.Task[None]] = []
        self._background: Set[asyncio.Task[Any]] = set()
        self._on_new_message: Optional[Handler] = None
        self._cleaned = 0.0

    def _limit(self, what: str, burst: float, per_second: float) -> Limiter:
        """Return a limit that holds over all processes together."""
        return SharedRateLimiter(self.engine, f"{self.name()} {what}", burst, per_second)

    # What each connector adds.

    def read(self, request: Request, body: bytes) -> Webhook:
        """Return what a request brings. Raises Refused for one that is not the provider's."""
        raise NotImplementedError

    def add_routes(self, routes: Blueprint) -> None:
        """Add addresses of the connector's own, besides its webhook."""

    # Requests.

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the connector's addresses, or none when it is off."""
        routes = Blueprint(f"{self.name()}_webhook", __name__)
        if not self.is_on:
            return routes
        self._on_new_message = on_new_message
        for channel in self.channels:
            push.register(channel, self.push)

        @routes.exception(Refused)
        async def refuse(request: Request, refused: Refused) -> HTTPResponse:
            if self.refused_limit.wait(address(request)):
                return response.json({"error": "too_many_refused"}, 429)
            logger.warning("Channel %s refused a request: %s.", self.name(), refused.code)
            return response.json({"error": refused.code}, refused.status)

        @routes.listener("after_server_start")
        async def start(*_: Any) -> None:
            loops = (self.run(), self.courier.run())
            self._tasks = [asyncio.ensure_future(loop) for loop in loops]

        @routes.listener("before_server_stop")
        async def stop(*_: Any) -> None:
            await self.stop()

        @routes.post("/webhook", stream=True)
        async def webhook(request: Request) -> HTTPResponse:
            body = await read_body(request, self.largest_body, self.content_type)
            brought = self._read(request, body)
            for message in brought.messages:
                # The same again when it is answered, maybe by another process; the answer to the
                # provider names it.
                request.ctx.correlation_id = correlation.begin(self._key(message))
                await self.take(message)
                logger.info("Channel %s: a message was taken in.", self.name())
            return brought.answer or response.text("ok")

        self.add_routes(routes)
        return routes

    def _read(self, request: Request, body: bytes) -> Webhook:
        try:
            return self.read(request, body)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            logger.error("Channel %s cannot read a request: %s", self.name(), type(error).__name__)
            unreadable = Refused(400, "unreadable", "The request cannot be read.")
        except Refused as refused:
            unreadable = refused
        if unreadable.status == 400 and self.repeats_refused:
            # Verified, and repeated for days: it would hold up the messages of everybody else.
            logger.error("Channel %s threw a request away: %s", self.name(), unreadable.code)
            return Webhook()
        raise unreadable

    async def stop(self) -> None:
        """Stop looking for work and give what has begun a few seconds to end."""
        for task in self._tasks:
            task.cancel()
        await self._lanes.finish(_STOP_SECONDS)
        await self.courier.finish(_STOP_SECONDS)
        await self.close()

    # Messages coming in.

    async def take(self, received: Received) -> None:
        """Store a message and see to it that it is answered; returns before it is."""
        conversation = self.inbox.conversation(received.channel, received.address)
        slow = await self.stored(self.sender_limit.wait, conversation) > 0
        urgent = slow and self._is_emergency(received.text)
        try:
            taken = await self.stored(self.inbox.take, received, slow, urgent)
            if taken.new:
                self._lanes.wake(conversation)
            if ((slow and taken.new) or taken.dropped) and await self.may_tell(conversation):
                key = f"{self._key(received)}-fast"
                await self.say(conversation, too_fast_text(self.settings.region), key)
        except _STORE_ERRORS as error:
            # Answering twice is better than not at all.
            logger.error("Channel %s cannot store a message: %s", self.name(), type(error).__name__)
            self.in_background(self._answer_unstored(conversation, received))

    async def may_tell(self, whom: str) -> bool:
        """Return whether somebody was not told a line of our own within the last minute."""
        return await self.stored(self.told_limit.wait, whom) == 0.0

    def in_background(self, work: Awaitable[Any]) -> None:
        """See something through that no request waits for; a failure is logged by its kind."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._leave)

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            kind = type(task.exception()).__name__
            logger.error("Channel %s left something undone: %s", self.name(), kind)

    async def run(self) -> None:
        """Look for messages that nobody answers until cancelled."""
        while True:
            try:
                for conversation in await self.stored(self.inbox.unanswered):
                    self._lanes.wake(conversation)
                if time.time() - self._cleaned > _CLEAN_EVERY:
                    self._cleaned = time.time()
                    await self._clean()
            except _STORE_ERRORS as error:
                logger.error(
                    "Channel %s cannot read its messages: %s", self.name(), type(error).__name__
                )
            await asyncio.sleep(_LOOK)

    async def _clean(self) -> None:
        now = self.clock()
        await self.stored(self.inbox.forget_before, now - _REMEMBERED)
        await self.stored(self.outgoing.forget_before, now - _REMEMBERED)
        for limit in (self.sender_limit, self.told_limit):
            if isinstance(limit, SharedRateLimiter):
                await self.stored(limit.forget_before, now - _CLEAN_EVERY)
        for conversation in await self.stored(self.inbox.idle_since, now - _IDLE):
            await self.stored(self.inbox.forget, conversation)

    async def _answer_all(self, conversation: str) -> None:
        try:
            while await self.stored(self.inbox.lease.claim, conversation):
                waiting = await self.stored(self.inbox.next, conversation)
                if waiting is None:
                    await self.stored(self.inbox.lease.release, conversation)
                    return
                if waiting.slow and not await self.stored(self.inbox.urgent_waits, conversation):
                    await asyncio.sleep(_PACE)
                await self._answer(waiting)
                await self.stored(self.inbox.done, waiting.number)
        except Exception as error:
            # Another attempt follows; the kind alone is logged, since an error may quote her.
            logger.error("Channel %s could not answer: %s", self.name(), type(error).__name__)
            with contextlib.suppress(*_STORE_ERRORS):
                await self.stored(self.inbox.lease.release, conversation)

    async def _answer(self, waiting: Waiting) -> None:
        received, conversation = waiting.received, waiting.conversation
        key = self._key(received)
        correlation.begin(key)
        if waiting.attempts > MOST_ATTEMPTS:
            logger.error("Channel %s: a message could not be answered.", self.name())
            await self.say(conversation, safe_text(self.settings), f"{key}-safe")
            return
        asked = keywords.keyword(received.text, self.keywords)
        if asked is Keyword.START and not waiting.stopped:
            asked = None
        if asked is Keyword.START:
            await self.stored(self.inbox.set_stopped, conversation, False)
        if self.numbered:
            await self.stored(self.inbox.set_choices, conversation, [])
            chosen = choices.chosen(received.text, waiting.choices)
            received = replace(received, text=chosen) if chosen else received
        # Carriers want STOP obeyed, but a plea for help must be answered whatever it consists of.
        answers = self._answers(conversation, received, key, small_talk=asked is not Keyword.STOP)
        await self._hand_over(conversation, received, answers, key)
        if received.attachment and received.text:
            await self.say(conversation, self._unseen, f"{key}-unseen", received.route)
        if asked:
            await self._obey(asked, waiting, key)

    async def _obey(self, asked: Keyword, waiting: Waiting, key: str) -> None:
        if asked is Keyword.STOP:
            await self.stored(self.inbox.set_stopped, waiting.conversation, True)
        if waiting.received.keyword_answered:
            return
        text, name = self._answer_to[asked], f"{key}-{asked.value}"
        await self.say(waiting.conversation, text, name, waiting.received.route)

    async def _answer_unstored(self, conversation: str, received: Received) -> None:
        async def nowhere(body: Dict[str, Any], _: str) -> None:
            await self.send_now(received, body)

        answers = Answers(nowhere, functools.partial(self.send_now, received), key="")
        await self._hand_over(conversation, received, answers, key=None)

    def _answers(
        self, conversation: str, received: Received, key: str, small_talk: bool
    ) -> Answers:
        async def queue(body: Dict[str, Any], answer_key: str) -> None:
            await self.queue(conversation, body, answer_key, received.route)

        return Answers(queue, functools.partial(self.send_now, received), key, small_talk)

    async def _hand_over(
        self, conversation: str, received: Received, answers: Answers, key: Optional[str]
    ) -> None:
        message = UserMessage(
            received.text,
            answers,
            conversation,
            input_channel=received.channel,
            message_id=key,
            metadata={"edited": True} if received.edited else {},
        )
        assert self._on_new_message is not None
        await self._on_new_message(message)

    def _key(self, received: Received) -> str:
        return hashlib.sha256(f"{self.name()}:{received.id}".encode()).hexdigest()[:32]

    def _is_emergency(self, text: Optional[str]) -> bool:
        try:
            return bool(text) and assess_text(text or "").level is Level.EMERGENCY_NOW
        except Exception as error:
            logger.error("A message could not be screened early: %s", type(error).__name__)
            return True
