"""Finds messages in the conversation store that a nurse must hear of and did not; raises alerts.

An emergency is written by Rasa before any action runs. When the action could not run, because care
was down or the database was full, this is how a nurse still hears of it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from datetime import timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.care import database
from bot.care.alerts import raise_alert
from bot.care.clock import now
from bot.care.conversations import UserMessage, messages_after
from bot.care.models import Alert, Episode, Message, Patient
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
#: How far back the first sweep after a start looks.
LOOK_BACK = timedelta(days=7)
#: An alert is written this much after the message it belongs to, at the most.
TOLERANCE = timedelta(minutes=10)


class Sweeper:
    """Compares the conversation store with the alerts, at start and every few seconds."""

    def __init__(self, settings: Settings, *, interval: float = INTERVAL_SECONDS) -> None:
        self._settings = settings
        self._interval = interval
        self._last_event = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Sweep now and from then on, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the sweep that is under way."""
        self._stopped.set()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Return whether the background thread runs."""
        return self._thread.is_alive()

    def sweep(self) -> int:
        """Raise what has no alert yet and return how many messages that were.

        Raises sqlite3.Error or SQLAlchemyError when one of the stores fails; nothing is skipped
        then, the next sweep begins at the same message.
        """
        raised = 0
        since = now() - LOOK_BACK
        while True:
            found = messages_after(
                self._settings.conversation_database, self._last_event, since, WATCHED
            )
            for message in found:
                with database.transaction(self._settings) as session:
                    if not _is_covered(session, message):
                        _recover(session, message)
                        raised += 1
                self._last_event = message.event_id
            if not found:
                return raised

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                raised = self.sweep()
                if raised:
                    logger.warning("sweeper: recovered %d emergency messages", raised)
            except (sqlite3.Error, SQLAlchemyError, ValueError) as error:
                logger.error("sweeper: a store cannot be read (%s)", type(error).__name__)
            self._stopped.wait(self._interval)


def _is_covered(session: Session, message: UserMessage) -> bool:
    still_open_then = or_(Episode.closed_at.is_(None), Episode.closed_at >= message.sent_at)
    # Known by its words only where an id is missing: she may write the same twice, and the second
    # time counts when a nurse has closed the first.
    same_words = and_(
        Message.text == message.text,
        Message.sent_at.between(message.sent_at - TOLERANCE, message.sent_at + TOLERANCE),
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
