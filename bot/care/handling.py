"""What nurses do with an alert: assign, note, take over, hand back, lower, resolve.

Each step locks the alert first. Of two nurses at the same moment the second gets ``SomebodyFirst``,
whose message names the first; nothing is overwritten.
"""

from __future__ import annotations

import uuid
from typing import Optional

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care import audit, ladders, outgoing
from bot.care.alerts import acknowledge, get_alert, touch
from bot.care.clock import now
from bot.care.episodes import OUTCOMES, AlreadyClosed
from bot.care.models import Alert, Note, OutgoingMessage
from bot.triage.vocabulary import Level

LONGEST_NOTE = 4000
LONGEST_REASON = 1000


class SomebodyFirst(ValueError):
    """Another nurse did something before; the message says who and what."""


def assign(
    session: Session, alert_id: str, *, nurse: str, to: str, seen: Optional[str] = None
) -> Alert:
    """Make ``to`` responsible for the alert and return it.

    ``seen`` is who it was assigned to when ``nurse`` decided (None: nobody). Raises SomebodyFirst
    when that is no longer true, LookupError for an unknown alert, AlreadyClosed for a resolved one.
    """
    alert = _locked(session, alert_id)
    if alert.assigned_to == to:
        return alert
    if alert.assigned_to != seen:
        raise SomebodyFirst(f"This alert was given to {alert.assigned_to} in the meantime.")
    alert.assigned_to, alert.assigned_at = to, now()
    touch(alert)
    audit.record(session, actor=nurse, action=audit.ASSIGNED, alert_id=alert.id, to=to)
    return alert


def add_note(session: Session, alert_id: str, *, nurse: str, text: str) -> Note:
    """Keep a note for colleagues and return it. A note on a resolved alert is allowed.

    Raises ValueError for an empty or too long text, LookupError for an unknown alert.
    """
    text = _checked(text, "note", LONGEST_NOTE)
    alert = _locked(session, alert_id, may_be_closed=True)
    note = Note(alert_id=alert.id, nurse=nurse, text=text)
    session.add(note)
    if alert.episode.closed_at is None:
        touch(alert)
    audit.record(session, actor=nurse, action=audit.NOTED, alert_id=alert.id)
    return note


def notes_of(session: Session, alert_id: str) -> list[Note]:
    """Return the notes of an alert, oldest first."""
    return list(
        session.execute(select(Note).where(Note.alert_id == alert_id).order_by(Note.id)).scalars()
    )


def take_over(session: Session, alert_id: str, *, nurse: str) -> Alert:
    """Let ``nurse`` answer the patient instead of the bot, and return the alert.

    An alert that nobody had acknowledged counts as acknowledged by her. Doing it twice under one
    name changes nothing. Raises SomebodyFirst when another nurse has taken over, LookupError for
    an unknown alert, AlreadyClosed for a resolved one.
    """
    alert = _locked(session, alert_id)
    episode = alert.episode
    if episode.taken_over_by == nurse:
        return alert
    if episode.taken_over_by is not None:
        raise SomebodyFirst(f"{episode.taken_over_by} has taken over this conversation.")
    episode.taken_over_by, episode.taken_over_at = nurse, now()
    if alert.acknowledged_at is None:
        acknowledge(session, alert_id, nurse=nurse)
    touch(alert)
    outgoing.tell_take_over(
        session, patient=episode.patient, nurse=nurse, key=_key("take-over", alert)
    )
    audit.record(session, actor=nurse, action=audit.TAKEN_OVER, alert_id=alert.id)
    return alert


def hand_back(
    session: Session, alert_id: str, *, nurse: str, action: str = audit.HANDED_BACK
) -> Alert:
    """Let the bot answer again and return the alert; nothing happens when it does already.

    Any nurse may do it, because the one who took over may have left. The steps of an emergency stay
    pinned when nobody did it and the ladder noticed (``audit.LEFT``). Raises LookupError for an
    unknown alert.
    """
    alert = _locked(session, alert_id, may_be_closed=True)
    episode = alert.episode
    if episode.taken_over_by is None:
        return alert
    before = episode.taken_over_by
    _end_take_over(session, alert)
    if action != audit.LEFT:
        _end_emergency(session, alert, nurse, closed=False)
    audit.record(session, actor=nurse, action=action, alert_id=alert.id, taken_over_by=before)
    return alert


