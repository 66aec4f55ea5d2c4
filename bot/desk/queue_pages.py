"""The queue, its live part, and the stream of live updates."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.care import audit, database
from bot.care.alerts import get_alert
from bot.care.models import AuditEvent
from bot.desk import access, queue, view
from bot.desk.feed import Feed
from bot.desk.parts import answer_part
from bot.desk.roles import Permission
from bot.desk.site import COOKIE, Site
from bot.desk.stream import event_stream
from bot.settings import Settings


def add_routes(router: APIRouter, site: Site, feed: Feed) -> None:
    """Add the queue and the live updates."""
    settings = site.settings
    may_see = Depends(site.allowed(Permission.SEE_ALERTS))

    def values(nurse: access.Nurse, wanted: queue.Filter) -> Dict[str, Any]:
        with database.reading(settings) as session:
            found = queue.find(session, settings, wanted, nurse.name)
        return {"queue": found, "wanted": wanted, "states": queue.STATES}

    @router.get("")
    def queue_page(
        request: Request,
        text: str = "",
        level: str = "",
        state: str = "",
        mine: str = "",
        nurse: access.Nurse = may_see,
    ) -> Response:
        wanted = queue.read_filter(text, level, state, mine)
        with database.transaction(settings) as session:
            audit.record(session, actor=nurse.name, action="queue seen")
        return site.page(request, "queue.html", nurse, **values(nurse, wanted))

    @router.get("/queue")
    def queue_part(
        request: Request,
        text: str = "",
        level: str = "",
        state: str = "",
        mine: str = "",
        nurse: access.Nurse = may_see,
    ) -> Response:
        wanted = queue.read_filter(text, level, state, mine)
        return answer_part(
            request, site.page(request, "_queue.html", nurse, **values(nurse, wanted))
        )

    @router.get("/events")
    async def events(request: Request) -> Response:
        cookie = request.cookies.get(COOKIE)

        def may_watch() -> bool:
            nurse = access.signed_in(settings, cookie)
            return nurse is not None and nurse.may(Permission.SEE_ALERTS)

        async def still_allowed() -> bool:
            return await asyncio.to_thread(may_watch)

        if not await still_allowed():
            return Response(status_code=401)
        return event_stream(
            request,
            feed,
            describe=lambda event: _describe(settings, event),
            still_allowed=still_allowed,
        )


def _describe(settings: Settings, event: AuditEvent) -> Optional[Dict[str, Any]]:
    with database.reading(settings) as session:
        try:
            alert = get_alert(session, event.alert_id)
        except LookupError:
            return None
    return {
        "alert": alert.id,
        "action": event.action,
        "actor": event.actor,
        "level": alert.level.name,
        "level_name": view.LEVEL_NAMES[alert.level],
        "patient": alert.episode.patient.pseudonym,
    }
