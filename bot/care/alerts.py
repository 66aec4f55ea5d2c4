"""Alerts: raised once per episode in one transaction with their cause, acknowledged by a nurse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, List, Optional

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.care import audit, ladders
from bot.care.clock import now
from bot.care.episodes import add_message, open_episode
from bot.care.models import (
    Acknowledgement,
    Alert,
    AssessmentRecord,
    Delivery,
    Episode,
    Message,
)
from bot.triage.vocabulary import Assessment, Context, Finding, Level, Subtype


@dataclass(frozen=True)
class AcknowledgeResult:
    """The alert after somebody tried to acknowledge it, and whether that somebody was first."""

    alert: Alert
    first: bool


def raise_alert(
    session: Session,
    *,
    conversation_id: str,
    channel: str,
    level: Level,
    subtype: Optional[Subtype],
    assessment: Assessment,
    text: str,
    message_id: Optional[str] = None,
    context: Optional[Context] = None,
    sent_at: Optional[datetime] = None,
    recovered: bool = False,
) -> Alert:
    """Call a nurse about what a patient wrote, and return the alert of her open episode.

    Message, assessment, alert, deliveries and audit event are part of the caller's transaction:
    either all of them exist or none. The first call of an episode creates its alert. Later calls
    add the message and its assessment; a higher level raises the alert, asks for a new
    acknowledgement and notifies again; a lower one never lowers it (G-03). A call with a
    ``message_id`` (the channel's id of the message) that is already known changes nothing.

    ``level`` and ``subtype`` may be above those of ``assessment`` when the intent classifier saw
    more than the rules. ``recovered`` marks an alert the sweeper had to make. Safe to call from
    several threads and processes at once.
    """
    episode = open_episode(session, conversation_id=conversation_id, channel=channel)
    alert = session.execute(
        select(Alert).where(Alert.episode_id == episode.id)
    ).scalar_one_or_none()
    # The same message seen twice may still have been judged higher the second time. What a nurse
    # has lowered since is not raised by a message she had seen.
    if (
        alert is not None
        and level <= alert.highest_level
        and _is_known(session, episode, message_id)
    ):
        return alert
    message = add_message(session, episode, text, source_id=message_id, sent_at=sent_at)
    record = _record(session, episode, message, level, subtype, assessment, context)
    actor = "sweeper" if recovered else "triage"
    if alert is None:
        alert = Alert(
            episode=episode,
            assessment=record,
            level=level,
            highest_level=level,
            subtype=_value(subtype),
            recovered=recovered,
            last_message_at=message.sent_at,
        )
        session.add(alert)
        action = audit.RAISED
    else:
        alert.last_message_at = now()
        alert.silent_since = None
        action = audit.MESSAGE_ADDED
        if level > alert.level:
            alert.level, alert.subtype, alert.assessment = level, _value(subtype), record
            alert.highest_level = max(alert.highest_level, level)
            alert.level_since = now()
            alert.acknowledged_by = alert.acknowledged_at = None
            alert.acknowledged_until = alert.reminded_at = None
            action = audit.LEVEL_RAISED
    episode.level, episode.subtype = alert.level, alert.subtype
    session.flush()
    audit.record(
        session,
        actor=actor,
        action=action,
        alert_id=alert.id,
        level=alert.level.name,
        rules=list(assessment.rules),
    )
    if action != audit.MESSAGE_ADDED:
        ladders.start(session, alert)
    return alert


def acknowledge(session: Session, alert_id: str, *, nurse: str) -> AcknowledgeResult:
    """Record that ``nurse`` takes the alert, unless somebody was first.

    Nobody else is told of it from then on, for as long as the acknowledgement lasts; the same
    nurse renews hers by doing it again. Raises LookupError for an unknown alert. Of two nurses at
    the same moment exactly one is first.
    """
    at = now()
    won = session.execute(
        update(Alert)
        .where(Alert.id == alert_id, Alert.acknowledged_at.is_(None))
        .values(acknowledged_by=nurse, acknowledged_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount
    alert = get_alert(session, alert_id)
    if not won and alert.acknowledged_by != nurse:
        return AcknowledgeResult(alert=alert, first=False)
    touch(alert)
    if not won:
        return AcknowledgeResult(alert=alert, first=False)
    ladders.cancel(session, alert)
    session.add(Acknowledgement(alert_id=alert_id, nurse=nurse, at=at, level=alert.level))
    audit.record(
        session,
        actor=nurse,
        action=audit.ACKNOWLEDGED,
        alert_id=alert_id,
        level=alert.level.name,
    )
    return AcknowledgeResult(alert=alert, first=True)


def get_alert(session: Session, alert_id: str) -> Alert:
    """Return one alert as the database has it now. Raises LookupError when there is none."""
    alert = session.execute(
        select(Alert).where(Alert.id == alert_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if alert is None:
        raise LookupError("There is no such alert.")
    return alert


def list_alerts(session: Session, *, include_closed: bool = False, limit: int = 500) -> List[Alert]:
    """Return alerts, unacknowledged first, then by level, then by longest waiting."""
    query = select(Alert).join(Alert.episode)
    if not include_closed:
        query = query.where(Episode.closed_at.is_(None))
    return list(
        session.execute(
            query.order_by(
                Alert.acknowledged_at.isnot(None), Alert.level.desc(), Alert.level_since
            ).limit(limit)
        ).scalars()
    )


def messages_of(session: Session, episode_id: str) -> List[AssessmentRecord]:
    """Return the assessed messages of an episode, oldest first."""
    return list(
        session.execute(
            select(AssessmentRecord)
            .join(AssessmentRecord.message)
            .where(AssessmentRecord.episode_id == episode_id)
            .order_by(Message.sent_at, AssessmentRecord.id)
        ).scalars()
    )


def failed_deliveries(session: Session) -> int:
    """Return how many notifications of open alerts were given up and need a human."""
    return session.execute(
        select(func.count(Delivery.id))
        .join(Delivery.alert)
        .join(Alert.episode)
        .where(Delivery.state == "failed", Episode.closed_at.is_(None))
    ).scalar_one()


def touch(alert: Alert) -> None:
    """Note that a nurse works on the alert: her acknowledgement counts from now."""
    if alert.acknowledged_at is None:
        return
    alert.reminded_at = None
    ladder = ladders.ladder_of(alert)
    alert.acknowledged_until = None if ladder is None else ladder.acknowledged_until(now())


def finding_as_json(finding: Finding) -> Dict[str, Any]:
    """Return a finding as plain data, with its span in the text."""
    return {
        "key": finding.key,
        "assertion": finding.assertion.value,
        "experiencer": finding.experiencer.value,
        "text": finding.text,
        "start": finding.start,
        "end": finding.end,
    }


def _is_known(session: Session, episode: Episode, source_id: Optional[str]) -> bool:
    return source_id is not None and (
        session.execute(
            select(Message.id).where(
                Message.episode_id == episode.id, Message.source_id == source_id
            )
        ).first()
        is not None
    )


def _record(
    session: Session,
    episode: Episode,
    message: Message,
    level: Level,
    subtype: Optional[Subtype],
    assessment: Assessment,
    context: Optional[Context],
) -> AssessmentRecord:
    record = AssessmentRecord(
        episode_id=episode.id,
        message=message,
        level=level,
        subtype=_value(subtype),
        rules=list(assessment.rules),
        findings=[finding_as_json(finding) for finding in assessment.findings],
        flags=list(assessment.flags),
        question=assessment.question,
        summary=assessment.summary,
        weeks_pregnant=context.weeks_pregnant if context else None,
        minutes_since_injection=context.minutes_since_injection if context else None,
    )
    session.add(record)
    session.flush()
    return record


def _value(subtype: Optional[Subtype]) -> Optional[str]:
    return None if subtype is None else Subtype(subtype).value
