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
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry, relationship
from sqlalchemy.orm.decl_api import DeclarativeMeta

from bot.care.clock import now
from bot.care.columns import LevelNumber, UtcDateTime

#: Names of constraints, so that a migration on any database can refer to them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

_mappers = registry(metadata=MetaData(naming_convention=NAMING))


class Base(metaclass=DeclarativeMeta):
    """What every table inherits; written out so that the type checker knows it is a class."""

    __abstract__ = True
    registry = _mappers
    metadata = _mappers.metadata

    def __init__(self, **values: object) -> None:
        _mappers.constructor(self, **values)


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

    patient = relationship(Patient, lazy="joined", innerjoin=True)


class Message(Base):
    """One thing a patient wrote within an episode. ``source_id`` is the id the channel gave it."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("episode_id", "source_id"),)

    id = Column(Integer, primary_key=True)
    episode_id = Column(ForeignKey("episodes.id"), nullable=False, index=True)
    text = Column(Text, nullable=False)
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
    findings = Column(JSON, nullable=False, default=list)
    flags = Column(JSON, nullable=False, default=list)
    question = Column(String(32))
    summary = Column(Text, nullable=False, default="")
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

    alert = relationship(Alert)


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


class NurseAccount(Base):
    """Somebody who may sign in to the desk. Names are compared without regard to case."""

    __tablename__ = "nurse_accounts"

    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)
    name_key = Column(String(80), nullable=False, unique=True)
    password_hash = Column(String(255), nullable=False)
    role = Column(String(16), nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class DeskSession(Base):
    """A signed-in browser. Only the hash of its cookie is kept."""

    __tablename__ = "desk_sessions"

    token_hash = Column(String(64), primary_key=True)
    csrf_token = Column(String(64), nullable=False)
    nurse = Column(String(80), nullable=False)
    role = Column(String(16), nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    last_seen_at = Column(UtcDateTime, nullable=False, default=now)


class SignInFailure(Base):
    """Failed sign-ins in a row, per account name and per network address, known or not."""

    __tablename__ = "sign_in_failures"

    key = Column(String(200), primary_key=True)
    count = Column(Integer, nullable=False, default=0)
    locked_until = Column(UtcDateTime)
    last_at = Column(UtcDateTime, nullable=False, default=now)
