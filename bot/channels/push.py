"""What reaches a patient outside of a reply: a nurse's words, a check-in, a take-over.

Care asks for it over HTTP, and the channel of the conversation registers here how it delivers.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from functools import partial
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.care.tokens import action_secret
from bot.channels import database, memory
from bot.channels.inbox import Handler
from bot.channels.once import Once
from bot.channels.requests import Refused, read_json
from bot.channels.store import Turn
from bot.content import load_content
from bot.settings import Settings, load_settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

Buttons = Sequence[Mapping[str, str]]
#: Delivers: conversation id, text, author ("nurse" or "bot"), the author's name or None, a key that
#: is the same when the same message is tried again, and buttons.
Sender = Callable[[str, str, str, Optional[str], str, Buttons], Awaitable[None]]
#: Shows on a page what is no message: that a nurse has come or gone, that an emergency is over.
Show = Callable[[str, Dict[str, str]], Awaitable[None]]

#: The longest text that is pushed, in characters.
LONGEST = 4000
_MOST_BUTTONS = 13
_AUTHORS = ("nurse", "bot")


class CannotDeliver(Exception):
    """A message that will never reach its conversation; ``reason`` says why in one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_senders: Dict[str, Sender] = {}
_shows: Dict[str, Show] = {}


def register(channel: str, sender: Sender, show: Optional[Show] = None) -> None:
    """Let ``sender`` deliver what is pushed to conversations of a channel.

    It raises CannotDeliver when a message can never arrive; any other exception means that care
    tries again. ``show`` is for a channel that has a page to show more than messages on.
    """
    _senders[channel] = sender
    if show:
        _shows[channel] = show


