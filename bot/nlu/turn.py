"""What one message means for the dialogue: the intent the rules answer, and what to remember.

Pure: text, the classifier's guess and the memory of the conversation in; intent and slot values
out. ``RedFlagScreen`` puts it into Rasa's graph. The clinical rules are all in bot.triage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from bot.nlu.details import INJECTION, WEEKS, Heard, corrected, next_check, understand
from bot.nlu.emergency_turn import new_emergency, open_emergency
from bot.nlu.memory import FALLBACK, Guess, Memory, Turn
from bot.nlu.phrases import looks_like_a_question, steering, tells_of_loss
from bot.nlu.plan_talk import leaves_part_out, plan_slots
from bot.nlu.single_questions import SINGLE_QUESTION, is_single
from bot.nlu.talk import calm_intent, interrupts, notices, offer_of, topic_of
from bot.screening import screen
from bot.screening.unexplained import opinion_on_rest
from bot.triage import assess
from bot.triage.answers import Reply, reply_to
from bot.triage.episode import advance, silence
from bot.triage.reader import load_table
from bot.triage.state import EpisodeState
from bot.triage.vocabulary import Assertion, Assessment, Experiencer, Level, Screening

#: From this confidence on the trained classifier's "red flag" is an opinion of its own, which is
#: heard like a second opinion that asks (triage/tables/policy.yml), never one that acts.
CLASSIFIER_ALARM = 0.5
#: Findings that are a wish and not a symptom: she asks for a human (G-13).
ASKS_FOR_HUMAN = "G-13"
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
        "other_language",
        "with_nurse",
    }
)
#: The highest-risk question, and the intents whose answer asks it (U-01, M-38, G-14).
FIRST_QUESTION = "U-01"
ASKS_FIRST = ("check_first", "no_words", "unmapped_symptom")
#: Questions that the advice on a treatment row (TX) answers already.
ANSWERED_BY_ADVICE = ("faq_missed_injection", "faq_dosing_schedule", "faq_extra_care")
#: What still gets its own answer while a nurse writes with her.
_ABOVE_THE_NURSE = ("report_red_flag", "screen_failed")


@dataclass(frozen=True)
class _Read:
    """One message, read in every way there is: ``message`` alone, ``overall`` the whole episode."""

    heard: Heard
    message: Assessment
    overall: Assessment
    reply: Optional[Reply]
    said: str = ""
    interrupted: str = ""

    @property
    def found(self) -> bool:
        """Whether the rules found anything that is there now."""
        return any(f.assertion is Assertion.PRESENT for f in self.heard.screening.findings)


def read_turn(text: str, guess: Guess, memory: Memory, now: datetime) -> Turn:
    """Return what ``text`` means for the dialogue.

    ``now`` is the time of the message (UTC). Raises whatever screening raises; the caller then
    falls back to ``unscreened``.
    """
    episode, read = _read(text, guess, memory, now)
    overall, screening = read.overall, read.heard.screening
    intent = _route(text, guess, memory, read)
    if intent == "no_level":
        intent = calm_intent(text, guess, memory, screening, read.heard, now)
    if memory.nurse_present and intent not in _ABOVE_THE_NURSE:
        intent, episode = "with_nurse", _asked(episode, None)
    if intent in ASKS_FIRST and not overall.question:
        episode = with_question(episode, FIRST_QUESTION)
    slots: Dict[str, Any] = {
        "episode": episode,
        "triage_level": overall.level.name if overall.level else "NONE",
        **stated(screening, now),
        **_emergency(intent, guess, memory, overall),
        "misunderstood": memory.misunderstood + 1 if intent in (FALLBACK, "unsure") else 0,
        "interrupted": read.interrupted,
        "check_in_open": "no",
        "urgent_kind": urgent_kind(overall),
        "also_asked": _also_asked(intent, text, guess, [f.key for f in screening.findings]),
        **_check(intent, memory, read, episode, now),
        **topic_of(intent, text, guess, memory),
        **plan_slots(intent, text, memory),
    }
    question = EpisodeState.from_plain(episode).open_question
    waits = question is not None or bool((slots.get("check") or {}).get("open"))
    slots["offer"] = "" if waits else offer_of(intent)
    if intent == "say_again":
        slots["offer"] = memory.offer
    slots.update(notices(text, intent, guess, memory, read.interrupted, slots))
    return Turn(SINGLE_QUESTION if is_single(intent) else intent, slots, overall)


def unscreened(memory: Memory) -> Turn:
    """Return the turn of a message that could not be screened: never one that looks calm."""
    if memory.emergency_open:
        return Turn("in_emergency", {**open_emergency(Guess(), memory), "notices": []})
    return Turn("screen_failed", {"notices": []})


def _read(text: str, guess: Guess, memory: Memory, now: datetime) -> Tuple[Dict[str, Any], _Read]:
    """Return the episode after the message, and everything that was read from it."""
    screening = screen(text)
    said = steering(text)
    # "STOP" or "say that again" is no answer to how bad it is.
    heard = Heard(screening) if said else understand(text, screening, memory, guess.intent)
    if said == "bot_challenge":
        heard = replace(heard, screening=_without_wish(heard.screening))
    context = memory.context(now)
    alarm = guess.intent == "report_red_flag" and guess.red_flag >= CLASSIFIER_ALARM
    # What the classifier hears is the loss; the rules and the second opinion still read it.
    alarm = alarm and not tells_of_loss(text)
    rest = opinion_on_rest(text, screening)
    doubt = max(rest, load_table().policy["second_opinion"]["ask"] if alarm else 0.0)
    # A whole message of a known form ("check on me tomorrow") is no report of anything.
    if heard.bare or (said and said != "has_a_sign") or leaves_part_out(text, memory):
        doubt = 0.0
    state = _as_it_stands(memory, now)
    if heard.corrected and state:
        state = corrected(state, heard.screening.facts, now)
    if said == "has_a_sign":
        # The button below the list of serious signs: the same question, answered with yes.
        text, state = "yes", _asked(state, FIRST_QUESTION)
    elif memory.check_in_open and not (state or {}).get("open_question"):
        # The check-in asked for the same signs (M-36), and "a bit" is a yes there too (G-09).
        state = _asked(state, FIRST_QUESTION)
    reply = reply_to(state, text)
    message = assess(heard.screening, context, doubt)
    question = (state or {}).get("open_question") or ""
    if reply and interrupts(text, guess, memory, heard.screening, message, reply):
        episode, overall = advance(state, heard.screening, context, doubt, now)
        if overall.level is not Level.EMERGENCY_NOW:
            return _asked(episode, question), _Read(heard, message, overall, None, said, question)
    episode, overall = advance(state, heard.screening, context, doubt, now, reply)
    return episode, _Read(heard, message, overall, reply, said)


def _without_wish(screening: Screening) -> Screening:
    """Return ``screening`` without the wish for a human.

    "Is this a real person?" names one and wants the truth, not a call back (M-32).
    """
    kept = tuple(finding for finding in screening.findings if finding.key != ASKS_FOR_HUMAN)
    return replace(screening, findings=kept)


def _as_it_stands(memory: Memory, now: datetime) -> Optional[Mapping[str, Any]]:
    """Return the episode as it was before this message: three silent minutes count (U-02)."""
    state = memory.episode
    if not state or not state.get("last_message") or memory.nurse_present:
        return state
    minutes = (now - datetime.fromisoformat(state["last_message"])) / timedelta(minutes=1)
    return silence(state, minutes)[0] if state.get("open_question") else state


def _route(text: str, guess: Guess, memory: Memory, read: _Read) -> str:
    """Return the intent that safety asks for, or "no_level"."""
    message, overall = read.message, read.overall
    emergency = overall.level is Level.EMERGENCY_NOW
    calm = overall.level is None or overall.level < Level.URGENT_SAME_DAY
    if calm and tells_of_loss(text):
        # Nothing that she asks beside it is answered with a text of the page (F-343).
        return "no_level"
    if memory.emergency_kind == "crisis_passive" and guess.intent == "affirm":
        # "Are you having thoughts of hurting yourself or your baby?" (triage.md 8.9)
        return "report_red_flag"
    # "I can't call" sounds alarming and is an answer: there, only a finding is something new.
    only_opinion = "second_opinion" in message.flags and not read.found
    is_new = message.level is Level.EMERGENCY_NOW and not (memory.emergency_open and only_opinion)
    if is_new or (emergency and not memory.emergency_open):
        return "report_red_flag"
    if emergency or memory.emergency_open:
        return "in_emergency"
    if read.heard.screening.facts.unsupported_language and not read.found:
        return "other_language"
    raised = (overall.level or 0) > (memory.level or 0)
    if overall.level is Level.URGENT_SAME_DAY and (raised or message.level is overall.level):
        # Nothing was found, so there is nothing to name: the question comes with the numbers.
        only_opinion = "second_opinion" in overall.flags and not read.found
        return "check_first" if only_opinion and overall.question else "report_urgent"
    if guess.without_words and not read.found:
        return "no_words"
    if any(finding.key == ASKS_FOR_HUMAN for finding in read.heard.screening.findings):
        return "ask_human"
    if message.level is not None or raised or overall.question or read.reply is not None:
        return "report_symptom"
    return "no_level"


#: Findings whose same-day text is not "call maternity": who to call depends on them.
_URGENT_OF_FINDING = (
    (re.compile(r"MH-07"), "private"),
    (re.compile(r"MH-"), "mood"),
    (re.compile(r"TX-0[345]"), "before_injection"),
    (re.compile(r"IS-|TX-|NE-(?:09|10)|SK-02|SK-12"), "nurse"),
)


def urgent_kind(overall: Assessment) -> str:
    """Return which same-day text fits (responses.md section 4, M-11, M-12 and M-48)."""
    if overall.level is not Level.URGENT_SAME_DAY:
        return ""
    if "G-18" in overall.rules[:1]:
        return "repeat"
    keys = [
        finding.key
        for finding in overall.findings
        if finding.assertion is Assertion.PRESENT and finding.experiencer is Experiencer.PATIENT
    ]
    kinds = {next((k for form, k in _URGENT_OF_FINDING if form.match(key)), "") for key in keys}
    if "private" in kinds:
        return "private"
    # Two different callers in one episode: maternity takes every question of a pregnancy.
    return kinds.pop() if len(kinds) == 1 else ""


def _check(
    intent: str, memory: Memory, read: _Read, episode: Mapping[str, Any], now: datetime
) -> Dict[str, Any]:
    """Return the slot of the symptom check, where this message moves it on or ends it."""
    if intent in ("report_symptom", "report_urgent"):
        known = {name for name in (INJECTION, WEEKS) if name in read.heard.facts}
        state, context = EpisodeState.from_plain(episode), memory.context(now)
        if state.injection or context.minutes_since_injection is not None:
            known.add(INJECTION)
        if state.weeks_pregnant or state.postpartum or context.weeks_pregnant is not None:
            known.add(WEEKS)
        level, question = read.overall.level, read.overall.question
        check = next_check(memory, read.heard, episode, level, question, frozenset(known))
        return {"check": check}
    if intent in (
        "start_over",
        "leave_check",
        "stop_messages",
        "report_red_flag",
        "check_first",
        "with_nurse",
    ):
        return {"check": {}}
    if memory.check.get("open"):
        # An unanswered detail is asked for once more, after her own question was answered.
        again = memory.check["open"] if memory.interrupted != memory.check["open"] else ""
        return {"check": {**memory.check, "open": again}, "interrupted": again}
    return {}


def _also_asked(intent: str, text: str, guess: Guess, keys: Iterable[str]) -> List[str]:
    """Return the questions asked in the same breath as a symptom."""
    if intent not in ("report_symptom", "report_urgent"):
        return []
    asked = guess.questions or ((guess.intent,) if looks_like_a_question(text) else ())
    told = ANSWERED_BY_ADVICE if any(key.startswith("TX-") for key in keys) else ()
    return [name for name in asked if name.startswith("faq_") and name not in told]


def with_question(episode: Mapping[str, Any], question: str) -> Dict[str, Any]:
    """Return the state of an episode in which ``question`` has just been asked."""
    state = EpisodeState.from_plain(episode)
    return replace(state, open_question=question, asked=(*state.asked, question)).to_plain()


def _asked(episode: Optional[Mapping[str, Any]], question: Optional[str]) -> Dict[str, Any]:
    """Return the state with another open question, which does not count among the three."""
    return replace(EpisodeState.from_plain(episode), open_question=question or None).to_plain()


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


def _emergency(intent: str, guess: Guess, memory: Memory, overall: Assessment) -> Dict[str, Any]:
    if intent == "report_red_flag":
        return new_emergency(guess, memory, overall)
    return open_emergency(guess, memory) if intent == "in_emergency" else {}
