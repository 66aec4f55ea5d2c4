"""What is kept of a chat whose storing she refused: that it went on, and none of her words.

What a nurse has to hear of is kept all the same, because it is part of her care (responses.md
section 10): a symptom, a call for a human, a request about her data.
"""

from __future__ import annotations

from typing import Any, Dict

from bot.nlu.turn import SAFETY_INTENTS

#: Messages whose words a nurse needs, by the intent the screen gave them.
FOR_A_NURSE = SAFETY_INTENTS | {
    "ask_human",
    "not_understood_again",
    "plan_to_nurse",
    "pregnancy_loss",
    "service_request",
}
REFUSED = "consent_refused"
#: Entities that hold words of hers.
_HER_WORDS = frozenset({"assessment", "typed_text"})


def intent_of(event: Dict[str, Any]) -> str:
    """Return the intent of a user event of Rasa as plain data, or an empty string."""
    return str(((event.get("parse_data") or {}).get("intent") or {}).get("name") or "")


def without_words(event: Dict[str, Any]) -> Dict[str, Any]:
    """Return a Rasa event as plain data without her words, unless a nurse needs them."""
    if event.get("event") == "slot" and event.get("name") == "typed_text":
        return {**event, "value": ""}
    if event.get("event") != "user" or intent_of(event) in FOR_A_NURSE:
        return event
    parsed = dict(event.get("parse_data") or {})
    kept = [e for e in parsed.get("entities") or [] if e.get("entity") not in _HER_WORDS]
    return {**event, "text": "", "parse_data": {**parsed, "text": "", "entities": kept}}
