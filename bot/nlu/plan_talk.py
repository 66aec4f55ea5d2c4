"""Building her plan in the chat, and asking to be asked later: which message means what (F-095).

Four parts are asked for, each may be skipped, and a question of her own, a symptom or a nurse may
come between two of them. Pure, like the rest of the talk; the plan is stored by the actions.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Dict, Mapping

from bot.nlu.memory import Guess, Memory
from bot.nlu.phrases import looks_like_a_question
from bot.plan.dates import days_in
from bot.plan.model import PARTS, Plan

#: Begin it, begin it at her own questions, one answer, and the last one.
MAKE, ADD_QUESTION, ANSWER, READY = "make_plan", "add_plan_question", "plan_answer", "plan_ready"
OWN_QUESTIONS = "own_questions"
#: Intents that end the building of a plan; what she has told so far is kept.
_LEAVES = frozenset({"leave_check", "start_over", "plan_to_nurse", "plan_kept", "report_red_flag"})
#: What may come between two parts. The part that waits is then asked for again.
_SMALL_TALK = frozenset({"other_medicine", "bot_challenge", "needle_fear", "ask_human", "rude"})
#: Whole messages only: nothing that follows "I don't know" may be lost.
_NOTHING = re.compile(
    r"\W*(?:(?:i )?(?:don'?t|do not) (?:know|remember)(?: (?:yet|that|it|exactly|which tests|"
    r"my schedule|the follow-up tests))?|no idea|not sure|dunno|skip(?: (?:it|this|this part))?|"
    r"none|nothing|no|nope|n/?a|no,? (?:that(?:'s| is) (?:all|it)|thanks?)|that(?:'s| is) all|"
    r"(?:i'?m )?done|unknown)\W*",
    re.IGNORECASE,
)


def plan_intent(text: str, guess: Guess, memory: Memory, said: str) -> str:
    """Return the intent of a message while a part of the plan is asked for, or an empty string.

    ``said`` is what the message asks of the talk (``bot.nlu.phrases.steering``). "Skip" leaves out
    one part here, and not the plan.
    """
    part = memory.plan.get("open") or ""
    if not part or (said and not leaves_part_out(text, memory)):
        return ""
    own_topic = guess.intent.startswith("faq_") and looks_like_a_question(text)
    if part != OWN_QUESTIONS and (own_topic or guess.intent in _SMALL_TALK):
        return ""
    last = part == PARTS[-1]
    return READY if last and _NOTHING.fullmatch(text) else ANSWER


def leaves_part_out(text: str, memory: Memory) -> bool:
    """Return whether she has nothing to say to the part of the plan that is asked for."""
    return bool(memory.plan.get("open")) and bool(_NOTHING.fullmatch(text))


def plan_slots(intent: str, text: str, memory: Memory) -> Dict[str, Any]:
    """Return the slot of the plan, where this message moves it on or leaves it."""
    slot, part = dict(memory.plan), memory.plan.get("open") or ""
    if intent == MAKE:
        return {"plan": {**Plan().to_plain(), "open": PARTS[0]}}
    if intent == ADD_QUESTION:
        return {"plan": {**slot, "open": OWN_QUESTIONS}}
    if intent in (ANSWER, READY):
        plan = Plan.from_plain(slot)
        if not _NOTHING.fullmatch(text):
            plan = plan.with_answer(part, text)
        return {"plan": {**plan.to_plain(), "open": _following(part, intent)}}
    if intent in _LEAVES and part:
        return {"plan": {**slot, "open": ""}}
    return {}


def waiting_part(slots: Mapping[str, Any], memory: Memory) -> str:
    """Return the part of the plan that is asked for after this message, or an empty string."""
    return (slots.get("plan") or memory.plan).get("open") or ""


def _following(part: str, intent: str) -> str:
    if intent == READY:
        return ""
    # After one question of her own there may be another.
    return PARTS[min(PARTS.index(part) + 1, len(PARTS) - 1)]


def check_in_asked(text: str, said: str, memory: Memory, today: date) -> str:
    """Return "check_in_wanted" when she asks to be asked, or names the day we asked for."""
    if said == "check_in_wanted":
        return said
    if memory.offer == "check_in_day" and days_in(text, today=today):
        return "check_in_wanted"
    return ""
