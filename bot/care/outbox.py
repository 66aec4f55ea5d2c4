"""The outbox of notifications: claimed with a lease, finished, or put back with a later time.

Every step is a transaction of its own, so a process may die between any two of them: a claim that
was never finished is due again when its lease ends.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import List

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.care import audit
from bot.care.models import Delivery
from bot.triage.vocabulary import Level

#: How long a claim lasts. Longer than a send may take (bot.care.dispatcher.SEND_SECONDS).
LEASE = timedelta(seconds=60)
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0
#: About an hour and a half of trying; then a human has to look, and the desk says so.
MOST_ATTEMPTS = 24


@dataclass(frozen=True)
class Claim:
    """A delivery that this dispatcher alone may send until the lease ends."""

    delivery_id: int
    alert_id: str
    recipient: str
    level: Level
    reference: str
    attempt: int


def claim_due(session: Session, *, owner: str, at: datetime, limit: int = 20) -> List[Claim]:
    """Claim deliveries that are due, the highest level first, and return them.

    On PostgreSQL rows that another dispatcher holds are skipped; on SQLite the transaction itself
    keeps others out.
    """
    due = session.execute(
        select(Delivery)
        .where(
            or_(
                and_(Delivery.state == "due", Delivery.due_at <= at),
                and_(Delivery.state == "sending", Delivery.claimed_until <= at),
            )
        )
        .order_by(Delivery.level.desc(), Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).scalars()
    claims = []
    for delivery in due:
        delivery.state = "sending"
        delivery.attempts += 1
        delivery.claimed_by, delivery.claimed_until = owner, at + LEASE
        claims.append(
            Claim(
                delivery_id=delivery.id,
                alert_id=delivery.alert_id,
                recipient=delivery.recipient,
                level=delivery.level,
                reference=delivery.idempotency_key,
                attempt=delivery.attempts,
            )
        )
    return claims


def mark_sent(session: Session, claim: Claim, *, at: datetime) -> None:
    """Record that the recipient's service accepted the notification."""
    delivery = _locked(session, claim)
    delivery.state, delivery.finished_at = "sent", at
    delivery.claimed_by = delivery.claimed_until = delivery.last_error = None
    _record(session, claim, audit.DELIVERED)


def mark_failed(
    session: Session, claim: Claim, *, at: datetime, reason: str, permanent: bool
) -> None:
    """Put the delivery back with a later time, or give it up where a human has to look.

    ``reason`` is shown on the desk and must hold no patient text. A claim that another dispatcher
    has taken over meanwhile is left alone.
    """
    delivery = _locked(session, claim)
    if delivery.state != "sending" or delivery.attempts != claim.attempt:
        return
    delivery.claimed_by = delivery.claimed_until = None
    delivery.last_error = reason[:300]
    if permanent or claim.attempt >= MOST_ATTEMPTS:
        delivery.state, delivery.finished_at = "failed", at
        _record(session, claim, audit.DELIVERY_FAILED, reason=reason[:300])
        return
    delivery.state = "due"
    delivery.due_at = at + timedelta(seconds=retry_seconds(claim.attempt))
    if claim.attempt == 1:
        # Later attempts are counted in the delivery; one line of the timeline is enough.
        _record(session, claim, audit.DELIVERY_DELAYED, reason=reason[:300])


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
