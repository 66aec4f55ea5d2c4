"""The story of an alert in plain words: what was sent to whom, who saw it, who did what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from bot.care import audit
from bot.care.ladders import LOG_RECIPIENT
from bot.care.models import AuditEvent
from bot.desk.view import LEVEL_NAMES
from bot.triage.vocabulary import Level

#: What a colleague or the operator has to look into.
PROBLEMS = (
    audit.DELIVERY_FAILED,
    audit.DELIVERY_DELAYED,
    audit.STEP_REACHED_NOBODY,
    audit.PATIENT_NOT_REACHED,
    audit.LAPSED,
    audit.LEFT,
)


@dataclass(frozen=True)
class Step:
    """One line of the timeline."""

    at: datetime
    text: str
    is_problem: bool = False


def steps(events: Sequence[AuditEvent]) -> List[Step]:
    """Return the timeline of an alert, oldest first. Who opened it is told once each."""
    seen = set()
    found = []
    for event in events:
        if event.action == audit.OPENED:
            if event.actor in seen:
                continue
            seen.add(event.actor)
        found.append(Step(event.at, describe(event), event.action in PROBLEMS))
    return found


def seen_by(events: Sequence[AuditEvent]) -> List[Tuple[str, int]]:
    """Return who opened the alert and how often, in order of the first time."""
    counts = Counter(event.actor for event in events if event.action == audit.OPENED)
    return list(counts.items())


def describe(event: AuditEvent) -> str:
    """Return one event in plain words."""
    words = _WORDS.get(event.action)
    return words(event.actor, _Details(event.details or {})) if words else event.action


class _Details:
    """The details of an event; what is missing reads as an empty text."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        value = self._values.get(name)
        return "" if value is None else str(value)

    def level(self, name: str = "level") -> str:
        """Return the name of a level that nurses know it by."""
        key = self[name]
        return LEVEL_NAMES[Level[key]] if key in Level.__members__ else key

    @property
    def recipient(self) -> str:
        """Return whom a notification was for."""
        name = self["recipient"]
        return "the service log (no recipient is set up)" if name == LOG_RECIPIENT else name

    @property
    def recipients(self) -> str:
        """Return everybody a step of the ladder was for."""
        value = self._values.get("recipients") or []
        return ", ".join(str(each) for each in value)


def _with_reason(sentence: str, reason: str) -> str:
    return f"{sentence}: {reason.rstrip('.')}" if reason else sentence


_WORDS: Dict[str, Callable[[str, _Details], str]] = {
    audit.RAISED: lambda who, it: f"Alert raised by {who}: {it.level()}",
    audit.LEVEL_RAISED: lambda who, it: f"Level raised by {who}: {it.level()}",
    audit.LEVEL_LOWERED: lambda who, it: (
        f"{who} lowered the level from {it.level('before')} to {it.level()}"
    ),
    audit.MESSAGE_ADDED: lambda who, it: "She wrote again",
    audit.DELIVERED: lambda who, it: f"Notification sent to {it.recipient}",
    audit.DELIVERY_DELAYED: lambda who, it: _with_reason(
        f"Notification to {it.recipient} delayed", it["reason"]
    ),
    audit.DELIVERY_FAILED: lambda who, it: _with_reason(
        f"Notification to {it.recipient} given up", it["reason"]
    ),
    audit.STEP_TAKEN: lambda who, it: _with_reason(
        f"Step {it['step']} of the ladder", it.recipients
    ),
    audit.STEP_REACHED_NOBODY: lambda who, it: (
        f"Step {it['step']} of the ladder reached nobody: nobody is on duty for it"
    ),
    audit.OPENED: lambda who, it: f"Opened by {who}",
    audit.ACKNOWLEDGED: lambda who, it: f"Acknowledged by {who}",
    audit.REMINDED: lambda who, it: _with_reason("Reminder sent", it.recipients),
    audit.LAPSED: lambda who, it: (
        f"The acknowledgement of {it['nurse'] or 'the nurse'} ran out; the ladder goes on"
    ),
    audit.TRIED_AGAIN: lambda who, it: f"{who} had {it.recipient} told once more",
    audit.ASSIGNED: lambda who, it: f"{who} gave it to {it['to']}",
    audit.NOTED: lambda who, it: f"{who} added a note",
    audit.TAKEN_OVER: lambda who, it: f"{who} took over the conversation",
    audit.WROTE: lambda who, it: f"{who} wrote to her",
    audit.HANDED_BACK: lambda who, it: f"{who} handed the conversation back to the symptom check",
    audit.LEFT: lambda who, it: (
        f"{it['taken_over_by'] or 'The nurse'} left; the symptom check answers again"
    ),
    audit.SILENT: lambda who, it: "She has been silent since the emergency advice: call her",
    audit.CHECK_IN_UNANSWERED: lambda who, it: "She did not answer the check-in: call her",
    audit.REACHED_PATIENT: lambda who, it: "Message reached her",
    audit.PATIENT_NOT_REACHED: lambda who, it: _with_reason(
        "A message did not reach her", it["reason"]
    ),
    audit.CLOSED: lambda who, it: _with_reason(f"Resolved by {who}", it["outcome"]),
}
