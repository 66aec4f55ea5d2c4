"""Figures of alerts and outboxes, read from the care database at each scrape.

Every replica reads the same database and gives the same values: dashboards take the maximum over
replicas, never the sum.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.care import database
from bot.care.clock import now
from bot.care.escalation import LEVELS, load_escalation
from bot.care.models import Acknowledgement, Alert, Delivery, Episode, OutgoingMessage
from bot.care.watchdog import Watchdog
from bot.care.worker import Worker
from bot.observability import metrics
from bot.settings import Settings
from bot.triage.vocabulary import Level

logger = logging.getLogger(__name__)

#: The outboxes by the name they have in the figures.
OUTBOXES = {"staff": Delivery, "patients": OutgoingMessage}
_STATES = ("due", "sending", "sent", "failed")


class CareFigures(Collector):
    """Asks the care database and the workers of this process."""

    def __init__(self, settings: Settings, workers: Sequence[Worker], watchdog: Watchdog) -> None:
        self._settings, self._workers, self._watchdog = settings, workers, watchdog

    def describe(self) -> Iterator[Metric]:
        """Return nothing: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Return the figures of now; of a database that does not answer, only that it does not."""
        yield from self._of_process()
        try:
            with database.reading(self._settings) as session:
                found = [*alerts(session, now()), *outboxes(session, now())]
        except SQLAlchemyError as error:
            logger.error("the figures cannot be read: %s", type(error).__name__)
            metrics.SCRAPE_FAILURES.labels("care database").inc()
            found = []
        yield GaugeMetricFamily(
            "care_database_up", "Whether the care database answers", value=float(bool(found))
        )
        yield from found

    def _of_process(self) -> Iterator[Metric]:
        idle = GaugeMetricFamily(
            "care_worker_idle_seconds",
            "Seconds since a worker last came to the end of its work",
            labels=["worker"],
        )
        for worker in self._workers:
            idle.add_metric([worker.name], worker.seconds_since_success())
        yield idle
        yield GaugeMetricFamily(
            "care_watchdog_problems",
            "What was stuck at the watchdog's last look",
            value=len(self._watchdog.problems),
        )
        reached = GaugeMetricFamily(
            "care_ladder_people_reached",
            "People and addresses whom the ladder of a level would reach if an alert came now",
            labels=["level"],
        )
        for level, people in people_reached(self._settings, now()).items():
            reached.add_metric([level.name], people)
        yield reached


def registry_for(
    settings: Settings, workers: Sequence[Worker], watchdog: Watchdog
) -> CollectorRegistry:
    """Return a registry with the figures of care."""
    registry = CollectorRegistry()
    registry.register(CareFigures(settings, workers, watchdog))
    return registry


def people_reached(settings: Settings, at: datetime) -> dict[Level, int]:
    """Return for each level how many addresses its ladder would reach, begun at ``at``."""
    found = {}
    for level, ladder in load_escalation(settings.escalation).ladders.items():
        opening = ladder.opening(at)
        found[level] = sum(
            len(ladder.recipients(number, opening + tier.after))
            for number, tier in enumerate(ladder.tiers, start=1)
        )
    return found


def alerts(session: Session, at: datetime) -> Iterator[Metric]:
    """Return the figures of alerts."""
    rows = session.execute(
        select(Alert.level, Alert.level_since, Alert.acknowledged_at, Alert.created_at)
        .join(Alert.episode)
        .where(Episode.closed_at.is_(None))
    ).all()
    count = GaugeMetricFamily(
        "care_open_alerts",
        "Open alerts by level and whether a nurse has acknowledged",
        labels=["level", "acknowledged"],
    )
    age = GaugeMetricFamily(
        "care_oldest_open_alert_seconds", "Age of the oldest open alert", labels=["level"]
    )
    waits = GaugeMetricFamily(
        "care_longest_unacknowledged_seconds",
        "How long the alert that waits longest has not been acknowledged",
        labels=["level"],
    )
    for level in LEVELS:
        open_now = [row for row in rows if row.level == level]
        waiting = [row for row in open_now if row.acknowledged_at is None]
        count.add_metric([level.name, "yes"], len(open_now) - len(waiting))
        count.add_metric([level.name, "no"], len(waiting))
        age.add_metric([level.name], _longest(at, [row.created_at for row in open_now]))
        waits.add_metric([level.name], _longest(at, [row.level_since for row in waiting]))
    yield from (count, age, waits, _until_acknowledged(session))
    totals = GaugeMetricFamily(
        "care_alerts_recorded", "Alerts in the database by highest level", labels=["level"]
    )
    for level, number in session.execute(
        select(Alert.highest_level, func.count(Alert.id)).group_by(Alert.highest_level)
    ):
        totals.add_metric([level.name], number)
    yield totals
    recovered = select(func.count(Alert.id)).where(Alert.recovered.is_(True))
    yield GaugeMetricFamily(
        "care_alerts_recovered",
        "Alerts that the sweeper had to find in the conversations",
        value=session.execute(recovered).scalar_one(),
    )


def outboxes(session: Session, at: datetime) -> Iterator[Metric]:
    """Return the figures of both outboxes: to staff and to patients."""
    rows = GaugeMetricFamily(
        "care_outbox_rows", "Rows of an outbox by state", labels=["outbox", "state"]
    )
    late = GaugeMetricFamily(
        "care_outbox_late_seconds",
        "How long the row that is due longest has been due",
        labels=["outbox"],
    )
    for name, table in OUTBOXES.items():
        counted = dict(
            session.execute(select(table.state, func.count(table.id)).group_by(table.state)).all()
        )
        for state in _STATES:
            rows.add_metric([name, state], counted.get(state, 0))
        oldest = select(func.min(table.due_at)).where(table.state == "due", table.due_at <= at)
        due = session.execute(oldest).scalar()
        late.add_metric([name], _longest(at, [due] if due else []))
    yield from (rows, late)


def _until_acknowledged(session: Session) -> Metric:
    seconds = SummaryMetricFamily(
        "care_acknowledgement_seconds",
        "Seconds from an alert to its first acknowledgement",
        labels=["level"],
    )
    first = (
        select(Acknowledgement.alert_id, func.min(Acknowledgement.at).label("at"))
        .group_by(Acknowledgement.alert_id)
        .subquery()
    )
    waited: dict[Level, list[float]] = {level: [] for level in LEVELS}
    query = select(Alert.highest_level, Alert.created_at, first.c.at).join(
        first, first.c.alert_id == Alert.id
    )
    for level, created, acknowledged in session.execute(query):
        waited.setdefault(level, []).append((acknowledged - created).total_seconds())
    for level, each in waited.items():
        seconds.add_metric([level.name], count_value=len(each), sum_value=sum(each))
    return seconds


def _longest(at: datetime, moments: Sequence[Any]) -> float:
    return max((max(0.0, (at - moment).total_seconds()) for moment in moments), default=0.0)
