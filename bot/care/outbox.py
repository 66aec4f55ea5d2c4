"""Outboxes: rows are claimed with a lease, finished, or put back with a later time.

Notifications to staff (``deliveries``) and words to patients (``outgoing_messages``) work alike.
Every step is a transaction of its own, so a process may die between any two of them: a claim that
was never finished is due again when its lease ends.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, List, Sequence, Type, Union

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.care import audit
from bot.care.ladders import CLOCK_TOLERANCE
from bot.care.models import Delivery, OutgoingMessage
from bot.triage.vocabulary import Level

#: How long a claim lasts. Longer than a send may take (bot.care.dispatcher.SEND_SECONDS).
LEASE = timedelta(seconds=60)
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0
#: About an hour and a half of trying; then a human has to look, and the desk says so.
MOST_ATTEMPTS = 24

Row = Union[Delivery, OutgoingMessage]


@dataclass(frozen=True)
class Claim:
    """A delivery that this dispatcher alone may send until the lease ends."""

    delivery_id: int
    alert_id: str
    recipient: str
    level: Level
    kind: str
    reference: str
    attempt: int


def claim_rows(
    session: Session,
    table: Type[Any],
    *,
    owner: str,
    at: datetime,
    limit: int,
    order: Sequence[Any],
    where: Sequence[Any] = (),
) -> List[Any]:
    """Claim rows of an outbox that are due and return them.

    On PostgreSQL rows that another dispatcher holds are skipped; on SQLite the transaction itself
    keeps others out.
    """
    rows = (
        session.execute(
            select(table)
            .where(is_due(table, at), *where)
            .order_by(*order)
            .limit(limit)
            .with_for_update(of=table, skip_locked=True)
        )
        .scalars()
        .all()
    )
    for row in rows:
        row.state = "sending"
        row.attempts += 1
        row.claimed_by, row.claimed_until = owner, at + LEASE
    session.flush()
    return list(rows)


def is_due(table: Type[Any], at: datetime) -> Any:
    """Return the condition for a row that may be claimed.

    A moment that lies further ahead than any wait allows was written before the clock was set
    back: such a row is due too, because nobody waits an hour for that.
    """
    longest_wait = timedelta(seconds=LONGEST_RETRY_SECONDS) + CLOCK_TOLERANCE
    return or_(
        and_(table.state == "due", or_(table.due_at <= at, table.due_at > at + longest_wait)),
        and_(table.state == "due", table.created_at > at + CLOCK_TOLERANCE, table.attempts == 0),
        and_(
            table.state == "sending",
            or_(
                table.claimed_until <= at,
                table.claimed_until > at + LEASE + CLOCK_TOLERANCE,
            ),
        ),
    )


def claim_due(
    session: Session, *, owner: str, at: datetime, limit: int = 20, where: Sequence[Any] = ()
) -> List[Claim]:
    """Claim notifications that are due, the highest level first, and return them."""
    rows = claim_rows(
        session,
        Delivery,
        owner=owner,
        at=at,
        limit=limit,
        order=(Delivery.level.desc(), Delivery.due_at),
        where=where,
    )
    return [
        Claim(
            delivery_id=row.id,
            alert_id=row.alert_id,
            recipient=row.recipient,
            level=row.level,
            kind=row.kind,
            reference=row.idempotency_key,
            attempt=row.attempts,
        )
        for row in rows
    ]


def finish(row: Row, *, at: datetime) -> None:
    """Note that the receiver has accepted what the row says."""
    row.state, row.finished_at = "sent", at
    row.claimed_by = row.claimed_until = row.last_error = None


def put_back(row: Row, *, attempt: int, at: datetime, reason: str, permanent: bool) -> bool:
    """Try the row again later, or give it up where a human has to look; return whether it changed.

    A claim that another dispatcher has taken over meanwhile is left alone.
    """
    if row.state != "sending" or row.attempts != attempt:
        return False
    row.claimed_by = row.claimed_until = None
    row.last_error = reason[:300]
    if permanent or attempt >= MOST_ATTEMPTS:
        row.state, row.finished_at = "failed", at
    else:
        row.state = "due"
        row.due_at = at + timedelta(seconds=retry_seconds(attempt))
    return True


def mark_sent(session: Session, claim: Claim, *, at: datetime) -> None:
    """Record that the recipient's service accepted the notification."""
    finish(_locked(session, claim), at=at)
    _record(session, claim, audit.DELIVERED)


def mark_failed(
    session: Session, claim: Claim, *, at: datetime, reason: str, permanent: bool
) -> None:
    """Put the notification back with a later time, or give it up.

    ``reason`` is shown on the desk and must hold no patient text.
    """
    delivery = _locked(session, claim)
    if not put_back(delivery, attempt=claim.attempt, at=at, reason=reason, permanent=permanent):
        return
    if delivery.state == "failed":
        _record(session, claim, audit.DELIVERY_FAILED, reason=reason[:300])
    elif claim.attempt == 1:
        # Later attempts are counted in the delivery; one line of the timeline is enough.
        _record(session, claim, audit.DELIVERY_DELAYED, reason=reason[:300])


def failed(session: Session, *, limit: int = 100) -> List[Delivery]:
    """Return the notifications that were given up, newest first, for the desk to show."""
    return list(
        session.execute(
            select(Delivery)
            .where(Delivery.state == "failed")
            .order_by(Delivery.id.desc())
            .limit(limit)
        ).scalars()
    )


def try_again(session: Session, delivery_id: int, *, nurse: str, at: datetime) -> bool:
    """Make a notification that was given up due now; return False when it is not given up."""
    row = session.execute(
        select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    ).scalar_one_or_none()
    if row is None or row.state != "failed":
        return False
    row.state, row.due_at, row.attempts, row.finished_at = "due", at, 0, None
    audit.record(
        session,
        actor=nurse,
        action=audit.TRIED_AGAIN,
        alert_id=row.alert_id,
        recipient=row.recipient,
    )
    return True


def retry_seconds(attempt: int) -> float:
    """Return how long to wait after the given attempt (1 is the first), with jitter, in seconds."""
    longest = min(FIRST_RETRY_SECONDS * 2 ** (attempt - 1), LONGEST_RETRY_SECONDS)
    return random.uniform(longest / 2, longest)


def _locked(session: Session, claim: Claim) -> Delivery:
    return session.execute(
        select(Delivery).where(Delivery.id == claim.delivery_id).with_for_update()
    ).scalar_one()


def _record(session: Session, claim: Claim, action: str, **details: str) -> None:
    audit.record(
        session,
        actor="dispatcher",
        action=action,
        alert_id=claim.alert_id,
        recipient=claim.recipient,
        attempt=claim.attempt,
        **details,
    )
