"""The append-only record of who did what; the desk's live updates follow it."""

from __future__ import annotations

from typing import Any, List, Optional

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot.care.models import AuditEvent
from bot.observability import correlation

#: Names of the actions on alerts, in the order in which they usually happen.
RAISED = "alert raised"
LEVEL_RAISED = "level raised"
MESSAGE_ADDED = "message added"
DELIVERED = "notification sent"
DELIVERY_DELAYED = "notification delayed"
DELIVERY_FAILED = "notification failed"
OPENED = "alert opened"
ACKNOWLEDGED = "acknowledged"
ASSIGNED = "assigned"
NOTED = "note added"
TAKEN_OVER = "taken over"
WROTE = "nurse wrote to patient"
HANDED_BACK = "handed back"
LEFT = "take-over ended, nurse left"
LEVEL_LOWERED = "level lowered"
STEP_TAKEN = "ladder step taken"
STEP_REACHED_NOBODY = "ladder step reached nobody"
REMINDED = "nurse reminded"
LAPSED = "acknowledgement lapsed"
SILENT = "patient silent after emergency advice"
CHECK_IN_UNANSWERED = "check-in not answered"
REACHED_PATIENT = "message reached patient"
PATIENT_NOT_REACHED = "message did not reach patient"
TRIED_AGAIN = "notification tried again"
LISTED = "alerts listed by a program"
FOLLOWED = "alerts followed by a program"
CLOSED = "episode closed"

#: Any number that no other program of the clinic's PostgreSQL uses for its advisory locks.
_ORDER_LOCK = 7_120_222


def record(
    session: Session, *, actor: str, action: str, alert_id: Optional[str] = None, **details: Any
) -> AuditEvent:
    """Add an event to the transaction and return it. ``details`` must hold no patient text.

    Call it last in a transaction: on PostgreSQL writers of events take turns from here to their
    commit, so that ids become visible in order and nobody who follows them misses one.
    """
    if correlation.current():
        details["correlation_id"] = correlation.current()
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ORDER_LOCK})
    audit_event = AuditEvent(actor=actor, action=action, alert_id=alert_id, details=details)
    session.add(audit_event)
    session.flush()
    return audit_event


def latest_id(session: Session) -> int:
    """Return the id of the newest event, or 0 when there is none."""
    return session.execute(select(func.max(AuditEvent.id))).scalar() or 0


def correlation_of(session: Session, alert_id: str) -> Optional[str]:
    """Return the id of the request that raised an alert, or None when it had none."""
    raised = session.execute(
        select(AuditEvent.details)
        .where(AuditEvent.alert_id == alert_id)
        .order_by(AuditEvent.id)
        .limit(1)
    ).scalar()
    return (raised or {}).get("correlation_id")


def events_after(session: Session, after: int, limit: int = 500) -> List[AuditEvent]:
    """Return the events with an id above ``after``, oldest first."""
    return list(
        session.execute(
            select(AuditEvent).where(AuditEvent.id > after).order_by(AuditEvent.id).limit(limit)
        ).scalars()
    )


def timeline(session: Session, alert_id: str) -> List[AuditEvent]:
    """Return everything that happened to one alert, oldest first."""
    return list(
        session.execute(
            select(AuditEvent).where(AuditEvent.alert_id == alert_id).order_by(AuditEvent.id)
        ).scalars()
    )
