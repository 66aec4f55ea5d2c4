"""Notices a patient who does not answer a red-flag question: a nurse takes over (triage.md U-02).

Reads the conversation store, as the sweeper does, so it depends on nothing the question's own turn
had to write, and a restart forgets nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care import database, outgoing
from bot.care.alerts import raise_alert
from bot.care.clock import now
from bot.care.conversations import UserMessage, latest_messages
from bot.care.models import Episode, Message, Patient
from bot.care.worker import Worker
from bot.content import load_content
from bot.settings import Settings
from bot.triage.episode import silence
from bot.triage.reader import load_table
from bot.triage.vocabulary import Assessment, Level

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 10.0
#: A question older than this was dealt with or was asked before this machine stood still for long.
LOOK_BACK = timedelta(hours=12)


class SilenceWatch(Worker):
    """Raises an alert, and tells the patient who to call, three minutes after a question."""

    name = "silence watch"

    def __init__(self, settings: Settings, *, interval: float = INTERVAL_SECONDS) -> None:
        super().__init__(interval=interval)
        self._settings = settings
        texts = load_content(settings.language, settings)
        self._text = texts.message("not_answered").text
        self._patience = timedelta(minutes=load_table().policy["questions"]["silence_minutes"])

    def work(self) -> bool:
        """Look once at every conversation whose last message is old enough."""
        at = now()
        address = self._settings.conversation_database
        for message in latest_messages(address, since=at - LOOK_BACK, until=at - self._patience):
            assessment = unanswered(message, at)
            if assessment is not None and not self._is_known(message):
                self._take_over(message, assessment)
        return False

    def _is_known(self, message: UserMessage) -> bool:
        with database.reading(self._settings) as session:
            query = select(Message.id).where(Message.source_id == _key(message)).limit(1)
            return session.execute(query).first() is not None

    def _take_over(self, message: UserMessage, assessment: Assessment) -> None:
        with database.transaction(self._settings) as session:
            raise_alert(
                session,
                conversation_id=message.conversation_id,
                channel=message.channel,
                level=Level.URGENT_SAME_DAY,
                subtype=assessment.subtype,
                assessment=assessment,
                text="(no answer to a question about warning signs)",
                message_id=_key(message),
            )
            patient = _patient(session, message)
            if patient is not None and not _nurse_is_there(session, patient):
                outgoing.send(
                    session, patient=patient, text=self._text, author="bot", key=_key(message)
                )
        logger.info("silence watch: a red-flag question was not answered")


def unanswered(message: UserMessage, at: datetime) -> Optional[Assessment]:
    """Return the assessment of the silence since a patient's last message, or None.

    None when no red-flag question waits, when she may still be writing, and when a nurse has heard
    of it before: a same-day matter or an emergency.
    """
    state = message.entities.get("episode")
    if not state or not state.get("open_question"):
        return None
    if state.get("level") in (Level.URGENT_SAME_DAY.name, Level.EMERGENCY_NOW.name):
        return None
    minutes = (at - message.sent_at) / timedelta(minutes=1)
    assessment = silence(state, minutes)[1]
    return assessment if assessment.level is Level.URGENT_SAME_DAY else None


def _patient(session: Session, message: UserMessage) -> Optional[Patient]:
    return session.execute(
        select(Patient).where(
            Patient.channel == message.channel,
            Patient.conversation_id == message.conversation_id,
        )
    ).scalar_one_or_none()


def _nurse_is_there(session: Session, patient: Patient) -> bool:
    query = select(Episode.id).where(
        Episode.patient_id == patient.id,
        Episode.closed_at.is_(None),
        Episode.taken_over_by.isnot(None),
    )
    return session.execute(query.limit(1)).first() is not None


def _key(message: UserMessage) -> str:
    return f"silence:{message.channel}:{message.event_id}"
