"""Server-sent events for the desk and the API, resumable by Last-Event-ID."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Optional

from fastapi import Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.care import audit
from bot.care.models import AuditEvent
from bot.desk.feed import Feed

logger = logging.getLogger(__name__)

#: Seconds between signs of life, which also keep proxies from closing the connection.
ALIVE_SECONDS = 10.0

Describe = Callable[[AuditEvent], Optional[Dict[str, Any]]]


def event_stream(
    request: Request,
    feed: Feed,
    *,
    describe: Describe,
    still_allowed: Callable[[], Awaitable[bool]],
) -> StreamingResponse:
    """Return a response that sends each alert event as ``describe`` gives it, as it happens.

    It starts after ``Last-Event-ID`` if the client sends one, else now. ``still_allowed`` is asked
    with every sign of life; when it says no, the client gets ``signed-out`` and the stream ends.
    """
    after = _last_event_id(request)

    async def lines() -> AsyncIterator[str]:
        try:
            newest = await feed.newest()
        except SQLAlchemyError as error:
            logger.error("live updates: the database failed (%s)", type(error).__name__)
            return
        # A larger id than the newest one comes from before a restored backup.
        position = newest if after is None else min(after, newest)
        # The first line makes the client reconnect quickly and gives it a place to resume from.
        yield f"retry: 1000\nid: {position}\nevent: ready\ndata: {{}}\n\n"
        while not feed.stopped:
            try:
                events = await feed.events_after(position, wait_seconds=ALIVE_SECONDS)
            except SQLAlchemyError as error:
                logger.error("live updates: the database failed (%s)", type(error).__name__)
                return
            if not events:
                if feed.stopped or not await still_allowed():
                    break
                yield f"id: {position}\nevent: alive\ndata: {{}}\n\n"
            for event in events:
                position = event.id
                data = None
                if event.alert_id is not None and event.action != audit.OPENED:
                    data = await asyncio.to_thread(describe, event)
                if data is not None:
                    yield f"id: {event.id}\nevent: alert\ndata: {json.dumps(data)}\n\n"
        if not feed.stopped:
            yield "event: signed-out\ndata: {}\n\n"

    return StreamingResponse(
        lines(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _last_event_id(request: Request) -> Optional[int]:
    given = request.headers.get("last-event-id", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 18 else None
