"""One wrapper for every Rasa channel: what comes in is text, and something always goes out."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any, Awaitable, Callable, Dict, Optional, Protocol, Set

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request

from bot.channels.incoming import clean_metadata, read_incoming
from bot.channels.safe_text import safe_text, shortened_text
from bot.observability import correlation, metrics, turn
from bot.settings import Settings, SettingsError, load_settings

logger = logging.getLogger(__name__)

#: Seconds after which the patient gets the safe text while the engine goes on working.
ENGINE_TIMEOUT = 15.0
#: Seconds after which work that still has not ended is given up.
ENGINE_LIMIT = 300.0
#: Set by a channel on a message: how many processes died while they answered it. After the first
#: an emergency does not wait for the engine any more, which may die again; after MOST_DEATHS no
#: message does. One death may be anything else: a machine that was switched off.
DEATHS = "deaths"
MOST_DEATHS = 2

Handler = Callable[[UserMessage], Awaitable[Any]]


class LastResort(Protocol):
    """Handles a message that the engine could not."""

    async def __call__(
        self, message: UserMessage, answered: bool = False, record_calm: bool = True
    ) -> bool:
        """Record the message, say what is urgent, and return whether something was said.

        Nothing is said when she is ``answered`` already. A message with nothing urgent is recorded
        only with ``record_calm``.
        """


def guarded(
    channel: InputChannel,
    settings: Optional[Settings] = None,
    timeout: float = ENGINE_TIMEOUT,
    last_resort: Optional[LastResort] = None,
) -> GuardedChannel:
    """Return ``channel`` with the guard around it; wrapping twice changes nothing.

    ``settings`` choose the numbers of the safe text (default: the clinic's settings.yml),
    ``timeout`` is in seconds, and ``last_resort`` is asked before the safe text is sent.
    """
    if isinstance(channel, GuardedChannel):
        return channel
    if settings is None:
        try:
            settings = load_settings()
        except SettingsError as error:
            logger.error("The safe text lists every emergency number: %s", error)
    region = settings.region if settings else "unknown"
    safe, shortened = safe_text(settings), shortened_text(region)
    return GuardedChannel(channel, safe, shortened, timeout, last_resort)


class GuardedChannel(InputChannel):
    """A channel whose messages are always plain text and always get an answer.

    - A message that starts with "/" is text, never a command (triage.md G-17).
    - A message without words becomes a marker that leads to question U-01 (M-38).
    - Size is limited, and the patient is told when a part was not read.
    - An exception, a time-out or an engine that says nothing gives the last resort: the text of
      an emergency if it is one, the safe text otherwise.
    - A message during which processes died again and again does not reach the engine any more.
    - No log line contains what a patient wrote.
    """

    def __init__(
        self,
        channel: InputChannel,
        safe: str,
        shortened: str,
        timeout: float = ENGINE_TIMEOUT,
        last_resort: Optional[LastResort] = None,
    ) -> None:
        self.channel, self._last_resort = channel, last_resort
        self._safe_text, self._shortened_text = safe, shortened
        self.timeout = timeout
        self._working: Set[asyncio.Task[Any]] = set()

    def name(self) -> str:  # type: ignore[override]
        """Return the name of the wrapped channel."""
        return self.channel.name()

    def url_prefix(self) -> str:
        """Return the prefix of the wrapped channel."""
        return self.channel.url_prefix()

    def get_output_channel(self) -> Optional[OutputChannel]:
        """Return the output channel of the wrapped channel, for messages nobody asked for."""
        return self.channel.get_output_channel()

    def get_metadata(self, request: Request) -> Optional[Dict[str, Any]]:
        """Return the metadata the wrapped channel reads from a request."""
        return self.channel.get_metadata(request)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the wrapped channel's routes; every message they take passes the guard."""

        async def guard(message: UserMessage) -> None:
            await self.handle(message, on_new_message)

        return self.channel.blueprint(guard)

    async def handle(self, message: UserMessage, on_new_message: Handler) -> None:
        """Hand a cleaned ``message`` to the engine and see to it that an answer goes out."""
        incoming = read_incoming(message.text)
        message.text = incoming.text
        message.metadata = clean_metadata(message.metadata, incoming)
        # A parse result that came with the message would keep it from being screened.
        message.parse_data = None
        answers = _CountedOutput(message.output_channel)
        message.output_channel = answers  # type: ignore[assignment]

        correlation.begin(correlation.current())
        figures = turn.begin(message.input_channel or self.name())
        outcome = "cancelled"
        try:
            outcome = await self._answer(message, answers, incoming.shortened, on_new_message)
        finally:
            turn.end(figures, outcome)

    async def _answer(
        self, message: UserMessage, answers: _CountedOutput, shortened: bool, engine: Handler
    ) -> str:
        """Let the engine answer, or the last resort; return how it went, for the figures."""
        deaths = getattr(message, DEATHS, 0)
        if deaths >= MOST_DEATHS:
            logger.error("A message on channel %s is kept from the engine.", self.name())
            await self._without_engine(message, answers, "died")
            return "died"
        if deaths and await self._ask_last_resort(message, record_calm=False):
            return "died"
        # The work is not cancelled at the time-out: an alert that is being raised must go on.
        work = asyncio.ensure_future(engine(message))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        limit = asyncio.get_running_loop().call_later(ENGINE_LIMIT, work.cancel)
        work.add_done_callback(lambda _: limit.cancel())

        done, _ = await asyncio.wait({work}, timeout=self.timeout)
        outcome = "answered"
        if not done:
            outcome = "time-out"
            logger.error("No answer within %s s on channel %s.", self.timeout, self.name())
            work.add_done_callback(self._log_failure)
        elif self._log_failure(work):
            outcome = "error"
        elif not answers.sent and not answers.answered_by_nurse:
            outcome = "silent"
            logger.error("The engine gave no answer on channel %s.", self.name())
        if outcome != "answered":
            await self._without_engine(message, answers, outcome)
        elif shortened:
            await self._send(answers, message.sender_id, self._shortened_text)
        return outcome

    async def _without_engine(
        self, message: UserMessage, answers: _CountedOutput, reason: str
    ) -> None:
        if await self._ask_last_resort(message, answered=answers.sent > 0):
            return
        metrics.SAFE_TEXTS.labels(message.input_channel or self.name(), reason).inc()
        await self._send(answers, message.sender_id, self._safe_text)

    async def _ask_last_resort(self, message: UserMessage, **how: bool) -> bool:
        if self._last_resort is None:
            return False
        try:
            said = await self._last_resort(message, **how)
            if said:
                channel = message.input_channel or self.name()
                metrics.SAFE_TEXTS.labels(channel, "last resort").inc()
            return said
        except Exception as error:
            logger.error("The last resort failed: %s", type(error).__name__)
            return False

    def _log_failure(self, work: asyncio.Task[Any]) -> bool:
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        if error is None:
            return False
        # The message of an exception may quote the patient, so only its kind and place are logged.
        places = [
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-5:]
        ]
        logger.error(
            "Handling a message failed on channel %s: %s (%s)",
            self.name(),
            type(error).__name__,
            ", ".join(places),
        )
        return True

    async def _send(self, output: _CountedOutput, recipient: str, text: str) -> None:
        try:
            await output.send_response(recipient, {"text": text})
        except Exception as error:
            logger.error(
                "The safe text could not be sent on channel %s: %s",
                self.name(),
                type(error).__name__,
            )


class _CountedOutput:
    """Stands in for an output channel and counts the messages that went out through it."""

    def __init__(self, output: OutputChannel) -> None:
        self._output = output
        self.sent = 0
        #: Set by the engine when a nurse writes with her and the bot rightly says nothing.
        self.answered_by_nurse = False

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        # The real channel takes the message apart while sending it, so look first.
        has_content = any(message.get(part) for part in _CONTENT)
        await self._output.send_response(recipient_id, message)
        self.sent += has_content

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._output, attribute)


_CONTENT = ("text", "image", "attachment", "elements", "custom")
