"""Tables of the care database: patients, episodes, what was said and decided, alerts, deliveries.

Times are UTC. Nobody's name is kept of patients: a channel, the conversation id on it, and a
short pseudonym that nurses can say aloud.
"""

from __future__ import annotations

import secrets
import uuid

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import relationship

from bot.care.accounts import ApiToken, DeskSession, NurseAccount, SignInFailure
from bot.care.clock import now
from bot.care.columns import LevelNumber, UtcDateTime
from bot.care.schema import Base
from bot.encryption import EncryptedJson, EncryptedText

# The tables of the accounts are part of the one schema that migrations compare with.
__all__ = ["ApiToken", "Base", "DeskSession", "NurseAccount", "SignInFailure"]

#: Letters and digits that are not mistaken for one another when read aloud.
_SPOKEN = "ACDEFHJKLMNPRTUVWXY34679"


def new_id() -> str:
    """Return an id that cannot be guessed, for a row whose id appears in links."""
    return uuid.uuid4().hex


def new_pseudonym() -> str:
    """Return a short name for a patient, such as ``K7F-2XR``."""
    letters = [secrets.choice(_SPOKEN) for _ in range(6)]
    return "".join(letters[:3]) + "-" + "".join(letters[3:])


class Patient(Base):
    """One person on one channel, known by a pseudonym only."""

    __tablename__ = "patients"
    __table_args__ = (UniqueConstraint("channel", "conversation_id"),)

    id = Column(String(32), primary_key=True, default=new_id)
    channel = Column(String(64), nullable=False)
    conversation_id = Column(String(255), nullable=False)
    pseudonym = Column(String(16), nullable=False, unique=True, default=new_pseudonym)
    #: Where she can be reached outside of the conversation, such as a telephone number.
    address = Column(EncryptedText)
    #: When she agreed to the privacy notice, if the channel asks for it.
    consent_at = Column(UtcDateTime)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class Episode(Base):
    """One stretch of trouble of one patient: its level only rises until a nurse closes it."""

    __tablename__ = "episodes"
    __table_args__ = (
        Index(
            "uq_episodes_open",
            "patient_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id = Column(String(32), primary_key=True, default=new_id)
    patient_id = Column(ForeignKey("patients.id"), nullable=False, index=True)
    level = Column(LevelNumber)
    subtype = Column(String(32))
    #: The state of ``bot.triage.episode.advance``, as it gave it.
    state = Column(JSON, nullable=False, default=dict)
    opened_at = Column(UtcDateTime, nullable=False, default=now)
    closed_at = Column(UtcDateTime)
    closed_by = Column(String(80))
    outcome = Column(String(32))
    #: The nurse who writes to her instead of the bot. Her messages are screened as ever.
    taken_over_by = Column(String(80))
    taken_over_at = Column(UtcDateTime)

    patient = relationship(Patient, lazy="joined", innerjoin=True)


class Message(Base):
    """One thing a patient wrote within an episode. ``source_id`` is the id the channel gave it."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("episode_id", "source_id"),)

    id = Column(Integer, primary_key=True)
    episode_id = Column(ForeignKey("episodes.id"), nullable=False, index=True)
    text = Column(EncryptedText, nullable=False)
    source_id = Column(String(64))
    sent_at = Column(UtcDateTime, nullable=False, default=now)


class AssessmentRecord(Base):
    """What triage decided about one message, with everything needed to explain it."""

    __tablename__ = "assessments"

    id = Column(Integer, primary_key=True)
    episode_id = Column(ForeignKey("episodes.id"), nullable=False, index=True)
    message_id = Column(ForeignKey("messages.id"), nullable=False, index=True)
    level = Column(LevelNumber)
    subtype = Column(String(32))
    rules = Column(JSON, nullable=False, default=list)
    findings = Column(EncryptedJson, nullable=False, default=list)
    flags = Column(JSON, nullable=False, default=list)
    question = Column(String(32))
    summary = Column(EncryptedText, nullable=False, default="")
    weeks_pregnant = Column(Float)
    minutes_since_injection = Column(Float)
    created_at = Column(UtcDateTime, nullable=False, default=now)

    message = relationship(Message, lazy="joined", innerjoin=True)


class Alert(Base):
    """The call for a nurse: one per episode, shown with the assessment that set its level."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("episode_id"),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )

    id = Column(String(32), primary_key=True, default=new_id)
    episode_id = Column(ForeignKey("episodes.id"), nullable=False)
    assessment_id = Column(ForeignKey("assessments.id"), nullable=False)
    level = Column(LevelNumber, nullable=False, index=True)
    subtype = Column(String(32))
    #: True when the sweeper found the emergency in the conversation store, not an action.
    recovered = Column(Boolean, nullable=False, default=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    #: When the level last rose: waiting time on the desk counts from here.
    level_since = Column(UtcDateTime, nullable=False, default=now)
    last_message_at = Column(UtcDateTime, nullable=False, default=now)
    acknowledged_by = Column(String(80))
    acknowledged_at = Column(UtcDateTime)
    #: When the acknowledgement ends unless the nurse does something; None: it does not end.
    acknowledged_until = Column(UtcDateTime)
    #: When the nurse who acknowledged and did nothing was reminded.
    reminded_at = Column(UtcDateTime)
    #: The highest level the alert ever had: a nurse may lower ``level``, never this.
    highest_level = Column(LevelNumber, nullable=False)
    assigned_to = Column(String(80))
    assigned_at = Column(UtcDateTime)
    outcome = Column(String(32))
    outcome_reason = Column(EncryptedText)
    resolved_by = Column(String(80))
    resolved_at = Column(UtcDateTime)
    #: The ladder as it was in the settings when it started, addresses sealed (bot.care.ladder).
    ladder = Column(JSON)
    #: Counts the starts of the ladder: a rising level or a lapsed acknowledgement starts it anew.
    ladder_round = Column(Integer, nullable=False, default=0)
    #: Since when she has been silent after emergency advice (U-04).
    silent_since = Column(UtcDateTime)

    episode = relationship(Episode, lazy="joined", innerjoin=True)
    assessment = relationship(AssessmentRecord, lazy="joined", innerjoin=True)


class Delivery(Base):
    """One notification to one recipient: the outbox. Holds no address and no patient text."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "due_at"),)

    id = Column(Integer, primary_key=True)
    alert_id = Column(ForeignKey("alerts.id"), nullable=False, index=True)
    recipient = Column(String(120), nullable=False)
    level = Column(LevelNumber, nullable=False)
    #: ``alert``, ``reminder`` or ``silent``: what the recipient is told (bot.care.ladders).
    kind = Column(String(16), nullable=False, default="alert")
    #: The same for every attempt, and part of the message, so that a resend is recognisable.
    idempotency_key = Column(String(200), nullable=False, unique=True)
    #: ``due`` (also between retries), ``sending`` (claimed), ``sent`` or ``failed``.
    state = Column(String(16), nullable=False, default="due")
    due_at = Column(UtcDateTime, nullable=False, default=now)
    attempts = Column(Integer, nullable=False, default=0)
    claimed_by = Column(String(64))
    claimed_until = Column(UtcDateTime)
    last_error = Column(String(300))
    created_at = Column(UtcDateTime, nullable=False, default=now)
    finished_at = Column(UtcDateTime)

    #: The step of the ladder that asked for it; None for a reminder.
    step_id = Column(ForeignKey("ladder_steps.id"))

    alert = relationship(Alert)


class LadderStep(Base):
    """One step of an alert's ladder: whom to tell when, until somebody acknowledges."""

    __tablename__ = "ladder_steps"
    __table_args__ = (
        UniqueConstraint("alert_id", "round", "number"),
        Index("ix_ladder_steps_due", "state", "due_at"),
    )

    id = Column(Integer, primary_key=True)
    alert_id = Column(ForeignKey("alerts.id"), nullable=False, index=True)
    #: Which start of the ladder it belongs to, and its place in it, from 1.
    round = Column(Integer, nullable=False)
    number = Column(Integer, nullable=False)
    due_at = Column(UtcDateTime, nullable=False)
    #: The names of those who were told; filled in when the step was taken, by the rota of then.
    recipients = Column(JSON, nullable=False, default=list)
    #: ``due``, ``sent``, or ``cancelled`` because a nurse was there before.
    state = Column(String(16), nullable=False, default="due")
    planned_at = Column(UtcDateTime, nullable=False, default=now)
    sent_at = Column(UtcDateTime)


class Note(Base):
    """What a nurse wrote about an alert for her colleagues. Never shown to the patient."""

    __tablename__ = "notes"

    id = Column(Integer, primary_key=True)
    alert_id = Column(ForeignKey("alerts.id"), nullable=False, index=True)
    nurse = Column(String(80), nullable=False)
    text = Column(EncryptedText, nullable=False)
    at = Column(UtcDateTime, nullable=False, default=now)


class OutgoingMessage(Base):
    """Something the Rasa service has to be told about a conversation: the outbox to the patient."""

    __tablename__ = "outgoing_messages"
    __table_args__ = (Index("ix_outgoing_messages_due", "state", "due_at"),)

    id = Column(Integer, primary_key=True)
    patient_id = Column(ForeignKey("patients.id"), nullable=False, index=True)
    #: ``text`` (words for her), ``check-in``, ``take-over`` (nurse there, or gone), ``level``, and
    #: what ends the steps of an emergency: ``handed-back`` by a nurse, or ``closed``.
    kind = Column(String(16), nullable=False, default="text")
    text = Column(EncryptedText)
    #: ``nurse`` or ``bot``, and the name she sees.
    author = Column(String(16), nullable=False)
    author_name = Column(String(80))
    buttons = Column(JSON, nullable=False, default=list)
    #: The level a nurse set, for the kind ``level``.
    level = Column(LevelNumber)
    #: The same for every attempt; the receiver does nothing for one that it has seen.
    key = Column(String(200), nullable=False, unique=True)
    #: ``due`` (also between retries), ``sending`` (claimed), ``sent`` or ``failed``.
    state = Column(String(16), nullable=False, default="due")
    due_at = Column(UtcDateTime, nullable=False, default=now)
    attempts = Column(Integer, nullable=False, default=0)
    claimed_by = Column(String(64))
    claimed_until = Column(UtcDateTime)
    last_error = Column(String(300))
    created_at = Column(UtcDateTime, nullable=False, default=now)
    finished_at = Column(UtcDateTime)

    patient = relationship(Patient, lazy="joined", innerjoin=True)


class CheckIn(Base):
    """A message to send her at a later time, to hear how she is."""

    __tablename__ = "check_ins"
    __table_args__ = (Index("ix_check_ins_due", "state", "due_at"),)

    id = Column(Integer, primary_key=True)
    patient_id = Column(ForeignKey("patients.id"), nullable=False, index=True)
    episode_id = Column(ForeignKey("episodes.id"), index=True)
    kind = Column(String(32), nullable=False)
    #: Which text of the content to send.
    text_key = Column(String(80), nullable=False)
    due_at = Column(UtcDateTime, nullable=False)
    #: ``due``, ``sent``, ``reminded``, ``answered``, ``unanswered`` or ``cancelled``.
    state = Column(String(16), nullable=False, default="due")
    created_at = Column(UtcDateTime, nullable=False, default=now)
    sent_at = Column(UtcDateTime)


class Plan(Base):
    """Her personal plan. Whoever holds the token may read it; only the token's hash is kept."""

    __tablename__ = "plans"

    id = Column(Integer, primary_key=True)
    patient_id = Column(ForeignKey("patients.id"), nullable=False, unique=True)
    body = Column(EncryptedText, nullable=False)
    token_hash = Column(String(64), nullable=False, unique=True)
    shared_with_nurse = Column(Boolean, nullable=False, default=False)
    updated_at = Column(UtcDateTime, nullable=False, default=now)


class Acknowledgement(Base):
    """A nurse said "I have this". Kept even when a rising level asks for another one."""

    __tablename__ = "acknowledgements"

    id = Column(Integer, primary_key=True)
    alert_id = Column(ForeignKey("alerts.id"), nullable=False, index=True)
    level = Column(LevelNumber, nullable=False)
    nurse = Column(String(80), nullable=False)
    at = Column(UtcDateTime, nullable=False, default=now)


class AuditEvent(Base):
    """Who did what to which alert, in order. A trigger refuses any change or deletion.

    The desk's live updates follow this table too: its id is the id of a server-sent event.
    """

    __tablename__ = "audit_events"

    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False, default=now)
    actor = Column(String(120), nullable=False)
    action = Column(String(40), nullable=False)
    alert_id = Column(String(32), index=True)
    #: Codes and names only, never what a patient wrote.
    details = Column(JSON, nullable=False, default=dict)
