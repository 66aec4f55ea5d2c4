"""What the queue shows: alerts by level then waiting time, filtered and searched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care.alerts import failed_deliveries
from bot.care.models import Alert, AssessmentRecord, Episode
from bot.care.outgoing import undelivered
from bot.desk import unsent, view
from bot.desk.ladder import Ladder, ladders
from bot.settings import Settings
from bot.triage.vocabulary import Level

#: How many alerts a section shows. They are sorted by urgency, so the rest can only be calmer.
MOST_SHOWN = 60
#: How many alerts are looked at. Resolved ones beyond are found by their pseudonym on the API.
MOST_READ = 2000

STATES: Mapping[str, str] = {
    "": "All open",
    "waiting": "Waiting",
    "taken": "Being looked after",
    "resolved": "Resolved",
}


@dataclass(frozen=True)
class Filter:
    """What the nurse wants to see; empty is everything that is open."""

    text: str = ""
    level: str = ""
    state: str = ""
    mine: bool = False

    @property
    def query(self) -> str:
        """Return the filter as the query of a link."""
        given = {"text": self.text, "level": self.level, "state": self.state}
        pairs = {name: value for name, value in given.items() if value}
        return urlencode({**pairs, **({"mine": "1"} if self.mine else {})})

    @property
    def is_set(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.query)


@dataclass(frozen=True)
class Section:
    """A list of alerts under a heading; ``more`` are not shown."""

    key: str
    title: str
    alerts: Sequence[Alert]
    more: int = 0


@dataclass(frozen=True)
class Queue:
    """The queue as one nurse asked for it. ``counts`` are of all waiting alerts by level."""

    sections: Sequence[Section]
    counts: Sequence[Tuple[Level, int]]
    failed: int
    ladders: Mapping[str, Ladder]
    #: Alert id, pseudonym and reason of what did not reach a patient whose alert is open.
    not_reached: Sequence[Tuple[str, str, str]]

    @property
    def found(self) -> int:
        """Return how many alerts fit."""
        return sum(len(section.alerts) + section.more for section in self.sections)


def read_filter(text: str, level: str, state: str, mine: str) -> Filter:
    """Return the filter of a request; what makes no sense is left out."""
    return Filter(
        text=" ".join(text.split())[:100],
        level=level if level in Level.__members__ else "",
        state=state if state in STATES else "",
        mine=mine == "1",
    )


def find(session: Session, settings: Settings, wanted: Filter, nurse: str) -> Queue:
    """Return the alerts that fit, the most urgent first within each section."""
    open_alerts = _read(session, resolved=False)
    waiting = [alert for alert in open_alerts if is_waiting(alert)]
    counts = Counter(alert.level for alert in waiting)
    shown: Dict[str, List[Alert]] = {}
    if wanted.state in ("", "waiting"):
        shown["waiting"] = waiting
    if wanted.state in ("", "taken"):
        shown["taken"] = [alert for alert in open_alerts if not is_waiting(alert)]
    if wanted.state == "resolved":
        shown["resolved"] = _read(session, resolved=True)
    words = _words(session, shown) if wanted.text else {}
    titles = {**STATES, "waiting": "Waiting for a nurse"}
    sections = []
    for key, alerts in shown.items():
        fitting = [alert for alert in alerts if _fits(alert, wanted, nurse, words)]
        sections.append(
            Section(key, titles[key], fitting[:MOST_SHOWN], max(0, len(fitting) - MOST_SHOWN))
        )
    levels = [level for level in sorted(Level, reverse=True) if level is not Level.SELF_CARE]
    return Queue(
        sections=sections,
        counts=[(level, counts[level]) for level in levels],
        failed=failed_deliveries(session),
        ladders=ladders(session, [alert for section in sections for alert in section.alerts]),
        not_reached=_not_reached(session, settings, open_alerts),
    )


def is_waiting(alert: Alert) -> bool:
    """Return whether nobody has the alert."""
    return alert.acknowledged_at is None and alert.episode.closed_at is None


def who_has(alert: Alert) -> Optional[str]:
    """Return the nurse who is responsible for the alert now, or None."""
    return alert.assigned_to or alert.acknowledged_by


def _read(session: Session, *, resolved: bool) -> List[Alert]:
    query = select(Alert).join(Alert.episode)
    if resolved:
        query = query.where(Episode.closed_at.isnot(None)).order_by(Episode.closed_at.desc())
    else:
        query = query.where(Episode.closed_at.is_(None)).order_by(
            Alert.level.desc(), Alert.level_since
        )
    return list(session.execute(query.limit(MOST_READ)).scalars())


def _not_reached(
    session: Session, settings: Settings, alerts: Sequence[Alert]
) -> List[Tuple[str, str, str]]:
    by_patient = {alert.episode.patient_id: alert for alert in alerts}
    by_conversation = {alert.episode.patient.conversation_id: alert for alert in alerts}
    found: Dict[str, Tuple[str, str, str]] = {}
    for message in undelivered(session):
        alert = by_patient.get(message.patient_id)
        if alert is not None and message.created_at >= alert.created_at:
            reason = (message.last_error or "").rstrip(".")
            found.setdefault(alert.id, (alert.id, alert.episode.patient.pseudonym, reason))
    for reply in unsent.replies(settings):
        alert = by_conversation.get(reply.conversation_id)
        if alert is not None:
            reason = (reply.reason or "").rstrip(".")
            found.setdefault(alert.id, (alert.id, alert.episode.patient.pseudonym, reason))
    return list(found.values())


def _words(session: Session, shown: Mapping[str, Sequence[Alert]]) -> Dict[str, str]:
    """Return everything that can be searched of each episode, in lower case."""
    episodes = [alert.episode_id for alerts in shown.values() for alert in alerts]
    found: Dict[str, List[str]] = {episode: [] for episode in episodes}
    for start in range(0, len(episodes), 500):
        part = episodes[start : start + 500]
        records = session.execute(
            select(AssessmentRecord).where(AssessmentRecord.episode_id.in_(part))
        ).scalars()
        for record in records:
            findings = [view.describe_finding(finding) for finding in record.findings]
            found[record.episode_id] += [record.message.text, *record.rules, *findings]
    return {episode: " ".join(words).casefold() for episode, words in found.items()}


def _fits(alert: Alert, wanted: Filter, nurse: str, words: Mapping[str, str]) -> bool:
    if wanted.level and alert.level is not Level[wanted.level]:
        return False
    if wanted.mine and who_has(alert) != nurse:
        return False
    if not wanted.text:
        return True
    here = " ".join(
        [
            alert.episode.patient.pseudonym.casefold(),
            alert.assessment.summary.casefold(),
            words.get(alert.episode_id, ""),
        ]
    )
    return all(word in here for word in wanted.text.casefold().split())
