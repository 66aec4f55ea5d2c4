"""When a patient agreed to her chat being stored."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.care.models import Patient


def record_consent(
    session: Session, *, conversation_id: str, channel: str, at: Optional[datetime]
) -> None:
    """Store that she agreed ``at`` this time, or with None that she has not (any more)."""
    conversation = (Patient.channel == channel, Patient.conversation_id == conversation_id)
    patient = session.execute(select(Patient).where(*conversation)).scalar_one_or_none()
    if patient is None:
        try:
            with session.begin_nested():
                patient = Patient(channel=channel, conversation_id=conversation_id)
                session.add(patient)
        except IntegrityError:
            patient = session.execute(select(Patient).where(*conversation)).scalar_one()
    patient.consent_at = at
