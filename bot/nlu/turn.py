"""What one message means for the dialogue: the intent the rules answer, and what to remember.

Pure: text, the classifier's guess and the memory of the conversation in; intent and slot values
out. ``RedFlagScreen`` puts it into Rasa's graph. The clinical rules are all in bot.triage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Mapping, Optional

from bot.nlu.wording import CRISIS, emergency_kind, mentions_crisis
from bot.screening import screen
from bot.screening.unexplained import opinion_on_rest
from bot.triage import assess
from bot.triage.answers import Reply, reply_to
from bot.triage.episode import advance
from bot.triage.reader import load_table
from bot.triage.state import EpisodeState
from bot.triage.vocabulary import Assertion, Assessment, Context, Level, Screening

#: From this confidence on the trained classifier's "red flag" is an opinion of its own, which is
#: heard like a second opinion that asks (triage/tables/policy.yml), never one that acts.
CLASSIFIER_ALARM = 0.5
#: Messages in a row that nobody understood before a nurse is asked (G-14).
MISUNDERSTOOD_LIMIT = 2
#: Findings that are a wish and not a symptom: she asks for a human (G-13).
ASKS_FOR_HUMAN = "G-13"

FALLBACK = "nlu_fallback"
#: Intents that are the screen's decision and no guess: their confidence is 1.0.
SAFETY_INTENTS = frozenset(
    {
        "report_red_flag",
        "in_emergency",
        "report_urgent",
        "check_first",
        "report_symptom",
        "screen_failed",
        "unmapped_symptom",
        "no_words",
    }
)
#: The highest-risk question, and the intents whose answer asks it (U-01, M-38, G-14).
FIRST_QUESTION = "U-01"
ASKS_FIRST = ("check_first", "no_words", "unmapped_symptom")
#: A typed command that names an emergency without a symptom (G-17).
EMERGENCY_COMMAND = re.compile(r"\b(emergency|help|urgent|sos|red flag|alarm|ambulance)", re.I)


@dataclass(frozen=True)
class Guess:
    """What is known before screening.

    The trained classifier's intent and its probability of a red flag, and what the channel noticed:
    a typed "/command", a photo without words.
    """

    intent: str = FALLBACK
    red_flag: float = 0.0
    typed_command: bool = False
    without_words: bool = False


@dataclass(frozen=True)
class Memory:
    """What the conversation's slots hold at the start of a turn."""

    episode: Optional[Mapping[str, Any]] = None
    level: Optional[Level] = None
    emergency_open: bool = False
    emergency_kind: str = ""
    called: bool = False
    injection_time: Optional[datetime] = None
    weeks_pregnant: Optional[float] = None
    weeks_said_on: Optional[datetime] = None
    misunderstood: int = 0

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
        )

    def context(self, now: datetime) -> Context:
        """Return what is known about the circumstances at ``now``."""
        minutes = weeks = None
        if self.injection_time is not None:
            minutes = max(0.0, (now - self.injection_time) / timedelta(minutes=1))
        if self.weeks_pregnant is not None and self.weeks_said_on is not None:
            weeks = self.weeks_pregnant + (now - self.weeks_said_on) / timedelta(weeks=1)
        return Context(minutes_since_injection=minutes, weeks_pregnant=weeks)


@dataclass(frozen=True)
class Turn:
    """The outcome: the intent to answer, values for the slots, and the assessment behind them."""

    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    assessment: Optional[Assessment] = None


def without_command(text: str) -> str:
    """Return ``text`` with a leading "/" removed and the command's underscores as spaces (G-17)."""
    stripped = text.lstrip()
    if not stripped.startswith("/"):
        return text
    return stripped.lstrip("/").replace("_", " ").strip() or "?"


def read_turn(text: str, guess: Guess, memory: Memory, now: datetime) -> Turn:
    """Return what ``text`` means for the dialogue.

    ``now`` is the time of the message (UTC). Raises whatever screening raises; the caller then
    falls back to ``unscreened``.
    """
    screening = screen(text)
    alarm = guess.intent == "report_red_flag" and guess.red_flag >= CLASSIFIER_ALARM
    rest = opinion_on_rest(text, screening)
    doubt = max(rest, load_table().policy["second_opinion"]["ask"] if alarm else 0.0)
    context = memory.context(now)
    reply = reply_to(memory.episode, text)
    message = assess(screening, context, doubt)
    episode, overall = advance(memory.episode, screening, context, doubt, now, reply)
    intent = _route(guess, memory, screening, message, overall, reply)
    if intent == "no_level":
        intent = _calm(text, guess, memory, screening)
    if intent in ASKS_FIRST and not overall.question:
        episode = with_question(episode, FIRST_QUESTION)
    slots = {
        "episode": episode,
        "triage_level": overall.level.name if overall.level else "NONE",
        **stated(screening, now),
        **_emergency(intent, guess, memory, overall),
        **_patience(intent, memory),
    }
    if intent in ("report_symptom", "report_urgent") and guess.intent.startswith("faq_"):
        slots["also_asked"] = guess.intent
    return Turn(intent, slots, overall)


def unscreened(memory: Memory) -> Turn:
    """Return the turn of a message that could not be screened: never one that looks calm."""
    if memory.emergency_open:
        return Turn("in_emergency", _in_emergency(Guess(), memory))
    return Turn("screen_failed")


