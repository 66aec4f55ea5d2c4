"""When a patient agreed to her chat being stored."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from sqlalchemy.orm import Session

from bot.care.patients import find_or_add_patient


def record_consent(
    session: Session, *, conversation_id: str, channel: str, at: Optional[datetime]
) -> None:
    """Store that she agreed ``at`` this time, or with None that she has not (any more)."""
    patient = find_or_add_patient(session, conversation_id=conversation_id, channel=channel)
    patient.consent_at = at