def write_to_patient(
    session: Session, alert_id: str, *, nurse: str, text: str, key: str
) -> OutgoingMessage:
    """Send a nurse's words to the patient on her own channel and return the outgoing message.

    ``key`` tells one press of the button from the next: a form sent twice is delivered once. Raises
    SomebodyFirst unless ``nurse`` has taken over, ValueError for an empty or too long text.
    """
    alert = _locked(session, alert_id)
    if alert.episode.taken_over_by != nurse:
        who = alert.episode.taken_over_by
        raise SomebodyFirst(
            f"{who} has taken over this conversation." if who else "Take over before you write."
        )
    row = outgoing.send(
        session,
        patient=alert.episode.patient,
        text=text,
        author="nurse",
        author_name=nurse,
        key=f"{alert.id}:{key}",
    )
    touch(alert)
    audit.record(session, actor=nurse, action=audit.WROTE, alert_id=alert.id, message=row.id)
    return row


def resolve(session: Session, alert_id: str, *, nurse: str, outcome: str, reason: str) -> Alert:
    """Close the alert and its episode with an outcome, and return the alert.

    A take-over ends with it; what she writes next opens a new episode. Raises ValueError for an
    unknown outcome or a missing reason, LookupError for an unknown alert, AlreadyClosed when
    another nurse was first.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome is {outcome!r}; use one of {', '.join(OUTCOMES)}.")
    reason = _checked(reason, "reason", LONGEST_REASON)
    alert = _locked(session, alert_id)
    at = now()
    alert.outcome, alert.outcome_reason = outcome, reason
    alert.resolved_by, alert.resolved_at = nurse, at
    episode = alert.episode
    episode.closed_at, episode.closed_by, episode.outcome = at, nurse, outcome
    if episode.taken_over_by is not None:
        _end_take_over(session, alert)
    _end_emergency(session, alert, nurse, closed=True)
    ladders.cancel(session, alert)
    audit.record(session, actor=nurse, action=audit.CLOSED, alert_id=alert.id, outcome=outcome)
    return alert


def lower_level(
    session: Session, alert_id: str, *, nurse: str, seen: Level, level: Level, reason: str
) -> Alert:
    """Set a lower level with a reason and return the alert: the only way down (G-03).

    ``seen`` is the level on which ``nurse`` decided; SomebodyFirst is raised when the patient has
    raised it or a colleague has changed it since. The conversation's memory is told, the ladder
    goes on as the one of the new level. Raises ValueError when ``level`` is not lower or the
    reason is missing, LookupError for an unknown alert, AlreadyClosed for a resolved one.
    """
    reason = _checked(reason, "reason", LONGEST_REASON)
    alert = _locked(session, alert_id)
    if alert.level is not seen:
        raise SomebodyFirst(f"The level is {alert.level.name} by now; look again.")
    if level >= alert.level:
        raise ValueError(f"level is {level.name}; choose one below {alert.level.name}.")
    before = alert.level
    alert.level = alert.episode.level = level
    session.add(Note(alert_id=alert.id, nurse=nurse, text=reason))
    outgoing.tell_level(
        session, patient=alert.episode.patient, nurse=nurse, level=level, key=_key("level", alert)
    )
    if alert.acknowledged_at is None:
        ladders.start(session, alert)
    else:
        touch(alert)
    audit.record(
        session,
        actor=nurse,
        action=audit.LEVEL_LOWERED,
        alert_id=alert.id,
        level=level.name,
        before=before.name,
    )
    return alert


def _end_take_over(session: Session, alert: Alert) -> None:
    episode = alert.episode
    episode.taken_over_by = episode.taken_over_at = None
    outgoing.tell_take_over(
        session, patient=episode.patient, nurse=None, key=_key("hand-back", alert)
    )


def _end_emergency(session: Session, alert: Alert, nurse: str, *, closed: bool) -> None:
    if closed or alert.level is Level.EMERGENCY_NOW:
        outgoing.tell_emergency_over(
            session,
            patient=alert.episode.patient,
            nurse=nurse,
            closed=closed,
            key=_key("emergency-over", alert),
        )


def _locked(session: Session, alert_id: str, *, may_be_closed: bool = False) -> Alert:
    session.execute(select(Alert.id).where(Alert.id == alert_id).with_for_update(of=Alert))
    alert = get_alert(session, alert_id)
    if alert.episode.closed_at is not None and not may_be_closed:
        raise AlreadyClosed(f"{alert.episode.closed_by} has closed this before.")
    return alert


def _checked(text: str, name: str, longest: int) -> str:
    text = text.strip()
    if not 1 <= len(text) <= longest:
        raise ValueError(f"Give a {name} of 1 to {longest} characters.")
    return text


def _key(what: str, alert: Alert) -> str:
    return f"{what}:{alert.id}:{uuid.uuid4().hex[:12]}"
