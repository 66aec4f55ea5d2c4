"""The API for hospital systems: list, read, acknowledge, resolve and follow alerts."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Dict, List, Optional, Union

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.care import audit, database
from bot.care.alerts import acknowledge, get_alert, list_alerts
from bot.care.episodes import AlreadyClosed
from bot.care.handling import resolve
from bot.care.models import AuditEvent
from bot.desk import api_tokens
from bot.desk.api_bodies import ALERT_ID, AlertBody, NurseBody, Problem, ResolveBody
from bot.desk.api_tokens import Caller
from bot.desk.feed import Feed
from bot.desk.stream import event_stream
from bot.desk.view import alert_as_json
from bot.settings import Settings

_UNKNOWN: Dict[Union[int, str], Dict[str, Any]] = {
    404: {"model": Problem, "description": "No such alert"}
}
_ID = Path(..., pattern=ALERT_ID, description="32 hexadecimal digits")


def api_router(settings: Settings, feed: Feed) -> APIRouter:
    """Return the routes under ``/api``."""
    bearer = HTTPBearer(auto_error=False, description="A token made with `python -m bot token add`")

    def allowed(scope: str) -> Callable[..., Caller]:
        def check(
            credentials: Optional[HTTPAuthorizationCredentials] = Depends(bearer),
        ) -> Caller:
            found = credentials and api_tokens.caller(settings, credentials.credentials)
            if not found:
                raise HTTPException(
                    401, "Send a valid token as a bearer token.", {"WWW-Authenticate": "Bearer"}
                )
            if scope not in found.scopes:
                raise HTTPException(403, f"This token lacks the scope {scope}.")
            return found

        return check

    router = APIRouter(
        prefix="/api/alerts",
        tags=["alerts"],
        responses={
            400: {"model": Problem, "description": "The body is no JSON"},
            401: {"model": Problem, "description": "No token, or a wrong one"},
            403: {"model": Problem, "description": "The token may not do this"},
        },
    )
    reads = Depends(allowed(api_tokens.READ))
    acknowledges = Depends(allowed(api_tokens.ACKNOWLEDGE))
    resolves = Depends(allowed(api_tokens.RESOLVE))

    @router.get("", response_model=List[AlertBody])
    def list_them(
        include_closed: bool = False,
        limit: int = Query(500, ge=1, le=500),
        caller: Caller = reads,
    ) -> List[Dict[str, Any]]:
        """List alerts: not acknowledged first, then by level, then by longest waiting."""
        with database.transaction(settings) as session:
            found = list_alerts(session, include_closed=include_closed, limit=limit)
            content = [alert_as_json(alert) for alert in found]
            audit.record(session, actor=caller.name, action=audit.LISTED, alerts=len(content))
        return content

    @router.get(
        "/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Alert events"}},
    )
    async def stream(
        request: Request,
        credentials: Optional[HTTPAuthorizationCredentials] = Depends(bearer),
        caller: Caller = reads,
    ) -> StreamingResponse:
        """Follow alerts as server-sent events named ``alert``; resumes after Last-Event-ID."""
        token = credentials.credentials if credentials else ""

        async def still_allowed() -> bool:
            return await asyncio.to_thread(api_tokens.caller, settings, token) is not None

        await asyncio.to_thread(note_stream, caller)
        return event_stream(request, feed, describe=describe, still_allowed=still_allowed)

    @router.get("/{alert_id}", response_model=AlertBody, responses=_UNKNOWN)
    def read(alert_id: str = _ID, caller: Caller = reads) -> Dict[str, Any]:
        """Read one alert."""
        with database.transaction(settings) as session:
            try:
                content = alert_as_json(get_alert(session, alert_id))
            except LookupError as error:
                raise HTTPException(404, str(error)) from error
            audit.record(session, actor=caller.name, action=audit.OPENED, alert_id=alert_id)
        return content

    @router.post(
        "/{alert_id}/acknowledge",
        response_model=AlertBody,
        responses={**_UNKNOWN, 409: {"model": AlertBody, "description": "Somebody was first"}},
    )
    def take(body: NurseBody, alert_id: str = _ID, caller: Caller = acknowledges) -> Any:
        """Acknowledge an alert. Doing so twice under one name renews the acknowledgement."""
        name = _signed(body.nurse, caller)
        with database.transaction(settings) as session:
            try:
                result = acknowledge(session, alert_id, nurse=name)
            except LookupError as error:
                raise HTTPException(404, str(error)) from error
            content = alert_as_json(result.alert)
        was_first = content["acknowledged_by"] == name
        return content if was_first else JSONResponse(content, status_code=409)

    @router.post(
        "/{alert_id}/resolve",
        response_model=AlertBody,
        responses={**_UNKNOWN, 409: {"model": AlertBody, "description": "Resolved before"}},
    )
    def end(body: ResolveBody, alert_id: str = _ID, caller: Caller = resolves) -> Any:
        """Resolve an alert with an outcome and a reason. The first outcome stands."""
        name = _signed(body.nurse, caller)
        with database.transaction(settings) as session:
            try:
                alert = resolve(
                    session, alert_id, nurse=name, outcome=body.outcome, reason=body.reason
                )
            except AlreadyClosed:
                content = alert_as_json(get_alert(session, alert_id))
                return JSONResponse(content, status_code=409)
            except LookupError as error:
                raise HTTPException(404, str(error)) from error
            return alert_as_json(alert)

    def note_stream(caller: Caller) -> None:
        with database.transaction(settings) as session:
            audit.record(session, actor=caller.name, action=audit.FOLLOWED)

    def describe(event: AuditEvent) -> Optional[Dict[str, Any]]:
        with database.reading(settings) as session:
            try:
                alert = alert_as_json(get_alert(session, event.alert_id))
            except LookupError:
                return None
        return {"event": event.action, "at": event.at.isoformat(), "alert": alert}

    return router


def _signed(nurse: str, caller: Caller) -> str:
    return f"{nurse.strip()} ({caller.name})"
