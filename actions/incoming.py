"""The message an action answers, read from the conversation Rasa sends along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional

from rasa_sdk import Tracker

from bot.triage.plain import assessment_from_plain
from bot.triage.vocabulary import Assessment, Context, Level

WEEK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Incoming:
    """The latest message of a patient, and what the conversation knows.

    ``assessment`` is None when the message came without one: then nothing is known about it.
    """

    conversation_id: str
    channel: str
    text: str
    message_id: Optional[str]
    sent_at: datetime
    intent: str
    assessment: Optional[Assessment]
    slots: Mapping[str, Any]

    @property
    def level(self) -> Optional[Level]:
        """The level of the open episode, which never falls (G-03)."""
        return level_named(self.slots.get("triage_level"))

    @property
    def context(self) -> Context:
        """The circumstances she has told, as they are at the time of this message."""
        return Context(
            minutes_since_injection=self._minutes_since_injection(),
            weeks_pregnant=self._weeks_pregnant(),
        )

    def _minutes_since_injection(self) -> Optional[float]:
        given = self.slots.get("injection_time")
        if not given:
            return None
        return max(0.0, (self.sent_at - datetime.fromisoformat(given)).total_seconds() / 60)

    def _weeks_pregnant(self) -> Optional[float]:
        said = self.slots.get("weeks_pregnant")
        if not said:
            return None
        passed = self.sent_at - datetime.fromisoformat(said["said_on"])
        return said["weeks"] + passed.total_seconds() / WEEK_SECONDS


def level_named(name: Optional[str]) -> Optional[Level]:
    """Return the level a slot names; None for an unset slot and for "NONE"."""
    return Level[name] if name and name != "NONE" else None


def read_incoming(tracker: Tracker) -> Incoming:
    """Return the latest message. Its assessment travels with it, so it can never be a stale one.

    Raises KeyError or ValueError when the assessment cannot be read.
    """
    latest = tracker.latest_message
    uttered: Dict[str, Any] = next(
        (e for e in reversed(tracker.events) if e.get("event") == "user"), {}
    )
    attached = [
        entity["value"]
        for entity in latest.get("entities") or []
        if entity.get("entity") == "assessment"
    ]
    sent = uttered.get("timestamp")
    return Incoming(
        conversation_id=tracker.sender_id,
        channel=uttered.get("input_channel") or "unknown",
        text=uttered.get("text") or latest.get("text") or "",
        message_id=uttered.get("message_id") or latest.get("message_id"),
        sent_at=datetime.fromtimestamp(sent, timezone.utc) if sent else datetime.now(timezone.utc),
        intent=(latest.get("intent") or {}).get("name") or "",
        assessment=assessment_from_plain(attached[-1]) if attached else None,
        slots=tracker.slots,
    )
