"""The pages of the desk: sign-in, queue, alert. Server-rendered; a small script keeps them live."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.care import audit, database
from bot.care.alerts import acknowledge, failed_deliveries, get_alert, list_alerts, messages_of
from bot.care.conversations import Line, transcript
from bot.care.episodes import OUTCOMES, AlreadyClosed, close_episode
from bot.care.models import AuditEvent
from bot.desk import access, view
from bot.desk.feed import Feed
from bot.desk.stream import event_stream
from bot.settings import Settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
COOKIE = "desk_session"


class SignInNeeded(Exception):
    """The request has no valid session."""


class Forbidden(Exception):
    """The request did not come from a form of this desk."""


def pages_router(settings: Settings, feed: Feed) -> APIRouter:
    """Return the routes under ``/desk``, except its static files."""
    router = APIRouter(prefix="/desk", include_in_schema=False)
    templates = _templates(settings)

    def page(request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
        values.setdefault("nurse", None)
        return templates.TemplateResponse(request, template, values, status_code=status)

    def nurse_of(request: Request) -> access.Nurse:
        nurse = access.signed_in(settings, request.cookies.get(COOKIE))
        if nurse is None:
            raise SignInNeeded
        return nurse

    def writing_nurse(
        request: Request, csrf: str = Form(""), nurse: access.Nurse = Depends(nurse_of)
    ) -> access.Nurse:
        _check_origin(request)
        if not access.is_csrf_token(nurse, csrf):
            raise Forbidden
        return nurse

    @router.get("")
    def queue(request: Request, nurse: access.Nurse = Depends(nurse_of)) -> Response:
        return page(request, "queue.html", nurse=nurse, **_queue(settings))

    @router.get("/queue")
    def queue_part(request: Request, nurse: access.Nurse = Depends(nurse_of)) -> Response:
        return page(request, "_queue.html", nurse=nurse, **_queue(settings))

    @router.get("/alerts/{alert_id}")
    def alert_page(
        request: Request, alert_id: str, nurse: access.Nurse = Depends(nurse_of)
    ) -> Response:
        try:
            with database.transaction(settings) as session:
                alert = get_alert(session, alert_id)
                audit.record(session, actor=nurse.name, action=audit.OPENED, alert_id=alert.id)
            return page(request, "alert.html", nurse=nurse, **_alert(settings, alert_id))
        except LookupError:
            return _no_such_alert(page, request, nurse)

    @router.get("/alerts/{alert_id}/live")
    def alert_part(
        request: Request, alert_id: str, nurse: access.Nurse = Depends(nurse_of)
    ) -> Response:
        try:
            return page(request, "_alert.html", nurse=nurse, **_alert(settings, alert_id))
        except LookupError:
            return Response(status_code=404)

    @router.post("/alerts/{alert_id}/acknowledge")
    def take(
        request: Request, alert_id: str, nurse: access.Nurse = Depends(writing_nurse)
    ) -> Response:
        try:
            with database.transaction(settings) as session:
                result = acknowledge(session, alert_id, nurse=nurse.name)
        except LookupError:
            return _no_such_alert(page, request, nurse)
        if result.first or result.alert.acknowledged_by == nurse.name:
            return RedirectResponse(f"/desk/alerts/{alert_id}", status_code=303)
        message = f"{result.alert.acknowledged_by} was first and has this alert."
        values = _alert(settings, alert_id, conflict=message)
        return page(request, "alert.html", 409, nurse=nurse, **values)

    @router.post("/alerts/{alert_id}/close")
    def close(
        request: Request,
        alert_id: str,
        outcome: str = Form(""),
        nurse: access.Nurse = Depends(writing_nurse),
    ) -> Response:
        try:
            with database.transaction(settings) as session:
                close_episode(session, alert_id, nurse=nurse.name, outcome=outcome)
        except LookupError:
            return _no_such_alert(page, request, nurse)
        except (AlreadyClosed, ValueError) as error:
            message = str(error) if isinstance(error, AlreadyClosed) else "Choose how it ended."
            values = _alert(settings, alert_id, conflict=message)
            return page(request, "alert.html", 409, nurse=nurse, **values)
        return RedirectResponse("/desk", status_code=303)

    @router.get("/events")
    async def events(request: Request) -> Response:
        cookie = request.cookies.get(COOKIE)

        async def still_allowed() -> bool:
            return await asyncio.to_thread(access.signed_in, settings, cookie) is not None

        if not await still_allowed():
            return Response(status_code=401)
        return event_stream(
            request,
            feed,
            describe=lambda event: _describe(settings, event),
            still_allowed=still_allowed,
        )

    @router.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        return page(request, "sign_in.html", error="", name="")

    @router.post("/sign-in")
    def sign_in(request: Request, name: str = Form(""), password: str = Form("")) -> Response:
        _check_origin(request)
        address = request.client.host if request.client else "unknown"
        try:
            cookie = access.sign_in(settings, name, password, address)
        except access.SignInRefused as refusal:
            return page(request, "sign_in.html", 403, error=str(refusal), name=name)
        return _with_cookie(request, cookie)

    @router.get("/local")
    def local(request: Request, token: str = "") -> Response:
        try:
            cookie = access.use_local_link(settings, token)
        except access.SignInRefused as refusal:
            return page(request, "sign_in.html", 403, error=str(refusal), name="")
        return _with_cookie(request, cookie)

    @router.post("/sign-out")
    def sign_out(request: Request, nurse: access.Nurse = Depends(writing_nurse)) -> Response:
        access.sign_out(settings, request.cookies[COOKIE])
        answer = RedirectResponse("/desk/sign-in", status_code=303)
        answer.delete_cookie(COOKIE, path="/desk")
        return answer

    return router


def answer_sign_in_needed(request: Request, error: Exception) -> Response:
    """Send a browser to the sign-in page, and anything that asks for a part of a page a 401."""
    if request.headers.get("x-desk-part"):
        return Response(status_code=401)
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        # The cookie is SameSite=Strict, so a browser that follows a link from a mail leaves it
        # out. Loading the page once more from here, it brings the cookie along.
        return HTMLResponse(
            "<!doctype html><html lang=en><title>Nurse desk</title>"
            '<meta http-equiv="refresh" content="0"><p>Opening the nurse desk …</p></html>'
        )
    return RedirectResponse("/desk/sign-in", status_code=303)


def answer_forbidden(request: Request, error: Exception) -> Response:
    """Refuse a form that is not ours, or that is older than the session."""
    return HTMLResponse(
        "<!doctype html><html lang=en><title>Not done</title><main><h1>Not done</h1>"
        '<p>This form has expired. <a href="/desk">Open the queue</a> and try again.</p></main>',
        status_code=403,
    )


def _queue(settings: Settings) -> Dict[str, Any]:
    with database.reading(settings) as session:
        alerts = list_alerts(session)
        failed = failed_deliveries(session)
    waiting = [alert for alert in alerts if alert.acknowledged_at is None]
    counts = [
        (level, sum(1 for alert in waiting if alert.level is level))
        for level in sorted(Level, reverse=True)
        if level is not Level.SELF_CARE
    ]
    return {
        "waiting": waiting,
        "taken": [alert for alert in alerts if alert.acknowledged_at is not None],
        "counts": counts,
        "failed": failed,
    }


def _alert(settings: Settings, alert_id: str, conflict: str = "") -> Dict[str, Any]:
    with database.reading(settings) as session:
        alert = get_alert(session, alert_id)
        records = messages_of(session, alert.episode_id)
        timeline = view.steps(audit.timeline(session, alert_id))
    lines, is_readable = _transcript(settings, alert.episode.patient.conversation_id)
    return {
        "alert": alert,
        "records": records,
        "known": view.known_of_her(records),
        "about": view.about(alert),
        "steps": timeline,
        "lines": lines,
        "is_readable": is_readable,
        "conflict": conflict,
        "outcomes": OUTCOMES,
    }


def _transcript(settings: Settings, conversation_id: str) -> Tuple[List[Line], bool]:
    try:
        return transcript(settings.conversation_database, conversation_id), True
    except (sqlite3.Error, ValueError) as error:
        logger.error("transcript cannot be read (%s)", type(error).__name__)
        return [], False


def _describe(settings: Settings, event: AuditEvent) -> Optional[Dict[str, Any]]:
    with database.reading(settings) as session:
        try:
            alert = get_alert(session, event.alert_id)
        except LookupError:
            return None
    return {
        "alert": alert.id,
        "action": event.action,
        "level": alert.level.name,
        "level_name": view.LEVEL_NAMES[alert.level],
        "patient": alert.episode.patient.pseudonym,
    }


def _templates(settings: Settings) -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        view=view, Level=Level, clinic=settings.clinic.get("name") or "Nurse desk"
    )
    return Jinja2Templates(env=environment)


def _no_such_alert(page: Any, request: Request, nurse: access.Nurse) -> Response:
    return page(request, "missing.html", 404, nurse=nurse)


def _with_cookie(request: Request, cookie: str) -> Response:
    answer = RedirectResponse("/desk", status_code=303)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=int(access.LONGEST_SESSION.total_seconds()),
        path="/desk",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise Forbidden
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden
