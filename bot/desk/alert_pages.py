"""The page of one alert, its live part, and everything a nurse does there.

Each form brings back the version of the alert it was made for (bot.desk.versions). When somebody
was first, the page is shown again with the name of who was, and with what the nurse had typed.
"""

from __future__ import annotations

import secrets
from typing import Any, Callable, Mapping, Optional

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from bot.care import audit, database, handling, outbox
from bot.care.alerts import acknowledge, get_alert
from bot.care.clock import now
from bot.care.episodes import OUTCOMES, AlreadyClosed
from bot.desk import access, case, queue, versions
from bot.desk.parts import answer_part
from bot.desk.roles import Permission
from bot.desk.site import Site
from bot.triage.vocabulary import Level

Work = Callable[[Session], Any]

#: Fields whose content comes back to the page when a form could not be carried out.
TYPED = ("text", "note", "outcome", "reason", "level", "lower_reason")


def add_routes(router: APIRouter, site: Site) -> None:
    """Add the page of an alert and its forms."""
    settings = site.settings
    may_see = Depends(site.allowed(Permission.SEE_ALERTS))
    may_act = Depends(site.form_of(Permission.ACT))

    def show(
        request: Request,
        nurse: access.Nurse,
        alert_id: str,
        template: str = "alert.html",
        status: int = 200,
        conflict: str = "",
        typed: Optional[Mapping[str, str]] = None,
    ) -> Response:
        with database.reading(settings) as session:
            found = case.read(session, settings, alert_id)
        values = {
            "case": found,
            "alert": found.alert,
            "conflict": conflict,
            "typed": {**dict.fromkeys(TYPED, ""), **(typed or {})},
            "outcomes": OUTCOMES,
            "lower_levels": [level for level in Level if level < found.alert.level][::-1],
            # Tells one press of the send button from the next, so that no words go out twice. A
            # page that is kept live makes its own.
            "press": secrets.token_hex(8) if template == "alert.html" else "",
        }
        return site.page(request, template, nurse, status, **values)

    def change(
        request: Request,
        nurse: access.Nurse,
        alert_id: str,
        version: str,
        work: Work,
        then: str = "",
        **typed: str,
    ) -> Response:
        seen = int(version) if version.isascii() and version.isdigit() else None
        try:
            with database.transaction(settings) as session:
                get_alert(session, alert_id)
                versions.check(session, alert_id, seen=seen, nurse=nurse.name)
                work(session)
        except LookupError:
            return site.not_found(request, nurse)
        except AlreadyClosed as error:
            return show(request, nurse, alert_id, status=409, conflict=str(error), typed=typed)
        except ValueError as error:
            return show(request, nurse, alert_id, status=409, conflict=str(error), typed=typed)
        return RedirectResponse(then or f"/desk/alerts/{alert_id}", status_code=303)

    @router.get("/alerts/{alert_id}")
    def alert_page(request: Request, alert_id: str, nurse: access.Nurse = may_see) -> Response:
        try:
            with database.transaction(settings) as session:
                alert = get_alert(session, alert_id)
                audit.record(session, actor=nurse.name, action=audit.OPENED, alert_id=alert.id)
            return show(request, nurse, alert_id)
        except LookupError:
            return site.not_found(request, nurse)

    @router.get("/alerts/{alert_id}/live")
    def alert_part(request: Request, alert_id: str, nurse: access.Nurse = may_see) -> Response:
        try:
            return answer_part(request, show(request, nurse, alert_id, "_alert.html"))
        except LookupError:
            return Response(status_code=404)

    @router.post("/alerts/{alert_id}/acknowledge")
    def take(
        request: Request, alert_id: str, version: str = Form(""), nurse: access.Nurse = may_act
    ) -> Response:
        def work(session: Session) -> None:
            result = acknowledge(session, alert_id, nurse=nurse.name)
            if not result.first and result.alert.acknowledged_by != nurse.name:
                raise handling.SomebodyFirst(f"{result.alert.acknowledged_by} was first.")

        return change(request, nurse, alert_id, version, work)

    @router.post("/alerts/{alert_id}/assign")
    def assign(
        request: Request,
        alert_id: str,
        to: str = Form(""),
        version: str = Form(""),
        nurse: access.Nurse = may_act,
    ) -> Response:
        def work(session: Session) -> None:
            alert = get_alert(session, alert_id)
            if to != nurse.name and to not in case.read(session, settings, alert_id).colleagues:
                raise ValueError("Choose a colleague who has an account.")
            handling.assign(session, alert_id, nurse=nurse.name, to=to, seen=alert.assigned_to)
            if to == nurse.name and alert.acknowledged_at is None:
                acknowledge(session, alert_id, nurse=nurse.name)

        return change(request, nurse, alert_id, version, work)

    @router.post("/alerts/{alert_id}/note")
    def note(
        request: Request,
        alert_id: str,
        note: str = Form(""),
        version: str = Form(""),
        nurse: access.Nurse = may_act,
    ) -> Response:
        def work(session: Session) -> None:
            handling.add_note(session, alert_id, nurse=nurse.name, text=note)

        return change(request, nurse, alert_id, version, work, note=note)

    @router.post("/alerts/{alert_id}/take-over")
    def take_over(
        request: Request, alert_id: str, version: str = Form(""), nurse: access.Nurse = may_act
    ) -> Response:
        def work(session: Session) -> None:
            handling.take_over(session, alert_id, nurse=nurse.name)

        then = f"/desk/alerts/{alert_id}#reply"
        return change(request, nurse, alert_id, version, work, then)

    @router.post("/alerts/{alert_id}/write")
    def write(
        request: Request,
        alert_id: str,
        text: str = Form(""),
        press: str = Form(""),
        version: str = Form(""),
        nurse: access.Nurse = may_act,
    ) -> Response:
        def work(session: Session) -> None:
            if not 1 <= len(press) <= 64:
                raise ValueError("This form is not complete. Send it once more.")
            handling.write_to_patient(
                session, alert_id, nurse=nurse.name, text=text, key=f"nurse:{press}"
            )

        then = f"/desk/alerts/{alert_id}#reply"
        return change(request, nurse, alert_id, version, work, then, text=text)

    @router.post("/alerts/{alert_id}/tell-again")
    def tell_again(
        request: Request,
        alert_id: str,
        delivery: str = Form(""),
        version: str = Form(""),
        nurse: access.Nurse = may_act,
    ) -> Response:
        def work(session: Session) -> None:
            known = {str(row.id): row.id for row in case.given_up(session, alert_id)}
            if delivery not in known:
                raise ValueError("This notification is being sent again already.")
            outbox.try_again(session, known[delivery], nurse=nurse.name, at=now())

        return change(request, nurse, alert_id, version, work)

    @router.post("/alerts/{alert_id}/hand-back")
    def hand_back(
        request: Request, alert_id: str, version: str = Form(""), nurse: access.Nurse = may_act
    ) -> Response:
        def work(session: Session) -> None:
            handling.hand_back(session, alert_id, nurse=nurse.name)

        return change(request, nurse, alert_id, version, work)

    @router.post("/alerts/{alert_id}/lower")
    def lower(
        request: Request,
        alert_id: str,
        level: str = Form(""),
        lower_reason: str = Form(""),
        version: str = Form(""),
        nurse: access.Nurse = may_act,
    ) -> Response:
        def work(session: Session) -> None:
            if level not in Level.__members__:
                raise ValueError("Choose the level it should have.")
            alert = get_alert(session, alert_id)
            handling.lower_level(
                session,
                alert_id,
                nurse=nurse.name,
                seen=alert.level,
                level=Level[level],
                reason=lower_reason,
            )

        return change(
            request, nurse, alert_id, version, work, level=level, lower_reason=lower_reason
        )

    @router.post("/alerts/{alert_id}/resolve")
    def resolve(
        request: Request,
        alert_id: str,
        outcome: str = Form(""),
        reason: str = Form(""),
        version: str = Form(""),
        nurse: access.Nurse = may_act,
    ) -> Response:
        def work(session: Session) -> None:
            if outcome not in OUTCOMES:
                raise ValueError("Choose how it ended.")
            alert = get_alert(session, alert_id)
            if queue.is_waiting(alert):
                acknowledge(session, alert_id, nurse=nurse.name)
            handling.resolve(session, alert_id, nurse=nurse.name, outcome=outcome, reason=reason)

        return change(
            request, nurse, alert_id, version, work, "/desk", outcome=outcome, reason=reason
        )