def _route(
    guess: Guess,
    memory: Memory,
    screening: Screening,
    message: Assessment,
    overall: Assessment,
    reply: Optional[Reply],
) -> str:
    """Return the intent: ``message`` is this message alone, ``overall`` the whole episode."""
    emergency = overall.level is Level.EMERGENCY_NOW
    if memory.emergency_kind == "crisis_passive" and guess.intent == "affirm":
        # "Are you having thoughts of hurting yourself or your baby?" (triage.md 8.9)
        return "report_red_flag"
    # "I can't call" sounds alarming and is an answer: there, only a finding is something new.
    only_opinion = "second_opinion" in message.flags and not _present(screening)
    is_new = message.level is Level.EMERGENCY_NOW and not (memory.emergency_open and only_opinion)
    if is_new or (emergency and not memory.emergency_open):
        return "report_red_flag"
    if emergency or memory.emergency_open:
        return "in_emergency"
    raised = (overall.level or 0) > (memory.level or 0)
    if overall.level is Level.URGENT_SAME_DAY and (raised or message.level is overall.level):
        # Nothing was found, so there is nothing to name: the question comes with the numbers.
        only_opinion = "second_opinion" in overall.flags and not _present(screening)
        return "check_first" if only_opinion and overall.question else "report_urgent"
    if guess.without_words and not _present(screening):
        return "no_words"
    if any(finding.key == ASKS_FOR_HUMAN for finding in screening.findings):
        return "ask_human"
    if message.level is not None or raised or overall.question or reply is not None:
        return "report_symptom"
    return "no_level"


def _calm(text: str, guess: Guess, memory: Memory, screening: Screening) -> str:
    """Return the intent of a message in which the rules found nothing to act on."""
    asks = screening.facts.general_question or screening.facts.figurative
    if guess.typed_command and EMERGENCY_COMMAND.search(text):
        return "check_first"
    if guess.intent == "report_red_flag":
        return "faq_urgent_reactions" if asks else "check_first"
    if guess.intent == "report_symptom":
        return "faq_side_effects" if asks else "unmapped_symptom"
    if guess.intent == FALLBACK and memory.misunderstood + 1 >= MISUNDERSTOOD_LIMIT:
        return "not_understood_again"
    return guess.intent


def with_question(episode: Mapping[str, Any], question: str) -> Dict[str, Any]:
    """Return the state of an episode in which ``question`` has just been asked."""
    state = EpisodeState.from_plain(episode)
    return replace(state, open_question=question, asked=(*state.asked, question)).to_plain()


def _present(screening: Screening) -> bool:
    return any(finding.assertion is Assertion.PRESENT for finding in screening.findings)


def stated(screening: Screening, now: datetime) -> Dict[str, Any]:
    """Return the slots for the circumstances a message states, as absolute times (UTC)."""
    facts: Dict[str, Any] = {}
    if screening.facts.since_injection is not None:
        # The later end of what she said is the safer one: reactions are judged by recency.
        given = now - timedelta(minutes=screening.facts.since_injection.least)
        facts["injection_time"] = given.astimezone(timezone.utc).isoformat()
    if screening.facts.weeks_pregnant is not None:
        facts["weeks_pregnant"] = {
            "weeks": screening.facts.weeks_pregnant,
            "said_on": now.astimezone(timezone.utc).isoformat(),
        }
    return facts


#: What an intent of the classifier means as an answer to "Have you called?" (responses.md 2.2).
_REPLY_OF_INTENT = {
    "have_called": "called",
    "affirm": "called",
    "deny": "not_called",
    "cannot_call": "cannot_call",
    "feel_better": "fine",
    "goodbye": "leaving",
    "thanks": "leaving",
}


YES_NO = ("affirm", "deny")


def _emergency(intent: str, guess: Guess, memory: Memory, overall: Assessment) -> Dict[str, Any]:
    if intent == "report_red_flag":
        crisis = mentions_crisis(overall.findings)
        kind = emergency_kind(overall)
        if memory.emergency_kind == "crisis_passive" and guess.intent == "affirm":
            kind = "crisis_intent"
        return {
            "emergency_open": "yes",
            "emergency_kind": kind,
            "emergency_crisis": "yes" if crisis and kind not in CRISIS else "no",
        }
    return _in_emergency(guess, memory) if intent == "in_emergency" else {}


def _in_emergency(guess: Guess, memory: Memory) -> Dict[str, Any]:
    """Return how her message inside an open emergency is answered (responses.md 2.2 and 3)."""
    reply = _REPLY_OF_INTENT.get(guess.intent, "other")
    called = {"called": "yes", "not_called": "no", "cannot_call": "no"}.get(reply)
    known = {"called": called} if called else {}
    if memory.emergency_kind in CRISIS:
        # "Yes" and "no" answer another question there, and lying down is no help.
        return {"emergency_reply": "crisis", **({} if guess.intent in YES_NO else known)}
    if called:
        # "no" after "yes": she hung up or never got through, so the call line comes back.
        return {"emergency_reply": reply, **known}
    return {"emergency_reply": f"{reply}_after_call" if memory.called else reply}


def _patience(intent: str, memory: Memory) -> Dict[str, Any]:
    if intent == FALLBACK:
        return {"misunderstood": memory.misunderstood + 1}
    return {"misunderstood": 0} if memory.misunderstood else {}
