"""The web chat as a Rasa channel: sessions, messages answered once and in order, live updates."""

from __future__ import annotations

import asyncio
import functools
import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence, Set

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.channels import pages
from bot.channels.limits import RateLimiter
from bot.channels.output import WebOutput
from bot.channels.requests import Refused, address, number, read_json, read_message
from bot.channels.safe_text import call_line, too_fast_text
from bot.channels.store import Event, MessageStore, Submission, Turn
from bot.channels.stream import EventStream, Wakers, as_json
from bot.channels.tokens import Session, SessionTokens, load_key
from bot.settings import Settings, SettingsError, load_settings

logger = logging.getLogger(__name__)

Handler = Callable[[UserMessage], Awaitable[Any]]

#: Seconds between two looks whether it is a message's turn, and how long it looks at most.
_LOOK, _LONGEST_WAIT = 0.05, 50.0
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
        except (OSError, sqlite3.Error, ValueError) as error:
            raise SettingsError(
                f"storage.folder is {settings.folder}, and the chat cannot use it ({error}). "
                "Make it writable or choose another folder."
            ) from error

    def __init__(
        self,
        settings: Settings,
        tokens: Optional[SessionTokens] = None,
        store: Optional[MessageStore] = None,
        session_limit: Optional[RateLimiter] = None,
        address_limit: Optional[RateLimiter] = None,
    ) -> None:
        self.settings = settings
        self.allowed: Sequence[str] = tuple(settings.allowed_origins)
        self.tokens = tokens or SessionTokens(load_key(settings.folder / "chat.key"))
        self.store = store or MessageStore(settings.folder / "chat.db")
        self.session_limit = session_limit or RateLimiter(burst=20, per_second=0.5)
        self.address_limit = address_limit or RateLimiter(burst=120, per_second=4)
        self.new_session_limit = RateLimiter(burst=60, per_second=0.5)
        self.wakers = Wakers()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chat-store")
        self._running: Set[asyncio.Task[Any]] = set()
        self._cleaned = 0.0

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
        except sqlite3.Error as error:
            logger.error("A line of a chat could not be recorded: %s", type(error).__name__)
            event = Event(0, author, body, submission, time.time())
        self.wakers.wake(conversation)
        return event

    async def stored(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function of the store returns, called in the store's own thread."""
        call = functools.partial(function, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """Return the routes of the page and its API."""
        chat = _ChatBlueprint("chat", __name__)
        files = pages.static_files()
        page = pages.patient_page(self.settings)

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

        @chat.get("/")
        async def show_page(_: Request) -> HTTPResponse:
            return response.html(page)

        @chat.get("/static/<name:str>")
        async def static(request: Request, name: str) -> HTTPResponse:
            return pages.static_response(files.get(name), request)

        @chat.post("/session")
        async def session(request: Request) -> HTTPResponse:
            self._refuse_foreign(request)
            self._limit(self.new_session_limit, address(request))
            await self._forget_old()
            token, new = self.tokens.issue()
            return response.json({"token": token, "expires": new.expires})

        @chat.post("/messages", stream=True)
        async def messages(request: Request) -> HTTPResponse:
            session = self._session(request)
            self._limit(self.address_limit, address(request))
            id, text = read_message(await read_json(request), self._call_line())
            self._limit(self.session_limit, session.conversation)
            # Her message is handled even when the connection breaks, so a task of its own does it.
            work = asyncio.ensure_future(self._take(session.conversation, id, text, on_new_message))
            self._running.add(work)
            work.add_done_callback(self._running.discard)
            answers = await asyncio.shield(work)
            return response.json({"id": id, "answers": [as_json(event) for event in answers]})

        @chat.get("/history")
        async def history(request: Request) -> HTTPResponse:
            session = self._session(request)
            after = number(request.args.get("after"))
            events = await self.stored(self.store.after, session.conversation, after)
            return response.json({"events": [as_json(event) for event in events]})

        @chat.get("/events")
        async def events(request: Request) -> None:
            session = self._session(request)
            after = number(request.headers.get("last-event-id"))
            stream = EventStream(self.stored, self.store, self.wakers)
            with stream.admit(session.conversation) as admitted:
                if not admitted:
                    raise Refused(429, "too_many_streams", "This chat is open in too many tabs.", 5)
                headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
                answer = await request.respond(
                    content_type="text/event-stream; charset=utf-8", headers=headers
                )
                await stream.send(answer, session, after)

        for route in ("/session", "/messages", "/history", "/events"):

            @chat.options(route, name=f"preflight_{route[1:]}")
            async def preflight(request: Request) -> HTTPResponse:
                allowed = bool(pages.cors_headers(request, self.allowed))
                return HTTPResponse(status=204 if allowed else 403)

        return chat

    async def _take(
        self, conversation: str, id: str, text: str, on_new_message: Handler
    ) -> List[Event]:
        try:
            submission = await self.stored(self.store.submit, conversation, id, text)
        except sqlite3.Error as error:
            # Answering twice is better than not at all.
            logger.error("A message could not be recorded: %s", type(error).__name__)
            return await self._answer(conversation, id, text, on_new_message)
        if submission.turn is Turn.CONFLICT:
            raise Refused(
                409,
                "id_used",
                f"This message was not sent. Please send it again. {self._call_line()}",
            )
        if submission.turn is Turn.NEW:
            self.wakers.wake(conversation)
            await self._until(self.store.is_next, submission)
            await self._safely(self.store.start, submission)
            answers = await self._answer(conversation, id, text, on_new_message)
            await self._safely(self.store.finish, submission)
            return answers
        if submission.turn is Turn.RUNNING and not await self._until(
            self.store.is_done, submission
        ):
            raise Refused(503, "still_working", self._call_line(), retry_after=2)
        return await self.stored(self.store.answers, submission)

    async def _answer(
        self, conversation: str, id: str, text: str, on_new_message: Handler
    ) -> List[Event]:
        output = WebOutput(self.record, id)
        message = UserMessage(text, output, conversation, input_channel=self.name(), message_id=id)
        await on_new_message(message)
        return output.answers

    async def _until(self, condition: Callable[[Submission], bool], submission: Submission) -> bool:
        end = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < end:
            if await self._safely(condition, submission) is not False:
                return True
            await asyncio.sleep(_LOOK)
        return False

    async def _safely(self, function: Callable[[Submission], Any], submission: Submission) -> Any:
        try:
            return await self.stored(function, submission)
        except sqlite3.Error as error:
            logger.error("The record of a chat failed: %s", type(error).__name__)
            return None

    def _session(self, request: Request) -> Session:
        self._refuse_foreign(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self.tokens.check(token.strip()) if scheme.lower() == "bearer" else None
        if session is None:
            raise Refused(
                401, "no_session", f"This chat has ended. Start a new one. {self._call_line()}"
            )
        return session

    def _refuse_foreign(self, request: Request) -> None:
        if pages.is_foreign(request, self.allowed):
            raise Refused(403, "foreign_page", "This page may not use the chat.")

    def _limit(self, limiter: RateLimiter, key: str) -> None:
        seconds = limiter.wait(key)
        if seconds:
            raise Refused(429, "too_fast", too_fast_text(self.settings.region), ceil(seconds))

    def _call_line(self) -> str:
        return f"In an emergency: {call_line(self.settings.region)}"

    async def _forget_old(self) -> None:
        now = time.time()
        if now - self._cleaned > _CLEAN_EVERY:
            self._cleaned = now
            await self.stored(self.store.forget_before, now - self.tokens.lifetime)


class _ChatBlueprint(Blueprint):
    """A blueprint that also turns Rasa's own page at / into the way to the patient page."""

    def register(self, app: Any, options: Any) -> None:
        super().register(app, options)

        async def to_patient_page(request: Request) -> Optional[HTTPResponse]:
            return response.redirect("/chat/") if request.path == "/" else None

        app.register_middleware(to_patient_page, "request")
