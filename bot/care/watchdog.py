"""Looks every minute for alerts that are stuck. Only when there are none it beats a heart outside.

The monitor outside calls somebody when it hears nothing: also when this whole machine is gone.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, List, Sequence

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.care import database, ladders
from bot.care.clock import now
from bot.care.escalation import load_escalation
from bot.care.models import Alert, Delivery, Episode, LadderStep, OutgoingMessage
from bot.care.worker import Worker
from bot.settings import Settings

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
#: What is late by more than this is stuck: every worker looks each second or few.
LATE = timedelta(seconds=60)
#: A worker that has not come to the end of its work for this long is stuck, in seconds.
WORKER_SECONDS = 90.0
BEAT_SECONDS = 10.0


class Watchdog(Worker):
    """Checks ladders, deliveries and the other workers of this process."""

    name = "watchdog"

    def __init__(self, settings: Settings, workers: Sequence[Worker]) -> None:
        super().__init__(interval=INTERVAL_SECONDS)
        self._settings = settings
        self._workers = list(workers)
        #: What was wrong at the last look, one sentence each; for the desk and the health page.
        self.problems: List[str] = []

    def work(self) -> bool:
        """Look once, and beat if all is well."""
        self.problems = self.look()
        for problem in self.problems:
            logger.error("watchdog: %s", problem)
        if not self.problems:
            self._beat()
        return False

    def look(self) -> List[str]:
        """Return what is wrong now, one sentence each."""
        found = [
            f"The {worker.name} has not come to an end of its work for "
            f"{worker.seconds_since_success():.0f} s."
            for worker in self._workers
            if not worker.is_alive or worker.seconds_since_success() > WORKER_SECONDS
        ]
        try:
            with database.reading(self._settings) as session:
                found += stuck(session, at=now())
        except SQLAlchemyError as error:
            found.append(f"The care database does not answer ({type(error).__name__}).")
        return found

    def _beat(self) -> None:
        url = load_escalation(self._settings.escalation).heartbeat
        if not url:
            return
        try:
            httpx.get(url, timeout=BEAT_SECONDS).raise_for_status()
        except httpx.HTTPError as error:
            # Its silence is the alarm; all that is left to do here is to say why.
            logger.error("watchdog: the monitor was not reached (%s)", type(error).__name__)


def stuck(session: Session, *, at: datetime) -> List[str]:
    """Return what is late in the database, one sentence each; nothing when all is well."""
    late = at - LATE
    questions = (
        (
            "steps of ladders are overdue",
            select(func.count(LadderStep.id))
            .join(Alert, Alert.id == LadderStep.alert_id)
            .join(Alert.episode)
            .where(
                LadderStep.state == "due",
                LadderStep.due_at < late,
                Alert.acknowledged_at.is_(None),
                Episode.closed_at.is_(None),
            ),
        ),
        (
            "open alerts have no step ahead of them",
            select(func.count()).select_from(
                ladders.without_step().where(Alert.created_at < late).subquery()
            ),
        ),
        ("notifications are overdue", _overdue(Delivery, late)),
        ("messages to patients are overdue", _overdue(OutgoingMessage, late)),
        (
            "notifications of alerts that nobody has acknowledged were given up",
            select(func.count(Delivery.id))
            .join(Delivery.alert)
            .join(Alert.episode)
            .where(
                Delivery.state == "failed",
                Alert.acknowledged_at.is_(None),
                Episode.closed_at.is_(None),
            ),
        ),
        (
            "lapsed acknowledgements were not followed up",
            select(func.count(Alert.id))
            .join(Alert.episode)
            .where(Alert.acknowledged_until < late, Episode.closed_at.is_(None)),
        ),
    )
    found = []
    for sentence, question in questions:
        count = session.execute(question).scalar_one()
        if count:
            found.append(f"{count} {sentence}.")
    return found


def _overdue(table: Any, late: datetime) -> Any:
    return select(func.count(table.id)).where(
        ((table.state == "due") & (table.due_at < late))
        | ((table.state == "sending") & (table.claimed_until < late))
    )
