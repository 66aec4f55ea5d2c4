"""Who saw and did what, for auditors: filtered, paged, never changed, without words of patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care import audit, database
from bot.care.models import Alert, AuditEvent, Episode, Patient
from bot.desk import access
from bot.desk.roles import Permission
from bot.desk.site import Site

PAGE_SIZE = 100


@dataclass(frozen=True)
class Search:
    """What the auditor asked for. Days are UTC days, as in the record."""

    actor: str = ""
    action: str = ""
    patient: str = ""
    first: str = ""
    last: str = ""
    before: Optional[int] = None

    @property
    def query(self) -> str:
        """Return the search as the query of a link, without the place in the list."""
        given = {name: value for name, value in vars(self).items() if value and name != "before"}
        return urlencode(given)


def add_routes(router: APIRouter, site: Site) -> None:
    """Add the audit page."""
    settings = site.settings
    may_see = Depends(site.allowed(Permission.SEE_AUDIT))

    @router.get("/audit")
    def audit_page(
        request: Request,
        actor: str = "",
        action: str = "",
        patient: str = "",
        first: str = "",
        last: str = "",
        before: str = "",
        nurse: access.Nurse = may_see,
    ) -> Response:
        place = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
        search = Search(
            actor.strip()[:120], action[:40], patient.strip().upper()[:16], first, last, place
        )
        with database.transaction(settings) as session:
            audit.record(session, actor=nurse.name, action="audit record seen")
        with database.reading(settings) as session:
            events, more = find(session, search)
            values: Dict[str, Any] = {
                "rows": events,
                "actions": _names(session, AuditEvent.action),
                "actors": _names(session, AuditEvent.actor),
                "search": search,
                "older": events[-1][0].id if more else None,
            }
        return site.page(request, "audit.html", nurse, **values)


def find(session: Session, search: Search) -> Tuple[List[Tuple[AuditEvent, Optional[str]]], bool]:
    """Return the newest events that fit, each with the patient's pseudonym, and whether more do."""
    query = (
        select(AuditEvent, Patient.pseudonym)
        .outerjoin(Alert, Alert.id == AuditEvent.alert_id)
        .outerjoin(Episode, Episode.id == Alert.episode_id)
        .outerjoin(Patient, Patient.id == Episode.patient_id)
        .order_by(AuditEvent.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    if search.actor:
        query = query.where(AuditEvent.actor == search.actor)
    if search.action:
        query = query.where(AuditEvent.action == search.action)
    if search.patient:
        query = query.where(Patient.pseudonym == search.patient)
    if (start := _day(search.first)) is not None:
        query = query.where(AuditEvent.at >= start)
    if (end := _day(search.last)) is not None:
        query = query.where(AuditEvent.at < end + timedelta(days=1))
    if search.before is not None:
        query = query.where(AuditEvent.id < search.before)
    rows = [(event, pseudonym) for event, pseudonym in session.execute(query).all()]
    return rows[:PAGE_SIZE], len(rows) > PAGE_SIZE


def _names(session: Session, column: Any) -> List[str]:
    return list(session.execute(select(column).distinct().order_by(column)).scalars())


def _day(given: str) -> Optional[datetime]:
    try:
        return datetime.combine(date.fromisoformat(given), time.min, timezone.utc)
    except ValueError:
        return None
