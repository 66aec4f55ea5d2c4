"""Patients: one per conversation, found or added."""

from __future__ import annotations

from typing import Optional

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.care.models import Patient


def find_patient(session: Session, *, conversation_id: str, channel: str) -> Optional[Patient]:
    """Return the patient of a conversation, or None when care has not heard of her."""
    return session.execute(
        select(Patient).where(
            Patient.channel == channel, Patient.conversation_id == conversation_id
        )
    ).scalar_one_or_none()


def find_or_add_patient(session: Session, *, conversation_id: str, channel: str) -> Patient:
    """Return the patient of a conversation, adding her when she is new.

    Safe to call from several processes at once.
    """
    found = find_patient(session, conversation_id=conversation_id, channel=channel)
    if found is None:
        try:
            with session.begin_nested():
                session.add(Patient(channel=channel, conversation_id=conversation_id))
        except IntegrityError:
            session.expire_all()
        found = find_patient(session, conversation_id=conversation_id, channel=channel)
    assert found is not None, "somebody just stored this patient"
    return found
