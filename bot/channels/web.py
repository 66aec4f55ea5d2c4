"""The web chat as a Rasa channel: sessions, messages, live updates, deletion."""

from __future__ import annotations

import asyncio
import logging
import time
from math import ceil
from typing import Any, Callable, Dict, Optional, Sequence, Set, Tuple

from rasa.core.channels.channel import InputChannel, OutputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.channels import database, erasure, pages, push
from bot.channels.in_time import InTime
from bot.channels.inbox import Handler, Inbox
from bot.channels.limits import Limiter, SharedRateLimiter, wait_for_all
from bot.channels.once import Once
from bot.channels.output import WebOutput
from bot.channels.plan_pages import add_plan_pages
from bot.channels.requests import Refused, address, number, read_json, read_message
from bot.channels.safe_text import call_line, too_fast_text
from bot.channels.store import Event, MessageStore
from bot.channels.stream import LiveUpdates, Wakers, as_json
from bot.channels.tokens import RENEWABLE, Session, SessionTokens, load_key
from bot.settings import Settings, SettingsError, load_settings

logger = logging.getLogger(__name__)


#: The longest a page may wait for news in one request, in seconds.
_LONGEST_POLL = 25
_CLEAN_EVERY = 3600.0


class WebChannel(InputChannel):
    """The patient page at /chat/ and the API behind it.

    The conversation id is made here and signed; a client can neither choose nor learn another's.
    """

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, as Rasa knows it."""
        return "web"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> WebChannel:
        """Return the channel for the clinic's settings; it needs no credentials.

        Raises SettingsError, naming the fix, when the settings or the storage cannot be used.
        """
        settings = load_settings()
        try:
            return cls(settings)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"storage.folder is {settings.folder}, and the chat cannot use it ({error}). "
                "Make it writable or choose another folder."
            ) from error
        except SQLAlchemyError as error:
            raise SettingsError(
                f"storage.channel_database cannot be used ({type(error).__name__}). "
                "Start that database, or correct its address."
            ) from error

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.allowed: Sequence[str] = tuple(settings.allowed_origins)
        self.tokens = SessionTokens(load_key(settings.folder / "chat.key"))
        engine = database.engine(database.address(settings))
        self.store, self.once = MessageStore(engine), Once(engine)
        more = settings.rate_factor
        self.session_limit: Limiter = SharedRateLimiter(engine, "session", 20 * more, 0.5 * more)
        self.address_limit: Limiter = SharedRateLimiter(engine, "address", 120 * more, 4 * more)
        self.new_session_limit: Limiter = SharedRateLimiter(
            engine, "new session", 60 * more, 0.5 * more
        )
        self.wakers = Wakers(self.stored, self.store)
        self.live = LiveUpdates(self.stored, self.store, self.wakers)
        self._in_time = InTime("channel database", threads=8)
        self._running: Set[asyncio.Task[Any]] = set()
        self._cleaned = 0.0
        push.register(self.name(), self.deliver, self.show)

    def url_prefix(self) -> str:
        """Return an absolute prefix, so that the page is not under /webhooks/."""
        return "/chat"

    def get_output_channel(self) -> OutputChannel:
        """Return the channel for messages nobody asked for just now, such as reminders."""
        return WebOutput(self.record)

    async def record(
        self, conversation: str, author: str, body: Dict[str, Any], submission: Optional[str] = None
    ) -> Event:
        """Append a line to a conversation and wake whoever waits for it.

        When the record cannot be written the line still goes out with the answer to the request.
        """
        try:
            event = await self.stored(self.store.add, conversation, author, body, submission)
        except SQLAlchemyError as error:
            logger.error("A line of a chat could not be recorded: %s", type(error).__name__)
            event = Event(0, author, body, submission, time.time())
        self.wakers.wake(conversation)
        return event

    async def deliver(
        self,
        conversation: str,
        text: str,
        author: str,
        author_name: Optional[str],
        key: str,
        buttons: push.Buttons,
    ) -> None:
        """Show a nurse's or the bot's words on every open page of a conversation.

        Raises CannotDeliver when the conversation was deleted, forgotten or never here.
        """
        if not await self.stored(self.store.is_known, conversation):
            raise push.CannotDeliver(
                "This chat is not here any more: it was deleted or is too old."
            )
        replies = [{"title": one["title"], "payload": one["title"]} for one in buttons]
        body = {"text": text, "name": author_name, "buttons": replies}
        kept = {name: value for name, value in body.items() if value}
        await self.stored(self.store.add_once, conversation, author, kept, f"push {key}"[:128])
        self.wakers.wake(conversation)

    async def show(self, conversation: str, body: Dict[str, str]) -> None:
        """Show what is no message: that a nurse has come or gone, that an emergency is over."""
        await self.record(conversation, "nurse", body)

    async def stored(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of the store returns. Raises SQLAlchemyError, also in time."""
        return await self._in_time(function, *arguments)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the routes of the page and its API."""
        chat = pages.add_pages(_ChatBlueprint("chat", __name__), self.settings)
        add_plan_pages(chat, self.settings)
        inbox = Inbox(
            self.stored, self.store, self.wakers, self.record, on_new_message, self._call_line()
        )

        @chat.middleware("response")
        async def headers(request: Request, answer: HTTPResponse) -> None:
            for name, value in pages.SECURITY_HEADERS.items():
                answer.headers.setdefault(name, value)
            answer.headers.setdefault("Cache-Control", "no-store")
            answer.headers.update(pages.cors_headers(request, self.allowed))

        @chat.exception(Refused)
        async def refuse(_: Request, refused: Refused) -> HTTPResponse:
            retry = (
                {"Retry-After": str(int(refused.retry_after) + 1)} if refused.retry_after else {}
            )
            return response.json(
                {"error": refused.code, "message": refused.line}, refused.status, headers=retry
            )

        @chat.listener("before_server_stop")
        async def stop(*_: Any) -> None:
            self.wakers.stop()

        @chat.post("/session")
        async def session(request: Request) -> HTTPResponse:
            """Begin a conversation, or renew the token of one."""
            self._refuse_foreign(request)
            await self._limit((self.new_session_limit, address(request)))
            await self._forget_old()
            old = _bearer(request)
            issued = self.tokens.renew(old) if old else self.tokens.issue()
            if issued is None:
                raise self._ended()
            token, new = issued
            if old:
                await self._refuse_deleted(new.conversation)
            return response.json(
                {"token": token, "expires": new.expires, "conversation": new.conversation}
            )

        @chat.post("/messages", stream=True)
        async def messages(request: Request) -> HTTPResponse:
            session = await self._session(request)
            limits = (self.address_limit, self.session_limit)
            asked = zip(limits, (address(request), session.conversation), strict=True)
            await self._limit(*asked)
            id, text = read_message(await read_json(request), self._call_line())
            # Her message is handled even when the connection breaks, so a task of its own does it.
            work = asyncio.ensure_future(inbox.take(session.conversation, id, text))
            self._running.add(work)
            work.add_done_callback(self._running.discard)
            answers = await asyncio.shield(work)
            return response.json({"id": id, "answers": [as_json(event) for event in answers]})

        @chat.get("/history")
        async def history(request: Request) -> HTTPResponse:
            """Give the lines after a number; with ``wait``, wait that many seconds for one."""
            session = await self._session(request)
            after = number(request.args.get("after"))
            seconds = min(_LONGEST_POLL, number(request.args.get("wait")))
            with self.live.admit(session.conversation) as admitted:
                found = await self.live.wait(
                    session.conversation, after, seconds if admitted else 0
                )
            return response.json({"events": [as_json(event) for event in found]})

        @chat.get("/events")
        async def events(request: Request) -> None:
            session = await self._session(request)
            after = number(request.headers.get("last-event-id"))
            with self.live.admit(session.conversation) as admitted:
                if not admitted:
                    raise Refused(429, "too_many_streams", "This chat is open in too many tabs.", 5)
                headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
                answer = await request.respond(
                    content_type="text/event-stream; charset=utf-8", headers=headers
                )
                await self.live.send(answer, session, after)

        @chat.delete("/conversation")
        async def conversation(request: Request) -> HTTPResponse:
            """Delete the conversation here and in Rasa, and ask care to do its part."""
            session = await self._session(request)
            await self._limit((self.session_limit, session.conversation))
            agent = getattr(request.app.ctx, "agent", None)
            work = asyncio.ensure_future(self._erase(agent, session.conversation))
            self._running.add(work)
            work.add_done_callback(self._running.discard)
            kept = await asyncio.shield(work)
            self.wakers.wake(session.conversation)
            return response.json({"state": "deleted", "kept_by_care": kept})

        for route in ("/session", "/messages", "/history", "/events", "/conversation"):

            @chat.options(route, name=f"preflight_{route[1:]}")
            async def preflight(request: Request) -> HTTPResponse:
                allowed = bool(pages.cors_headers(request, self.allowed))
                return HTTPResponse(status=204 if allowed else 403)

        return chat

    async def _erase(self, agent: Any, conversation: str) -> bool:
        for _ in range(_LONGEST_POLL):
            if await self.stored(self.store.is_idle, conversation):
                return await erasure.erase(self.settings, agent, self.store, conversation)
            await asyncio.sleep(1)
        line = f"Your last message is still being read. Please try again. {self._call_line()}"
        raise Refused(503, "still_working", line, retry_after=5)

    async def _session(self, request: Request) -> Session:
        self._refuse_foreign(request)
        session = self.tokens.check(_bearer(request))
        if session is None:
            raise self._ended()
        await self._refuse_deleted(session.conversation)
        return session

    def _ended(self) -> Refused:
        line = f"This chat has ended. Start a new one. {self._call_line()}"
        return Refused(401, "no_session", line)

    async def _refuse_deleted(self, conversation: str) -> None:
        try:
            gone = await self.stored(self.store.is_deleted, conversation)
        except SQLAlchemyError as error:
            logger.error("Whether a chat was deleted is not known: %s", type(error).__name__)
            return
        if gone:
            raise Refused(410, "deleted", f"This chat was deleted. {self._call_line()}")

    def _refuse_foreign(self, request: Request) -> None:
        if pages.is_foreign(request, self.allowed):
            raise Refused(403, "foreign_page", "This page may not use the chat.")

    async def _limit(self, *asked: Tuple[Limiter, str]) -> None:
        try:
            seconds = await self.stored(wait_for_all, asked)
        except SQLAlchemyError as error:
            # Nobody is kept out because something of ours is broken.
            logger.error("A rate limit cannot be asked: %s", type(error).__name__)
            return
        if seconds:
            raise Refused(429, "too_fast", too_fast_text(self.settings.region), ceil(seconds))

    def _call_line(self) -> str:
        return f"In an emergency: {call_line(self.settings.region)}"

    async def _forget_old(self) -> None:
        now = time.time()
        if now - self._cleaned <= _CLEAN_EVERY:
            return
        self._cleaned = now
        oldest = now - self.tokens.lifetime - RENEWABLE
        limiters = (self.session_limit, self.address_limit, self.new_session_limit)
        shared = [each for each in limiters if isinstance(each, SharedRateLimiter)]
        try:
            await self.stored(self.store.forget_before, oldest)
            await self.stored(self.once.forget_before, oldest)
            for limiter in shared:
                await self.stored(limiter.forget_before, now - _CLEAN_EVERY)
        except SQLAlchemyError as error:
            logger.error("Old lines of chats are still there: %s", type(error).__name__)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class _ChatBlueprint(Blueprint):
    """A blueprint that also turns Rasa's own page at / into the way to the patient page."""

    def register(self, app: Any, options: Any) -> None:
        super().register(app, options)
        pages.add_root(app)
