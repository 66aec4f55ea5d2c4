"""Episodes: found or opened for a conversation, closed only by a nurse (G-03)."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care import audit, ladders
from bot.care.clock import now
from bot.care.models import Alert, Episode, Message, Patient
from bot.care.patients import find_or_add_patient

#: What a nurse may say of an episode when closing it.
OUTCOMES = ("true emergency", "seen the same day", "routine", "false alarm")


class AlreadyClosed(ValueError):
    """The episode was closed before; the message names who closed it."""


def open_episode(session: Session, *, conversation_id: str, channel: str) -> Episode:
    """Return the open episode of a conversation, opening one if there is none.

    The patient's row stays locked until the end of the transaction, so two processes that write
    about the same patient take turns. Assign ``episode.state`` anew to store a new triage state.
    """
    patient = _locked_patient(session, conversation_id, channel)
    if patient is None:
        find_or_add_patient(session, conversation_id=conversation_id, channel=channel)
        patient = _locked_patient(session, conversation_id, channel)
    assert patient is not None, "somebody just stored this patient"
    episode = session.execute(
        select(Episode).where(Episode.patient_id == patient.id, Episode.closed_at.is_(None))
    ).scalar_one_or_none()
    if episode is None:
        episode = Episode(patient=patient, opened_at=now())
        session.add(episode)
        session.flush()
    return episode


def was_closed_by_nurse(session: Session, *, conversation_id: str, channel: str) -> bool:
    """Return whether the conversation had an episode that a nurse closed, and has none open now."""
    closed = session.execute(
        select(Episode.closed_at)
        .join(Episode.patient)
        .where(Patient.channel == channel, Patient.conversation_id == conversation_id)
    ).scalars()
    times = list(closed)
    return bool(times) and None not in times


def add_message(
    session: Session,
    episode: Episode,
    text: str,
    *,
    source_id: Optional[str] = None,
    sent_at: Optional[datetime] = None,
) -> Message:
    """Return the message with this ``source_id`` in the episode, adding it if it is new."""
    if source_id is not None:
        known = session.execute(
            select(Message).where(Message.episode_id == episode.id, Message.source_id == source_id)
        ).scalar_one_or_none()
        if known is not None:
            return known
    message = Message(
        episode_id=episode.id, text=text, source_id=source_id, sent_at=sent_at or now()
    )
    session.add(message)
    session.flush()
    return message


def close_episode(session: Session, alert_id: str, *, nurse: str, outcome: str) -> Episode:
    """Close the episode of an alert. What she writes next opens a new one.

    Raises ValueError for an unknown outcome, LookupError for an unknown alert and AlreadyClosed
    when another nurse was first.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome is {outcome!r}; use one of {', '.join(OUTCOMES)}.")
    alert = session.execute(
        select(Alert).where(Alert.id == alert_id).with_for_update(of=Alert)
    ).scalar_one_or_none()
    if alert is None:
        raise LookupError("There is no such alert.")
    episode = alert.episode
    if episode.closed_at is not None:
        raise AlreadyClosed(f"{episode.closed_by} has closed this before.")
    episode.closed_at, episode.closed_by, episode.outcome = now(), nurse, outcome
    alert.outcome, alert.resolved_by, alert.resolved_at = outcome, nurse, episode.closed_at
    ladders.cancel(session, alert)
    audit.record(session, actor=nurse, action=audit.CLOSED, alert_id=alert.id, outcome=outcome)
    return episode


def _locked_patient(session: Session, conversation_id: str, channel: str) -> Optional[Patient]:
    return session.execute(
        select(Patient)
        .where(Patient.channel == channel, Patient.conversation_id == conversation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
