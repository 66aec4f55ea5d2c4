"""The API for hospital systems: list, read, acknowledge and follow alerts with a bearer token."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from bot.care import database
from bot.care.alerts import acknowledge, get_alert, list_alerts
from bot.care.models import AuditEvent
from bot.desk.access import is_api_token
from bot.desk.feed import Feed
from bot.desk.stream import event_stream
from bot.desk.view import alert_as_json
from bot.settings import Settings


class FindingBody(BaseModel):
    """Something that her words say, and where."""

    key: str = Field(description="Row of the triage policy, such as BR-02")
    assertion: str = Field(description="present, negated, hypothetical, historical or resolved")
    experiencer: str = Field(description="patient or other")
    text: str
    start: int = Field(description="Character offset into the text of the alert")
    end: int


class AlertBody(BaseModel):
    """An alert with the message and the assessment that set its level."""

    id: str
    level: str = Field(description="EMERGENCY_NOW, URGENT_SAME_DAY, ROUTINE or SELF_CARE")
    subtype: Optional[str]
    summary: str
    rules: List[str]
    findings: List[FindingBody]
    text: str
    conversation_id: str
    channel: str
    created_at: str = Field(description="UTC, ISO 8601")
    acknowledged_by: Optional[str]
    acknowledged_at: Optional[str]
    closed_by: Optional[str]
    closed_at: Optional[str]
    recovered: bool = Field(description="Found by the sweeper, not reported by an action")


class AcknowledgeBody(BaseModel):
    """Who takes the alert."""

    nurse: str = Field(min_length=1, max_length=80, regex=r"\S")


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str


def api_router(settings: Settings, feed: Feed) -> APIRouter:
    """Return the routes under ``/api``."""
    bearer = HTTPBearer(auto_error=False, description="The token kept in var/api-token")

    def checked(credentials: Optional[HTTPAuthorizationCredentials] = Depends(bearer)) -> None:
        if credentials is None or not is_api_token(settings, credentials.credentials):
            raise HTTPException(
                401, "Send the token as a bearer token.", {"WWW-Authenticate": "Bearer"}
            )

    router = APIRouter(
        prefix="/api/alerts",
        tags=["alerts"],
        dependencies=[Depends(checked)],
        responses={401: {"model": Problem, "description": "No token, or a wrong one"}},
    )
    unknown: Dict[Union[int, str], Dict[str, Any]] = {
        404: {"model": Problem, "description": "No such alert"}
    }

    @router.get("", response_model=List[AlertBody])
    def list_them(include_closed: bool = False) -> List[Dict[str, Any]]:
        """List alerts: not acknowledged first, then by level, then by longest waiting."""
        with database.reading(settings) as session:
            found = list_alerts(session, include_closed=include_closed)
            return [alert_as_json(alert) for alert in found]

    @router.get(
        "/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Alert events"}},
    )
    async def stream(request: Request) -> StreamingResponse:
        """Follow alerts as server-sent events named ``alert``; resumes after Last-Event-ID."""

        async def still_allowed() -> bool:
            return True

        return event_stream(request, feed, describe=describe, still_allowed=still_allowed)

    @router.get("/{alert_id}", response_model=AlertBody, responses=unknown)
    def read(alert_id: str) -> Dict[str, Any]:
        """Read one alert."""
        with database.reading(settings) as session:
            try:
                return alert_as_json(get_alert(session, alert_id))
            except LookupError as error:
                raise HTTPException(404, str(error)) from error

    @router.post(
        "/{alert_id}/acknowledge",
        response_model=AlertBody,
        responses={**unknown, 409: {"model": AlertBody, "description": "Somebody was first"}},
    )
    def take(alert_id: str, body: AcknowledgeBody) -> Any:
        """Acknowledge an alert. Doing so twice under one name is no error."""
        with database.transaction(settings) as session:
            try:
                result = acknowledge(session, alert_id, nurse=body.nurse.strip())
            except LookupError as error:
                raise HTTPException(404, str(error)) from error
            content = alert_as_json(result.alert)
        was_first = content["acknowledged_by"] == body.nurse.strip()
        return content if was_first else JSONResponse(content, status_code=409)

    def describe(event: AuditEvent) -> Optional[Dict[str, Any]]:
        with database.reading(settings) as session:
            try:
                alert = alert_as_json(get_alert(session, event.alert_id))
            except LookupError:
                return None
        return {"event": event.action, "at": event.at.isoformat(), "alert": alert}

    return router
