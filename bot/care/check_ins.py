"""Check-ins: the bot asks later how she is, once, on the channel she used (M-35 to M-37).

What she answers is an ordinary message and is screened like one. Nothing here reads her answer.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import List

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.care import audit, database, ladders, outgoing
from bot.care.clock import now
from bot.care.conversations import wrote_since
from bot.care.models import Alert, CheckIn, Episode, Patient
from bot.care.patients import find_or_add_patient
from bot.care.worker import Worker
from bot.content import load_content
from bot.settings import Settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

#: When she is asked, by the name of the offer she took.
KINDS = ("soon", "next_day", "before_injection")
TEXT = "check_in"
#: How long her answer is waited for, before the one reminder and before it counts as none (M-36).
WAIT_FOR_ANSWER = timedelta(hours=1)
INTERVAL_SECONDS = 5.0
_BATCH = 50
#: States: ``due``, ``sent``, ``reminded``, ``answered``, ``unanswered``, ``cancelled``.
_WAITING = ("sent", "reminded")


def schedule(
    session: Session, *, conversation_id: str, channel: str, kind: str, due_at: datetime
) -> CheckIn:
    """Plan a check-in within the caller's transaction and return it.

    One of the same kind that is still due is replaced. Raises ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; use one of {', '.join(KINDS)}.")
    patient = find_or_add_patient(session, conversation_id=conversation_id, channel=channel)
    _cancel(session, CheckIn.patient_id == patient.id, CheckIn.kind == kind)
    planned = CheckIn(patient_id=patient.id, kind=kind, text_key=TEXT, due_at=due_at)
    session.add(planned)
    session.flush()
    return planned


def stop(session: Session, *, conversation_id: str, channel: str) -> int:
    """Cancel every check-in of a conversation (M-37) and return how many were ahead."""
    patients = select(Patient.id).where(
        Patient.channel == channel, Patient.conversation_id == conversation_id
    )
    return _cancel(session, CheckIn.patient_id.in_(patients))


def planned(session: Session, *, conversation_id: str, channel: str) -> List[CheckIn]:
    """Return the check-ins that are still ahead, the next one first."""
    return list(
        session.execute(
            select(CheckIn)
            .join(Patient, Patient.id == CheckIn.patient_id)
            .where(
                Patient.channel == channel,
                Patient.conversation_id == conversation_id,
                CheckIn.state == "due",
            )
            .order_by(CheckIn.due_at)
        ).scalars()
    )


class CheckInSender(Worker):
    """Hands due check-ins to the outbox, reminds once, and tells a nurse of silence."""

    name = "check-ins"

    def __init__(self, settings: Settings, *, interval: float = INTERVAL_SECONDS) -> None:
        super().__init__(interval=interval, wakes_on_commit=False)
        self._settings = settings

    def work(self) -> bool:
        """Do what is due now; return whether there may be more."""
        with database.transaction(self._settings) as session:
            sent = send_due(session, self._settings, at=now())
        with database.transaction(self._settings) as session:
            followed = follow_up(session, self._settings, at=now())
        return sent + followed >= _BATCH


def send_due(session: Session, settings: Settings, *, at: datetime) -> int:
    """Put the check-ins that are due into the outbox to patients and return how many.

    State and message change in one transaction, so each goes out once, whatever process dies. None
    is sent while a same-day matter or an emergency is open: a nurse asks there (M-35).
    """
    rows = _locked(session, select(CheckIn).where(CheckIn.state == "due", CheckIn.due_at <= at))
    for row in rows:
        patient = session.get(Patient, row.patient_id)
        if _is_urgent(session, patient):
            row.state = "cancelled"
            continue
        _send(session, settings, patient, key=f"check-in {row.id}")
        row.state, row.sent_at = "sent", at
    return len(rows)


def follow_up(session: Session, settings: Settings, *, at: datetime) -> int:
    """Settle check-ins whose time to answer is over; return how many those are.

    Without an answer there is one reminder; after that, a nurse with an open ticket is told (M-36).
    """
    rows = _locked(
        session,
        select(CheckIn).where(CheckIn.state.in_(_WAITING), CheckIn.sent_at <= at - WAIT_FOR_ANSWER),
    )
    for row in rows:
        patient = session.get(Patient, row.patient_id)
        if wrote_since(
            settings.conversation_database, patient.conversation_id, row.sent_at
        ) or _is_urgent(session, patient):
            row.state = "answered"
        elif row.state == "sent":
            _send(session, settings, patient, key=f"check-in {row.id} reminder")
            row.state, row.sent_at = "reminded", at
        else:
            row.state = "unanswered"
            _tell_nurse(session, patient, at=at)
    return len(rows)


def _tell_nurse(session: Session, patient: Patient, *, at: datetime) -> None:
    alert = session.execute(
        select(Alert)
        .join(Alert.episode)
        .where(Episode.patient_id == patient.id, Episode.closed_at.is_(None))
        .with_for_update(of=Alert)
    ).scalar_one_or_none()
    if alert is None:
        return
    told = ladders.remind(session, alert, kind=ladders.NO_ANSWER, at=at)
    audit.record(
        session,
        actor="check-ins",
        action=audit.CHECK_IN_UNANSWERED,
        alert_id=alert.id,
        recipients=told,
    )


def _send(session: Session, settings: Settings, patient: Patient, *, key: str) -> None:
    message = load_content(settings.language, settings).message(TEXT)
    titles = [button.title for button in message.buttons]
    outgoing.send_check_in(session, patient=patient, text=message.text, buttons=titles, key=key)


def _is_urgent(session: Session, patient: Patient) -> bool:
    level = session.execute(
        select(Episode.level).where(Episode.patient_id == patient.id, Episode.closed_at.is_(None))
    ).scalar()
    return level is not None and level >= Level.URGENT_SAME_DAY


def _cancel(session: Session, *where: object) -> int:
    return session.execute(
        update(CheckIn)
        .where(CheckIn.state.in_(("due", *_WAITING)), *where)
        .values(state="cancelled")
        .execution_options(synchronize_session="fetch")
    ).rowcount


def _locked(session: Session, query: object) -> List[CheckIn]:
    return list(
        session.execute(
            query.order_by(CheckIn.due_at)  # type: ignore[attr-defined]
            .limit(_BATCH)
            .with_for_update(of=CheckIn, skip_locked=True)
        ).scalars()
    )
