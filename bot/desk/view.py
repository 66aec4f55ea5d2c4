"""What a page or the API shows of an alert: words, highlights and the story so far. No HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from bot.care import audit
from bot.care.alerts import LOG_RECIPIENT
from bot.care.models import Alert, AssessmentRecord, AuditEvent
from bot.triage.reader import load_table
from bot.triage.vocabulary import Level

LEVEL_NAMES: Mapping[Level, str] = {
    Level.EMERGENCY_NOW: "Emergency now",
    Level.URGENT_SAME_DAY: "Same day",
    Level.ROUTINE: "Routine",
    Level.SELF_CARE: "Self-care",
}

SUBTYPE_NAMES: Mapping[str, str] = {
    "ALLERGIC": "Allergic",
    "CARDIORESP": "Heart or lungs",
    "NEURO": "Nerves or brain",
    "OBSTETRIC": "Pregnancy",
    "MENTAL_HEALTH_CRISIS": "Mental health crisis",
    "INFECTION": "Infection",
    "LOCAL": "Injection site",
    "OTHER": "Other",
}

#: How a finding was stated, in the words of the page.
ASSERTION_NAMES: Mapping[str, str] = {
    "present": "present",
    "negated": "denied",
    "hypothetical": "hypothetical",
    "historical": "in the past",
    "resolved": "gone now",
}


@dataclass(frozen=True)
class Segment:
    """A piece of her words, with the findings that cover it (none: plain text)."""

    text: str
    findings: Tuple[Mapping[str, Any], ...] = ()

    @property
    def is_present(self) -> bool:
        """Return whether a finding here counts as present, not denied or in the past."""
        return any(finding["assertion"] == "present" for finding in self.findings)


@dataclass(frozen=True)
class Step:
    """One line of the timeline."""

    at: datetime
    text: str
    is_problem: bool = False


def alert_as_json(alert: Alert) -> Dict[str, Any]:
    """Return an alert as the API gives it. ``text`` is the message that set the level."""
    record = alert.assessment
    return {
        "id": alert.id,
        "level": alert.level.name,
        "subtype": alert.subtype,
        "summary": record.summary,
        "rules": record.rules,
        "findings": record.findings,
        "text": record.message.text,
        "conversation_id": alert.episode.patient.conversation_id,
        "channel": alert.episode.patient.channel,
        "created_at": alert.created_at.isoformat(),
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": _iso(alert.acknowledged_at),
        "closed_by": alert.episode.closed_by,
        "closed_at": _iso(alert.episode.closed_at),
        "recovered": alert.recovered,
    }


def segments(text: str, findings: Sequence[Mapping[str, Any]]) -> List[Segment]:
    """Cut her words where findings begin and end, so that overlapping ones are all shown.

    A finding of an earlier message of the episode, which counts here too, is not in these words.
    """
    spans = [
        (finding["start"], finding["end"], finding) for finding in findings if is_in(text, finding)
    ]
    cuts = {0, len(text)}
    cuts.update(edge for start, end, _ in spans if start < end for edge in (start, end))
    ordered = sorted(cuts)
    return [
        Segment(
            text=text[start:end],
            findings=tuple(finding for first, last, finding in spans if first <= start < last),
        )
        for start, end in pairwise(ordered)
    ]


def is_in(text: str, finding: Mapping[str, Any]) -> bool:
    """Return whether the finding was read from this text, not from an earlier message."""
    return text[finding["start"] : finding["end"]] == finding["text"] != ""


def name_of(key: str) -> str:
    """Return the clinical name of a finding's row, or the key where the table has none."""
    row = load_table().rows.get(key)
    return row.name if row else key


def describe_finding(finding: Mapping[str, Any]) -> str:
    """Return one finding in a few words: ``BR-02 wheezing, denied, somebody else``."""
    words = [
        f"{finding['key']} {name_of(finding['key'])}",
        ASSERTION_NAMES.get(finding["assertion"], str(finding["assertion"])),
    ]
    if finding["experiencer"] != "patient":
        words.append("somebody else")
    return ", ".join(words)


def reason(alert: Alert) -> str:
    """Return the one sentence that says why this alert exists."""
    summary = alert.assessment.summary.strip()
    return summary or f"{LEVEL_NAMES[alert.level]}: no summary was given; read her words."


def known_of_her(records: Sequence[AssessmentRecord]) -> List[Tuple[str, str]]:
    """Return weeks and time since the injection as she last stated them, as label and value."""
    weeks = _latest(records, "weeks_pregnant")
    minutes = _latest(records, "minutes_since_injection")
    return [
        ("Pregnancy", "not known" if weeks is None else f"{weeks:g} weeks"),
        ("Last injection", "not known" if minutes is None else f"{duration(minutes)} before"),
    ]


def about(alert: Alert) -> List[Tuple[str, str]]:
    """Return what an alert is about and where it came from, as label and value."""
    return [
        ("Kind", SUBTYPE_NAMES.get(alert.subtype or "", "not known")),
        ("Channel", alert.episode.patient.channel),
        ("Conversation", alert.episode.patient.conversation_id),
    ]


def duration(minutes: float) -> str:
    """Return a duration in the largest unit that fits: ``20 min``, ``5 h``, ``3 days``."""
    if minutes < 90:
        return f"{minutes:.0f} min"
    if minutes < 48 * 60:
        return f"{minutes / 60:.0f} h"
    return f"{minutes / 1440:.0f} days"


def steps(events: Sequence[AuditEvent]) -> List[Step]:
    """Return the timeline of an alert in plain words, oldest first."""
    return [
        Step(
            at=event.at,
            text=_step(event),
            is_problem=event.action in (audit.DELIVERY_FAILED, audit.DELIVERY_DELAYED),
        )
        for event in events
    ]


def _step(event: AuditEvent) -> str:
    details = event.details or {}
    recipient = details.get("recipient", "")
    if recipient == LOG_RECIPIENT:
        recipient = "the service log (no recipient is set up)"
    level = details.get("level")
    level_name = LEVEL_NAMES[Level[level]] if level else ""
    found = {
        audit.RAISED: f"Alert raised by {event.actor}: {level_name}",
        audit.LEVEL_RAISED: f"Level raised by {event.actor}: {level_name}",
        audit.MESSAGE_ADDED: "She wrote again",
        audit.DELIVERED: f"Notification sent to {recipient}",
        audit.DELIVERY_DELAYED: f"Notification to {recipient} delayed: {details.get('reason')}",
        audit.DELIVERY_FAILED: f"Notification to {recipient} given up: {details.get('reason')}",
        audit.OPENED: f"Opened by {event.actor}",
        audit.ACKNOWLEDGED: f"Acknowledged by {event.actor}",
        audit.CLOSED: f"Closed by {event.actor}: {details.get('outcome')}",
    }
    return found.get(event.action, event.action)


def _latest(records: Sequence[AssessmentRecord], name: str) -> Optional[float]:
    stated = [getattr(record, name) for record in records if getattr(record, name) is not None]
    return stated[-1] if stated else None


def _iso(moment: Optional[datetime]) -> Optional[str]:
    return None if moment is None else moment.isoformat()
