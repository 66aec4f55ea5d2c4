"""The words that phone carriers want obeyed: STOP, START and HELP."""

from __future__ import annotations

import enum
from typing import Any, Dict, FrozenSet, Optional

from bot.channels.safe_text import call_line
from bot.settings import Settings


class Keyword(enum.Enum):
    """What a message that is only a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


#: What carriers in the US and Canada ask for, as Twilio lists it. "YES" starts only what was
#: stopped: otherwise it is an answer.
CARRIER: Dict[Keyword, FrozenSet[str]] = {
    Keyword.STOP: frozenset(
        {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
    ),
    Keyword.START: frozenset({"start", "unstop", "yes"}),
    Keyword.HELP: frozenset({"help", "info"}),
}
#: Where no carrier asks for more, STOP works all the same (facts.md F-360).
EVERYWHERE: Dict[Keyword, FrozenSet[str]] = {
    Keyword.STOP: frozenset({"stop", "stop all", "unsubscribe"}),
    Keyword.START: frozenset({"start", "unstop"}),
    Keyword.HELP: frozenset(),
}

#: Answers of the bot that a carrier does not want after STOP. Anything else may matter to her
#: safety and is sent before the confirmation.
_SMALL_TALK = (
    *("utter_not_understood", "utter_goodbye", "utter_greet", "utter_thanks", "utter_default"),
    *("utter_out_of_scope", "utter_anything_else", "utter_restarted", "utter_faq_"),
)


def keyword(text: Optional[str], table: Dict[Keyword, FrozenSet[str]]) -> Optional[Keyword]:
    """Return the keyword that a message consists of, or None when it says anything else."""
    said = " ".join((text or "").lower().strip(" \t\r\n.!?\"'/").split())
    return next((key for key, said_as in table.items() if said in said_as), None)


def is_small_talk(message: Dict[str, Any]) -> bool:
    """Return whether a message of the bot may be left out after STOP."""
    return str(message.get("utter_action") or "").startswith(_SMALL_TALK)


def stopped_text(settings: Settings) -> str:
    """Return the last message after STOP: it keeps the emergency numbers (facts.md F-360)."""
    return (
        "You have stopped our messages. You will get no more. Reply START to get them again. "
        f"In an emergency: {call_line(settings.region)}"
    )


def started_text(settings: Settings) -> str:
    """Return the answer to START."""
    return (
        "You will get our messages again. Reply STOP at any time to stop them. "
        f"In an emergency: {call_line(settings.region)}"
    )


def help_text(settings: Settings) -> str:
    """Return what carriers want in answer to HELP: who we are, whom to call, how to stop."""
    name = settings.clinic.get("name") or "Your clinic"
    number = settings.clinic.get("main_number") or settings.clinic.get("maternity_number")
    phone = f" Phone: {number}." if number else ""
    return (
        f"{name}: symptom check for vitamin B12 injections in pregnancy.{phone} "
        f"In an emergency: {call_line(settings.region)} "
        "Message and data rates may apply. Reply STOP to stop messages."
    )
