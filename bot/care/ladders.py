"""Ladders under way: started with an alert, climbed step by step, ended by a nurse.

An alert has at most one step that is due. Taking it writes the deliveries and the next step in one
transaction, so a process may die at any point and another goes on.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.care import audit
from bot.care.clock import now
from bot.care.escalation import Escalation
from bot.care.ladder import Address, Ladder, Recipient, as_plain, from_plain
from bot.care.models import Alert, Delivery, Episode, LadderStep
from bot.encryption import decrypt, encrypt
from bot.triage.vocabulary import Level

#: The recipient of last resort, when a step reaches nobody: a line in the log.
LOG_RECIPIENT = "log"
#: A moment further in the future than this was written before the clock was set back.
CLOCK_TOLERANCE = timedelta(seconds=90)

#: What a delivery says: there is an alert, you acknowledged and did nothing, she went silent after
#: emergency advice, she did not answer a check-in.
ALERT, REMINDER, SILENT, NO_ANSWER = "alert", "reminder", "silent", "no answer"


def start(session: Session, alert: Alert) -> None:
    """Begin to tell people of the alert at its present level, in place of what was under way.

    The ladder is copied out of the settings now, addresses sealed; later edits do not touch it. A
    first step without delay is taken at once, in this transaction.
    """
    cancel(session, alert)
    alert.ladder_round += 1
    ladder = _configured(session, alert.level)
    alert.ladder = None if ladder is None else as_plain(ladder, _seal)
    if ladder is None:
        return
    at = now()
    step = _plan(session, alert, number=1, due=ladder.first_due(at), at=at)
    if step.due_at <= at:
        take(session, alert, step, at=at)


def cancel(session: Session, alert: Alert) -> None:
    """Tell nobody more: a nurse has the alert, or another ladder begins."""
    at = now()
    for table, finished in ((Delivery, "finished_at"), (LadderStep, "sent_at")):
        session.execute(
            update(table)
            .where(table.alert_id == alert.id, table.state == "due")
            .values({"state": "cancelled", finished: at})
            .execution_options(synchronize_session="fetch")
        )


def take(session: Session, alert: Alert, step: LadderStep, *, at: datetime) -> None:
    """Tell the people of a step and plan the next one. A tier without anybody is passed at once."""
    ladder = ladder_of(alert)
    if ladder is None:
        step.state, step.sent_at = "cancelled", at
        return
    passed = []
    while True:
        told = ladder.recipients(step.number, at)
        step.state, step.sent_at = "sent", at
        step.recipients = [recipient.name for recipient in told]
        due = ladder.next_due(step.number, step.due_at, at)
        following = _plan(session, alert, number=step.number + 1, due=due, at=at)
        if told or step.number >= len(ladder.tiers):
            break
        passed.append(step.number)
        step = following
    for name in step.recipients or [LOG_RECIPIENT]:
        _deliver(session, alert, name, step=step)
    audit.record(
        session,
        actor="ladder",
        action=audit.STEP_TAKEN if told else audit.STEP_REACHED_NOBODY,
        alert_id=alert.id,
        step=step.number,
        recipients=step.recipients,
        passed=passed,
    )


def take_due(session: Session, *, at: datetime, limit: int = 50) -> int:
    """Take the steps that are due, the most urgent alert first, and return how many.

    Steps that another process holds are skipped.
    """
    query = due_steps(at).order_by(Alert.level.desc(), LadderStep.due_at).limit(limit)
    rows = session.execute(query.with_for_update(of=LadderStep, skip_locked=True)).all()
    for step, alert in rows:
        if _needs_nobody(alert):
            step.state, step.sent_at = "cancelled", at
        else:
            take(session, alert, step, at=at)
    return len(rows)


def due_steps(at: datetime) -> Any:
    """Return the query for steps that are due, with their alerts.

    A step planned before the clock was set back is due as well: its moment may be an hour away.
    """
    return (
        select(LadderStep, Alert)
        .join(Alert, Alert.id == LadderStep.alert_id)
        .where(
            LadderStep.state == "due",
            or_(LadderStep.due_at <= at, LadderStep.planned_at > at + CLOCK_TOLERANCE),
        )
    )


def without_step() -> Any:
    """Return the query for open, unacknowledged alerts that have no step ahead of them."""
    ahead = select(LadderStep.id).where(LadderStep.alert_id == Alert.id, LadderStep.state == "due")
    return (
        select(Alert)
        .join(Alert.episode)
        .where(
            Episode.closed_at.is_(None),
            Alert.acknowledged_at.is_(None),
            Alert.level >= Level.ROUTINE,
            ~ahead.exists(),
        )
    )


def restart_missing(session: Session) -> int:
    """Start the ladder of open, unacknowledged alerts that have none, and return how many.

    They come from before an upgrade. Without a ladder nobody would be told again.
    """
    query = without_step().limit(50).with_for_update(of=Alert, skip_locked=True)
    alerts = list(session.execute(query).scalars())
    for alert in alerts:
        start(session, alert)
    return len(alerts)


def remind(session: Session, alert: Alert, *, kind: str, at: datetime) -> List[str]:
    """Write to the nurse who acknowledged, and return the recipients.

    Where no one of her name is among the people of the ladder, those on duty for the first tier
    are told instead.
    """
    ladder = ladder_of(alert)
    told: List[Recipient] = []
    if ladder is not None:
        told = ladder.reached(alert.acknowledged_by or "") or ladder.recipients(1, at)
    names = [recipient.name for recipient in told] or [LOG_RECIPIENT]
    for name in names:
        _deliver(session, alert, name, kind=kind, stamp=at)
    return names


def ladder_of(alert: Alert) -> Optional[Ladder]:
    """Return the ladder that was copied into the alert, or None when it has none."""
    return None if alert.ladder is None else from_plain(alert.ladder, _open_seal)


def address_in_copy(alert: Alert, name: str) -> Optional[Address]:
    """Return the address a recipient had when the ladder of the alert started, if it is there."""
    ladder = ladder_of(alert)
    if ladder is None:
        return None
    return addresses(ladder.people).get(name)


def addresses(people: Mapping[str, Mapping[str, Address]]) -> Dict[str, Address]:
    """Return the addresses of people by the name of the recipient."""
    return {
        Recipient(person, way, address).name: address
        for person, ways in people.items()
        for way, address in ways.items()
    }


def _configured(session: Session, level: Level) -> Optional[Ladder]:
    escalation: Escalation = session.info["escalation"]
    return escalation.ladders.get(level)


def _plan(
    session: Session, alert: Alert, *, number: int, due: datetime, at: datetime
) -> LadderStep:
    step = LadderStep(
        alert_id=alert.id, round=alert.ladder_round, number=number, due_at=due, planned_at=at
    )
    session.add(step)
    session.flush()
    return step


def _deliver(
    session: Session,
    alert: Alert,
    recipient: str,
    *,
    step: Optional[LadderStep] = None,
    kind: str = ALERT,
    stamp: Optional[datetime] = None,
) -> None:
    what = f"{step.round}.{step.number}" if step is not None else f"{kind}.{stamp:%Y%m%dT%H%M%S}"
    session.add(
        Delivery(
            alert_id=alert.id,
            step_id=step.id if step is not None else None,
            recipient=recipient,
            level=alert.level,
            kind=kind,
            idempotency_key=f"{alert.id}:{what}:{recipient}",
        )
    )
    session.flush()


def _needs_nobody(alert: Alert) -> bool:
    return alert.acknowledged_at is not None or alert.episode.closed_at is not None


def _seal(address: Address) -> str:
    return encrypt(json.dumps([address.url, address.secret]))


def _open_seal(sealed: str) -> Address:
    url, secret = json.loads(decrypt(sealed))
    return Address(url=url, secret=secret)
