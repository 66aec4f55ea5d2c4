"""The slots of an emergency: which text it gets, and what her message inside it means."""

from __future__ import annotations

from typing import Any, Dict

from bot.nlu.memory import Guess, Memory
from bot.nlu.wording import CRISIS, emergency_kind, mentions_crisis
from bot.triage.vocabulary import Assessment

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
_YES_NO = ("affirm", "deny")


def new_emergency(guess: Guess, memory: Memory, overall: Assessment) -> Dict[str, Any]:
    """Return the slots that choose the texts of an emergency (docs/architecture.md)."""
    crisis = mentions_crisis(overall.findings)
    kind = emergency_kind(overall)
    if memory.emergency_kind == "crisis_passive" and guess.intent == "affirm":
        kind = "crisis_intent"
    return {
        "emergency_open": "yes",
        "emergency_kind": kind,
        "emergency_crisis": "yes" if crisis and kind not in CRISIS else "no",
    }


def open_emergency(guess: Guess, memory: Memory) -> Dict[str, Any]:
    """Return how her message inside an open emergency is answered (responses.md 2.2 and 3)."""
    reply = _REPLY_OF_INTENT.get(guess.intent, "other")
    called = {"called": "yes", "not_called": "no", "cannot_call": "no"}.get(reply)
    known = {"called": called} if called else {}
    if memory.emergency_kind in CRISIS:
        # "Yes" and "no" answer another question there, and lying down is no help.
        return {"emergency_reply": "crisis", **({} if guess.intent in _YES_NO else known)}
    if called:
        # "no" after "yes": she hung up or never got through, so the call line comes back.
        return {"emergency_reply": reply, **known}
    return {"emergency_reply": f"{reply}_after_call" if memory.called else reply}
