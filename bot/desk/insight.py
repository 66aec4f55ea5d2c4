"""How the alerts of a period went: figures for leads and auditors, without words of patients."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist, quantiles
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.care.models import Acknowledgement, Alert, Episode, LadderStep, Patient
from bot.triage.vocabulary import Level

#: Levels in the order in which pages show them; nobody is called for self-care.
LEVELS = (Level.EMERGENCY_NOW, Level.URGENT_SAME_DAY, Level.ROUTINE)


@dataclass(frozen=True)
class Record:
    """One alert as the figures need it. ``level`` is the highest it ever had."""

    alert_id: str
    patient: str
    channel: str
    level: Level
    subtype: Optional[str]
    created_at: datetime
    acknowledged_at: Optional[datetime]
    acknowledged_by: Optional[str]
    resolved_at: Optional[datetime]
    resolved_by: Optional[str]
    outcome: Optional[str]
    recovered: bool
    people_told: int

    @property
    def seconds_to_acknowledge(self) -> Optional[float]:
        """Return how long until the first nurse said "I have this"; None: nobody did."""
        return _seconds(self.created_at, self.acknowledged_at)

    @property
    def seconds_to_resolve(self) -> Optional[float]:
        """Return how long until the alert was resolved; None: it is open."""
        return _seconds(self.created_at, self.resolved_at)


@dataclass(frozen=True)
class Share:
    """``count`` of ``total`` with the bounds of the 95 % Wilson score interval, from 0 to 1."""

    count: int
    total: int
    low: float
    high: float

    @property
    def words(self) -> str:
        """Return the share for the page."""
        if not self.total:
            return "no cases"
        return f"{100 * self.count / self.total:.0f} %"

    @property
    def interval(self) -> str:
        """Return the interval and the counts for the page."""
        if not self.total:
            return "nothing resolved yet"
        low, high = 100 * self.low, 100 * self.high
        return f"{low:.0f} to {high:.0f} % (95 % Wilson), {self.count} of {self.total}"


@dataclass(frozen=True)
class Tier:
    """How often a step of the ladder was taken, and how often nobody answered it."""

    level: Level
    number: int
    taken: int
    unanswered: int


def records(session: Session, since: Optional[datetime] = None) -> List[Record]:
    """Return the alerts raised since a moment (None: ever), oldest first."""
    first = (
        select(Acknowledgement.alert_id, func.min(Acknowledgement.id).label("id"))
        .group_by(Acknowledgement.alert_id)
        .subquery()
    )
    told = (
        select(LadderStep.alert_id, func.count(LadderStep.id).label("count"))
        .where(LadderStep.state == "sent")
        .group_by(LadderStep.alert_id)
        .subquery()
    )
    query = (
        select(Alert, Episode, Patient, Acknowledgement, told.c.count)
        .join(Episode, Episode.id == Alert.episode_id)
        .join(Patient, Patient.id == Episode.patient_id)
        .outerjoin(first, first.c.alert_id == Alert.id)
        .outerjoin(Acknowledgement, Acknowledgement.id == first.c.id)
        .outerjoin(told, told.c.alert_id == Alert.id)
        .order_by(Alert.created_at)
    )
    if since is not None:
        query = query.where(Alert.created_at >= since)
    return [
        Record(
            alert_id=alert.id,
            patient=patient.pseudonym,
            channel=patient.channel,
            level=max(alert.highest_level or alert.level, alert.level),
            subtype=alert.subtype,
            created_at=alert.created_at,
            acknowledged_at=acknowledgement.at if acknowledgement else None,
            acknowledged_by=acknowledgement.nurse if acknowledgement else None,
            resolved_at=episode.closed_at,
            resolved_by=episode.closed_by,
            outcome=alert.outcome or episode.outcome,
            recovered=alert.recovered,
            people_told=count or 0,
        )
        for alert, episode, patient, acknowledgement, count in session.execute(query).unique()
    ]


def false_alarms(found: Sequence[Record], level: Optional[Level] = None) -> Share:
    """Return which share of the resolved alerts the nurses judged a false alarm."""
    outcomes = [
        record.outcome
        for record in found
        if record.outcome and (level is None or record.level is level)
    ]
    return wilson(outcomes.count("false alarm"), len(outcomes))


def wilson(count: int, total: int) -> Share:
    """Return a share with its 95 % Wilson score interval. Raises ValueError for no such share."""
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is not a share: need 0 <= count <= total.")
    if total == 0:
        return Share(0, 0, 0.0, 1.0)
    z = NormalDist().inv_cdf(0.975)
    share = count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = (
        z
        * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
        / (1 + z * z / total)
    )
    return Share(count, total, max(0.0, middle - half), min(1.0, middle + half))


def by_level(found: Sequence[Record], name: str) -> Dict[Level, List[float]]:
    """Return the values of a property of the records by level, without those that have none."""
    values: Dict[Level, List[float]] = {level: [] for level in LEVELS}
    for record in found:
        value = getattr(record, name)
        if value is not None and record.level in values:
            values[record.level].append(value)
    return values


def by_hour(found: Sequence[Record], zone: object) -> Mapping[Level, List[int]]:
    """Return how many alerts were raised in each hour of the day in the clinic's time zone."""
    hours: Dict[Level, List[int]] = {level: [0] * 24 for level in LEVELS}
    for record in found:
        if record.level in hours:
            hours[record.level][record.created_at.astimezone(zone).hour] += 1  # type: ignore[arg-type]
    return hours


def percentile(values: Sequence[float], percent: int) -> Optional[float]:
    """Return a percentile, or None when there are no values."""
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def tiers(session: Session, since: Optional[datetime] = None) -> List[Tier]:
    """Return for each level and step how often it was taken and how often nobody answered it.

    A step was not answered when the next one of the same ladder had to be taken, or when it is the
    last one so far and the alert still waits.
    """
    query = (
        select(
            LadderStep,
            Alert.highest_level,
            Alert.acknowledged_at,
            Episode.closed_at,
            Alert.ladder_round,
        )
        .join(Alert, Alert.id == LadderStep.alert_id)
        .join(Episode, Episode.id == Alert.episode_id)
        .where(LadderStep.state == "sent")
        .order_by(LadderStep.alert_id, LadderStep.round, LadderStep.number)
    )
    if since is not None:
        query = query.where(LadderStep.planned_at >= since)
    rows = session.execute(query).all()
    taken: Counter[Tuple[Level, int]] = Counter()
    unanswered: Counter[Tuple[Level, int]] = Counter()
    for index, (step, level, acknowledged_at, closed_at, latest_round) in enumerate(rows):
        taken[(level, step.number)] += 1
        following = rows[index + 1][0] if index + 1 < len(rows) else None
        ladder = (step.alert_id, step.round)
        was_followed = following is not None and (following.alert_id, following.round) == ladder
        still_waits = acknowledged_at is None and closed_at is None and step.round == latest_round
        if was_followed or still_waits:
            unanswered[(level, step.number)] += 1
    return [
        Tier(level, number, count, unanswered[(level, number)])
        for (level, number), count in sorted(
            taken.items(), key=lambda item: (-int(item[0][0]), item[0][1])
        )
    ]


def _seconds(start: datetime, end: Optional[datetime]) -> Optional[float]:
    return None if end is None else max(0.0, (end - start).total_seconds())
