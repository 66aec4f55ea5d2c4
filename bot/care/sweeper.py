"""Finds messages in the conversation store that a nurse must hear of and did not; raises alerts.

An emergency is written by Rasa before any action runs. When the action could not run, because care
was down or the database was full, this is how a nurse still hears of it.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Dict, List

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.care import database
from bot.care.alerts import raise_alert
from bot.care.clock import now
from bot.care.conversations import UserMessage, messages_after
from bot.care.models import Alert, Episode, Message, Patient
from bot.care.worker import Worker
from bot.settings import Settings
from bot.triage.plain import assessment_from_plain
from bot.triage.vocabulary import Assessment, Level, Subtype

logger = logging.getLogger(__name__)

#: What a nurse must hear of, by the intent the screen gave the message, and how urgently. A message
#: that could not be screened may be anything, so a human has to read it the same day.
WATCHED = {
    "report_red_flag": Level.EMERGENCY_NOW,
    "report_urgent": Level.URGENT_SAME_DAY,
    "screen_failed": Level.URGENT_SAME_DAY,
}
INTERVAL_SECONDS = 3.0
#: How long an event may stay invisible after its id was given out.
OVERLAP_SECONDS = 60.0
#: How far back the first sweep after a start looks.
LOOK_BACK = timedelta(days=7)
#: An alert is written this much after the message it belongs to, at the most.
TOLERANCE = timedelta(minutes=10)


class Sweeper(Worker):
    """Compares the conversation store with the alerts, at start and every few seconds."""

    name = "sweeper"

    def __init__(self, settings: Settings, *, interval: float = INTERVAL_SECONDS) -> None:
        super().__init__(interval=interval)
        self._settings = settings
        self._settled = 0
        #: When each event after ``_settled`` was dealt with, in seconds of the monotonic clock.
        self._seen: Dict[int, float] = {}

    def work(self) -> bool:
        """Sweep once."""
        raised = self.sweep()
        if raised:
            logger.warning("sweeper: recovered %d messages that had no alert", raised)
        return False

    def sweep(self) -> int:
        """Raise what has no alert yet and return how many messages that were.

        Raises SQLAlchemyError when one of the stores fails; nothing is skipped then, the next sweep
        begins at the same message.
        """
        raised, position, since = 0, self._settled, now() - LOOK_BACK
        while True:
            found = messages_after(self._settings.conversation_database, position, since, WATCHED)
            for message in found:
                position = message.event_id
                if position not in self._seen:
                    raised += self._raise_if_missing(message)
                    self._seen[position] = time.monotonic()
            if not found:
                break
        self._settle()
        return raised

    def _raise_if_missing(self, message: UserMessage) -> bool:
        with database.reading(self._settings) as session:
            if _is_covered(session, message):
                return False
        with database.transaction(self._settings) as session:
            if _is_covered(session, message):
                return False
            _recover(session, message)
        return True

    def _settle(self) -> None:
        # On PostgreSQL an event may become visible after one with a higher id, so the last minute
        # is always read again.
        before = time.monotonic() - OVERLAP_SECONDS
        settled = [event for event, seen_at in self._seen.items() if seen_at < before]
        for event in settled:
            del self._seen[event]
        self._settled = max([self._settled, *settled])


def _is_covered(session: Session, message: UserMessage) -> bool:
    still_open_then = or_(Episode.closed_at.is_(None), Episode.closed_at >= message.sent_at)
    # Known by its words only where an id is missing: she may write the same twice, and the second
    # time counts when a nurse has closed the first.
    same_words = and_(
        Message.id.in_(_with_same_words(session, message)),
        still_open_then,
    )
    if message.message_id is None:
        same_message = same_words
    else:
        same_message = or_(
            Message.source_id == message.message_id,
            and_(Message.source_id.is_(None), same_words),
        )
    is_known = select(Message.id).where(Message.episode_id == Episode.id, same_message).exists()
    # A nurse who closed the episode after this message has dealt with it.
    was_dealt_with = and_(
        Patient.channel == message.channel,
        Episode.opened_at <= message.sent_at + TOLERANCE,
        Episode.closed_at >= message.sent_at,
    )
    query = (
        select(Alert.id)
        .join(Alert.episode)
        .join(Episode.patient)
        .where(
            Patient.conversation_id == message.conversation_id,
            Alert.highest_level >= WATCHED[message.intent],
            or_(is_known, was_dealt_with),
        )
    )
    return session.execute(query.limit(1)).first() is not None


def _with_same_words(session: Session, message: UserMessage) -> List[int]:
    """Return the ids of her messages of about that time with the same words: they are sealed."""
    at = message.sent_at
    found = session.execute(
        select(Message.id, Message.text)
        .join(Episode, Episode.id == Message.episode_id)
        .join(Episode.patient)
        .where(
            Patient.conversation_id == message.conversation_id,
            Message.sent_at.between(at - TOLERANCE, at + TOLERANCE),
        )
    )
    return [row.id for row in found if row.text == message.text]


def _recover(session: Session, message: UserMessage) -> None:
    assessment = _assessment(message)
    raise_alert(
        session,
        conversation_id=message.conversation_id,
        channel=message.channel,
        level=WATCHED[message.intent],
        subtype=assessment.subtype,
        assessment=assessment,
        text=message.text,
        message_id=message.message_id,
        sent_at=message.sent_at,
        recovered=True,
    )


def _assessment(message: UserMessage) -> Assessment:
    try:
        return assessment_from_plain(message.entities["assessment"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        logger.warning(
            "sweeper: event %d holds no readable assessment (%s); raised without findings",
            message.event_id,
            type(error).__name__,
        )
        return Assessment(
            level=WATCHED[message.intent],
            subtype=Subtype.OTHER,
            summary="The findings could not be read; what she wrote needs a human's eyes.",
        )
