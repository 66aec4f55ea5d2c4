"""Takes the messages of the web chat: each answered once, and those of one chat in order."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Awaitable, Callable, Dict, List, Optional

from rasa.core.channels.channel import UserMessage
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.guard import DEATHS
from bot.channels.output import Record, WebOutput
from bot.channels.requests import Refused
from bot.channels.store import LEASE_SECONDS, Event, MessageStore, Submission, Turn
from bot.channels.stream import Stored, Wakers

logger = logging.getLogger(__name__)

Handler = Callable[[UserMessage], Awaitable[Any]]

#: Seconds between two looks whether it is a message's turn, and how long it looks at most.
_LOOK, _LONGEST_WAIT = 0.05, 50.0
#: Seconds between two signs that a message is being answered.
_SIGN = LEASE_SECONDS / 4


class Inbox:
    """Hands messages to the engine in the order in which they came, through any process."""

    def __init__(
        self,
        stored: Stored,
        store: MessageStore,
        wakers: Wakers,
        record: Record,
        engine: Handler,
        call_line: str,
    ) -> None:
        self._stored, self._store, self._wakers = stored, store, wakers
        self._record, self._engine, self._call_line = record, engine, call_line

    async def take(self, conversation: str, id: str, text: str) -> List[Event]:
        """Return what is answered to a message, however often it is sent.

        Raises Refused when its id was used for another text, or when it is answered elsewhere and
        that takes too long.
        """
        while True:
            try:
                submission = await self._stored(self._store.submit, conversation, id, text)
            except SQLAlchemyError as error:
                # Answering twice is better than not at all.
                logger.error("A message could not be recorded: %s", type(error).__name__)
                return await self._answer_unrecorded(conversation, id, text)
            if submission.turn is Turn.CONFLICT:
                line = f"This message was not sent. Please send it again. {self._call_line}"
                raise Refused(409, "id_used", line)
            if submission.turn is Turn.DONE:
                return await self._stored(self._store.answers, submission)
            if submission.turn is Turn.NEW:
                return await self._answer_in_turn(submission, text)
            # Another process has it. When that one dies, this one takes the message up.
            if not await self._until(self._store.is_settled, submission):
                raise Refused(503, "still_working", self._call_line, retry_after=2)

    async def _answer_in_turn(self, submission: Submission, text: str) -> List[Event]:
        self._wakers.wake(submission.conversation)
        signs = asyncio.ensure_future(self._give_signs(submission))
        try:
            if submission.waits:
                await self._until(self._store.is_next, submission)
            answers = await self._answer_recorded(submission, text)
        finally:
            signs.cancel()
        await self._safely(self._store.finish, submission)
        return answers

    async def _give_signs(self, submission: Submission) -> None:
        """Keep other processes from taking the message for one whose process died.

        The first sign is its submission.
        """
        while True:
            await asyncio.sleep(_SIGN)
            await self._safely(self._store.start, submission)

    async def _answer_recorded(self, submission: Submission, text: str) -> List[Event]:
        given: List[Event] = []
        if submission.deaths:
            # What the process that died had said already is not said again.
            given = await self._safely(self._store.answers, submission) or []
        output = WebOutput(self._record, submission.id, given)
        await self._hand_over(submission.conversation, submission.id, text, output, submission)
        return [*given, *output.answers]

    async def _answer_unrecorded(self, conversation: str, id: str, text: str) -> List[Event]:
        """Answer a message while its record fails; record both together if that works by then.

        Answers without the message they belong to would stand below another one on her page.
        """
        output = WebOutput(_not_recorded, id)
        await self._hand_over(conversation, id, text, output)
        if not output.keeps_words:
            return output.answers
        try:
            late = await self._stored(self._store.submit, conversation, id, text)
        except SQLAlchemyError:
            return output.answers
        if late.turn is not Turn.NEW:
            return output.answers
        answers = [
            await self._record(conversation, each.author, each.body, id) for each in output.answers
        ]
        await self._safely(self._store.finish, late)
        return answers

    async def _hand_over(
        self,
        conversation: str,
        id: str,
        text: str,
        output: WebOutput,
        submission: Optional[Submission] = None,
    ) -> None:
        message = UserMessage(text, output, conversation, input_channel="web", message_id=id)
        setattr(message, DEATHS, submission.deaths if submission else 0)
        await self._engine(message)
        if not output.keeps_words:
            try:
                await self._stored(self._store.forget_words, conversation)
            except SQLAlchemyError as error:
                # The next message of hers tries again.
                logger.error("Her words are still recorded: %s", type(error).__name__)

    async def _until(self, condition: Callable[[Submission], bool], submission: Submission) -> bool:
        end = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < end:
            if await self._safely(condition, submission) is not False:
                return True
            await asyncio.sleep(_LOOK)
        return False

    async def _safely(self, function: Callable[[Submission], Any], submission: Submission) -> Any:
        try:
            return await self._stored(function, submission)
        except SQLAlchemyError as error:
            logger.error("The record of a chat failed: %s", type(error).__name__)
            return None


async def _not_recorded(
    conversation: str, author: str, body: Dict[str, Any], submission: Optional[str] = None
) -> Event:
    return Event(0, author, body, submission, time.time())
