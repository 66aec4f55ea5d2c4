"""What is known when a message arrives: the classifier's guess and the conversation's slots."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Dict, Mapping, Optional, Tuple

from bot.triage.vocabulary import Assessment, Context, Level

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Guess:
    """What is known before screening.

    The trained classifier's intent, its probability of a red flag, its ranking (names, best first),
    the intents of several questions in one message, and what the channel noticed: a typed
    "/command", a photo without words.
    """

    intent: str = FALLBACK
    red_flag: float = 0.0
    typed_command: bool = False
    without_words: bool = False
    ranking: Tuple[str, ...] = ()
    questions: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """What the conversation's slots hold at the start of a turn.

    ``offer`` is what the bot offered in its last message ("nurse", "plan", "consent"), ``topic``
    the latest question of the page that was answered, ``check`` the symptom check under way
    (bot/nlu/details.py), ``interrupted`` the question she last put off with one of her own,
    ``plan`` her plan so far (bot/nlu/plan_talk.py).
    """

    episode: Optional[Mapping[str, Any]] = None
    level: Optional[Level] = None
    emergency_open: bool = False
    emergency_kind: str = ""
    called: bool = False
    injection_time: Optional[datetime] = None
    weeks_pregnant: Optional[float] = None
    weeks_said_on: Optional[datetime] = None
    misunderstood: int = 0
    nurse_present: bool = False
    check_in_open: bool = False
    offer: str = ""
    topic: str = ""
    check: Mapping[str, Any] = field(default_factory=dict)
    interrupted: str = ""
    welcomed: bool = False
    consent: str = ""
    helper: bool = False
    plan: Mapping[str, Any] = field(default_factory=dict)
    check_in_offered: bool = False

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any]) -> Memory:
        """Return the memory held by a tracker's slot values; unset slots are unknown."""
        level = slots.get("triage_level")
        weeks = slots.get("weeks_pregnant") or {}
        injection = slots.get("injection_time")
        return cls(
            episode=slots.get("episode"),
            level=Level[level] if level and level != "NONE" else None,
            emergency_open=slots.get("emergency_open") == "yes",
            emergency_kind=slots.get("emergency_kind") or "",
            called=slots.get("called") == "yes",
            injection_time=datetime.fromisoformat(injection) if injection else None,
            weeks_pregnant=weeks.get("weeks"),
            weeks_said_on=datetime.fromisoformat(weeks["said_on"]) if weeks else None,
            misunderstood=slots.get("misunderstood") or 0,
            nurse_present=bool(slots.get("nurse_present")),
            check_in_open=slots.get("check_in_open") == "yes",
            offer=slots.get("offer") or "",
            topic=slots.get("topic") or "",
            check=slots.get("check") or {},
            interrupted=slots.get("interrupted") or "",
            welcomed=slots.get("welcomed") == "yes",
            consent=slots.get("consent") or "",
            helper=slots.get("helper") == "yes",
            plan=slots.get("plan") or {},
            check_in_offered=slots.get("check_in_offered") == "yes",
        )

    def context(self, now: datetime) -> Context:
        """Return what is known about the circumstances at ``now``."""
        minutes = weeks = None
        if self.injection_time is not None:
            minutes = max(0.0, (now - self.injection_time) / timedelta(minutes=1))
        if self.weeks_pregnant is not None and self.weeks_said_on is not None:
            weeks = self.weeks_pregnant + (now - self.weeks_said_on) / timedelta(weeks=1)
        return Context(minutes_since_injection=minutes, weeks_pregnant=weeks)

    @property
    def open_question(self) -> Optional[str]:
        """The question of triage.md that waits for an answer."""
        return (self.episode or {}).get("open_question")


@dataclass(frozen=True)
class Turn:
    """The outcome: the intent to answer, values for the slots, and the assessment behind them."""

    intent: str
    slots: Dict[str, Any] = field(default_factory=dict)
    assessment: Optional[Assessment] = None