class InternalChannel(InputChannel):
    """The addresses for care: POST /internal/push, /take-over, /level and /emergency-over.

    All need the header X-Action-Secret. No patient writes here.
    """

    def __init__(self, settings: Settings, once: Optional[Once] = None) -> None:
        self._secret = action_secret(settings)
        self._once = once or Once(database.engine(database.address(settings)))
        content = load_content(settings.language, settings)
        self._handed_back = content.message("nurse_handed_back").text
        self._took_over = partial(_named, content.message("nurse_took_over").text)

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, as Rasa knows it."""
        return "internal"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> InternalChannel:
        """Return the channel for the clinic's settings; it needs no credentials."""
        return cls(load_settings())

    def url_prefix(self) -> str:
        """Return an absolute prefix, so that it is not under /webhooks/."""
        return "/internal"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the routes."""
        internal = Blueprint("internal", __name__)

        @internal.exception(Refused)
        async def refuse(_: Request, refused: Refused) -> HTTPResponse:
            return response.json({"error": refused.code, "reason": refused.line}, refused.status)

        @internal.post("/push", stream=True)
        async def push(request: Request) -> HTTPResponse:
            message = await self._read(request)
            conversation = _text(message, "conversation_id", 255)
            if message.get("check_in") is True:
                await memory.expect_check_in(getattr(request.app.ctx, "agent", None), conversation)
            await self._push(
                _text(message, "channel", 64),
                conversation,
                _text(message, "text", LONGEST),
                _author(message),
                _optional_name(message, "author_name"),
                _text(message, "key", 200),
                _buttons(message),
            )
            return response.json({"state": "sent"})

        @internal.post("/take-over", stream=True)
        async def take_over(request: Request) -> HTTPResponse:
            message = await self._read(request)
            channel = _text(message, "channel", 64)
            conversation = _text(message, "conversation_id", 255)
            nurse = _optional_name(message, "nurse")
            agent = getattr(request.app.ctx, "agent", None)
            if await memory.set_nurse(agent, conversation, nurse):
                await self._tell_presence(channel, conversation, nurse)
            return response.json({"state": "taken over" if nurse else "handed back"})

        @internal.post("/level", stream=True)
        async def level(request: Request) -> HTTPResponse:
            message = await self._read(request)
            channel = _text(message, "channel", 64)
            conversation = _text(message, "conversation_id", 255)
            lower = _level(message)
            agent = getattr(request.app.ctx, "agent", None)
            await memory.set_level(agent, conversation, lower)
            if channel in _shows and lower < Level.EMERGENCY_NOW:
                await _shows[channel](conversation, {"kind": "emergency_over"})
            return response.json({"state": "lowered"})

        @internal.post("/emergency-over", stream=True)
        async def emergency_over(request: Request) -> HTTPResponse:
            message = await self._read(request)
            channel = _text(message, "channel", 64)
            conversation = _text(message, "conversation_id", 255)
            if message.get("closed") is True:
                await memory.close_episode(getattr(request.app.ctx, "agent", None), conversation)
            if channel in _shows:
                await _shows[channel](conversation, {"kind": "emergency_over"})
            return response.json({"state": "over"})

        return internal

    async def _tell_presence(self, channel: str, conversation: str, nurse: Optional[str]) -> None:
        """Tell her that a nurse has come or gone (M-42, M-43); the take-over holds without it."""
        key = f"presence {secrets.token_hex(8)}"
        try:
            if channel in _shows:
                await _shows[channel](conversation, {"kind": "presence", "name": nurse or ""})
            if channel in _senders:
                text = self._took_over(nurse) if nurse else self._handed_back
                await _senders[channel](conversation, text, "bot", None, key, ())
        except Exception as error:
            logger.error("A take-over was not announced on %s: %s", channel, type(error).__name__)

    async def _read(self, request: Request) -> Dict[str, Any]:
        given = request.headers.get("x-action-secret", "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise Refused(403, "forbidden", "Send the right X-Action-Secret.")
        data = await read_json(request)
        if not isinstance(data, dict):
            raise Refused(400, "bad_request", "Send a JSON object.")
        return data

    async def _push(
        self,
        channel: str,
        conversation: str,
        text: str,
        author: str,
        author_name: Optional[str],
        key: str,
        buttons: List[Dict[str, str]],
    ) -> None:
        sender = _senders.get(channel)
        if sender is None:
            raise Refused(404, "no_channel", f"The channel {channel} is not switched on here.")
        name = f"push {hashlib.sha256(f'{channel} {key}'.encode()).hexdigest()}"
        turn = await asyncio.to_thread(self._once.claim, name)
        if turn is Turn.DONE:
            return
        if turn is Turn.RUNNING:
            raise Refused(503, "being_sent", "This message is being sent by another process.")
        try:
            await sender(conversation, text, author, author_name, key, buttons)
        except CannotDeliver as error:
            await asyncio.to_thread(self._once.release, name)
            raise Refused(422, "cannot_deliver", error.reason) from error
        except Exception as error:
            await asyncio.to_thread(self._once.release, name)
            logger.error("A message could not be pushed on %s: %s", channel, type(error).__name__)
            raise Refused(502, "not_sent", "The channel did not take the message now.") from error
        await asyncio.to_thread(self._once.settle, name)


def _named(text: str, nurse: str) -> str:
    return text.replace("{first_name}", nurse)


def _text(message: Mapping[str, Any], field: str, longest: int) -> str:
    value = message.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise Refused(400, "bad_request", f"{field} must be text of 1 to {longest} characters.")
    return value


def _optional_name(message: Mapping[str, Any], field: str) -> Optional[str]:
    return None if message.get(field) in (None, "") else _text(message, field, 100)


def _author(message: Mapping[str, Any]) -> str:
    author = message.get("author")
    if author not in _AUTHORS:
        raise Refused(400, "bad_request", f"author must be one of {', '.join(_AUTHORS)}.")
    return author


def _level(message: Mapping[str, Any]) -> Level:
    name = str(message.get("level"))
    if name not in Level.__members__:
        raise Refused(400, "bad_request", f"level must be one of {', '.join(Level.__members__)}.")
    return Level[name]


def _buttons(message: Mapping[str, Any]) -> List[Dict[str, str]]:
    given = message.get("buttons") or []
    if not isinstance(given, list) or len(given) > _MOST_BUTTONS:
        raise Refused(400, "bad_request", f"buttons must be a list of up to {_MOST_BUTTONS}.")
    buttons = []
    for button in given:
        title = button.get("title") if isinstance(button, dict) else None
        if not isinstance(title, str) or not 0 < len(title) <= 200:
            raise Refused(400, "bad_request", 'each of buttons must be {"title": "…"}.')
        buttons.append({"title": title})
    return buttons
