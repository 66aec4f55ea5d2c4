"""Climbs the ladders: takes due steps, reminds nurses who did nothing, notices silent patients."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, List

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.care import audit, database, handling, ladders
from bot.care.clock import now
from bot.care.escalation import load_escalation
from bot.care.ladders import CLOCK_TOLERANCE
from bot.care.models import Alert, Episode
from bot.care.worker import Worker
from bot.settings import Settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class Climber(Worker):
    """Goes on with every ladder under way. Several processes may share a database."""

    name = "ladder"

    def __init__(self, settings: Settings) -> None:
        super().__init__(interval=POLL_SECONDS)
        self._settings = settings

    def work(self) -> bool:
        """Do what is due now; return whether there may be more."""
        at = now()
        silence = load_escalation(self._settings.escalation).silence_after_emergency
        # Asked without the write lock, which on SQLite the patients' messages need more.
        with database.reading(self._settings) as session:
            steps = session.execute(ladders.due_steps(at).limit(1)).first() is not None
            missing = session.execute(ladders.without_step().limit(1)).first() is not None
            lapsing = session.execute(_lapsing(at).limit(1)).first() is not None
            silent = session.execute(_silent(at, silence).limit(1)).first() is not None
        done = 0
        for is_due, step in (
            (steps, lambda session: ladders.take_due(session, at=at)),
            (missing, ladders.restart_missing),
            (lapsing, lambda session: lapse(session, at=at)),
            (silent, lambda session: notice_silence(session, at=at, after=silence)),
        ):
            if is_due:
                with database.transaction(self._settings) as session:
                    done += step(session)
        return done > 0


def lapse(session: Session, *, at: datetime) -> int:
    """Remind nurses whose acknowledgement ended, and go on where a reminder changed nothing.

    A nurse who took over and left is treated alike: the bot answers the patient again. Returns how
    many alerts that were.
    """
    alerts = _locked(session, _lapsing(at))
    for alert in alerts:
        ladder = ladders.ladder_of(alert)
        if ladder is None:
            alert.acknowledged_until = None
        elif alert.acknowledged_at > at + CLOCK_TOLERANCE:
            # Acknowledged before the clock was set back: the time runs from now.
            alert.acknowledged_at = at
            alert.acknowledged_until = ladder.acknowledged_until(at)
        elif alert.reminded_at is None:
            told = ladders.remind(session, alert, kind=ladders.REMINDER, at=at)
            alert.reminded_at = at
            alert.acknowledged_until = ladder.opening(at + ladder.reminder_waits)
            _record(session, alert, audit.REMINDED, recipients=told)
        else:
            _let_go(session, alert)
    return len(alerts)


def notice_silence(session: Session, *, at: datetime, after: timedelta) -> int:
    """Mark patients who went silent after emergency advice, and have a nurse call back (U-04).

    Returns how many that were.
    """
    alerts = _locked(session, _silent(at, after))
    for alert in alerts:
        alert.silent_since = at
        told: List[str] = []
        if alert.acknowledged_at is not None:
            # Unacknowledged, the ladder is telling everybody already.
            told = ladders.remind(session, alert, kind=ladders.SILENT, at=at)
        _record(session, alert, audit.SILENT, recipients=told)
    return len(alerts)


def _let_go(session: Session, alert: Alert) -> None:
    nurse = alert.acknowledged_by
    if alert.episode.taken_over_by is not None:
        handling.hand_back(session, alert.id, nurse="ladder", action=audit.LEFT)
    alert.acknowledged_by = alert.acknowledged_at = None
    alert.acknowledged_until = alert.reminded_at = None
    _record(session, alert, audit.LAPSED, nurse=nurse)
    ladders.start(session, alert)


def _lapsing(at: datetime) -> Any:
    return (
        select(Alert)
        .join(Alert.episode)
        .where(
            Episode.closed_at.is_(None),
            Alert.acknowledged_until.isnot(None),
            or_(
                Alert.acknowledged_until <= at,
                Alert.acknowledged_at > at + CLOCK_TOLERANCE,
            ),
        )
    )


def _silent(at: datetime, after: timedelta) -> Any:
    return (
        select(Alert)
        .join(Alert.episode)
        .where(
            Episode.closed_at.is_(None),
            Episode.taken_over_by.is_(None),
            Alert.silent_since.is_(None),
            and_(Alert.level == Level.EMERGENCY_NOW, Alert.last_message_at <= at - after),
        )
    )


def _locked(session: Session, query: Any) -> List[Alert]:
    return list(
        session.execute(query.limit(50).with_for_update(of=Alert, skip_locked=True)).scalars()
    )


def _record(session: Session, alert: Alert, action: str, **details: Any) -> None:
    audit.record(session, actor="ladder", action=action, alert_id=alert.id, **details)
