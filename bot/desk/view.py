"""What a page or the API shows of an alert: words, highlights and the story so far. No HTML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from bot.care.models import Alert, AssessmentRecord
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


#: Keys of the desk and what they do, for the help dialog. ``static/keys.js`` listens for them.
KEYS: Sequence[Tuple[Sequence[str], str]] = (
    (("?",), "Show this list"),
    (("j", "k"), "Next and previous alert in the queue"),
    (("Enter",), "Open the alert"),
    (("/",), "Search"),
    (("a",), "Acknowledge, or take the alert"),
    (("t",), "Take over the chat"),
    (("r",), "Write to the patient"),
    (("Ctrl", "Enter"), "Send what you wrote"),
    (("h",), "Hand back to the symptom check"),
    (("n",), "Write a note"),
    (("s",), "Give it to a colleague"),
    (("l",), "Lower the level"),
    (("e",), "Resolve"),
    (("g", "q"), "Go to the queue; also g i insight, g u audit, g c accounts"),
    (("Esc",), "Close a dialog or an explanation"),
)

#: Rows of the policy about allergies and earlier reactions; the risk modifiers come with them.
ALLERGY_ROWS = ("TX-03", "TX-04", "TX-05")

#: Names of the channels as nurses know them.
CHANNEL_NAMES: Mapping[str, str] = {
    "web": "Web chat",
    "sms": "SMS",
    "twilio": "SMS or WhatsApp",
    "whatsapp": "WhatsApp",
    "telegram": "Telegram",
    "facebook": "Messenger",
    "slack": "Slack",
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
        "assigned_to": alert.assigned_to,
        "closed_by": alert.episode.closed_by,
        "closed_at": _iso(alert.episode.closed_at),
        "outcome": alert.outcome,
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
    table = load_table()
    row = table.rows.get(key)
    if row:
        return row.name
    return next((entry.name for entry in table.modifiers if entry.id == key), key)


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


def precise(seconds: Optional[float]) -> str:
    """Return a measured duration with two units: ``1 min 20 s``, ``2 h 05 min``; – for None."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole / 86400:.1f} days"


@dataclass(frozen=True)
class Known:
    """One thing that is known of her. ``since`` is the moment it counts from, if it is one."""

    label: str
    value: str
    since: Optional[datetime] = None


def known_of_her(records: Sequence[AssessmentRecord]) -> List[Known]:
    """Return weeks and time since the injection as she last stated them."""
    weeks = _latest(records, "weeks_pregnant")
    told = _latest(records, "minutes_since_injection")
    known = [Known("Pregnancy", f"{weeks[0]:g} weeks" if weeks else "not known")]
    if not told:
        return [*known, Known("Last injection", "not known")]
    minutes, record = told
    at = record.message.sent_at - timedelta(minutes=minutes)
    return [*known, Known("Last injection", f"{duration(minutes)} before she wrote", at)]


def allergies_and_risks(records: Sequence[AssessmentRecord]) -> List[Tuple[str, str, str]]:
    """Return what she said of allergies, earlier reactions and risks: rule id, name, her words."""
    found: Dict[Tuple[str, str], Tuple[str, str, str]] = {}
    for record in records:
        for finding in record.findings:
            key = finding["key"]
            is_hers = finding["experiencer"] == "patient" and finding["assertion"] != "negated"
            if is_hers and (key in ALLERGY_ROWS or key.startswith("RM-")):
                entry = (key, name_of(key), finding["text"])
                found[(key, finding["text"])] = entry
    return list(found.values())


def duration(minutes: float) -> str:
    """Return a duration in the largest unit that fits: ``20 min``, ``5 h``, ``3 days``."""
    if minutes < 90:
        return f"{minutes:.0f} min"
    if minutes < 48 * 60:
        return f"{minutes / 60:.0f} h"
    return f"{minutes / 1440:.0f} days"


def _latest(
    records: Sequence[AssessmentRecord], name: str
) -> Optional[Tuple[float, AssessmentRecord]]:
    for record in reversed(records):
        value = getattr(record, name)
        if value is not None:
            return value, record
    return None


def _iso(moment: Optional[datetime]) -> Optional[str]:
    return None if moment is None else moment.isoformat()
