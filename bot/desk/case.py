"""Everything the page of one alert shows, read in one go."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import List, Optional, Sequence, Tuple

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.care import audit
from bot.care.accounts import NurseAccount
from bot.care.alerts import get_alert, messages_of
from bot.care.conversations import transcript
from bot.care.handling import notes_of
from bot.care.models import Alert, AssessmentRecord, Delivery, Episode, Note, OutgoingMessage
from bot.channels.call_back import telephone_number
from bot.channels.outgoing import Undelivered
from bot.desk import timeline, unsent, versions, view
from bot.desk.ladder import Ladder, ladders
from bot.desk.roles import PERMISSIONS, Permission
from bot.encryption import EncryptionError
from bot.settings import Settings

logger = logging.getLogger(__name__)

#: Lines of a conversation that are shown. Nobody reads more, and a page has to stay quick.
MOST_LINES = 2000


@dataclass(frozen=True)
class Said:
    """One line of the conversation. ``author`` is ``patient``, ``bot`` or ``nurse``.

    ``state`` is that of a message that was sent to her outside of a reply, else empty.
    """

    author: str
    name: str
    text: str
    at: datetime
    state: str = ""
    error: str = ""


@dataclass(frozen=True)
class CallBack:
    """One line of how to reach her; ``dial`` says that the value is a telephone number."""

    label: str
    value: str
    dial: bool = False


@dataclass(frozen=True)
class Case:
    """An alert with all that explains it and all that happened to it."""

    alert: Alert
    version: int
    records: Sequence[AssessmentRecord]
    known: Sequence[view.Known]
    allergies: Sequence[Tuple[str, str, str]]
    call_back: Sequence[CallBack]
    lines: Sequence[Said]
    is_readable: bool
    notes: Sequence[Note]
    steps: Sequence[timeline.Step]
    seen_by: Sequence[Tuple[str, int]]
    ladder: Ladder
    colleagues: Sequence[str]
    #: Notifications that were given up and need a human.
    given_up: Sequence[Delivery]
    #: Replies of the symptom check that her channel has not taken so far.
    unsent: Sequence[Undelivered]

    @property
    def is_open(self) -> bool:
        """Return whether the alert has not been resolved."""
        return self.alert.episode.closed_at is None

    @property
    def not_reached(self) -> List[Said]:
        """Return what was written to her and did not reach her."""
        return [line for line in self.lines if line.state == "failed"]


def read(session: Session, settings: Settings, alert_id: str) -> Case:
    """Return the case of an alert. Raises LookupError when there is none."""
    alert = get_alert(session, alert_id)
    records = messages_of(session, alert.episode_id)
    events = audit.timeline(session, alert_id)
    said, is_readable = _stored(settings, alert)
    return Case(
        alert=alert,
        version=versions.version_of(session, alert_id),
        records=records,
        known=view.known_of_her(records),
        allergies=view.allergies_and_risks(records),
        call_back=_call_back(settings, alert),
        lines=sorted([*said, *_pushed(session, alert)], key=lambda line: line.at),
        is_readable=is_readable,
        notes=notes_of(session, alert_id),
        steps=timeline.steps(events),
        seen_by=timeline.seen_by(events),
        ladder=ladders(session, [alert])[alert.id],
        colleagues=_colleagues(session, alert),
        given_up=given_up(session, alert.id),
        unsent=[
            reply
            for reply in unsent.replies(settings)
            if reply.conversation_id == alert.episode.patient.conversation_id
        ],
    )


def given_up(session: Session, alert_id: str) -> List[Delivery]:
    """Return the notifications of an alert that were given up, oldest first."""
    return list(
        session.execute(
            select(Delivery)
            .where(Delivery.alert_id == alert_id, Delivery.state == "failed")
            .order_by(Delivery.id)
        ).scalars()
    )


def _stored(settings: Settings, alert: Alert) -> Tuple[List[Said], bool]:
    names = {"patient": "Patient", "bot": "Symptom check"}
    try:
        lines = transcript(
            settings.conversation_database, alert.episode.patient.conversation_id, MOST_LINES
        )
    except (SQLAlchemyError, ValueError) as error:
        logger.error("transcript cannot be read (%s)", type(error).__name__)
        return [], False
    return [Said(line.author, names[line.author], line.text, line.at) for line in lines], True


def _pushed(session: Session, alert: Alert) -> List[Said]:
    rows = session.execute(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.patient_id == alert.episode.patient_id, OutgoingMessage.kind == "text"
        )
        .order_by(OutgoingMessage.id)
    ).scalars()
    return [
        Said(
            row.author,
            row.author_name or "Symptom check",
            row.text or "",
            row.created_at,
            row.state,
            (row.last_error or "").rstrip("."),
        )
        for row in rows
    ]


def _call_back(settings: Settings, alert: Alert) -> List[CallBack]:
    patient = alert.episode.patient
    channel = view.CHANNEL_NAMES.get(patient.channel, patient.channel)
    return [_number(settings, alert.episode), CallBack("Channel", channel)]


def _number(settings: Settings, episode: Episode) -> CallBack:
    """Return the number a nurse needs while the episode is open; later only if she agreed."""
    label, patient = "Call-back number", episode.patient
    if episode.closed_at is not None and patient.consent_at is None:
        return CallBack(label, "not shown any more; she did not agree to it")
    try:
        number = patient.address or telephone_number(settings, patient.conversation_id)
    except (SQLAlchemyError, EncryptionError, OSError) as error:
        logger.error("a call-back number cannot be read (%s)", type(error).__name__)
        return CallBack(label, "cannot be read now; write to her here")
    if not number:
        return CallBack(label, "not known; write to her here")
    return CallBack(label, number, dial=True)


def _colleagues(session: Session, alert: Alert) -> List[str]:
    able = [role for role, granted in PERMISSIONS.items() if Permission.ACT in granted]
    names = session.execute(
        select(NurseAccount.name).where(NurseAccount.role.in_(able)).order_by(NurseAccount.name)
    ).scalars()
    return [name for name in names if name != _holder(alert)]


def _holder(alert: Alert) -> Optional[str]:
    return alert.assigned_to or alert.acknowledged_by
