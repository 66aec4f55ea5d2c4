"""Her plan, kept encrypted; whoever holds its link may read it."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from typing import Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care.clock import now
from bot.care.models import Plan as PlanRow
from bot.care.patients import find_or_add_patient, find_patient
from bot.plan.model import Plan

#: A link that is older than this opens nothing; "my plan" gives a new one.
LINK_LIVES = timedelta(days=90)


def save_plan(session: Session, *, conversation_id: str, channel: str, plan: Plan) -> str:
    """Store the plan within the caller's transaction and return the token of its link.

    Each saving gives a new token, and the former one opens nothing any more.
    """
    patient = find_or_add_patient(session, conversation_id=conversation_id, channel=channel)
    token = secrets.token_urlsafe(24)
    row = session.execute(
        select(PlanRow).where(PlanRow.patient_id == patient.id)
    ).scalar_one_or_none()
    if row is None:
        row = PlanRow(patient_id=patient.id)
        session.add(row)
    row.body, row.token_hash, row.updated_at = json.dumps(plan.to_plain()), _hash(token), now()
    session.flush()
    return token


def share_with_nurse(session: Session, *, conversation_id: str, channel: str) -> bool:
    """Record that she wants the nurse to read it; return whether there is a plan."""
    row = _row(session, conversation_id, channel)
    if row is None:
        return False
    row.shared_with_nurse = True
    return True


def shared_plan(session: Session, *, patient_id: str) -> Optional[Plan]:
    """Return the plan a patient shared with the nurse, or None."""
    row = session.execute(
        select(PlanRow).where(PlanRow.patient_id == patient_id, PlanRow.shared_with_nurse)
    ).scalar_one_or_none()
    return None if row is None else Plan.from_plain(json.loads(row.body))


def plan_of_token(session: Session, token: str) -> Optional[Plan]:
    """Return the plan behind a link, or None for an unknown or expired one."""
    row = session.execute(
        select(PlanRow).where(PlanRow.token_hash == _hash(token))
    ).scalar_one_or_none()
    if row is None or row.updated_at < now() - LINK_LIVES:
        return None
    return Plan.from_plain(json.loads(row.body))


def _row(session: Session, conversation_id: str, channel: str) -> Optional[PlanRow]:
    patient = find_patient(session, conversation_id=conversation_id, channel=channel)
    if patient is None:
        return None
    return session.execute(
        select(PlanRow).where(PlanRow.patient_id == patient.id)
    ).scalar_one_or_none()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
